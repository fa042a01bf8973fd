//! How the steps of prepare are taken back.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use streamlib_processor::SetupContext;

use super::Phases;
use crate::execution::ProcessorCell;
use crate::execution::dedicated::DedicatedThread;
use crate::execution::step::{close_outputs, panicked};
use crate::graph::ProcessorNode;
use crate::pubsub::events::{EventKind, RuntimeEvent};
use streamlib_abi::port::EndCause;

/// One step back.
pub(super) enum Undo {
    /// Tear down a new processor.
    TearDown(Arc<ProcessorCell>),
    /// Give a processor its old configuration.
    UpdateConfig(Arc<ProcessorCell>, Value),
    /// Make the instance anew that had to go before its replacement came.
    Recreate(Arc<ProcessorCell>, Option<Arc<ProcessorNode>>),
    /// End a thread that was started.
    CloseThread(Arc<DedicatedThread>),
}

impl Phases<'_> {
    /// Takes back every step, the last one first, and lets everything run on.
    pub(super) fn undo(&mut self) {
        while let Some(undo) = self.undo.pop() {
            if let Err(message) = self.step_back(undo) {
                let event = RuntimeEvent::UndoFailed { message };
                self.installed.env.publish(EventKind::Runtime { event });
            }
        }
        for (_, strand) in self.held.drain(..) {
            strand.release(true);
        }
    }

    fn step_back(&self, undo: Undo) -> Result<(), String> {
        let guarded = |action: &mut dyn FnMut() -> Result<(), streamlib_processor::Error>| {
            catch_unwind(AssertUnwindSafe(action))
                .unwrap_or_else(|panic| Err(panicked(panic.as_ref())))
        };
        match undo {
            Undo::TearDown(cell) => {
                // SAFETY: the processor never came into a strand.
                let Some(instance) = &mut unsafe { cell.body() }.instance else { return Ok(()) };
                guarded(&mut || instance.teardown())
                    .map_err(|error| format!("{} cannot be torn down: {error}", cell.id))
            }
            Undo::UpdateConfig(cell, config) => {
                // SAFETY: the strand is still held.
                let Some(instance) = &mut unsafe { cell.body() }.instance else { return Ok(()) };
                guarded(&mut || instance.update_config(&config)).map_err(|error| {
                    format!("{} does not take its old configuration: {error}", cell.id)
                })
            }
            Undo::Recreate(cell, node) => self.recreate(&cell, node.as_deref()),
            Undo::CloseThread(thread) => {
                thread.close(Duration::from_secs(1));
                Ok(())
            }
        }
    }

    fn recreate(
        &self,
        cell: &Arc<ProcessorCell>,
        node: Option<&ProcessorNode>,
    ) -> Result<(), String> {
        let Some(node) = node else { return Ok(()) };
        let mut make = || {
            let mut instance = self.delegates.factory.create(node)?;
            // SAFETY: the strand is still held.
            unsafe {
                std::mem::swap(&mut cell.body().instance, &mut Some(instance));
                cell.bind();
                instance = cell.body().instance.take().ok_or("the instance is gone")?;
            }
            instance.setup(&mut SetupContext::new(cell.id.as_str(), self.delegates.resources))?;
            // SAFETY: the strand is still held.
            unsafe { cell.body() }.instance = Some(instance);
            Ok::<_, streamlib_processor::Error>(())
        };
        let made = catch_unwind(AssertUnwindSafe(&mut make))
            .unwrap_or_else(|panic| Err(panicked(panic.as_ref())));
        made.map_err(|error| {
            let message = format!("{} cannot be made again: {error}", cell.id);
            // SAFETY: the strand is still held.
            let body = unsafe { cell.body() };
            close_outputs(cell, body, EndCause::Failed, Some(message.clone()));
            message
        })
    }
}
