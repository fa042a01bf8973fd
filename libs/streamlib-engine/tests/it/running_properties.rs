//! What holds for every sequence of changes to a graph that runs.
//!
//! A line of three stays throughout: whatever is done beside it, what its source sends arrives at
//! its sink, each number once and in order. Everything else comes and goes at random.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use streamlib_engine::graph::{Change, LinkOptions, ProcessorNode, apply};
use streamlib_engine::ids::{LinkId, PortRef, ProcessorId};
use streamlib_engine::{Engine, Error as EngineError};
use streamlib_processor::NoConfig;
use streamlib_processor::abi::Envelope;
use streamlib_processor::prelude::*;

use crate::support::{Collect, Inline, Pass, Seen, check_counters, until};

/// Names besides those of the line that stays.
const NAMES: usize = TYPES.len();
/// The line that stays, producers first.
const LINE: [&str; 3] = ["first", "middle", "last"];
/// What comes and goes; there is one of each from the start.
const TYPES: [&str; 6] =
    ["test.ticks", "test.pass", "test.inline", "test.tuned", "test.mix", "test.swallow"];

/// Ends all sources, and counts what the one of the line sent.
#[derive(Debug, Default)]
struct Ends {
    closed: AtomicBool,
    sent: AtomicU64,
}

/// Settings of [`Ticks`].
#[derive(Debug, Clone, Default, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
struct TicksConfig {
    /// True for the source whose frames are counted.
    counted: bool,
}

/// Sends numbers until all sources are to end. All frames are of the same time, so that none comes
/// too late at whatever it is linked to next.
#[processor(name = "test.ticks", execution = continuous, crate = streamlib_processor)]
struct Ticks {
    #[output]
    out: Output<DataFrame>,
    #[config]
    config: TicksConfig,
    ends: Option<Arc<Ends>>,
    next: u64,
}

impl Processor for Ticks {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.ends = ctx.resource::<Ends>();
        Ok(())
    }

    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(ends) = &self.ends else { return Ok(()) };
        if ends.closed.load(SeqCst) {
            ctx.finish();
            return Ok(());
        }
        let frame = self.out.frame(&self.next, Envelope::at(0))?;
        self.out.send(frame)?;
        self.next += 1;
        if self.config.counted {
            ends.sent.store(self.next, SeqCst);
        }
        Ok(())
    }
}

/// Settings of [`Tuned`].
#[derive(Debug, Clone, Default, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
struct TunedConfig {
    /// Refused from 8 on while it runs.
    amount: u64,
}

/// Passes frames on, and takes some settings while it runs.
#[processor(name = "test.tuned", crate = streamlib_processor)]
struct Tuned {
    #[input]
    input: Input<AnyFrame>,
    #[output(same_as = input)]
    out: Output<AnyFrame>,
    #[config]
    config: TunedConfig,
}

impl Processor for Tuned {
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        if let Some(frame) = self.input.read()? {
            self.out.send(frame)?;
        }
        Ok(())
    }

    fn update_config(&mut self, config: TunedConfig) -> Result<()> {
        if config.amount >= 8 {
            return Err(Error::new("that is too much"));
        }
        self.config = config;
        Ok(())
    }
}

/// Takes what comes on any of its lanes, and sends as many numbers.
#[processor(name = "test.mix", trigger = any, crate = streamlib_processor)]
struct Mix {
    #[input]
    input: InputLanes<DataFrame>,
    #[output(max_per_call = 1)]
    out: Output<DataFrame>,
    next: u64,
}

impl Processor for Mix {
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        for lane in 0..self.input.lanes() {
            self.input.read(lane)?;
        }
        let frame = self.out.frame(&self.next, Envelope::at(0))?;
        self.out.send(frame)?;
        self.next += 1;
        Ok(())
    }
}

/// Takes frames and does nothing.
#[processor(name = "test.swallow", crate = streamlib_processor)]
struct Swallow {
    #[input]
    input: Input<AnyFrame>,
}

impl Processor for Swallow {
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        self.input.read()?;
        Ok(())
    }
}

/// What is done in one step.
#[derive(Debug, Clone)]
enum Deed {
    /// One transaction.
    Commit(Vec<Change>),
    Undo,
    /// A few more frames reach the sink of the line.
    Flow,
}

fn name() -> impl Strategy<Value = String> {
    (0..NAMES).prop_map(|number| format!("p{number}"))
}

/// A name that may also be one of the line's, whose outputs anything may be linked to.
fn producer() -> impl Strategy<Value = String> {
    prop_oneof![3 => name(), 2 => (0..2_usize).prop_map(|place| LINE[place].to_owned())]
}

fn id(name: &str) -> ProcessorId {
    ProcessorId::new(name).unwrap()
}

fn a_change() -> impl Strategy<Value = Change> {
    let node = || {
        (name(), 0..TYPES.len())
            .prop_map(|(name, kind)| ProcessorNode::new(id(&name), TYPES[kind], json!(null)))
    };
    prop_oneof![
        4 => node().prop_map(|node| Change::Add { node }),
        2 => name().prop_map(|name| Change::Remove { id: id(&name) }),
        6 => (producer(), name()).prop_map(|(from, to)| Change::Connect {
            source: PortRef::new(id(&from), "out"),
            target: PortRef::new(id(&to), "input"),
            options: LinkOptions::default(),
        }),
        // The line has the first two links.
        2 => (2..12_u64).prop_map(|link| Change::Disconnect { id: LinkId(link) }),
        2 => (name(), 0..10_u64).prop_map(|(name, amount)| Change::SetConfig {
            id: id(&name),
            config: json!({ "amount": amount }),
        }),
        2 => node().prop_map(|node| Change::Replace { id: node.id.clone(), node }),
    ]
}

