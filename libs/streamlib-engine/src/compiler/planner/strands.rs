//! Which processors always run one after the other on the same worker.

use super::draft::Draft;
use crate::compiler::error::PlanError;
use crate::delegates::{SchedulingStrategy, check_strategy};
use crate::graph::{Slot, SnapshotEntry};

impl Draft<'_> {
    /// Decides what each processor runs on, and in which strand. Joins come before this.
    pub(super) fn strands(&mut self) -> Result<(), PlanError> {
        for (slot, entry) in self.in_order() {
            let strategy = self.strategy(entry)?;
            let joins = strategy == SchedulingStrategy::Lightweight;
            let strand = if joins { self.strand_of_producers(slot) } else { None };
            let derived = &mut self.derived[slot.index()];
            derived.strategy = Some(strategy);
            derived.strand = Some(strand.unwrap_or(slot));
        }
        Ok(())
    }

    fn strategy(&self, entry: &SnapshotEntry) -> Result<SchedulingStrategy, PlanError> {
        // What the declaration names was checked when it was made.
        if let Some(strategy) = &entry.node.scheduling {
            return Ok(strategy.clone());
        }
        let strategy = self.scheduler.scheduling_strategy(&entry.node, &entry.descriptor);
        check_strategy(&entry.descriptor, &strategy).map_err(|reason| PlanError::Strategy {
            id: entry.node.id.clone(),
            strategy: strategy.to_string(),
            reason,
        })?;
        Ok(strategy)
    }

    /// The strand that a lightweight processor joins: that of its producers, if they are all in
    /// one, and if no frame has to wait for it in a link.
    fn strand_of_producers(&self, slot: Slot) -> Option<Slot> {
        if self.derived[slot.index()].waits_in_links {
            return None;
        }
        let mut producers = self.topology().producers(slot);
        let strand = |(_, producer): (_, Slot)| self.derived[producer.index()].strand;
        let first = producers.next().and_then(strand)?;
        producers.all(|producer| strand(producer) == Some(first)).then_some(first)
    }
}
