//! A processor whose call takes long, or never ends, while others run in the same strand: they are
//! taken off it, and nothing is lost on the way.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use streamlib_engine::delegates::{SchedulingStrategy, ThreadPriority};
use streamlib_engine::graph::{Change, ProcessorNode};
use streamlib_engine::pubsub::TopicFilter;
use streamlib_engine::pubsub::events::{EventKind, ProcessorEvent, ProcessorState};
use streamlib_processor::abi::Envelope;
use streamlib_processor::prelude::*;

use crate::graphs::{changes, id};
use crate::rig::{MS, Rig, registry};
use crate::support::{check_counters, until};

/// Where calls wait until the test lets them go.
#[derive(Debug, Default)]
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn wait(&self) {
        drop(self.opened.wait_while(self.open.lock().unwrap(), |open| !*open).unwrap());
    }

    fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

/// Settings of [`Halts`] and [`HaltingSource`].
#[derive(Debug, Clone, Default, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
struct HaltsConfig {
    /// The number with which it does not come back from its call until the gate is open.
    at: u64,
    /// It sends that number before, not afterwards.
    sends_first: bool,
}

/// Passes numbers on, inline in its producer.
#[processor(name = "test.halts", needs(cheap, call_limit_ms = 1), crate = streamlib_processor)]
struct Halts {
    #[input]
    input: Input<DataFrame>,
    #[output]
    out: Output<DataFrame>,
    #[config]
    config: HaltsConfig,
    gate: Option<Arc<Gate>>,
}

impl Processor for Halts {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.gate = ctx.resource();
        Ok(())
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(frame) = self.input.read()? else { return Ok(()) };
        let HaltsConfig { at, sends_first } = self.config;
        let halts = frame.value::<u64>()? == at;
        if halts && !sends_first {
            self.gate.as_ref().unwrap().wait();
        }
        self.out.send(frame)?;
        if halts && sends_first {
            self.gate.as_ref().unwrap().wait();
        }
        Ok(())
    }
}

/// Sends 1, 2, 3, a number a call that is asked for.
#[processor(
    name = "test.halting_source", execution = manual, needs(call_limit_ms = 1),
    crate = streamlib_processor
)]
struct HaltingSource {
    #[output]
    out: Output<DataFrame>,
    #[config]
    config: HaltsConfig,
    gate: Option<Arc<Gate>>,
    sent: u64,
}

impl Processor for HaltingSource {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.gate = ctx.resource();
        Ok(())
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        self.sent += 1;
        if self.sent == self.config.at {
            self.gate.as_ref().unwrap().wait();
        }
        let frame = self.out.frame(&self.sent, Envelope::at(self.sent as i64 * MS))?;
        Ok(self.out.send(frame)?)
    }
}

/// A graph that runs, with a strategy of its own for `src`.
fn rig(graph: &str, workers: usize, strategy: Option<&SchedulingStrategy>) -> (Rig, Arc<Gate>) {
    let mut types = registry();
    types.register::<Halts>().unwrap();
    types.register::<HaltingSource>().unwrap();
    let gate = Arc::new(Gate::default());
    let rig = Rig::declare("", |builder| {
        let builder = builder.with_workers(workers).with_registry(types);
        builder.with_resource(Arc::clone(&gate))
    });
    let edit = |change| match change {
        Change::Add { node } if node.id.as_str() == "src" => {
            Change::Add { node: ProcessorNode { scheduling: strategy.cloned(), ..node } }
        }
        other => other,
    };
    rig.engine.transaction().with(changes(graph).into_iter().map(edit)).commit().unwrap();
    rig.engine.start().unwrap();
    (rig, gate)
}

fn thread() -> SchedulingStrategy {
    SchedulingStrategy::DedicatedThread { priority: ThreadPriority::Normal, name: None }
}

/// Waits until `halts` was given up, and says in which strand each of `others` is then.
fn await_apart(rig: &Rig, halts: &str, others: &[&str]) -> Vec<String> {
    until(|| rig.processor(halts).strand == id(halts));
    until(|| rig.processor(halts).state == ProcessorState::Stuck);
    let strand = |name: &&str| rig.processor(name).strand.to_string();
    until(|| others.iter().all(|name| strand(name) != halts));
    others.iter().map(strand).collect()
}

