//! Graphs and changes as text, and types of processors to make them of.
//!
//! A change is one line: `+ gray: effect {"amount": 1}` adds, `- gray` removes, `a.out -> b.in
//! {"depth": 3}` links, `x 3` removes link 3, `gray = {..}` sets the configuration, `gray ! effect
//! {..}` replaces. `effect @ thread` says what it runs on: `thread`, `pool`, `inline` or `main`.

use std::sync::Arc;

use serde_json::{Value, json};
use streamlib_abi::media::PixelFormat;
use streamlib_engine::compiler::{Blueprint, Plan, blueprint, plan, revise};
use streamlib_engine::delegates::{
    ConverterChoice, DefaultScheduler, FactoryDelegate, RegistryBackedFactory, SchedulingStrategy,
    ThreadPriority,
};
use streamlib_engine::graph::{Applied, Change, GraphSnapshot, LinkOptions, ProcessorNode, apply};
use streamlib_engine::ids::{LinkId, PortRef, ProcessorId};
use streamlib_processor::{BoxedProcessor, Error};
use streamlib_schema::{
    ConfigField, ConfigType, Delivery, DeliveryPolicy, FormatSet, FormatTie, InputPortDescriptor,
    OutputPortDescriptor, ProcessExecution, ProcessorDescriptor, Trigger, builtin,
};

pub(crate) fn id(text: &str) -> ProcessorId {
    ProcessorId::new(text).unwrap()
}

pub(crate) fn port(text: &str) -> PortRef {
    let (processor, port) = text.split_once('.').unwrap();
    PortRef::new(id(processor), port)
}

/// Reads changes, one a line.
pub(crate) fn changes(text: &str) -> Vec<Change> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(change).collect()
}

fn change(line: &str) -> Change {
    let (words, json) = match line.find('{') {
        Some(at) => (line[..at].trim(), serde_json::from_str(&line[at..]).unwrap()),
        None => (line, Value::Null),
    };
    let node = |name: &str, kind: &str, config| {
        let (kind, scheduling) = match kind.split_once(" @ ") {
            Some((kind, home)) => (kind, Some(strategy(home))),
            None => (kind, None),
        };
        ProcessorNode { scheduling, ..ProcessorNode::new(id(name), kind, config) }
    };
    if let Some(words) = words.strip_prefix("+ ") {
        let (name, kind) = words.split_once(": ").unwrap();
        return Change::Add { node: node(name, kind, json) };
    }
    if let Some(name) = words.strip_prefix("- ") {
        return Change::Remove { id: id(name) };
    }
    if let Some(number) = words.strip_prefix("x ") {
        return Change::Disconnect { id: LinkId(number.parse().unwrap()) };
    }
    if let Some((from, to)) = words.split_once(" -> ") {
        let options = match json {
            Value::Null => LinkOptions::default(),
            given => serde_json::from_value(given).unwrap(),
        };
        return Change::Connect { source: port(from), target: port(to), options };
    }
    if let Some((name, kind)) = words.split_once(" ! ") {
        return Change::Replace { id: id(name), node: node(name, kind, json) };
    }
    let name = words.strip_suffix(" =").unwrap();
    Change::SetConfig { id: id(name), config: json }
}

fn strategy(home: &str) -> SchedulingStrategy {
    let priority = ThreadPriority::Normal;
    match home {
        "thread" => SchedulingStrategy::DedicatedThread { priority, name: None },
        "pool" => SchedulingStrategy::WorkStealingPool,
        "inline" => SchedulingStrategy::Lightweight,
        "main" => SchedulingStrategy::MainThread,
        other => panic!("nothing runs on `{other}`"),
    }
}

/// A graph with what is decided about it.
pub(crate) struct Bench {
    pub(crate) factory: Factory,
    pub(crate) snapshot: GraphSnapshot,
    pub(crate) blueprint: Blueprint,
}

impl Bench {
    pub(crate) fn new(graph: &str) -> Self {
        let (snapshot, blueprint) = (GraphSnapshot::empty(), Blueprint::default());
        let mut bench = Self { factory: Factory::new(), snapshot, blueprint };
        bench.edit(graph).unwrap();
        bench
    }

    pub(crate) fn apply(&self, text: &str) -> Result<Applied, String> {
        apply(&self.snapshot, &changes(text), &self.factory).map_err(|error| error.to_string())
    }

    /// Makes the changes; gives back the plan or why it is refused.
    pub(crate) fn edit(&mut self, text: &str) -> Result<Plan, String> {
        let applied = self.apply(text)?;
        self.take(&applied)
    }

