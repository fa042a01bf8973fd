//! Lets a processor that is removed finish what had reached it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use streamlib_abi::port::EndCause;

use super::Phases;
use crate::execution::ProcessorCell;
use crate::execution::step::close_outputs;
use crate::execution::strand::Strand;
use crate::ids::ProcessorId;

/// How long frames inside a removed processor are drained before they are counted flushed.
const DRAIN_PATIENCE: Duration = Duration::from_secs(1);

impl Phases<'_> {
    /// Takes a removed processor out of the installation and lets it end, if it still runs.
    pub(super) fn drain(&mut self, processor: &ProcessorId) {
        let Some(cell) = self.take_out(processor) else { return };
        let env = Arc::clone(&self.installed.env);
        if cell.strand().is_none_or(|strand| strand.is_retired()) {
            return;
        }
        let deadline = Instant::now() + DRAIN_PATIENCE;
        // Its links have ended, so it ends by itself once it has processed what waits.
        while Instant::now() < deadline && !ended(&cell) {
            let left = deadline.saturating_duration_since(Instant::now());
            env.ends.wait_change(left.min(Duration::from_millis(20)), || ended(&cell));
        }
    }

    /// Ends a processor for good: nothing calls it any more.
    pub(super) fn stop(
        &mut self,
        processor: &ProcessorId,
        replaced: bool,
        problems: &mut Vec<String>,
    ) {
        if !replaced {
            self.take_out(processor);
        }
        let hooks = self.delegates.processor;
        if !replaced && let Err(error) = hooks.will_stop(processor) {
            problems.push(format!("the delegate refused to stop {processor}: {error}"));
        }
        let Some(cell) = self.old.cells.iter().find(|cell| cell.id == *processor).cloned() else {
            return;
        };
        let strand = cell.strand().filter(|strand| !strand.is_retired());
        if !self.seize(strand.as_ref()) {
            problems.push(format!(
                "{processor} did not come back from its call; its thread is left behind"
            ));
            self.installed.abandoned_threads += 1;
            self.old.cells.retain(|old| !Arc::ptr_eq(old, &cell));
            return;
        }
        // SAFETY: the strand is held for good, or the processor is in none that runs.
        let body = unsafe { cell.body() };
        close_outputs(&cell, body, EndCause::Removed, None);
        if std::mem::take(&mut body.counted_active) {
            self.installed.env.ends.remove_active();
        }
    }

    /// Takes ownership of a strand that is not needed any more, and keeps it.
    fn seize(&self, strand: Option<&Arc<Strand>>) -> bool {
        let Some(strand) = strand else { return true };
        let deadline = Instant::now() + super::HOLD_PATIENCE;
        let held = self.installed.env.gate.wait_until(deadline, || strand.try_hold());
        if held {
            strand.retire();
        } else {
            strand.give_up_hold();
        }
        held
    }

    fn take_out(&mut self, processor: &ProcessorId) -> Option<Arc<ProcessorCell>> {
        self.installed.outputs.remove(processor);
        if let Some(cell) = self.installed.cells.remove(processor) {
            self.old.cells.push(Arc::clone(&cell));
        }
        self.old.cells.iter().find(|cell| cell.id == *processor).cloned()
    }
}

fn ended(cell: &ProcessorCell) -> bool {
    use crate::pubsub::events::ProcessorState::{Ended, Error};
    matches!(cell.state(), Ended | Error)
}
