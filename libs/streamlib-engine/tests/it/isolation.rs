//! A processor that fails, in whichever of its methods, takes down itself and nothing else; a
//! restart policy may bring it back.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use streamlib_engine::graph::{ProcessorNode, RestartPolicy};
use streamlib_engine::pubsub::events::{EventKind, ProcessorEvent, ProcessorState, RuntimeEvent};
use streamlib_engine::pubsub::{Subscription, TopicFilter};
use streamlib_processor::prelude::*;

use crate::graphs::{id, port};
use crate::rig::{Rig, Stage, registry};
use crate::support::until;

/// How many instances of [`Fragile`] were made.
#[derive(Debug, Default)]
struct Made(AtomicU64);

/// Settings of [`Fragile`].
#[derive(Debug, Clone, Default, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
struct FragileConfig {
    /// The method that fails.
    fails_in: String,
    /// By a panic instead of an error.
    panics: bool,
    /// Instances that fail; those after them do not. 0 for all.
    instances: u64,
}

/// Passes frames on. Its `process` fails at the number 2.
#[processor(name = "test.fragile", crate = streamlib_processor)]
struct Fragile {
    #[input]
    input: Input<DataFrame>,
    #[output]
    out: Output<DataFrame>,
    #[config]
    config: FragileConfig,
    stage: Option<Arc<Stage>>,
    number: u64,
}

impl Fragile {
    fn may_fail(&self, method: &str) -> Result<()> {
        let FragileConfig { fails_in, panics, instances } = &self.config;
        if fails_in != method || *instances > 0 && self.number >= *instances {
            return Ok(());
        }
        assert!(!panics, "in {method}");
        Err(Error::new(format!("in {method}")))
    }
}

impl Processor for Fragile {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.stage = ctx.resource();
        self.number = ctx.resource::<Made>().unwrap().0.fetch_add(1, SeqCst);
        self.may_fail("setup")
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(frame) = self.input.read()? else { return Ok(()) };
        if frame.value::<u64>()? == 2 {
            self.may_fail("process")?;
        }
        Ok(self.out.send(frame)?)
    }

    fn end_of_stream(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        self.may_fail("end_of_stream")
    }

    fn update_config(&mut self, config: FragileConfig) -> Result<()> {
        self.may_fail("update_config")?;
        self.config = config;
        Ok(())
    }

    fn teardown(&mut self) -> Result<()> {
        self.stage.as_ref().unwrap().write("fragile", "torn down");
        self.may_fail("teardown")
    }
}

/// A source with two branches: one through a [`Fragile`], one beside it.
fn declare(config: &serde_json::Value, restart: RestartPolicy) -> Rig {
    let mut types = registry();
    types.register::<Fragile>().unwrap();
    let rig = Rig::declare(
        "+ src: test.script\n+ behind: test.record\n+ beside: test.record\nsrc.out -> beside.input",
        |builder| builder.with_registry(types).with_resource(Arc::new(Made::default())),
    );
    let node = ProcessorNode::new(id("fragile"), "test.fragile", config.clone());
    rig.engine.add_node(ProcessorNode { restart, ..node }).unwrap();
    rig.engine.connect(port("src.out"), port("fragile.input")).unwrap();
    rig.engine.connect(port("fragile.out"), port("behind.input")).unwrap();
    rig
}

fn subscribe(rig: &Rig) -> Subscription {
    rig.engine.events().subscribe(TopicFilter::all(), 1024)
}

/// What the events say that went wrong, in order.
fn troubles(mut events: Subscription) -> Vec<String> {
    let mut troubles = Vec::new();
    while let Some(event) = events.try_recv() {
        match &event.kind {
            EventKind::Processor {
                processor,
                event: ProcessorEvent::ProcessorFailed { message, panicked },
            } => {
                let how = if *panicked { "panicked" } else { "failed" };
                troubles.push(format!("{processor} {how}: {message}"));
            }
            EventKind::Processor {
                processor,
                event: ProcessorEvent::ProcessorRestarted { attempt },
            } => troubles.push(format!("{processor} restarted {attempt}")),
            EventKind::Runtime { event: RuntimeEvent::RetireProblem { message } } => {
                troubles.push(message.clone());
            }
            _ => {}
        }
    }
    troubles
}