/// `halts` stands in the middle of its strand, before or behind its sibling.
const GRAPHS: [&str; 2] = [
    "src.out -> halts.input POLICY\nsrc.out -> beside.input\nhalts.out -> behind.input",
    "src.out -> beside.input\nsrc.out -> halts.input POLICY\nhalts.out -> behind.input",
];

/// Number `at` halts, and six more come meanwhile. Which of those six `behind` sees in the end, and
/// what the link to the one that halts counts of them.
struct Case {
    at: u64,
    policy: &'static str,
    sends_first: bool,
    given: &'static [&'static str],
    dropped: &'static str,
}

/// Numbers as a source plays them and a sink writes them.
fn words(numbers: std::ops::RangeInclusive<u64>) -> String {
    numbers.map(|number| number.to_string()).collect::<Vec<_>>().join(" ")
}

fn check(case: &Case, graph: usize, workers: usize, strategy: Option<&SchedulingStrategy>) {
    let Case { at, policy, sends_first, given, dropped } = *case;
    let beside = if workers == 1 { "test.record" } else { "test.record_inline" };
    let processors = format!(
        "+ src: test.script\n+ behind: test.record_inline\n+ beside: {beside}\n\
         + halts: test.halts {{\"at\": {at}, \"sends_first\": {sends_first}}}\n"
    );
    let links = GRAPHS[graph].replace("POLICY", policy);
    let (rig, gate) = rig(&(processors + &links), workers, strategy);
    let context = format!("{at}, {policy}, {sends_first}, {graph}, {workers}, {strategy:?}");
    assert_eq!(rig.processor("halts").strand, id("src"), "{context}");
    let mut events = rig.engine.events().subscribe(TopicFilter::all(), 1024);
    rig.offer("src", &words(1..=at));
    let strands = await_apart(&rig, "halts", &["src", "behind"]);
    assert_eq!(strands, ["src", "behind"], "{context}");
    let events: Vec<_> = std::iter::from_fn(|| events.try_recv()).collect();
    let names_it = |kind: &EventKind| {
        matches!(kind, EventKind::Processor { processor, event: ProcessorEvent::ProcessorStuck { .. } }
            if *processor == id("halts"))
    };
    assert_eq!(events.iter().filter(|event| names_it(&event.kind)).count(), 1, "{context}");
    assert_eq!(rig.engine.inspector().health().failing, [id("halts")], "{context}");
    rig.play("src", &words(at + 1..=at + 6));
    rig.await_log("beside", &words(1..=at + 6));
    assert_eq!(rig.log("behind"), words(1..=at - 1), "{context}");
    gate.open();
    let given = given.iter().map(|word| {
        let (hole, ahead) = word.strip_prefix('!').map_or(("", *word), |ahead| ("!", ahead));
        format!(" {hole}{}", at + ahead.parse::<u64>().unwrap())
    });
    let behind = words(1..=at) + &given.collect::<String>();
    rig.await_log("behind", &behind);
    rig.play("src", &format!("{} end", at + 7));
    let outcome = rig.wait();
    assert!(!outcome.failed() && outcome.abandoned_threads == 0, "{context}: {outcome:?}");
    assert_eq!(rig.log("beside"), format!("{} finished", words(1..=at + 7)), "{context}");
    let hole = if policy.contains("lossless") { "!" } else { "" };
    assert_eq!(rig.log("behind"), format!("{behind} {hole}{} finished", at + 7), "{context}");
    let (sent, delivered) = (at + 7, at + 1 + case.given.len() as u64);
    let counts = format!("sent {sent}, delivered {delivered}, {dropped}");
    assert_eq!(rig.counts(graph as u64), counts, "{context}");
    assert_eq!(rig.counts(2), format!("sent {delivered}, delivered {delivered}"), "{context}");
}

fn check_all(graph: usize, workers: usize, strategy: Option<&SchedulingStrategy>) {
    // With the later one frames have come to go from hand to hand.
    for (at, sends_first) in [(2, false), (2, true), (12, false), (12, true)] {
        for (policy, given, dropped) in [
            ("{\"delivery\": \"latest\"}", ["!6"].as_slice(), "superseded 5"),
            ("{\"delivery\": \"every_sample\", \"depth\": 2}", &["!5", "6"], "overflow 4"),
            ("{\"delivery\": \"lossless\", \"depth\": 2}", &["1", "2"], "stuck 4"),
        ] {
            let case = Case { at, policy, sends_first, given, dropped };
            check(&case, graph, workers, strategy);
        }
    }
}