fn a_deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        8 => prop::collection::vec(a_change(), 1..5).prop_map(Deed::Commit),
        2 => Just(Deed::Undo),
        2 => Just(Deed::Flow),
    ]
}

/// A running graph.
struct Running {
    engine: Engine,
    seen: Arc<Seen>,
    ends: Arc<Ends>,
}

impl Running {
    fn start(workers: usize) -> Self {
        let (seen, ends) = (Arc::new(Seen::default()), Arc::new(Ends::default()));
        let builder = Engine::builder().with_workers(workers);
        let builder = builder.with_resource(Arc::clone(&seen)).with_resource(Arc::clone(&ends));
        let engine = builder.build().unwrap();
        // Adding registers the types.
        for added in [
            engine.add_processor::<Ticks>(TicksConfig::default()).unwrap().id().clone(),
            engine.add_processor::<Pass>(NoConfig {}).unwrap().id().clone(),
            engine.add_processor::<Inline>(NoConfig {}).unwrap().id().clone(),
            engine.add_processor::<Tuned>(TunedConfig::default()).unwrap().id().clone(),
            engine.add_processor::<Mix>(NoConfig {}).unwrap().id().clone(),
            engine.add_processor::<Swallow>(NoConfig {}).unwrap().id().clone(),
            engine.add_processor::<Collect>(NoConfig {}).unwrap().id().clone(),
        ] {
            engine.remove_processor(added).unwrap();
        }
        let kinds = ["test.ticks", "test.pass", "test.collect"];
        let configs = [json!({ "counted": true }), json!(null), json!(null)];
        for ((name, kind), config) in LINE.iter().zip(kinds).zip(configs) {
            engine.add_node(ProcessorNode::new(id(name), kind, config)).unwrap();
        }
        for pair in LINE.windows(2) {
            engine.connect(&id(pair[0]), &id(pair[1])).unwrap();
        }
        for (number, kind) in TYPES.into_iter().enumerate() {
            let name = id(&format!("p{number}"));
            engine.add_node(ProcessorNode::new(name, kind, json!(null))).unwrap();
        }
        engine.start().unwrap();
        Self { engine, seen, ends }
    }

    fn do_it(&self, deed: Deed) {
        match deed {
            Deed::Commit(changes) => self.commit(changes),
            Deed::Undo => self.undo(),
            Deed::Flow => {
                let arrived = || self.seen.numbers.lock().unwrap().len();
                let before = arrived();
                until(|| arrived() > before);
            }
        }
        let snapshot = self.engine.snapshot();
        snapshot.check_invariants().unwrap();
        for name in LINE {
            assert!(snapshot.processor(&id(name)).is_some(), "{name} is gone");
        }
        check_counters(&self.engine);
    }

    /// What is refused or fails changes nothing.
    fn commit(&self, changes: Vec<Change>) {
        let before = self.engine.snapshot();
        // What is refused when it is declared is left out, so that most transactions are not.
        let mut at = before.clone();
        let mut accepted = Vec::new();
        for change in changes {
            if let Ok(applied) = apply(&at, std::slice::from_ref(&change), self.engine.factory()) {
                at = applied.snapshot;
                accepted.push(change);
            }
        }
        if accepted.is_empty() {
            return;
        }
        let result = self.engine.transaction().with(accepted).commit();
        let after = self.engine.snapshot();
        match result {
            Ok(committed) => {
                assert_eq!(committed.problems, Vec::<String>::new());
                assert_eq!(after.revision(), before.revision() + 1);
            }
            Err(error) => {
                assert!(!matches!(error, EngineError::Busy { .. }), "{error}");
                assert_eq!(after.revision(), before.revision());
                assert!(after.same_declaration(&before), "{error}");
            }
        }
    }

    /// Undoing leads back to what was declared before, while the line stays.
    fn undo(&self) {
        let before = self.engine.snapshot();
        match self.engine.undo() {
            Ok(committed) => assert_eq!(committed.problems, Vec::<String>::new()),
            Err(error) => {
                assert!(self.engine.snapshot().same_declaration(&before), "{error}");
            }
        }
    }

    /// All sources end; the line lost nothing.
    fn finish(self) {
        self.ends.closed.store(true, SeqCst);
        let outcome = self.engine.wait().unwrap();
        let failures: Vec<_> = outcome.failures().collect();
        assert_eq!(failures, []);
        check_counters(&self.engine);
        let numbers = self.seen.numbers.lock().unwrap();
        let hole = numbers.iter().zip(0..).find(|(number, expected)| *number != expected);
        assert_eq!(hole, None);
        assert_eq!(numbers.len() as u64, self.ends.sent.load(SeqCst));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_edited_the_line_beside_it_loses_nothing(
        workers in 1..3_usize,
        deeds in prop::collection::vec(a_deed(), 1..25),
    ) {
        let running = Running::start(workers);
        // Undoing must not lead back past the start: as many undos as there are commits.
        let mut commits = 0;
        for deed in deeds {
            let revision = running.engine.snapshot().revision();
            let is_undo = matches!(deed, Deed::Undo);
            if is_undo && commits == 0 {
                continue;
            }
            running.do_it(deed);
            let committed = running.engine.snapshot().revision() > revision;
            match (is_undo, committed) {
                (true, true) => commits -= 1,
                (false, true) => commits += 1,
                _ => {}
            }
        }
        running.finish();
    }
}
