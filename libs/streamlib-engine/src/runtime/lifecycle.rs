//! Start, stop, wait.

use std::sync::atomic::{AtomicBool, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use streamlib_abi::port::EndCause;
use streamlib_schema::ProcessExecution;

use super::engine::{Committing, Engine, Shared};
use crate::compiler::{Blueprint, plan};
use crate::error::{Error, Result};
use crate::execution::cell::Phase;
use crate::execution::held::HeldStrand;
use crate::execution::{ProcessorCell, ProcessorEnd};
use crate::graph::{Applied, GraphSnapshot, GraphState, Inverse, Touched};
use crate::ids::ProcessorId;
use crate::observability::last_run;
use crate::pubsub::EventKind;
use crate::pubsub::events::{GraphEvent, ProcessorState, RuntimeEvent};

/// How long what is behind a processor that does not come back from its call has to end.
const FAIL_PATIENCE: Duration = Duration::from_secs(1);
/// How long to wait for a commit under way, while the main thread's processors run on.
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// Says that the graph is to stop, from a signal handler's thread or any other.
#[derive(Debug, Default)]
pub(super) struct StopFlag {
    pub(super) requested: AtomicBool,
    /// Do not wait for frames to drain.
    at_once: AtomicBool,
}

/// How a graph ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphOutcome {
    /// How each processor ended, in the order of their ends.
    pub ends: Vec<ProcessorEnd>,
    /// Threads that did not come back from a call and were left behind.
    pub abandoned_threads: usize,
}

impl GraphOutcome {
    /// True if a processor failed for good.
    pub fn failed(&self) -> bool {
        self.failures().next().is_some()
    }

    /// The processors that failed for good, with what they said.
    pub fn failures(&self) -> impl Iterator<Item = (&ProcessorId, &str)> {
        self.ends.iter().filter_map(|end| Some((&end.processor, end.message.as_deref()?)))
    }
}

impl Serialize for GraphOutcome {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let ends: Vec<_> = self
            .ends
            .iter()
            .map(|end| (end.processor.as_str(), end.cause.as_str(), end.message.as_deref()))
            .collect();
        let mut outcome = serializer.serialize_struct("GraphOutcome", 3)?;
        outcome.serialize_field("ends", &ends)?;
        outcome.serialize_field("failed", &self.failed())?;
        outcome.serialize_field("abandoned_threads", &self.abandoned_threads)?;
        outcome.end()
    }
}

impl Engine {
    /// Builds the declared graph and lets it run.
    ///
    /// # Errors
    /// A processor cannot be created or set up; then nothing runs and nothing is left behind.
    pub fn start(&self) -> Result<()> {
        let shared = &self.shared;
        let mut committing = shared.committing()?;
        if committing.graph.state() != GraphState::Idle {
            return Err(Error::AlreadyRunning);
        }
        shared.publish_runtime(RuntimeEvent::RuntimeWillStart {});
        let result = shared.start(&mut committing);
        match &result {
            Ok(()) => shared.publish_runtime(RuntimeEvent::RuntimeDidStart {}),
            Err(error) => {
                shared
                    .publish_runtime(RuntimeEvent::RuntimeStartFailed { error: error.to_string() });
            }
        }
        result
    }

    /// Waits until every source has ended and everything has drained, or until a stop was asked
    /// for; then takes the graph down. Processors that need the main thread run on the calling one.
    ///
    /// # Errors
    /// The graph is not running.
    pub fn wait(&self) -> Result<GraphOutcome> {
        let shared = &self.shared;
        if self.state() == GraphState::Idle {
            return Err(Error::NotRunning);
        }
        shared.committing.refuse_inside()?;
        let main = &shared.env.main;
        let _turn = main.take_turn();
        // Somebody else may have stopped it, without what is left behind.
        let done = || {
            let over = shared.env.ends.is_done() || shared.stop.requested.load(Acquire);
            over || self.state() == GraphState::Idle
        };
        loop {
            main.run_waiting();
            if !done() {
                main.wait(None, done);
                continue;
            }
            // Whoever commits or stops meanwhile may need the strands that only run here.
            let Some(mut committing) = shared.committing.try_lock()? else {
                main.wait(Some(LOCK_PAUSE), || false);
                continue;
            };
            if committing.graph.state() == GraphState::Idle {
                return committing.outcome.clone().ok_or(Error::NotRunning);
            }
            let at_once = shared.stop.at_once.load(Acquire);
            let drain = if at_once { Duration::ZERO } else { shared.settings.drain_timeout };
            return Ok(shared.stop_told(&mut committing, drain));
        }
    }

    /// Ends the sources, lets what is under way drain for as long as the drain timeout says, and
    /// takes the graph down.
    ///
    /// # Errors
    /// The graph is not running.
    pub fn stop(&self) -> Result<GraphOutcome> {
        self.stop_within(self.shared.settings.drain_timeout)
    }