#[test]
fn what_halts_in_the_middle_of_a_strand_is_left_and_comes_back() {
    check_all(0, 2, None);
    check_all(1, 2, None);
}

#[test]
fn what_halts_the_only_worker_is_left_and_comes_back() {
    check_all(0, 1, None);
    check_all(1, 1, None);
}

#[test]
fn what_halts_a_thread_is_left_and_comes_back() {
    check_all(0, 2, Some(&thread()));
    check_all(1, 1, Some(&thread()));
}

/// One of a chain of three halts for ever: its siblings go on, what is behind it waits, and a stop
/// leaves its thread behind.
fn check_for_ever(graph: &str, halts: &str, workers: usize, strategy: Option<&SchedulingStrategy>) {
    let (rig, gate) = rig(graph, workers, strategy);
    let calls = if halts == "src" { "src" } else { "" };
    match calls {
        "src" => rig.engine.step(id("src"), 2).unwrap(),
        _ => rig.offer("src", "1 2"),
    }
    let behind = if halts == "src" { ["middle", "beside"].as_slice() } else { &[] };
    await_apart(&rig, halts, behind);
    if halts != "src" {
        rig.play("src", "3 4 5");
        rig.await_log("beside", "1 2 3 4 5");
    }
    let outcome = rig.engine.stop_within(Duration::from_millis(1)).unwrap();
    let context = format!("{halts}, {workers}, {strategy:?}: {outcome:?}");
    assert_eq!(outcome.abandoned_threads, 1, "{context}");
    let failures: Vec<_> = outcome.failures().map(|(id, message)| (id.as_str(), message)).collect();
    let message = "it did not come back from its call, and was left behind";
    assert_eq!(failures, [(halts, message)], "{context}");
    let beside = if halts == "src" { "1 failed" } else { "1 2 3 4 5 stopped" };
    assert_eq!(rig.log("beside"), beside, "{context}");
    gate.open();
}

#[test]
fn what_halts_for_ever_is_left_wherever_it_stands() {
    let first = "+ src: test.halting_source {\"at\": 2}
        + middle: test.inline
        + beside: test.record_inline
        src.out -> middle.input
        middle.out -> beside.input";
    let last = "+ src: test.script
        + beside: test.record_inline
        + middle: test.inline
        + last: test.halts {\"at\": 2}
        src.out -> beside.input
        src.out -> middle.input
        middle.out -> last.input";
    for strategy in [None, Some(thread())] {
        for workers in [1, 2] {
            check_for_ever(first, "src", workers, strategy.as_ref());
            check_for_ever(last, "last", workers, strategy.as_ref());
        }
    }
}

/// Only the main thread halts with what halts on it: the pool's processors run on, and a stop from
/// elsewhere ends them in order.
#[test]
fn what_halts_the_main_thread_is_named_and_left() {
    let graph = "+ src: test.script
        + halts: test.halts {\"at\": 2}
        + beside: test.record_inline
        + other: test.script
        + elsewhere: test.record
        src.out -> beside.input
        src.out -> halts.input
        other.out -> elsewhere.input";
    let (rig, gate) = rig(graph, 1, Some(&SchedulingStrategy::MainThread));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| rig.engine.wait().unwrap());
        rig.offer("src", "1 2");
        let strands = await_apart(&rig, "halts", &["src", "beside"]);
        rig.play("other", "1 2 3");
        rig.await_log("elsewhere", "1 2 3");
        let outcome = rig.engine.stop_within(Duration::from_millis(1)).unwrap();
        gate.open();
        assert_eq!(strands, ["src", "src"]);
        let failed: Vec<_> = outcome.failures().map(|(id, _)| id.as_str()).collect();
        assert_eq!(failed, ["halts"], "{outcome:?}");
        assert_eq!(rig.log("elsewhere"), "1 2 3 stopped");
        assert_eq!(waiting.join().unwrap(), outcome);
    });
    check_counters(&rig.engine);
}
