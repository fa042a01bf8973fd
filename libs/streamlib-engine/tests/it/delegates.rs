//! What the default delegates decide, and what they and the planner refuse.

use std::sync::Arc;

use serde_json::{Value, json};
use streamlib_engine::compiler::{PlanError, blueprint};
use streamlib_engine::delegates::{
    ConverterChoice, DefaultScheduler, FactoryDelegate, RegistryBackedFactory, SchedulerDelegate,
    SchedulingStrategy, ThreadPriority,
};
use streamlib_engine::graph::{Change, GraphSnapshot, ProcessorNode, apply};
use streamlib_processor::prelude::*;
use streamlib_processor::{BoxedProcessor, schema};
use streamlib_schema::{FormatSet, Needs, ProcessExecution, ProcessorDescriptor};

use crate::graphs::{Bench, Factory, changes, id};

#[test]
fn the_default_scheduler_reads_what_a_type_needs() {
    let check = |edit: fn(&mut Needs), execution: ProcessExecution, expect: &str| {
        let mut descriptor = ProcessorDescriptor::new("CameraAudioDisplay", execution);
        edit(&mut descriptor.needs);
        let node = ProcessorNode::new(id("a"), "CameraAudioDisplay", Value::Null);
        let strategy = DefaultScheduler.scheduling_strategy(&node, &descriptor);
        assert_eq!(strategy.to_string(), expect);
    };
    let reactive = ProcessExecution::Reactive;
    let continuous = ProcessExecution::Continuous { interval_ms: 5 };
    check(|_| {}, reactive, "pool");
    check(|_| {}, continuous, "pool");
    check(|needs| needs.cheap = true, reactive, "lightweight");
    check(|needs| needs.cheap = true, continuous, "pool");
    check(|needs| needs.blocking = true, reactive, "thread");
    check(|needs| needs.real_time = true, reactive, "thread (real-time)");
    let all = |needs: &mut Needs| {
        (needs.main_thread, needs.real_time, needs.blocking, needs.cheap) =
            (true, true, true, true);
    };
    check(all, reactive, "main thread");
}

/// Makes grey of anything.
#[processor(name = "test.grey", execution = reactive, crate = streamlib_processor)]
struct Grey {
    /// Pictures.
    #[input]
    video_in: Input<VideoFrame>,
    /// The same.
    #[output(formats(video(Gray8)))]
    video_out: Output<VideoFrame>,
}

impl Processor for Grey {
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> streamlib_processor::Result<()> {
        if let Some(frame) = self.video_in.read()? {
            let out = self.video_out.loan_like(&frame)?;
            self.video_out.send(out)?;
        }
        Ok(())
    }
}

#[test]
fn a_registry_makes_what_was_registered() {
    let mut registry = RegistryBackedFactory::new();
    registry.register::<Grey>().unwrap();
    registry.register::<Grey>().unwrap();
    assert_eq!(registry.type_names(), ["test.grey"]);
    let make = |kind: &str, config: Value| {
        let made: streamlib_processor::Result<BoxedProcessor> =
            registry.create(&ProcessorNode::new(id("a"), kind, config));
        made.map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(make("test.grey", Value::Null), Ok(()));
    assert_eq!(
        make("test.gray", Value::Null).unwrap_err(),
        "there is no processor type `test.gray`; register it with the runtime's factory"
    );
    let (inputs, outputs) = registry.port_info("test.grey").unwrap();
    assert_eq!((inputs[0].name.as_str(), outputs[0].name.as_str()), ("video_in", "video_out"));
    assert!(registry.port_info("test.gray").is_none() && !registry.can_create("test.gray"));
}

#[test]
fn a_registry_refuses_two_types_of_one_name() {
    let mut registry = RegistryBackedFactory::new();
    registry.register::<Grey>().unwrap();
    let other = ProcessorDescriptor::new("test.grey", ProcessExecution::Manual);
    let made = |_: &ProcessorNode| Err(streamlib_processor::Error::new("not made"));
    let error = registry.register_dynamic(other, made).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a processor type `test.grey` is already registered with another description; give one \
         of the two another name"
    );
}

