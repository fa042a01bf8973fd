//! Control of a running graph that is no change of it: pause, resume, single steps.

use std::time::Instant;

use std::sync::atomic::Ordering::Release;

use streamlib_schema::ProcessExecution;

use super::engine::{Engine, Shared};
use crate::error::{Error, Result};
use crate::execution::cell::Phase;
use crate::execution::held::{HeldStrand, Open};
use crate::graph::GraphState;
use crate::ids::ProcessorId;
use crate::pubsub::events::{ProcessorState, RuntimeEvent};

impl Engine {
    /// Stops the graph's clock: processors are not called until [`Self::resume`].
    ///
    /// # Errors
    /// The graph is not running.
    pub fn pause(&self) -> Result<()> {
        let shared = &self.shared;
        let mut committing = shared.committing()?;
        match committing.graph.state() {
            GraphState::Idle => return Err(Error::NotRunning),
            GraphState::Paused => return Ok(()),
            GraphState::Running => {}
        }
        shared.publish_runtime(RuntimeEvent::RuntimeWillPause {});
        shared.env.paused.store(true, Release);
        shared.env.clock.freeze();
        for id in committing.installation.cells.keys() {
            shared.with_open(id, |mut open| open.tell_paused(true)).ok();
        }
        shared.set_state(&mut committing, GraphState::Paused);
        shared.publish_view(&committing);
        shared.publish_runtime(RuntimeEvent::RuntimeDidPause {});
        Ok(())
    }

    /// Lets the graph's clock and its processors go on.
    ///
    /// # Errors
    /// The graph is not running.
    pub fn resume(&self) -> Result<()> {
        let shared = &self.shared;
        let mut committing = shared.committing()?;
        match committing.graph.state() {
            GraphState::Idle => return Err(Error::NotRunning),
            GraphState::Running => return Ok(()),
            GraphState::Paused => {}
        }
        shared.publish_runtime(RuntimeEvent::RuntimeWillResume {});
        for id in committing.installation.cells.keys() {
            shared.with_open(id, |mut open| open.tell_paused(false)).ok();
        }
        shared.env.clock.run();
        shared.env.paused.store(false, Release);
        shared.env.timer.look_again();
        shared.set_state(&mut committing, GraphState::Running);
        shared.publish_view(&committing);
        shared.view.load().cells.values().for_each(|cell| cell.wake());
        shared.publish_runtime(RuntimeEvent::RuntimeDidResume {});
        Ok(())
    }

    /// Stops calling one processor: to its links it is a slow consumer.
    ///
    /// # Errors
    /// There is no such processor, or it does not come back from its call within a second.
    pub fn pause_processor(&self, id: impl AsRef<ProcessorId>) -> Result<()> {
        self.set_paused(id.as_ref(), true)
    }

    /// Calls a paused processor again.
    ///
    /// # Errors
    /// As [`Self::pause_processor`].
    pub fn resume_processor(&self, id: impl AsRef<ProcessorId>) -> Result<()> {
        self.set_paused(id.as_ref(), false)
    }

    fn set_paused(&self, id: &ProcessorId, paused: bool) -> Result<()> {
        let shared = &self.shared;
        let changed = shared.with_open(id, |mut open| {
            if std::mem::replace(&mut open.body().paused, paused) != paused {
                open.tell_paused(paused);
            }
            open.body().phase == Phase::Running
        })?;
        if changed && let Some(cell) = shared.view.load().cells.get(id) {
            let state = if paused { ProcessorState::Paused } else { ProcessorState::Running };
            cell.set_state(state);
        }
        Ok(())
    }

    /// Calls a manual processor `calls` times, as soon as there is room for its output.
    ///
    /// # Errors
    /// As [`Self::pause_processor`], and for a processor whose execution is not manual.
    pub fn step(&self, id: impl AsRef<ProcessorId>, calls: u32) -> Result<()> {
        let id = id.as_ref();
        self.shared.with_open(id, |mut open| {
            let body = open.body();
            if body.execution != ProcessExecution::Manual {
                return Err(Error::NotManual(id.clone()));
            }
            body.manual_calls = body.manual_calls.saturating_add(calls);
            Ok(())
        })?
    }
}

impl Shared {
    /// Does something with a processor between two of its calls.
    pub(super) fn with_open<R>(
        &self,
        id: &ProcessorId,
        action: impl FnOnce(Open<'_>) -> R,
    ) -> Result<R> {
        let unknown = || Error::NoSuchProcessor(id.clone(), String::new());
        let cell = self.view.load().cells.get(id).cloned().ok_or_else(unknown)?;
        let patience = self.settings.patience;
        let held = HeldStrand::hold_of(&cell, Instant::now() + patience);
        let busy = || Error::Busy { strand: id.clone(), patience };
        let mut held = held.ok_or_else(|| cell.strand().map_or_else(unknown, |_| busy()))?;
        let open = held.open(&cell).ok_or_else(unknown)?;
        Ok(action(open))
    }
}
