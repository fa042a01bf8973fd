//! What to do so that one blueprint becomes another.
//!
//! A plan touches what differs and nothing else: a processor is held only if its ports, its
//! strand or its configuration change.

mod difference;
mod step;

pub use step::Step;

use self::difference::Difference;
use super::blueprint::Blueprint;
use crate::graph::Applied;

/// What to do so that one blueprint becomes another. Printed, one numbered line a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The revision of the graph that the plan starts from.
    pub base_revision: u64,
    /// The revision that it leads to.
    pub revision: u64,
    /// All that can fail, beside the running graph; each step can be undone. Holding what is
    /// touched comes after everything that needs nothing held.
    pub prepare: Vec<Step>,
    /// What happens while all that is touched is held. Cannot fail, allocates nothing.
    pub flip: Vec<Step>,
    /// What is left of the old. Errors are reported, nothing is rolled back.
    pub retire: Vec<Step>,
}

impl Plan {
    /// True if nothing runs differently afterwards.
    pub fn is_empty(&self) -> bool {
        self.prepare.is_empty() && self.retire.is_empty() && self.flip.len() <= 1
    }

    /// All steps in their order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.prepare.iter().chain(&self.flip).chain(&self.retire)
    }
}

impl std::fmt::Display for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "revision {} -> {}", self.base_revision, self.revision)?;
        let mut number = 0;
        let stages = [("prepare", &self.prepare), ("flip", &self.flip), ("retire", &self.retire)];
        for (name, steps) in stages {
            if !steps.is_empty() {
                writeln!(f, "{name}")?;
            }
            for step in steps {
                number += 1;
                writeln!(f, "{number:>4}. {step}")?;
            }
        }
        Ok(())
    }
}

/// What to do so that `before` becomes `after`, which was decided about the snapshot in `changes`.
/// Pure; the same values give the same plan.
pub fn plan(before: &Blueprint, after: &Blueprint, changes: &Applied) -> Plan {
    let difference = Difference::new(before, after, &changes.touched);
    Plan {
        base_revision: before.revision,
        revision: after.revision,
        prepare: difference.prepare(),
        flip: difference.flip(),
        retire: difference.retire(),
    }
}
