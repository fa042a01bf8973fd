//! Which processors always run one after the other on the same worker.

use super::draft::{Draft, Stop};
use super::worklist::Marks;
use crate::compiler::error::PlanError;
use crate::delegates::{SchedulingStrategy, check_strategy};
use crate::graph::{Slot, SnapshotEntry};

impl Draft<'_> {
    /// Decides what each processor runs on, and in which strand. Joins come before this.
    pub(super) fn strands(&mut self) -> Result<(), Stop> {
        let mut work = self.worklist();
        self.dirty.iter().for_each(|slot| work.push(*slot));
        for slot in self.touched.list() {
            work.push(*slot);
        }
        let mut seen = Marks::new(self.topology().slots());
        while let Some(slot) = work.pop()? {
            let Some(entry) = self.entry(slot) else { continue };
            let strategy = self.strategy(entry).map_err(|error| Stop::Refused(Box::new(error)))?;
            let joins =
                strategy == SchedulingStrategy::Lightweight && !self.basis.is_apart(&entry.node.id);
            let strand = if joins { self.strand_of_producers(slot) } else { None };
            let strand = Some(strand.unwrap_or(slot));
            // A slot may be another processor's now, so names count, too.
            let is_renamed = seen.insert(slot) && self.is_renamed(entry, strand);
            let derived = self.derived(slot);
            if derived.strand != strand || is_renamed {
                // The carriers at both ends depend on it.
                self.topology().producers(slot).for_each(|(_, from)| {
                    self.touched.insert(from);
                });
                for (_, consumer) in self.topology().consumers(slot) {
                    self.touched.insert(consumer);
                    work.push(consumer);
                }
            } else if derived.strategy.as_ref() == Some(&strategy) {
                continue;
            }
            self.touched.insert(slot);
            let derived = self.derived_mut(slot);
            derived.strategy = Some(strategy);
            derived.strand = strand;
        }
        Ok(())
    }

    /// True if the strand has another name than the one in which the processor was.
    fn is_renamed(&self, entry: &SnapshotEntry, strand: Option<Slot>) -> bool {
        let before = self.before.processors.get(&entry.node.id).map(|plan| &plan.strand);
        before != strand.and_then(|slot| self.topology().id(slot))
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
    /// one that has not to be alone, and if no frame has to wait for it in a link.
    fn strand_of_producers(&self, slot: Slot) -> Option<Slot> {
        if self.derived(slot).waits_in_links {
            return None;
        }
        let mut producers = self.topology().producers(slot);
        let strand = |(_, producer): (_, Slot)| self.derived(producer).strand;
        let first = producers.next().and_then(strand)?;
        if self.topology().id(first).is_some_and(|id| self.basis.is_apart(id)) {
            return None;
        }
        producers.all(|producer| strand(producer) == Some(first)).then_some(first)
    }
}
