//! Edits of a graph that runs: nothing is lost, and what cannot be done changes nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};

use serde_json::json;
use streamlib_engine::Engine;
use streamlib_engine::graph::{Change, LinkOptions, ProcessorNode};
use streamlib_engine::ids::{LinkId, PortRef, ProcessorId};
use streamlib_processor::NoConfig;
use streamlib_processor::abi::Envelope;
use streamlib_processor::prelude::*;

use crate::support::{Collect, Inline, Pass, Seen, check_counters};

/// When a [`Stream`] ends, and how much it sent.
#[derive(Debug, Default)]
struct Tap {
    closed: AtomicBool,
    sent: AtomicU64,
}

/// Sends numbers until its tap is closed.
#[processor(name = "test.stream", execution = continuous, crate = streamlib_processor)]
struct Stream {
    #[output]
    out: Output<DataFrame>,
    tap: Option<Arc<Tap>>,
    next: u64,
}

impl Processor for Stream {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.tap = ctx.resource::<Tap>();
        Ok(())
    }

    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(tap) = &self.tap else { return Ok(()) };
        if tap.closed.load(SeqCst) {
            ctx.finish();
            return Ok(());
        }
        let frame = self.out.frame(&self.next, Envelope::at(self.next as i64))?;
        self.out.send(frame)?;
        self.next += 1;
        tap.sent.store(self.next, SeqCst);
        Ok(())
    }
}

/// A stream that is collected, and what it needs to be edited.
struct Running {
    engine: Engine,
    seen: Arc<Seen>,
    tap: Arc<Tap>,
    source: ProcessorId,
    sink: ProcessorId,
    link: LinkId,
}

impl Running {
    fn start(workers: usize) -> Self {
        let (seen, tap) = (Arc::new(Seen::default()), Arc::new(Tap::default()));
        let builder = Engine::builder().with_workers(workers);
        let builder = builder.with_resource(Arc::clone(&seen)).with_resource(Arc::clone(&tap));
        let engine = builder.build().unwrap();
        let source = engine.add_processor::<Stream>(NoConfig {}).unwrap().id().clone();
        let sink = engine.add_processor::<Collect>(NoConfig {}).unwrap().id().clone();
        // The types are known from now on.
        for id in [
            engine.add_processor::<Pass>(NoConfig {}).unwrap().id().clone(),
            engine.add_processor::<Inline>(NoConfig {}).unwrap().id().clone(),
        ] {
            engine.remove_processor(&id).unwrap();
        }
        let link = engine.connect(&source, &sink).unwrap();
        engine.start().unwrap();
        Self { engine, seen, tap, source, sink, link }
    }

    /// Puts a processor of this type between source and sink.
    fn insert(&mut self, processor_type: &str) {
        let id = ProcessorId::new("stage").unwrap();
        let (source, sink) = (self.source.clone(), self.sink.clone());
        let mut edit = self.engine.transaction();
        edit.disconnect(self.link);
        let node = ProcessorNode::new(id.clone(), processor_type, serde_json::json!({}));
        edit.push(Change::Add { node });
        let options = LinkOptions::default;
        edit.connect(PortRef::new(source, "out"), PortRef::new(id.clone(), "input"), options());
        edit.connect(PortRef::new(id, "out"), PortRef::new(sink, "input"), options());
        edit.commit().unwrap();
    }

    /// Takes it out again.
    fn remove(&mut self) {
        let mut edit = self.engine.transaction();
        edit.remove(ProcessorId::new("stage").unwrap());
        let source = PortRef::new(self.source.clone(), "out");
        edit.connect(source, PortRef::new(self.sink.clone(), "input"), LinkOptions::default());
        let committed = edit.commit().unwrap();
        assert_eq!(committed.problems, Vec::<String>::new());
        self.link = committed.connected[0];
    }

    /// Ends the stream; everything that was sent has arrived, in order.
    fn finish(self) {
        self.tap.closed.store(true, SeqCst);
        let outcome = self.engine.wait().unwrap();
        assert!(!outcome.failed(), "{outcome:?}");
        let numbers = self.seen.numbers.lock().unwrap();
        let hole = numbers.iter().zip(0..).find(|(number, expected)| *number != expected);
        assert_eq!(hole, None);
        assert_eq!(numbers.len() as u64, self.tap.sent.load(SeqCst));
        check_counters(&self.engine);
    }
}