    /// Takes changes that were applied; gives back the plan or why it is refused.
    pub(crate) fn take(&mut self, applied: &Applied) -> Result<Plan, String> {
        applied.snapshot.check_invariants().unwrap();
        let scheduler = &DefaultScheduler;
        let whole = blueprint(&applied.snapshot, scheduler, &self.factory);
        let after = revise(&self.blueprint, &applied.snapshot, scheduler, &self.factory);
        assert_same(whole.as_ref(), after.as_ref());
        let after = after.map_err(|error| error.to_string())?;
        let plan = plan(&self.blueprint, &after, applied);
        self.snapshot = applied.snapshot.clone();
        self.blueprint = after;
        Ok(plan)
    }
}

/// What is decided anew and what is revised must not differ.
fn assert_same<E: std::fmt::Debug>(whole: Result<&Blueprint, &E>, revised: Result<&Blueprint, &E>) {
    let (whole, revised) = match (whole, revised) {
        (Ok(whole), Ok(revised)) => (whole, revised),
        (whole, revised) => return assert_eq!(whole.is_err(), revised.is_err()),
    };
    assert_eq!(whole.revision, revised.revision);
    assert_eq!(whole.processors, revised.processors);
    assert_eq!(whole.links, revised.links);
    assert!(whole.strands.keys().eq(revised.strands.keys()));
    for (name, strand) in &revised.strands {
        let anew = &whole.strands[name];
        assert_eq!(anew.home, strand.home);
        let sorted = |members: &[ProcessorId]| {
            let mut members = members.to_vec();
            members.sort_unstable();
            members
        };
        assert_eq!(sorted(&anew.members), sorted(&strand.members));
        for blueprint in [whole, revised] {
            check_order(blueprint, &blueprint.strands[name].members);
        }
    }
}

/// Producers stand before consumers, converters right before theirs.
fn check_order(blueprint: &Blueprint, members: &[ProcessorId]) {
    let place = |id: &ProcessorId| members.iter().position(|member| member == id);
    for link in blueprint.links.values().filter(|link| !link.feedback) {
        let (from, to) = (place(&link.source.0), place(&link.target.0));
        if let (Some(from), Some(to)) = (from, to) {
            assert!(from < to, "{} runs after {}", link.source.0, link.target.0);
        }
        if link.key.part == 1 {
            assert_eq!(from.is_some(), to.is_some());
        }
    }
    let head = members.iter().find(|id| !blueprint.processors[*id].is_converter).unwrap();
    assert!(members.iter().all(|id| blueprint.processors[id].strand == *head));
}

/// Makes the types below, and converts any picture to I420.
pub(crate) struct Factory(RegistryBackedFactory);

impl FactoryDelegate for Factory {
    fn create(&self, node: &ProcessorNode) -> Result<BoxedProcessor, Error> {
        self.0.create(node)
    }

    fn descriptor(&self, processor_type: &str) -> Option<Arc<ProcessorDescriptor>> {
        self.0.descriptor(processor_type)
    }

    fn type_names(&self) -> Vec<String> {
        self.0.type_names()
    }

    fn converter(&self, from: &FormatSet, to: &FormatSet) -> Option<ConverterChoice> {
        FormatSet::video(&[]).intersect(from)?;
        FormatSet::video(&[PixelFormat::I420]).intersect(to)?;
        let config = json!({ "to": "i420" });
        Some(ConverterChoice { processor_type: "converter".to_owned(), config })
    }
}

impl Factory {
    pub(crate) fn new() -> Self {
        let mut registry = RegistryBackedFactory::new();
        for descriptor in types() {
            registry
                .register_dynamic(descriptor, |_| Err(Error::new("only described, never made")))
                .unwrap();
        }
        Self(registry)
    }
}

const VIDEO: &str = builtin::VIDEO_FRAME;

fn reactive(name: &str) -> ProcessorDescriptor {
    ProcessorDescriptor::new(name, ProcessExecution::Reactive)
}

fn source(name: &str) -> ProcessorDescriptor {
    ProcessorDescriptor::new(name, ProcessExecution::Continuous { interval_ms: 0 })
}

/// A description with what a test needs of it.
trait With: Sized {
    fn with(mut self, edit: impl FnOnce(&mut Self)) -> Self {
        edit(&mut self);
        self
    }
}

impl With for ProcessorDescriptor {}
impl With for InputPortDescriptor {}

fn input(name: &str, schema: &str) -> InputPortDescriptor {
    InputPortDescriptor::new(name, builtin::reference(schema))
}

