//! The third stage: what is left of the old is taken apart. Problems are reported, not rolled back.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use streamlib_abi::port::EndCause;

use super::{Carried, Phases};
use crate::compiler::installation::Installation;
use crate::compiler::plan::Step;
use crate::delegates::ProcessorDelegate;
use crate::execution::held::{Detached, HeldStrand};
use crate::execution::home::Home;
use crate::execution::step::panicked;
use crate::ids::ProcessorId;

/// Tears a processor down that nothing calls any more; `hooks` are told.
fn tear_down(mut old: Detached, hooks: Option<&dyn ProcessorDelegate>, problems: &mut Vec<String>) {
    let id = old.cell().id.clone();
    if let Some(mut instance) = old.open().body().instance.take() {
        let result = catch_unwind(AssertUnwindSafe(|| instance.teardown()))
            .unwrap_or_else(|panic| Err(panicked(panic.as_ref())));
        if let Err(error) = result {
            problems.push(format!("{id} could not be torn down: {error}"));
        }
    }
    if let Some(Err(error)) = hooks.map(|hooks| hooks.did_stop(&id)) {
        problems.push(format!("the delegate failed after {id} stopped: {error}"));
    }
}

impl Installation {
    /// Takes those apart that were left behind in their calls and have come back. Waits for none.
    pub(crate) fn take_apart_left(&mut self, hooks: &dyn ProcessorDelegate) -> Vec<String> {
        let mut problems = Vec::new();
        let now = Instant::now();
        // All members of a strand are left behind together.
        for cell in std::mem::take(&mut self.left_behind) {
            match HeldStrand::hold_of(&cell, now) {
                Some(held) => {
                    for mut old in held.disband() {
                        old.open().close(EndCause::Removed, None);
                        tear_down(old, Some(hooks), &mut problems);
                    }
                }
                None if cell.strand().is_some() => self.left_behind.push(cell),
                None => {}
            }
        }
        problems
    }
}

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
        if let Some(old) = self.old.cells.remove(processor) {
            let hooks = (!replaced).then_some(self.delegates.processor);
            tear_down(old, hooks, problems);
        }
    }

    fn end_strand(&mut self, id: &ProcessorId, problems: &mut Vec<String>) {
        let Some(strand) = self.old.strands.remove(id) else { return };
        let Home::Thread(thread) = &strand.home else { return };
        let is_left = self.installed.left_threads.iter().any(|left| Arc::ptr_eq(left, thread));
        let kept = is_left || self.installed.homes().any(|home| home.is(thread));
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
