//! How the steps of prepare are taken back.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use streamlib_abi::port::EndCause;
use streamlib_processor::{BoxedProcessor, SetupContext};

use super::Phases;
use crate::execution::ProcessorCell;
use crate::execution::dedicated::DedicatedThread;
use crate::execution::step::panicked;
use crate::graph::ProcessorNode;
use crate::pubsub::events::{EventKind, RuntimeEvent};

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
        self.new_strands.clear();
        self.leaving.clear();
        self.holdings.give_back();
        self.holdings.let_go();
    }

    fn step_back(&mut self, undo: Undo) -> Result<(), String> {
        match undo {
            Undo::TearDown(cell) => self
                .with_instance(&cell, |instance| instance.teardown())
                .map_err(|error| format!("{} cannot be torn down: {error}", cell.id)),
            Undo::UpdateConfig(cell, config) => {
                self.with_instance(&cell, |instance| instance.update_config(&config)).map_err(
                    |error| format!("{} does not take its old configuration: {error}", cell.id),
                )
            }
            Undo::Recreate(cell, node) => self.recreate(&cell, node.as_deref()),
            Undo::CloseThread(thread) => {
                thread.close(Duration::from_secs(1));
                Ok(())
            }
        }
    }

    /// Calls a method of a processor that is held or new, if there is an instance.
    fn with_instance(
        &mut self,
        cell: &Arc<ProcessorCell>,
        action: impl FnOnce(&mut BoxedProcessor) -> Result<(), streamlib_processor::Error>,
    ) -> Result<(), streamlib_processor::Error> {
        let Some(mut open) = self.holdings.open(cell) else { return Ok(()) };
        let Some(instance) = &mut open.body().instance else { return Ok(()) };
        catch_unwind(AssertUnwindSafe(|| action(instance)))
            .unwrap_or_else(|panic| Err(panicked(panic.as_ref())))
    }

    fn recreate(
        &mut self,
        cell: &Arc<ProcessorCell>,
        node: Option<&ProcessorNode>,
    ) -> Result<(), String> {
        let Some(node) = node else { return Ok(()) };
        let (factory, resources) = (self.delegates.factory, self.delegates.resources);
        let Some(mut open) = self.holdings.open(cell) else { return Ok(()) };
        let make = AssertUnwindSafe(|| {
            open.body().instance = Some(factory.create(node)?);
            open.bind();
            let Some(instance) = &mut open.body().instance else { return Ok(()) };
            let mut context = SetupContext::new(cell.id.as_str(), resources);
            let done = instance.setup(&mut context);
            cell.set_length_ns(context.announced_length_ns());
            done
        });
        let made = catch_unwind(make).unwrap_or_else(|panic| Err(panicked(panic.as_ref())));
        made.map_err(|error| {
            let message = format!("{} cannot be made again: {error}", cell.id);
            open.body().instance = None;
            open.close(EndCause::Failed, Some(message.clone()));
            message
        })
    }
}
