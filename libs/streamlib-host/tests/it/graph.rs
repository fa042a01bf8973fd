//! The same graph with the same processor, built in and as a plugin: links, counters, taps, errors,
//! panics, settings and replacement while it runs.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use streamlib_engine::delegates::RegistryBackedFactory;
use streamlib_engine::graph::{Change, LinkOptions, ProcessorNode, RestartPolicy};
use streamlib_engine::ids::{LinkId, PortRef, ProcessorId};
use streamlib_engine::pubsub::events::ProcessorEvent;
use streamlib_engine::pubsub::{EventKind, Subscription, TopicFilter};
use streamlib_engine::{Engine, GraphOutcome};
use streamlib_processor::prelude::*;
use streamlib_testing::conformance::Seen;

use crate::support::{Door, doors};

/// What the processors of a test share with it.
#[derive(Debug, Default)]
struct Stage {
    closed: AtomicBool,
    seen: Mutex<Vec<Seen>>,
    beside: Mutex<Vec<u64>>,
    written: Condvar,
}

/// Sends 1, 2, 3 and so on until it is told to end.
#[processor(name = "test.numbers", execution = continuous, crate = streamlib_processor)]
struct Numbers {
    #[output]
    out: Output<DataFrame>,
    stage: Option<Arc<Stage>>,
    last: u64,
}

impl Processor for Numbers {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.stage = ctx.resource();
        Ok(())
    }

    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        if self.stage.as_ref().is_none_or(|stage| stage.closed.load(SeqCst)) {
            ctx.finish();
            return Ok(());
        }
        self.last += 1;
        let frame = self.out.frame(&self.last, Envelope::at(self.last as i64))?;
        Ok(self.out.send(frame)?)
    }
}

/// Keeps what the subject says.
#[processor(name = "test.behind", crate = streamlib_processor)]
struct Behind {
    #[input]
    input: Input<DataFrame>,
    stage: Option<Arc<Stage>>,
}

impl Processor for Behind {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.stage = ctx.resource();
        Ok(())
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let (Some(frame), Some(stage)) = (self.input.read()?, &self.stage) else { return Ok(()) };
        stage.seen.lock().unwrap().push(frame.value()?);
        stage.written.notify_all();
        Ok(())
    }
}

/// Keeps the numbers themselves.
#[processor(name = "test.beside", crate = streamlib_processor)]
struct Beside {
    #[input]
    input: Input<DataFrame>,
    stage: Option<Arc<Stage>>,
}

impl Processor for Beside {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.stage = ctx.resource();
        Ok(())
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let (Some(frame), Some(stage)) = (self.input.read()?, &self.stage) else { return Ok(()) };
        stage.beside.lock().unwrap().push(frame.value()?);
        stage.written.notify_all();
        Ok(())
    }
}

/// Numbers that go through a subject and, on another link, past it.
struct Graph {
    engine: Engine,
    stage: Arc<Stage>,
    links: Vec<LinkId>,
    events: Subscription,
}

fn id(name: &str) -> ProcessorId {
    ProcessorId::new(name).unwrap()
}

impl Graph {
    fn declare(door: &Door, config: Value, restart: RestartPolicy) -> Self {
        let mut registry = RegistryBackedFactory::new();
        registry.register::<Numbers>().unwrap();
        registry.register::<Behind>().unwrap();
        registry.register::<Beside>().unwrap();
        registry.add(door.subject.clone()).unwrap();
        let stage = Arc::new(Stage::default());
        let builder = Engine::builder().with_workers(2).with_registry(registry);
        let engine = builder.with_resource(Arc::clone(&stage)).build().unwrap();
        let node = |name: &str, of: &str| ProcessorNode::new(id(name), of, json!({}));
        let subject = ProcessorNode::new(id("subject"), "test.subject", config);
        let mut declare = engine.transaction();
        for node in [
            node("numbers", "test.numbers"),
            ProcessorNode { restart, ..subject },
            node("behind", "test.behind"),
            node("beside", "test.beside"),
        ] {
            declare.push(Change::Add { node });
        }
        let port = |name: &str, port: &str| PortRef::new(id(name), port);
        for (source, target) in [
            (port("numbers", "out"), port("subject", "input")),
            (port("subject", "out"), port("behind", "input")),
            (port("numbers", "out"), port("beside", "input")),
        ] {
            declare.connect(source, target, LinkOptions::default());
        }
        let links = declare.commit().unwrap().connected;
        let events = engine.events().subscribe(TopicFilter::all(), 4096);
        Self { engine, stage, links, events }
    }