    /// As [`Self::stop`], with a timeout of its own. Frames that are not through by then are cut,
    /// counted as flushed.
    ///
    /// # Errors
    /// The graph is not running.
    pub fn stop_within(&self, drain_timeout: Duration) -> Result<GraphOutcome> {
        let shared = &self.shared;
        let mut committing = shared.committing()?;
        if committing.graph.state() == GraphState::Idle {
            return Err(Error::NotRunning);
        }
        Ok(shared.stop_told(&mut committing, drain_timeout))
    }

    /// Asks for a stop and returns at once: [`Self::wait`] then stops. A second request makes it
    /// cut instead of draining. For signal handlers' threads.
    pub fn request_stop(&self) {
        let stop = &self.shared.stop;
        if stop.requested.swap(true, Release) {
            stop.at_once.store(true, Release);
            self.shared.env.cut.store(true, Release);
        }
        self.shared.env.ends.poke();
    }
}

impl Shared {
    pub(super) fn publish_runtime(&self, event: RuntimeEvent) {
        self.env.publish(EventKind::Runtime { event });
    }

    pub(super) fn set_state(&self, committing: &mut Committing, new: GraphState) {
        let old = committing.graph.set_state(new);
        if old != new {
            let event = GraphEvent::StateChanged { old, new };
            self.env.publish(EventKind::Graph { event });
        }
    }

    fn start(&self, committing: &mut Committing) -> Result<()> {
        let env = &self.env;
        env.ends.clear();
        env.cut.store(false, Release);
        env.paused.store(false, Release);
        self.stop.requested.store(false, Release);
        self.stop.at_once.store(false, Release);
        env.clock.reset();
        self.pool.start(self.settings.workers).map_err(Error::Threads)?;
        let snapshot = committing.graph.snapshot().clone();
        let declared = committing.declared.clone();
        let applied = whole(&snapshot);
        let plan = plan(&Blueprint::default(), &declared, &applied);
        env.clock.run();
        // Processors are called as soon as the flip is over, so the graph counts as running.
        let carried = self.carry_out(committing, &plan, declared, &snapshot);
        if let Err(error) = carried {
            env.clock.reset();
            self.pool.close(Duration::from_secs(1));
            return Err(error);
        }
        self.set_state(committing, GraphState::Running);
        self.publish_view(committing);
        env.timer.look_again();
        env.ends.poke();
        Ok(())
    }

    fn stop_told(&self, committing: &mut Committing, drain_timeout: Duration) -> GraphOutcome {
        self.publish_runtime(RuntimeEvent::RuntimeWillStop {});
        let outcome = self.stop(committing, drain_timeout);
        let abandoned_threads = u32::try_from(outcome.abandoned_threads).unwrap_or(u32::MAX);
        self.publish_runtime(RuntimeEvent::RuntimeDidStop { abandoned_threads });
        outcome
    }

    fn stop(&self, committing: &mut Committing, drain_timeout: Duration) -> GraphOutcome {
        self.resume_for_stop();
        // Everything ends from here on, for what is linked to nothing counts as ended.
        self.env.ends.set_endless(0);
        self.end_sources(committing);
        self.drain(drain_timeout, || self.env.ends.is_done());
        if self.fail_stuck(committing) {
            let cells = &committing.installation.cells;
            let over = [ProcessorState::Ended, ProcessorState::Error, ProcessorState::Stuck];
            self.drain(FAIL_PATIENCE, || cells.values().all(|cell| over.contains(&cell.state())));
        }
        self.env.cut.store(true, Release);
        self.cut(committing);
        let snapshot = committing.graph.snapshot().clone();
        let before = committing.installation.blueprint.clone();
        let plan = plan(&before, &Blueprint::default(), &whole(&snapshot));
        let run = self.view.load_full();
        // Everything that could fail is in prepare, and taking everything down prepares nothing.
        if let Err(error) = self.carry_out(committing, &plan, Blueprint::default(), &snapshot) {
            let message = error.to_string();
            self.publish_runtime(RuntimeEvent::RetireProblem { message });
        }
        drop((plan, before));
        let patience = Duration::from_secs(1);
        let installed = &mut committing.installation;
        let left = installed.left_threads.drain(..).filter(|thread| !thread.close(patience));
        installed.abandoned_threads += left.count() + self.pool.close(patience);
        self.take_apart_left(committing);
        self.env.main.clear();
        self.env.clock.freeze();
        self.last_run.store(Some(Arc::new(last_run(self, &run))));
        self.set_state(committing, GraphState::Idle);
        let outcome = GraphOutcome {
            ends: self.env.ends.list(),
            abandoned_threads: committing.installation.abandoned_threads,
        };
        committing.outcome = Some(outcome.clone());
        self.publish_view(committing);
        // Others may wait for the same end.
        self.env.ends.poke();
        outcome
    }

