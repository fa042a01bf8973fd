//! A failure at any step of prepare.

use streamlib_engine::compiler::Step;

use super::Edit;
use super::bed::{Bed, blocks_settle, live_blocks, settles};
use crate::graphs::changes;
use crate::support::check_counters;

/// Fails each step of the edit's prepare. Everything is as before, and goes on.
pub(super) fn check(edit: &Edit) {
    let text = edit.changes;
    let bed = Bed::new(|builder| builder);
    let (plan, _) = bed.rig.engine.transaction().with(changes(text)).dry_run().unwrap();
    for step in edit.steps {
        let has = plan.steps().any(|planned| planned.to_string().starts_with(step));
        assert!(has, "nothing does `{step}` in\n{plan}");
    }
    let (before, snapshot) = (bed.footprint(), bed.snapshot());
    // A strand that the flip regroups is made before it, which can fail.
    let can_fail =
        |step: &Step| plan.prepare.contains(step) || matches!(step, Step::Regroup { .. });
    for (number, step) in (1..).zip(plan.steps()).filter(|(_, step)| can_fail(step)) {
        let context = format!("step {number}, {step}");
        let fail = || {
            let error = bed.edit(text, Some(number)).unwrap_err().to_string();
            assert!(error.contains(&step.to_string()), "{context}: {error}");
        };
        fail();
        assert_eq!(bed.snapshot().revision(), snapshot.revision(), "{context}");
        assert!(bed.snapshot().same_declaration(&snapshot), "{context}");
        settles(&context, || bed.footprint(), &before);
        // The first attempt makes what is kept for the next ones. Of each nothing stays.
        let blocks = live_blocks();
        (0..8).for_each(|_| fail());
        settles(&context, || bed.footprint(), &before);
        blocks_settle(&context, blocks);
    }
    check_counters(&bed.rig.engine);
    bed.flow(4);
    bed.rig.resume("sink");
    bed.rig.await_log("sink", "1 2 3 4");
    for link in bed.rig.engine.inspector().inspect().links {
        let counts = link.counts;
        assert_eq!((counts.dropped, counts.flushed, counts.lost), (0, 0, 0), "{counts:?}");
    }
    let committed = bed.edit(text, None).unwrap();
    assert_eq!(committed.problems, Vec::<String>::new());
    bed.finish();
}