    fn start(door: &Door, config: Value, restart: RestartPolicy) -> Self {
        let graph = Self::declare(door, config, restart);
        graph.engine.start().unwrap();
        graph
    }

    /// Waits until what the subject sent is so; a test that waits for ever is stopped by its runner.
    fn until_seen(&self, is_so: impl Fn(&[Seen]) -> bool) {
        let seen = self.stage.seen.lock().unwrap();
        drop(self.stage.written.wait_while(seen, |seen| !is_so(seen)).unwrap());
    }

    /// Waits until so many more have come past the subject.
    fn until_beside(&self, more: usize) {
        let beside = self.stage.beside.lock().unwrap();
        let enough = beside.len() + more;
        drop(self.stage.written.wait_while(beside, |beside| beside.len() < enough).unwrap());
    }

    /// Ends the numbers and waits; everything that was sent past the subject arrived, and every
    /// link's counts are right.
    fn finish(&self) -> GraphOutcome {
        self.stage.closed.store(true, SeqCst);
        let outcome = self.engine.wait().unwrap();
        let beside = self.stage.beside.lock().unwrap();
        assert!(beside.iter().copied().eq(1..=beside.len() as u64), "a hole beside the subject");
        let inspection = self.engine.inspector().inspect();
        let outputs = inspection.processors.iter().flat_map(|one| &one.outputs);
        assert_eq!(outputs.map(|output| output.copied).sum::<u64>(), 0);
        for link in inspection.links {
            let counts = &link.counts;
            let accounted = counts.delivered + counts.dropped + counts.flushed + counts.lost;
            assert_eq!((counts.sent, counts.in_flight), (accounted, 0), "{}: {counts:?}", link.id);
        }
        outcome
    }

    /// What the events say of failures and restarts, in order.
    fn troubles(&mut self) -> Vec<String> {
        let mut troubles = Vec::new();
        while let Some(event) = self.events.try_recv() {
            match &event.kind {
                EventKind::Processor {
                    event: ProcessorEvent::ProcessorFailed { message, panicked },
                    ..
                } => troubles.push(format!("panicked {panicked}: {message}")),
                EventKind::Processor {
                    event: ProcessorEvent::ProcessorRestarted { .. }, ..
                } => troubles.push("restarted".to_owned()),
                _ => {}
            }
        }
        troubles
    }
}

fn numbers(seen: &[Seen]) -> Vec<i64> {
    seen.iter().map(|seen| seen.number).collect()
}

#[test]
fn links_counters_and_taps_are_the_same() {
    for door in doors() {
        let graph = Graph::start(&door, json!({}), RestartPolicy::Never);
        let mut tap = graph.engine.inspector().tap(graph.links[1]);
        let frame = tap.recv_timeout(Duration::from_secs(60)).unwrap();
        let tapped = frame.with(|frame: &DataFrame| frame.value::<Seen>().unwrap()).unwrap();
        assert_eq!(tapped.generation, 1, "{}", door.name);
        graph.until_seen(|seen| seen.len() > 100);
        let outcome = graph.finish();
        assert!(!outcome.failed(), "{}: {outcome:?}", door.name);
        let seen = graph.stage.seen.lock().unwrap();
        let count = seen.len() as i64;
        assert_eq!(numbers(&seen), (1..=count).collect::<Vec<_>>(), "{}", door.name);
        assert_eq!(count as usize, graph.stage.beside.lock().unwrap().len(), "{}", door.name);
    }
}

#[test]
fn an_error_and_a_panic_stop_the_processor_and_nothing_else() {
    for (config, panicked, message) in [
        (json!({ "fail_at": 3 }), false, "no 3: it is bad: provided string was not `true`"),
        (json!({ "panic_at": 3 }), true, "the processor panicked: number 3 is too much"),
    ] {
        for door in doors() {
            let mut graph = Graph::start(&door, config.clone(), RestartPolicy::Never);
            graph.until_beside(50);
            let outcome = graph.finish();
            assert!(outcome.failed(), "{}", door.name);
            assert_eq!(numbers(&graph.stage.seen.lock().unwrap()), [1, 2], "{}", door.name);
            let troubles = graph.troubles();
            let start = format!("panicked {panicked}: {message}");
            let [trouble] = troubles.as_slice() else { panic!("{}: {troubles:?}", door.name) };
            assert!(trouble.starts_with(&start), "{}: {trouble}", door.name);
            // A plugin's panic also says where it was.
            let place = trouble.contains("subject.rs:");
            assert_eq!(place, panicked && door.name == "plugin", "{trouble}");
        }
    }
}