    /// A paused graph drains as well.
    fn resume_for_stop(&self) {
        if self.env.paused.swap(false, Release) {
            self.env.clock.run();
            self.env.timer.look_again();
            self.view.load().cells.values().for_each(|cell| cell.wake());
        }
    }

    /// Sources send no more; what is linked to nothing counts as ended.
    fn end_sources(&self, committing: &Committing) {
        let installed = &committing.installation;
        let deadline = Instant::now() + Duration::from_secs(1);
        for cell in installed.cells.values() {
            let plan = installed.blueprint.processors.get(&cell.id);
            let linked = plan.is_some_and(|plan| plan.inputs.iter().flatten().any(Option::is_some));
            let is_source =
                !linked || matches!(cell.descriptor.execution, ProcessExecution::Continuous { .. });
            if !is_source && cell.state() != ProcessorState::Error {
                continue;
            }
            let Some(mut held) = HeldStrand::hold_of(cell, deadline) else { continue };
            let Some(mut open) = held.open(cell) else { continue };
            match open.body().phase {
                Phase::Running if is_source => {
                    let body = open.body();
                    body.phase = Phase::Ending(EndCause::Stopped);
                    body.wake_at_ns = None;
                    // What is linked to nothing has its end of stream to see, too.
                    if !cell.set_counted_active(true) {
                        self.env.ends.add_active(1);
                    }
                    cell.set_state(ProcessorState::Ending);
                }
                Phase::Created | Phase::AwaitingRestart => {
                    open.close(EndCause::Stopped, cell.failure());
                }
                Phase::Running | Phase::Ending(_) | Phase::Ended => {}
            }
        }
    }

    /// What does not come back from its call has failed: what is behind it sees that, and ends.
    /// True if there is any.
    fn fail_stuck(&self, committing: &Committing) -> bool {
        let installed = &committing.installation;
        for link in installed.links.values() {
            if installed.cells.get(&link.plan.source.0).is_some_and(|cell| cell.is_stuck()) {
                link.set_end(EndCause::Failed);
            }
        }
        installed.cells.values().any(|cell| cell.is_stuck())
    }

    /// Waits until it is over. A second request to stop ends the waiting.
    fn drain(&self, timeout: Duration, is_over: impl Fn() -> bool) {
        let end = Instant::now() + timeout;
        let env = &self.env;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if is_over() || left.is_zero() || self.stop.at_once.load(Relaxed) {
                return;
            }
            env.main.run_waiting();
            let stop = || is_over() || self.stop.at_once.load(Relaxed);
            env.main.wait(Some(left.min(Duration::from_millis(20))), stop);
        }
    }

    /// Ends what has not ended by itself; its frames are counted flushed.
    fn cut(&self, committing: &Committing) {
        let deadline = Instant::now() + Duration::from_secs(1);
        for cell in committing.installation.cells.values() {
            if matches!(cell.state(), ProcessorState::Ended | ProcessorState::Error) {
                continue;
            }
            let deadline = if cell.is_stuck() { Instant::now() } else { deadline };
            match HeldStrand::hold_of(cell, deadline) {
                Some(mut held) => {
                    if let Some(mut open) = held.open(cell) {
                        open.close(EndCause::Stopped, None);
                    }
                }
                None => self.env.ends.ended(stuck(cell), false),
            }
        }
    }

    /// Ends what runs, and the engine's own threads.
    fn shut_down(&self) {
        // A commit borrows a handle, so the last one never goes inside of one.
        if let Ok(mut committing) = self.committing()
            && committing.graph.state() != GraphState::Idle
        {
            self.stop(&mut committing, Duration::ZERO);
        }
        self.env.timer.close();
        self.closing.store(true, Release);
        self.env.supervisor.ring();
        let thread = self.supervisor.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.thread().id() != std::thread::current().id()
        {
            // The thread's own panic was reported by the panic hook.
            drop(thread.join());
        }
    }
}

/// The end of a processor that cannot be ended.
fn stuck(cell: &ProcessorCell) -> ProcessorEnd {
    let message = "it did not come back from its call, and was left behind".to_owned();
    ProcessorEnd { processor: cell.id.clone(), cause: EndCause::Failed, message: Some(message) }
}

/// What the handles of an engine hold together: when the last of them is dropped, the engine and
/// all of its threads end.
pub(super) struct Alive(pub(super) Arc<Shared>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.shut_down();
    }
}

/// All of a graph, for a plan from nothing or to nothing.
pub(super) fn whole(snapshot: &GraphSnapshot) -> Applied {
    Applied {
        snapshot: snapshot.clone(),
        inverse: Inverse::default(),
        touched: Touched::default(),
        connected: Vec::new(),
    }
}