/// A stage that comes and goes `times` times loses nothing.
fn check(workers: usize, processor_type: &str, times: usize) {
    let mut running = Running::start(workers);
    for _ in 0..times {
        running.insert(processor_type);
        running.remove();
    }
    running.finish();
}

#[test]
fn a_stage_comes_and_goes_on_one_worker() {
    check(1, "test.pass", 100);
}

#[test]
fn a_stage_comes_and_goes_on_two_workers() {
    check(2, "test.pass", 100);
}

#[test]
fn an_inline_stage_comes_and_goes() {
    check(2, "test.inline", 100);
}

#[test]
fn a_stage_is_replaced_while_frames_flow() {
    let mut running = Running::start(2);
    running.insert("test.pass");
    for kind in ["test.inline", "test.pass", "test.pass"] {
        let id = ProcessorId::new("stage").unwrap();
        let node = ProcessorNode::new(id.clone(), kind, serde_json::json!({}));
        running.engine.replace(&id, node).unwrap();
    }
    running.remove();
    running.finish();
}

#[test]
fn an_insertion_is_undone_while_frames_flow() {
    let mut running = Running::start(2);
    for _ in 0..10 {
        running.insert("test.pass");
        running.engine.undo().unwrap();
    }
    running.finish();
}

#[test]
fn a_stage_that_comes_after_the_end_passes_the_end_on() {
    let mut running = Running::start(1);
    running.engine.pause_processor(&running.sink).unwrap();
    running.tap.closed.store(true, SeqCst);
    running.insert("test.pass");
    running.engine.resume_processor(&running.sink).unwrap();
    running.finish();
}

#[test]
fn a_failure_of_any_step_of_prepare_changes_nothing() {
    let mut running = Running::start(1);
    let before = running.engine.snapshot().revision();
    let id = ProcessorId::new("stage").unwrap();
    let node = ProcessorNode::new(id.clone(), "test.pass", serde_json::json!({}));
    let changes = || {
        let options = LinkOptions::default();
        [
            Change::Disconnect { id: running.link },
            Change::Add { node: node.clone() },
            Change::Connect {
                source: PortRef::new(running.source.clone(), "out"),
                target: PortRef::new(id.clone(), "input"),
                options: options.clone(),
            },
            Change::Connect {
                source: PortRef::new(id.clone(), "out"),
                target: PortRef::new(running.sink.clone(), "input"),
                options,
            },
        ]
    };
    let (plan, _) = running.engine.transaction().with(changes()).dry_run().unwrap();
    assert!(plan.prepare.len() >= 4, "{plan}");
    for step in 1..=plan.prepare.len() {
        running.engine.fail_at_step(Some(step));
        running.engine.transaction().with(changes()).commit().unwrap_err();
        assert_eq!(running.engine.snapshot().revision(), before, "step {step}");
        assert!(running.engine.snapshot().processor(&id).is_none(), "step {step}");
    }
    running.insert("test.pass");
    running.finish();
}

#[test]
fn a_running_engine_that_is_dropped_lets_go_of_everything() {
    let running = Running::start(2);
    let (seen, tap) = (Arc::downgrade(&running.seen), Arc::downgrade(&running.tap));
    drop(running);
    assert_eq!((seen.strong_count(), tap.strong_count()), (0, 0));
}

/// A processor that was left without a link, and what is behind it, do not keep a graph from ending.
fn check_ends_beside(links: &[(&str, &str)]) {
    let running = Running::start(1);
    for name in ["alone", "behind", "further"] {
        let node = ProcessorNode::new(ProcessorId::new(name).unwrap(), "test.pass", json!({}));
        running.engine.add_node(node).unwrap();
    }
    for (from, to) in links {
        let port = |text: &str| {
            let (processor, port) = text.split_once('.').unwrap();
            PortRef::new(ProcessorId::new(processor).unwrap(), port)
        };
        let mut edit = running.engine.transaction();
        edit.connect(port(from), port(to), LinkOptions::default());
        edit.commit().unwrap();
    }
    running.finish();
}

#[test]
fn what_waits_for_a_link_does_not_keep_a_graph_from_ending() {
    check_ends_beside(&[]);
    check_ends_beside(&[("alone.out", "behind.input")]);
    check_ends_beside(&[("alone.out", "behind.input"), ("behind.out", "further.input")]);
}