fn output(name: &str, schema: &str, formats: FormatSet) -> OutputPortDescriptor {
    OutputPortDescriptor { formats, ..OutputPortDescriptor::new(name, builtin::reference(schema)) }
}

fn field(name: &str, value_type: ConfigType, default: Option<Value>) -> ConfigField {
    let description = format!("The {name}.");
    ConfigField { name: name.to_owned(), description, value_type, default, unit: String::new() }
}

/// One input, one output that follows it.
fn effect(name: &str) -> ProcessorDescriptor {
    reactive(name).with(|it| {
        it.inputs.push(input("in", VIDEO));
        it.outputs.push(output("out", VIDEO, FormatSet::any()));
        it.outputs[0].tie = Some(FormatTie::SameAs("in".to_owned()));
        let range = ConfigType::Number { min: 0.0, max: 1.0 };
        it.config.push(field("amount", range, Some(json!(1.0))));
    })
}

/// One input and nothing else.
fn sink(name: &str, edit: impl FnOnce(&mut InputPortDescriptor)) -> ProcessorDescriptor {
    reactive(name).with(|it| it.inputs.push(input("in", VIDEO).with(edit)))
}

fn types() -> Vec<ProcessorDescriptor> {
    [sources(), effects(), joins(), sinks()].concat()
}

fn sources() -> Vec<ProcessorDescriptor> {
    use PixelFormat::{I420, Nv12, Rgba8};
    vec![
        source("movie").with(|it| {
            it.outputs.push(output("video", VIDEO, FormatSet::video(&[I420, Nv12])));
            it.outputs.push(output("audio", builtin::AUDIO_FRAME, FormatSet::any()));
            it.needs.blocking = true;
        }),
        source("screen")
            .with(|it| it.outputs.push(output("out", VIDEO, FormatSet::video(&[Rgba8])))),
        source("camera").with(|it| {
            it.outputs.push(output("out", VIDEO, FormatSet::video(&[Nv12])));
            it.needs.live = true;
            it.needs.blocking = true;
        }),
    ]
}

fn effects() -> Vec<ProcessorDescriptor> {
    vec![
        effect("effect"),
        effect("cheap").with(|it| it.needs.cheap = true),
        effect("late").with(|it| it.inputs[0].holds = 30),
        effect("cheap_late").with(|it| {
            it.needs.cheap = true;
            it.inputs[0].holds = 30;
        }),
        effect("cheap_yuv").with(|it| {
            it.needs.cheap = true;
            it.inputs[0].formats = FormatSet::video(&[PixelFormat::I420]);
        }),
        reactive("converter").with(|it| {
            it.inputs.push(input("in", VIDEO));
            it.outputs.push(output("out", VIDEO, FormatSet::video(&[PixelFormat::I420])));
            it.config.push(field("to", ConfigType::Text, None));
        }),
    ]
}

fn joins() -> Vec<ProcessorDescriptor> {
    let both = |name| {
        reactive(name).with(|it| {
            it.inputs.push(input("a", VIDEO));
            it.inputs.push(input("b", VIDEO));
            it.outputs.push(output("out", VIDEO, FormatSet::any()));
            it.trigger = Trigger::Aligned { tolerance_ns: 0 };
        })
    };
    vec![
        both("both"),
        both("cheap_both").with(|it| it.needs.cheap = true),
        reactive("mixer").with(|it| {
            it.inputs.push(input("in", VIDEO).with(|port| port.many = true));
            it.outputs.push(output("out", VIDEO, FormatSet::any()));
        }),
    ]
}

fn sinks() -> Vec<ProcessorDescriptor> {
    use PixelFormat::{I420, Nv12};
    let policy = DeliveryPolicy::new;
    vec![
        sink("sink", |_| {}),
        sink("nv12_sink", |port| port.formats = FormatSet::video(&[Nv12])),
        sink("meter", |port| port.policy = policy(Delivery::EverySample)),
        sink("preview", |port| port.policy = policy(Delivery::Latest))
            .with(|it| it.needs.main_thread = true),
        sink("encoder", |port| port.formats = FormatSet::video(&[I420])).with(|it| {
            it.outputs.push(output("out", builtin::ENCODED_VIDEO_FRAME, FormatSet::any()));
        }),
        sink("writer", |_| {}).with(|it| {
            let range = ConfigType::Integer { min: 1, max: 100 };
            it.config.push(field("path", ConfigType::Text, None));
            it.config.push(field("bitrate", range, Some(json!(4))));
            it.exclusive = Some("path".to_owned());
        }),
        reactive("hearing").with(|it| it.inputs.push(input("in", builtin::AUDIO_FRAME))),
    ]
}
