//! A failure at any step of retire, and processors that go wrong while they are taken apart.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use streamlib_engine::pubsub::events::{EventKind, RuntimeEvent};
use streamlib_engine::pubsub::{Subscription, TopicFilter};

use super::Edit;
use super::bed::{Bed, Footprint, blocks_settle, live_blocks, process, settles};
use crate::graphs::changes;
use crate::support::{check_counters, until};

/// What the events say of the old that could not be taken apart.
fn told(mut events: Subscription) -> Vec<String> {
    let told = std::iter::from_fn(|| events.try_recv()).filter_map(|event| match &event.kind {
        EventKind::Runtime { event: RuntimeEvent::RetireProblem { message } } => {
            Some(message.clone())
        }
        _ => None,
    });
    told.collect()
}

fn subscribe(bed: &Bed) -> Subscription {
    bed.rig.engine.events().subscribe(TopicFilter::new("runtime").unwrap(), 64)
}

/// Makes the edit, with a failure at a step: what is there afterwards, and what was told.
fn run(edit: &Edit, fail_at: Option<usize>) -> (Footprint, Vec<String>) {
    let bed = Bed::new(|builder| builder);
    let events = subscribe(&bed);
    let committed = bed.edit(edit.changes, fail_at).unwrap();
    assert_eq!(told(events), committed.problems);
    bed.rig.resume("sink");
    bed.rig.await_log("sink", "1 2 3");
    bed.flow_beside();
    bed.rest();
    check_counters(&bed.rig.engine);
    let footprint = bed.footprint();
    bed.finish();
    (footprint, committed.problems)
}

/// Fails each step of the edit's retire. What is there afterwards is what is there without a
/// failure, and it was told.
pub(super) fn check(edit: &Edit) {
    let bed = Bed::new(|builder| builder);
    let (plan, _) = bed.rig.engine.transaction().with(changes(edit.changes)).dry_run().unwrap();
    bed.finish();
    let (expected, problems) = run(edit, None);
    assert_eq!(problems, Vec::<String>::new());
    let (before, blocks) = (process(), live_blocks());
    let first = plan.prepare.len() + plan.flip.len() + 1;
    for (number, step) in (first..).zip(&plan.retire) {
        let (footprint, problems) = run(edit, Some(number));
        let context = format!("step {number}, {step}");
        settles(&context, || footprint.clone(), &expected);
        assert_eq!(problems.len(), 1, "{context}: {problems:?}");
        assert!(problems[0].contains(&step.to_string()), "{context}: {problems:?}");
    }
    settles("the process", process, &before);
    blocks_settle("all", blocks);
    check_round_trip(edit);
}

/// The edit, made and undone again and again, keeps nothing.
fn check_round_trip(edit: &Edit) {
    let bed = Bed::new(|builder| builder);
    // What waits would keep the links in which it does.
    bed.rig.resume("sink");
    bed.rig.await_log("sink", "1 2 3");
    let round_trips = |count| {
        for _ in 0..count {
            bed.edit(edit.changes, None).unwrap();
            bed.rig.engine.undo().unwrap();
        }
        bed.rest();
        live_blocks()
    };
    // What is made once is there after the first ones. Of each round trip nothing stays.
    let blocks = round_trips(2);
    round_trips(8);
    blocks_settle("round trips", blocks);
    bed.finish();
}

/// Does something that panics on purpose: a backtrace that is printed keeps what it read.
fn quietly<R>(action: impl FnOnce() -> R) -> R {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let done = action();
    std::panic::set_hook(hook);
    done
}

/// A processor that goes wrong while it is taken apart.
fn check_trouble(trouble: &str, edit: &str, expect: &str) {
    let go = || {
        let bed = Bed::new(|builder| builder);
        let events = subscribe(&bed);
        bed.edit(&format!("stage = {{\"trouble\": \"{trouble}\"}}"), None).unwrap();
        let committed = quietly(|| bed.edit(edit, None)).unwrap();
        assert_eq!(committed.problems, [expect], "{trouble}");
        assert_eq!(told(events), [expect], "{trouble}");
        check_counters(&bed.rig.engine);
        // Everybody else goes on.
        bed.rig.play("src", "5");
        bed.rig.resume("sink");
        bed.rig.await_log("sink", "1 2 3 5");
        bed.flow_beside();
        bed.finish();
    };
    go();
    let (before, blocks) = (process(), live_blocks());
    (0..8).for_each(|_| go());
    settles(trouble, process, &before);
    blocks_settle(trouble, blocks);
}

const REMOVAL: &str = "- stage\nsrc.out -> sink.input";

#[test]
fn a_teardown_that_fails_is_told() {
    check_trouble("error", REMOVAL, "stage could not be torn down: as it is configured");
    let expect = "stage could not be torn down: as it is configured";
    check_trouble("error", "stage ! test.opens", expect);
}

#[test]
fn a_teardown_that_panics_is_told() {
    let expect = "stage could not be torn down: the processor panicked: as it is configured";
    check_trouble("panic", REMOVAL, expect);
    check_trouble("panic", "stage ! test.opens", expect);
}

/// A stage on `home` is removed while it is in a call that does not come back.
fn check_hang(home: &str) {
    let go = || {
        let bed = Bed::new(|builder| builder.with_commit_patience(Duration::from_millis(20)));
        let hanging = format!("stage ! test.opens @ {home} {{\"trouble\": \"hang\"}}");
        bed.edit(&hanging, None).unwrap();
        *bed.ledger.hangs.lock().unwrap() = true;
        bed.rig.play("src", "4");
        until(|| bed.ledger.hanging.load(SeqCst) == 1);
        let events = subscribe(&bed);
        let committed = bed.edit(REMOVAL, None).unwrap();
        let told = told(events);
        assert_eq!(committed.problems, told);
        let expect = "stage did not come back from its call; its thread is left behind";
        assert_eq!(told[0], expect);
        check_counters(&bed.rig.engine);
        // Everybody else goes on.
        bed.rig.play("src", "5");
        bed.rig.resume("sink");
        bed.rig.await_log("sink", "1 2 3 5");
        bed.flow_beside();
        // Once it comes back it is taken apart.
        *bed.ledger.hangs.lock().unwrap() = false;
        bed.ledger.changed.notify_all();
        until(|| bed.ledger.alive.load(SeqCst) == 1);
        bed.finish();
    };
    go();
    let (before, blocks) = (process(), live_blocks());
    go();
    settles(home, process, &before);
    blocks_settle(home, blocks);
}

#[test]
fn a_removed_processor_that_does_not_come_back_is_left_behind_until_it_does() {
    check_hang("pool");
    check_hang("thread");
}
