//! A processor that fails takes down itself and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use streamlib_engine::graph::{ProcessorNode, RestartPolicy};
use streamlib_engine::ids::ProcessorId;
use streamlib_engine::{Engine, GraphOutcome};
use streamlib_processor::NoConfig;
use streamlib_processor::abi::port::EndCause;
use streamlib_processor::prelude::*;

use crate::support::{Collect, Numbers, NumbersConfig, Seen, check_counters};

/// How many frames all instances of [`Fails`] saw together.
#[derive(Debug, Default)]
struct Attempts(AtomicU64);

/// Settings of [`Fails`].
#[derive(Debug, Clone, Default, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
struct FailsConfig {
    /// At which frame, counted over all instances.
    at: u64,
    /// By a panic instead of an error.
    panics: bool,
    /// And at each frame after it.
    again: bool,
}

/// Passes frames on until it fails.
#[processor(name = "test.fails", crate = streamlib_processor)]
struct Fails {
    #[input]
    input: Input<AnyFrame>,
    #[output(same_as = input)]
    out: Output<AnyFrame>,
    #[config]
    config: FailsConfig,
    attempts: Option<Arc<Attempts>>,
}

impl Processor for Fails {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.attempts = ctx.resource::<Attempts>();
        Ok(())
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let (Some(frame), Some(attempts)) = (self.input.read()?, &self.attempts) else {
            return Ok(());
        };
        let number = attempts.0.fetch_add(1, SeqCst);
        if number == self.config.at || self.config.again && number > self.config.at {
            assert!(!self.config.panics, "on purpose");
            return Err(Error::new("the frame is not to its taste"));
        }
        self.out.send(frame)?;
        Ok(())
    }
}

/// A source with two branches, of which one has a processor that fails at the third of ten frames.
fn run(panics: bool, again: bool, restart: RestartPolicy) -> (GraphOutcome, Vec<u64>) {
    let seen = Arc::new(Seen::default());
    let builder = Engine::builder().with_workers(2).with_resource(Arc::clone(&seen));
    let engine = builder.with_resource(Arc::new(Attempts::default())).build().unwrap();
    let source = engine.add_processor::<Numbers>(NumbersConfig::default()).unwrap();
    let typed = engine.add_processor::<Fails>(FailsConfig::default()).unwrap();
    engine.remove_processor(typed.id()).unwrap();
    let fails = ProcessorId::new("fails").unwrap();
    let config = serde_json::json!({ "at": 2, "panics": panics, "again": again });
    let mut node = ProcessorNode::new(fails.clone(), "test.fails", config);
    node.restart = restart;
    engine.add_node(node).unwrap();
    let behind = engine.add_processor::<Collect>(NoConfig {}).unwrap();
    let beside = engine.add_processor::<Collect>(NoConfig {}).unwrap();
    engine.connect(source.id(), &fails).unwrap();
    engine.connect(&fails, behind.id()).unwrap();
    engine.connect(source.id(), beside.id()).unwrap();
    engine.start().unwrap();
    let outcome = engine.wait().unwrap();
    check_counters(&engine);
    let mut numbers = seen.numbers.lock().unwrap().clone();
    numbers.sort_unstable();
    (outcome, numbers)
}

/// The branch beside it gets everything, the one behind it what came before, and then the end.
fn check_isolated(panics: bool, message: &str) {
    let (outcome, numbers) = run(panics, false, RestartPolicy::Never);
    let failures: Vec<_> = outcome.failures().collect();
    assert_eq!(failures, [(&ProcessorId::new("fails").unwrap(), message)]);
    let cause = |id: &str| {
        outcome.ends.iter().find(|end| end.processor.as_str() == id).map(|end| end.cause)
    };
    assert_eq!(cause("collect"), Some(EndCause::Failed));
    assert_eq!(cause("collect_2"), Some(EndCause::Finished));
    assert_eq!(numbers, [0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
}

#[test]
fn an_error_ends_one_branch() {
    check_isolated(false, "the frame is not to its taste");
}

#[test]
fn a_panic_ends_one_branch() {
    check_isolated(true, "the processor panicked: on purpose");
}

#[test]
fn a_restarted_processor_goes_on_with_what_waits() {
    let policy = RestartPolicy::OnFailure { backoff: Duration::from_millis(1), limit: Some(3) };
    let (outcome, numbers) = run(true, false, policy);
    assert!(!outcome.failed(), "{outcome:?}");
    // The frame that it failed at is gone; all others came through.
    assert_eq!(numbers, [0, 0, 1, 1, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9]);
}

#[test]
fn a_processor_that_may_not_be_restarted_again_has_failed() {
    let policy = RestartPolicy::OnFailure { backoff: Duration::from_millis(1), limit: Some(1) };
    let (outcome, _) = run(false, true, policy);
    let failures: Vec<_> = outcome.failures().map(|(_, message)| message).collect();
    assert_eq!(failures, ["the frame is not to its taste"]);
}