#[test]
fn a_registered_converter_is_found_by_its_ports_and_asked_for_its_settings() {
    let mut registry = RegistryBackedFactory::new();
    let grey = FormatSet::video(&[PixelFormat::Gray8]);
    let rgb = FormatSet::video(&[PixelFormat::Rgb8]);
    registry.register_converter::<Grey>(|from, _| (!from.is_any()).then(|| json!({}))).unwrap();
    let choice = ConverterChoice { processor_type: "test.grey".to_owned(), config: json!({}) };
    assert_eq!(registry.converter(&rgb, &grey), Some(choice));
    assert_eq!(registry.converter(&rgb, &rgb), None);
    assert_eq!(registry.converter(&FormatSet::any(), &grey), None);
}

/// Puts everything on the pool, and converts with what does not exist.
struct Careless(Factory);

impl SchedulerDelegate for Careless {
    fn scheduling_strategy(
        &self,
        _node: &ProcessorNode,
        _descriptor: &ProcessorDescriptor,
    ) -> SchedulingStrategy {
        SchedulingStrategy::WorkStealingPool
    }
}

impl FactoryDelegate for Careless {
    fn create(&self, node: &ProcessorNode) -> streamlib_processor::Result<BoxedProcessor> {
        self.0.create(node)
    }

    fn descriptor(&self, processor_type: &str) -> Option<Arc<schema::ProcessorDescriptor>> {
        self.0.descriptor(processor_type)
    }

    fn type_names(&self) -> Vec<String> {
        self.0.type_names()
    }

    fn converter(&self, _from: &FormatSet, _to: &FormatSet) -> Option<ConverterChoice> {
        Some(ConverterChoice { processor_type: "nothing".to_owned(), config: Value::Null })
    }
}

#[test]
fn the_planner_refuses_what_delegates_cannot_have_meant() {
    let careless = Careless(Factory::new());
    let check = |graph: &str, expect: &str| {
        let applied = apply(&GraphSnapshot::empty(), &changes(graph), &careless).unwrap();
        let error: PlanError = blueprint(&applied.snapshot, &careless, &careless).unwrap_err();
        assert_eq!(error.to_string(), expect);
    };
    check(
        "+ film: movie",
        "processor `film` cannot run on `pool`, which the scheduler chose: it declares that it \
         blocks, so it needs a thread of its own; use a dedicated thread",
    );
    check(
        "+ scr: screen\n+ enc: encoder\nscr.out -> enc.in",
        "the factory converts formats for `enc.in` with `nothing`, which is no processor type \
         with one input and one output; register it",
    );
    let cycle = PlanError::Cycle(vec![id("a"), id("b")]);
    assert_eq!(
        cycle.to_string(),
        "the graph has a cycle: a -> b; declare one of its links `feedback`"
    );
}

#[test]
fn a_declaration_comes_before_the_scheduler() {
    let mut bench = Bench::new("+ scr: screen\n+ fx: cheap\nscr.out -> fx.in");
    let strand = |bench: &Bench, name: &str| bench.blueprint.processors[&id(name)].strand.clone();
    assert_eq!(strand(&bench, "fx"), id("scr"));
    let mut node = ProcessorNode::new(id("fx"), "cheap", Value::Null);
    node.scheduling = Some(SchedulingStrategy::DedicatedThread {
        priority: ThreadPriority::High,
        name: Some("effects".to_owned()),
    });
    let change = Change::Replace { id: id("fx"), node };
    let applied = apply(&bench.snapshot, &[change], &bench.factory).unwrap();
    bench.take(&applied).unwrap();
    assert_eq!(strand(&bench, "fx"), id("fx"));
    let home = &bench.blueprint.strands[&id("fx")].home;
    assert_eq!(home.to_string(), "thread `effects` (high)");
}
