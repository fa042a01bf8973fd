//! The third stage: what is left of the old is taken apart. Problems are reported, not rolled back.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::{Carried, Phases};
use crate::compiler::plan::Step;
use crate::execution::home::Home;
use crate::execution::step::panicked;
use crate::ids::ProcessorId;

impl Phases<'_> {
    pub(super) fn retire(&mut self, step: &Step, carried: &mut Carried) {
        match step {
            Step::Drain { processor } => self.drain(processor),
            Step::Stop { processor, replaced } => {
                self.stop(processor, *replaced, &mut carried.problems);
            }
            Step::TearDown { processor, replaced } => {
                self.tear_down(processor, *replaced, &mut carried.problems);
            }
            Step::DropLink { key, .. } => {
                let rebuilt = self.installed.blueprint.links.contains_key(key);
                if !rebuilt {
                    self.installed.links.remove(key);
                }
            }
            Step::EndStrand { strand } => self.end_strand(strand, &mut carried.problems),
            _ => {}
        }
    }

    fn tear_down(&mut self, processor: &ProcessorId, replaced: bool, problems: &mut Vec<String>) {
        let Some(mut old) = self.old.cells.remove(processor) else { return };
        if let Some(mut instance) = old.open().body().instance.take() {
            let result = catch_unwind(AssertUnwindSafe(|| instance.teardown()))
                .unwrap_or_else(|panic| Err(panicked(panic.as_ref())));
            if let Err(error) = result {
                problems.push(format!("{processor} could not be torn down: {error}"));
            }
        }
        if !replaced && let Err(error) = self.delegates.processor.did_stop(processor) {
            problems.push(format!("the delegate failed after {processor} stopped: {error}"));
        }
    }

    fn end_strand(&mut self, id: &ProcessorId, problems: &mut Vec<String>) {
        let Some(strand) = self.old.strands.remove(id) else { return };
        let Home::Thread(thread) = &strand.home else { return };
        let kept = self
            .installed
            .homes()
            .any(|home| matches!(home, Home::Thread(other) if Arc::ptr_eq(other, thread)));
        if !kept && !thread.close(self.delegates.patience) {
            problems.push(format!("the thread of {id} did not end; it is left behind"));
            self.installed.abandoned_threads += 1;
        }
    }

    /// Drops what is left of the old: threads, and links that nobody writes to.
    pub(super) fn drop_old(&mut self) {
        self.old.senders.clear();
        self.old.cells.clear();
        let problems = &mut Vec::new();
        let left: Vec<_> = self.old.strands.keys().cloned().collect();
        left.iter().for_each(|id| self.end_strand(id, problems));
    }
}
