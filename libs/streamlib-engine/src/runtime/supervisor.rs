//! The supervisor: restarts processors that failed, finds calls that take long or hang, and gives
//! the pool another worker when one is held up.
//!
//! Sleeps until something fails or strands wait for a worker; else it looks four times a second,
//! because a call that hangs tells nobody.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Acquire;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::calls::Calls;
use super::engine::Shared;
use super::growth::Stalled;
use super::losses::Losses;
use crate::execution::ProcessorCell;
use crate::execution::cell::Phase;
use crate::execution::thread::spawn_ready;
use crate::graph::RestartPolicy;
use crate::ids::ProcessorId;
use crate::pubsub::events::ProcessorEvent;
use streamlib_abi::port::EndCause;

/// How often it looks when nothing calls it.
const CALM: Duration = Duration::from_millis(250);

/// Starts the thread. It ends when the engine is shut down.
pub(super) fn start(shared: &Arc<Shared>) -> std::io::Result<JoinHandle<()>> {
    let bell = Arc::clone(&shared.env.supervisor);
    let shared = Arc::downgrade(shared);
    let run = move || {
        let mut supervisor = Supervisor::default();
        loop {
            let pause = match shared.upgrade() {
                Some(shared) if !shared.closing.load(Acquire) => supervisor.look(&shared),
                _ => return,
            };
            let has_work = || {
                shared.upgrade().is_none_or(|shared| {
                    let env = &shared.env;
                    let told = !env.stalls.is_empty() || !env.losses.is_empty();
                    told || shared.closing.load(Acquire)
                })
            };
            bell.wait(Some(pause), has_work);
        }
    };
    spawn_ready("streamlib-superv".to_owned(), || {}, run)
}

#[derive(Debug, Default)]
struct Supervisor {
    /// Calls that hold others up.
    calls: Calls,
    /// When each failed processor is to be restarted, and how often it was.
    restarts: HashMap<ProcessorId, Restart>,
    /// Links that are full while their joins starve on others.
    stalled: Stalled,
    /// Links that lost frames of which events have to tell.
    losses: Losses,
}

#[derive(Debug, Default)]
struct Restart {
    attempts: u32,
    due: Option<Instant>,
    /// The limit is reached, and its outputs have ended.
    gave_up: bool,
}

impl Supervisor {
    /// How long it may be until the next look, if nothing calls it.
    fn look(&mut self, shared: &Shared) -> Duration {
        let calls = self.calls.look(shared);
        self.schedule_restarts(shared);
        self.restart_due(shared);
        // Whoever commits meanwhile leaves it to the next look.
        if let Ok(Some(mut committing)) = shared.committing.try_lock() {
            shared.take_apart_left(&mut committing);
        }
        let stalled = self.stalled.look(shared);
        let losses = self.losses.look(shared);
        let now = Instant::now();
        let restarts = self.restarts.values().filter_map(|restart| restart.due);
        let restart = restarts.min().map(|due| due.saturating_duration_since(now));
        [stalled, losses, calls, restart].into_iter().flatten().fold(CALM, Duration::min)
    }

    fn schedule_restarts(&mut self, shared: &Shared) {
        let view = shared.view.load();
        for (id, cell) in &view.cells {
            // A new instance begins anew: the old one's failures were dealt with.
            if !cell.awaits_restart.load(Acquire) {
                continue;
            }
            let restart = self.restarts.entry(id.clone()).or_default();
            if restart.due.is_some() || restart.gave_up {
                continue;
            }
            let Some(node) = view.snapshot.processor(id) else { continue };
            let (backoff, limit) = match node.restart {
                RestartPolicy::OnFailure { backoff, limit }
                | RestartPolicy::Always { backoff, limit } => (backoff, limit),
                RestartPolicy::Never => continue,
            };
            if limit.is_some_and(|limit| restart.attempts >= limit) {
                restart.gave_up = give_up(shared, cell);
                continue;
            }
            let factor = 1_u32 << restart.attempts.min(16);
            restart.due = Some(Instant::now() + backoff.saturating_mul(factor));
        }
        self.restarts.retain(|id, _| view.cells.contains_key(id));
    }

    fn restart_due(&mut self, shared: &Shared) {
        let now = Instant::now();
        for (id, restart) in &mut self.restarts {
            if restart.due.is_none_or(|due| due > now) {
                continue;
            }
            restart.due = None;
            restart.attempts += 1;
            let Some(failed) = shared.view.load().cells.get(id).cloned() else { continue };
            match shared.restart(&failed) {
                Ok(false) => {}
                Ok(true) => {
                    if let Some(cell) = shared.view.load().cells.get(id) {
                        cell.stats.set_restarts(restart.attempts);
                        let attempt = restart.attempts;
                        cell.publish(ProcessorEvent::ProcessorRestarted { attempt });
                    }
                }
                Err(error) => failed.set_failure(Some(error.to_string())),
            }
        }
    }
}

/// The processor has failed or ended for good. False if its strand is busy: then the next look tries again.
fn give_up(shared: &Shared, cell: &Arc<ProcessorCell>) -> bool {
    let message = cell.failure();
    let closed = shared.with_open(&cell.id, |mut open| {
        if open.body().phase == Phase::AwaitingRestart {
            let failed = message.as_ref().map(|_| EndCause::Failed);
            open.close(failed.unwrap_or(EndCause::Finished), message);
        }
    });
    closed.is_ok()
}