/// The numbers 1 to 3 go through a processor that fails in `method`.
fn check(method: &str, behind: &str, failure: Option<&str>, expect: [&str; 2]) {
    for panics in [false, true] {
        let rig = declare(&json!({ "fails_in": method, "panics": panics }), RestartPolicy::Never);
        let events = subscribe(&rig);
        rig.engine.start().unwrap();
        rig.play("src", "1 2 3 end");
        let outcome = rig.wait();
        let context = format!("{method}, panics: {panics}: {outcome:?}");
        assert_eq!(rig.log("beside"), "1 2 3 finished", "{context}");
        assert_eq!(rig.log("behind"), behind, "{context}");
        assert_eq!(rig.log("fragile"), "torn down", "{context}");
        let [error, panic] = expect;
        let said = if panics { panic } else { error };
        assert_eq!(troubles(events), [said], "{context}");
        let message = failure.map(|message| match panics {
            true => format!("the processor panicked: {message}"),
            false => message.to_owned(),
        });
        let failures: Vec<_> =
            outcome.failures().map(|(id, message)| (id.to_string(), message.to_owned())).collect();
        let named = message.iter().map(|message| ("fragile".to_owned(), message.clone()));
        assert_eq!(failures, named.collect::<Vec<_>>(), "{context}");
        assert_eq!(rig.processor("fragile").failure, message, "{context}");
    }
}

#[test]
fn a_failure_of_process_ends_what_is_behind_it() {
    let expect =
        ["fragile failed: in process", "fragile panicked: the processor panicked: in process"];
    check("process", "1 failed", Some("in process"), expect);
}

#[test]
fn a_failure_of_end_of_stream_comes_after_all_frames() {
    let expect = [
        "fragile failed: in end_of_stream",
        "fragile panicked: the processor panicked: in end_of_stream",
    ];
    check("end_of_stream", "1 2 3 failed", Some("in end_of_stream"), expect);
}

#[test]
fn a_failure_of_teardown_is_reported_and_changes_nothing() {
    let expect = [
        "fragile could not be torn down: in teardown",
        "fragile could not be torn down: the processor panicked: in teardown",
    ];
    check("teardown", "1 2 3 finished", None, expect);
}

#[test]
fn a_failure_of_setup_refuses_the_start_and_leaves_nothing_behind() {
    let said = ["in setup", "the processor panicked: in setup"];
    for (panics, said) in [false, true].into_iter().zip(said) {
        let rig = declare(&json!({ "fails_in": "setup", "panics": panics }), RestartPolicy::Never);
        let error = rig.engine.start().unwrap_err().to_string();
        assert_eq!(error, format!("processor `fragile` cannot be set up: {said}"));
        assert_eq!(rig.log("fragile"), "torn down");
        rig.engine.update_config(id("fragile"), json!({})).unwrap();
        rig.engine.start().unwrap();
        rig.play("src", "1 end");
        assert!(!rig.wait().failed());
        assert_eq!(rig.log("behind"), "1 finished");
    }
}

/// A refused configuration leaves the processor as it was, and its frames flow on.
#[test]
fn a_failure_of_update_config_refuses_the_change() {
    let said = ["in update_config", "the processor panicked: in update_config"];
    for (panics, said) in [false, true].into_iter().zip(said) {
        let config = json!({ "fails_in": "update_config", "panics": panics });
        let rig = declare(&config, RestartPolicy::Never);
        rig.engine.start().unwrap();
        rig.play("src", "1");
        let error = rig.engine.update_config(id("fragile"), json!({})).unwrap_err().to_string();
        assert!(error.contains("fragile") && error.ends_with(said), "{error}");
        assert_eq!(rig.processor("fragile").config["fails_in"], "update_config");
        rig.play("src", "2 3 end");
        assert!(!rig.wait().failed());
        assert_eq!(rig.log("behind"), "1 2 3 finished");
    }
}

/// The numbers 1 to 4 go through a processor of which `instances` instances fail at 2.
fn check_restart(restart: RestartPolicy, instances: u64, behind: &str, restarts: u32) {
    let rig = declare(&json!({ "fails_in": "process", "instances": instances }), restart);
    let events = subscribe(&rig);
    rig.engine.start().unwrap();
    rig.play("src", "1 2@2 3 2@4 4@5 end");
    let outcome = rig.wait();
    let context = format!("{restart:?}: {outcome:?}");
    assert_eq!(rig.log("behind"), behind, "{context}");
    assert_eq!(rig.log("beside"), "1 2 3 2 4 finished", "{context}");
    assert_eq!(outcome.failed(), behind.ends_with("failed"), "{context}");
    assert_eq!(rig.processor("fragile").restarts, restarts, "{context}");
    // A new instance may fail before it is told that it is there.
    let mut troubles = troubles(events);
    troubles.sort_unstable();
    let expect = (1..=instances.min(2)).flat_map(|attempt| {
        let failed = "fragile failed: in process".to_owned();
        let restarted = format!("fragile restarted {attempt}");
        [Some(failed), (attempt <= u64::from(restarts)).then_some(restarted)]
    });
    let mut expect: Vec<_> = expect.flatten().collect();
    expect.sort_unstable();
    assert_eq!(troubles, expect, "{context}");
}