#[test]
fn a_processor_that_panicked_is_made_anew_by_its_policy() {
    for door in doors() {
        let restart =
            RestartPolicy::OnFailure { backoff: Duration::from_millis(1), limit: Some(3) };
        let mut graph = Graph::start(&door, json!({ "panic_at": 3 }), restart);
        graph.until_seen(|seen| seen.iter().any(|seen| seen.number > 20));
        let outcome = graph.finish();
        assert!(!outcome.failed(), "{}: {outcome:?}", door.name);
        let troubles = graph.troubles();
        assert_eq!(troubles.len(), 2, "{troubles:?}");
        assert_eq!(troubles[1], "restarted");
    }
}

#[test]
fn settings_change_while_it_runs_or_stay() {
    for door in doors() {
        let graph = Graph::start(&door, json!({ "add": 1_000_000 }), RestartPolicy::Never);
        graph.until_seen(|seen| seen.len() > 5);
        graph.engine.update_config(id("subject"), json!({ "add": 2_000_000 })).unwrap();
        graph.until_seen(|seen| seen.last().is_some_and(|last| last.number > 2_000_000));
        let refused = graph.engine.update_config(id("subject"), json!({ "add": -1 })).unwrap_err();
        assert!(refused.to_string().contains("it only adds"), "{}: {refused}", door.name);
        let at = graph.stage.seen.lock().unwrap().len();
        graph.until_seen(|seen| seen.len() > at + 5);
        assert!(!graph.finish().failed());
        let seen = graph.stage.seen.lock().unwrap();
        let plain: Vec<i64> = seen.iter().map(|seen| seen.number % 1_000_000).collect();
        assert_eq!(plain, (1..=seen.len() as i64).collect::<Vec<_>>(), "{}", door.name);
    }
}

#[test]
fn what_cannot_be_made_or_set_up_changes_nothing() {
    for door in doors() {
        for (trouble, said) in [
            ("create_fails", "it does not want to be made"),
            ("create_panics", "the processor panicked: it cannot be made"),
            ("setup_fails", "it cannot be set up: nothing is there"),
        ] {
            let graph = Graph::start(&door, json!({}), RestartPolicy::Never);
            let before = graph.engine.snapshot().revision();
            let config = json!({ "trouble": trouble });
            let node = ProcessorNode::new(id("other"), "test.subject", config);
            let refused = graph.engine.add_node(node).unwrap_err().to_string();
            assert!(refused.contains(said), "{} {trouble}: {refused}", door.name);
            assert_eq!(graph.engine.snapshot().revision(), before);
            assert!(!graph.finish().failed());
        }
    }
}

/// The newer one takes the older one's place and state; no number is lost, neither on its own links
/// nor beside it.
#[test]
fn a_newer_one_is_swapped_in_while_it_runs() {
    for door in doors() {
        let graph = Graph::start(&door, json!({}), RestartPolicy::Never);
        graph.until_seen(|seen| seen.len() > 20);
        let newer = door.newer.clone();
        let swap = graph.engine.update_registry(|registry| Ok::<_, ()>(registry.put(newer)));
        assert_eq!(swap.unwrap().unwrap().name(), "test.subject");
        let node = graph.engine.snapshot().processor(&id("subject")).unwrap().as_ref().clone();
        graph.engine.replace(id("subject"), node).unwrap();
        graph.until_seen(|seen| seen.last().is_some_and(|last| last.generation == 2));
        graph.until_beside(20);
        assert!(!graph.finish().failed(), "{}", door.name);
        let seen = graph.stage.seen.lock().unwrap();
        let count = seen.len();
        assert_eq!(numbers(&seen), (1..=count as i64).collect::<Vec<_>>(), "{}", door.name);
        assert!(seen.iter().map(|seen| seen.before).eq(0..count as u64), "{}", door.name);
        assert!(seen.is_sorted_by_key(|seen| seen.generation), "{}", door.name);
        assert_eq!((seen[0].generation, seen[count - 1].generation), (1, 2), "{}", door.name);
        assert_eq!(count, graph.stage.beside.lock().unwrap().len(), "{}", door.name);
    }
}
