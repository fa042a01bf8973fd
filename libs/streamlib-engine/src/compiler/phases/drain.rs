//! Lets a processor that is removed finish what had reached it.

use std::time::{Duration, Instant};

use streamlib_abi::port::EndCause;

use super::Phases;
use crate::execution::ProcessorCell;
use crate::execution::held::HeldStrand;
use crate::ids::ProcessorId;

impl Phases<'_> {
    /// Lets a removed processor end, if it still runs.
    pub(super) fn drain(&mut self, processor: &ProcessorId) {
        let Some(cell) = self.old.running.get(processor) else { return };
        let deadline = Instant::now() + self.delegates.patience;
        // Its links have ended, so it ends by itself once it has processed what waits.
        while Instant::now() < deadline && !ended(cell) && !cell.is_stuck() {
            let left = deadline.saturating_duration_since(Instant::now());
            let ends = &self.installed.env.ends;
            ends.wait_change(left.min(Duration::from_millis(20)), || ended(cell));
        }
    }

    /// Ends a processor for good: nothing calls it any more.
    pub(super) fn stop(
        &mut self,
        processor: &ProcessorId,
        replaced: bool,
        problems: &mut Vec<String>,
    ) {
        if replaced {
            // The flip took it out.
            return;
        }
        if let Err(error) = self.delegates.processor.will_stop(processor) {
            problems.push(format!("the delegate refused to stop {processor}: {error}"));
        }
        let Some(cell) = self.old.running.remove(processor) else { return };
        if cell.strand().is_none() {
            return;
        }
        let patience = if cell.is_stuck() { Duration::ZERO } else { self.delegates.patience };
        match HeldStrand::hold_of(&cell, Instant::now() + patience) {
            // All members are removed ones: what stays left the strand in the flip.
            Some(held) => {
                for mut old in held.disband() {
                    old.open().close(EndCause::Removed, None);
                    self.old.cells.insert(old.cell().id.clone(), old);
                }
            }
            None => {
                problems.push(format!(
                    "{processor} did not come back from its call; its thread is left behind"
                ));
                // Nobody waits for it any more.
                if cell.set_counted_active(false) {
                    self.installed.env.ends.remove_active();
                }
                self.installed.left_behind.push(cell);
            }
        }
    }
}

fn ended(cell: &ProcessorCell) -> bool {
    use crate::pubsub::events::ProcessorState::{Ended, Error};
    matches!(cell.state(), Ended | Error)
}