#[test]
fn a_restart_policy_brings_a_new_instance_after_a_failure() {
    let backoff = Duration::from_millis(1);
    let limited = |limit| RestartPolicy::OnFailure { backoff, limit: Some(limit) };
    check_restart(RestartPolicy::Never, 1, "1 failed", 0);
    check_restart(RestartPolicy::OnFailure { backoff, limit: None }, 1, "1 3 2 4 finished", 1);
    check_restart(RestartPolicy::OnFailure { backoff, limit: None }, 2, "1 3 4 finished", 2);
    check_restart(limited(1), 1, "1 3 2 4 finished", 1);
    check_restart(limited(1), 2, "1 3 failed", 1);
    check_restart(RestartPolicy::Always { backoff, limit: None }, 2, "1 3 4 finished", 2);
}

/// A source that ends by itself is made anew, goes on in a new epoch, and ends for good when its
/// restarts are used up.
#[test]
fn always_brings_back_what_has_ended_by_itself() {
    let backoff = Duration::from_millis(1);
    let rig = Rig::declare("+ sink: test.record", |builder| builder);
    let node = ProcessorNode::new(id("src"), "test.script", serde_json::Value::Null);
    let restart = RestartPolicy::Always { backoff, limit: Some(2) };
    rig.engine.add_node(ProcessorNode { restart, ..node }).unwrap();
    rig.engine.connect(port("src.out"), port("sink.input")).unwrap();
    rig.engine.start().unwrap();
    rig.play("src", "1 2 end");
    until(|| rig.processor("src").restarts == 1);
    rig.play("src", "1 fail");
    until(|| rig.processor("src").restarts == 2);
    rig.play("src", "1 2 end");
    let outcome = rig.wait();
    assert!(!outcome.failed(), "{outcome:?}");
    assert_eq!(rig.log("sink"), "1 2 e1 1 e2 1 2 finished");
}

/// Where the calls of [`Hangs`] wait, until the test lets them go.
#[derive(Debug, Default)]
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
}

/// Does not come back from its first call until the gate is open.
#[processor(name = "test.hangs", needs(call_limit_ms = 1), crate = streamlib_processor)]
struct Hangs {
    #[input(delivery = latest)]
    input: Input<DataFrame>,
    #[output]
    out: Output<DataFrame>,
    gate: Option<Arc<Gate>>,
}

impl Processor for Hangs {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.gate = ctx.resource();
        Ok(())
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(frame) = self.input.read()? else { return Ok(()) };
        let gate = self.gate.as_ref().unwrap();
        drop(gate.opened.wait_while(gate.open.lock().unwrap(), |open| !*open).unwrap());
        Ok(self.out.send(frame)?)
    }
}

/// A source whose first branch hangs and whose second does not.
fn hanging(workers: usize) -> (Rig, Arc<Gate>) {
    let mut types = registry();
    types.register::<Hangs>().unwrap();
    let gate = Arc::new(Gate::default());
    let rig = Rig::with(
        "+ src: test.script
        + hangs: test.hangs
        + behind: test.record
        + beside: test.record
        src.out -> hangs.input
        hangs.out -> behind.input
        src.out -> beside.input",
        |builder| {
            let builder = builder.with_registry(types).with_workers(workers);
            builder.with_resource(Arc::clone(&gate))
        },
    );
    (rig, gate)
}

#[test]
fn a_call_that_hangs_is_named_and_the_rest_runs_on() {
    for workers in [1, 2] {
        let (rig, gate) = hanging(workers);
        rig.play("src", "1");
        until(|| rig.processor("hangs").state == ProcessorState::Stuck);
        assert_eq!(rig.engine.inspector().health().failing, [id("hangs")]);
        rig.play("src", "2 3 4");
        rig.await_log("beside", "1 2 3 4");
        // It comes back, and goes on.
        *gate.open.lock().unwrap() = true;
        gate.opened.notify_all();
        rig.await_log("behind", "1 !4");
        rig.play("src", "end");
        assert!(!rig.wait().failed());
        assert_eq!(rig.log("behind"), "1 !4 finished");
    }
}

#[test]
fn a_call_that_hangs_for_ever_does_not_keep_the_graph_from_stopping() {
    for workers in [1, 2] {
        let (rig, gate) = hanging(workers);
        rig.play("src", "1");
        until(|| rig.processor("hangs").state == ProcessorState::Stuck);
        rig.play("src", "2");
        rig.await_log("beside", "1 2");
        // All of it is waited out for the call that hangs; the others need a moment of it.
        let outcome = rig.engine.stop_within(Duration::from_millis(500)).unwrap();
        assert_eq!(outcome.abandoned_threads, 1, "{outcome:?}");
        let failures: Vec<_> =
            outcome.failures().map(|(id, message)| (id.as_str(), message)).collect();
        let message = "it did not come back from its call, and was left behind";
        assert_eq!(failures, [("hangs", message)]);
        assert_eq!(rig.log("beside"), "1 2 stopped");
        *gate.open.lock().unwrap() = true;
        gate.opened.notify_all();
    }
}
