//! Start, stop and wait: from any thread, any number of times, and of several engines.

use std::sync::Arc;
use std::time::Duration;

use streamlib_engine::graph::GraphState;
use streamlib_engine::pubsub::TopicFilter;
use streamlib_engine::{Engine, GraphOutcome};
use streamlib_processor::NoConfig;

use crate::rig::Rig;
use crate::support::{
    Collect, ENDLESS, Inline, Numbers, NumbersConfig, Pass, Seen, check_counters, engine, until,
};

/// An endless source, two stages and a sink.
fn busy(workers: usize) -> (Engine, Arc<Seen>) {
    let (engine, seen) = engine(workers);
    let config = NumbersConfig { count: ENDLESS, ..NumbersConfig::default() };
    let source = engine.add_processor::<Numbers>(config).unwrap();
    let pass = engine.add_processor::<Pass>(NoConfig {}).unwrap();
    let inline = engine.add_processor::<Inline>(NoConfig {}).unwrap();
    let sink = engine.add_processor::<Collect>(NoConfig {}).unwrap();
    engine.connect(source.id(), pass.id()).unwrap();
    engine.connect(pass.id(), inline.id()).unwrap();
    engine.connect(inline.id(), sink.id()).unwrap();
    (engine, seen)
}

fn count(seen: &Seen) -> usize {
    seen.numbers.lock().unwrap().len()
}

/// Everything that was sent came, in order.
fn check_whole(engine: &Engine, seen: &Seen) {
    check_counters(engine);
    let numbers = std::mem::take(&mut *seen.numbers.lock().unwrap());
    let hole = numbers.iter().zip(0..).find(|(number, expected)| *number != expected);
    assert_eq!(hole, None);
    let sent = engine.inspector().inspect().links[0].counts.sent;
    assert_eq!(numbers.len() as u64, sent);
}

#[test]
fn a_busy_graph_stops_with_everything_that_was_sent_and_starts_again() {
    for workers in [1, 2, 4] {
        let (engine, seen) = busy(workers);
        for _ in 0..20 {
            engine.start().unwrap();
            until(|| count(&seen) > 100);
            let outcome = engine.stop().unwrap();
            assert_eq!((outcome.failed(), outcome.ends.len()), (false, 4), "{outcome:?}");
            check_whole(&engine, &seen);
        }
    }
}

#[test]
fn a_graph_that_does_not_run_is_not_stopped_waited_for_or_paused() {
    let (engine, seen) = busy(1);
    let check = || {
        let idle = "the graph is not running; start it first";
        let said = |result: streamlib_engine::Result<()>| result.unwrap_err().to_string();
        assert_eq!(said(engine.stop().map(drop)), idle);
        assert_eq!(said(engine.wait().map(drop)), idle);
        assert_eq!(said(engine.pause()), idle);
        assert_eq!(said(engine.resume()), idle);
        assert_eq!(said(engine.run_on_main().map(drop)), idle);
        assert_eq!(engine.state(), GraphState::Idle);
    };
    check();
    engine.start().unwrap();
    assert_eq!(engine.start().unwrap_err().to_string(), "the graph is running already");
    until(|| count(&seen) > 0);
    engine.stop().unwrap();
    check();
}

/// One of several that stop at once does it; those that wait all get the same.
#[test]
fn many_may_stop_and_wait_at_once() {
    for _ in 0..20 {
        let (engine, seen) = busy(2);
        engine.start().unwrap();
        until(|| count(&seen) > 0);
        let (waited, stopped) = std::thread::scope(|scope| {
            let waits: [_; 3] = std::array::from_fn(|_| scope.spawn(|| engine.wait()));
            let stops: [_; 3] = std::array::from_fn(|_| scope.spawn(|| engine.stop()));
            (waits.map(|thread| thread.join().unwrap()), stops.map(|thread| thread.join().unwrap()))
        });
        let stopped: Vec<GraphOutcome> = stopped.into_iter().flatten().collect();
        // A thread that came after the stop finds nothing to wait for or to stop.
        for outcome in waited.into_iter().flatten().chain(stopped) {
            assert_eq!(outcome.ends.len(), 4);
        }
        assert_eq!(engine.state(), GraphState::Idle);
        check_whole(&engine, &seen);
    }
}

#[test]
fn who_waits_is_woken_by_a_request_to_stop_from_any_thread() {
    let (engine, seen) = busy(2);
    engine.start().unwrap();
    std::thread::scope(|scope| {
        let waits: [_; 3] = std::array::from_fn(|_| scope.spawn(|| engine.wait()));
        until(|| count(&seen) > 0);
        engine.request_stop();
        let outcomes = waits.map(|thread| thread.join().unwrap());
        // A thread that came when the stop was over finds nothing to wait for.
        let outcomes: Vec<_> = outcomes.into_iter().flatten().collect();
        assert!(!outcomes.is_empty());
        assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]), "{outcomes:?}");
    });
    check_whole(&engine, &seen);
}

/// A sink that is paused takes nothing, so nothing drains: it is cut when the limit is over, and
/// what was under way is counted.
fn check_cut(stop: impl FnOnce(&Engine) -> GraphOutcome) {
    let rig = Rig::new(
        "+ src: test.script
        + stage: test.pass
        + sink: test.record
        src.out -> stage.input
        stage.out -> sink.input {\"depth\": 2}",
    );
    rig.play("src", "1");
    rig.await_log("sink", "1");
    rig.pause("sink");
    rig.play("src", "2 3 4 5");
    until(|| rig.link(1).counts.sent == 3 && rig.link(0).counts.sent == 5);
    let outcome = stop(&rig.engine);
    assert!(!outcome.failed(), "{outcome:?}");
    check_counters(&rig.engine);
    assert_eq!(rig.log("sink"), "1");
    // The stage may have passed on more when the sink was cut before it.
    let (first, last) = (rig.link(0).counts, rig.link(1).counts);
    assert_eq!((first.sent, first.delivered), (5, last.sent));
    assert_eq!((last.delivered, last.flushed), (1, last.sent - 1));
}

#[test]
fn what_does_not_drain_within_the_limit_is_cut() {
    check_cut(|engine| engine.stop_within(Duration::from_millis(1)).unwrap());
}

#[test]
fn a_second_request_to_stop_cuts_at_once() {
    check_cut(|engine| {
        engine.request_stop();
        engine.request_stop();
        engine.wait().unwrap()
    });
}

#[test]
fn two_engines_do_not_see_each_other() {
    let (left, right) = (busy(1), busy(1));
    let mut heard = right.0.events().subscribe(TopicFilter::all(), 1024);
    left.0.start().unwrap();
    until(|| count(&left.1) > 100);
    left.0.pause_processor(left.0.snapshot().processors().next().unwrap().id.clone()).unwrap();
    assert_eq!((right.0.state(), count(&right.1)), (GraphState::Idle, 0));
    assert!(heard.try_recv().is_none());
    right.0.start().unwrap();
    left.0.pause().unwrap();
    left.0.stop().unwrap();
    let before = count(&right.1);
    until(|| count(&right.1) > before + 100);
    drop(left);
    let before = count(&right.1);
    until(|| count(&right.1) > before + 100);
    right.0.stop().unwrap();
    check_whole(&right.0, &right.1);
}
