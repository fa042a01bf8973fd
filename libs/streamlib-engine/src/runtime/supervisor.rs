//! The supervisor: restarts processors that failed, finds calls that hang, and gives the pool
//! another worker when one is held up.
//!
//! Sleeps until something fails or strands wait for a worker; else it looks four times a second,
//! because a call that hangs tells nobody.

use std::collections::HashMap;
use std::sync::atomic::Ordering::Acquire;
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::engine::Shared;
use super::growth::Stalled;
use super::losses::Losses;
use super::view::View;
use crate::execution::ProcessorCell;
use crate::execution::cell::Phase;
use crate::execution::home::Home;
use crate::execution::thread::spawn_ready;
use crate::execution::watch::{CallWatch, SeenCall};
use crate::graph::RestartPolicy;
use crate::ids::ProcessorId;
use crate::pubsub::events::{ProcessorEvent, ProcessorState};
use streamlib_abi::port::EndCause;

/// How often it looks when nothing calls it.
const CALM: Duration = Duration::from_millis(250);
/// How long a call may hold a worker up while strands wait.
const HELD_UP: Duration = Duration::from_millis(10);
/// Most workers that are added because others are held up.
const MOST_WORKERS: usize = 64;

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
        let held_up = look_at_calls(shared);
        if held_up && shared.pool.worker_count() < MOST_WORKERS {
            // If it cannot be had, the strands wait for the workers that there are.
            drop(shared.pool.add_worker());
        }
        self.schedule_restarts(shared);
        self.restart_due(shared);
        // Whoever commits meanwhile leaves it to the next look.
        if let Ok(Some(mut committing)) = shared.committing.try_lock() {
            shared.take_apart_left(&mut committing);
        }
        let stalled = self.stalled.look(shared);
        let losses = self.losses.look(shared);
        let short = shared.pool.is_short_of_workers().then_some(HELD_UP);
        let now = Instant::now();
        let restarts = self.restarts.values().filter_map(|restart| restart.due);
        let restart = restarts.min().map(|due| due.saturating_duration_since(now));
        [stalled, losses, short, restart].into_iter().flatten().fold(CALM, Duration::min)
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

/// Notes the calls under way, allocating nothing. True if all workers of the pool are held up while
/// strands wait.
fn look_at_calls(shared: &Shared) -> bool {
    let now = Instant::now();
    let view = shared.view.load();
    let is_short = shared.pool.is_short_of_workers();
    let (mut workers, mut held_up) = (0_usize, 0_usize);
    shared.pool.each_watch(|watch| {
        let since = look_at_call(&view, watch, now);
        workers += 1;
        held_up += usize::from(since.is_some_and(|since| now - since >= HELD_UP));
    });
    for cell in view.cells.values() {
        if let Some(strand) = cell.strand()
            && let Home::Thread(thread) = &strand.home
        {
            look_at_call(&view, &thread.watch, now);
        }
    }
    is_short && workers > 0 && held_up == workers
}

/// Notes the call that a thread is in, and reports it if it is over its limit. Since when it was
/// seen, if there is one.
fn look_at_call(view: &View, watch: &CallWatch, now: Instant) -> Option<Instant> {
    let mut seen = watch.seen.lock().unwrap_or_else(PoisonError::into_inner);
    let Some((number, current)) = watch.present() else {
        *seen = None;
        return None;
    };
    let first_seen = SeenCall { number, since: now, reported: false };
    let mut call = seen.filter(|call| call.number == number).unwrap_or(first_seen);
    let cell = view.cells.values().find(|cell| std::ptr::eq(Arc::as_ptr(cell), current));
    if let Some(cell) = cell {
        let node = view.snapshot.processor(&cell.id);
        let limit = node.and_then(|node| node.call_limit);
        let limit = limit.unwrap_or(cell.descriptor.needs.call_limit);
        let elapsed = now - call.since;
        if elapsed > limit && !call.reported && !cell.descriptor.needs.blocking {
            call.reported = true;
            cell.change_state(ProcessorState::Running, ProcessorState::Stuck);
            cell.armed.disarm_from_outside();
            cell.publish(ProcessorEvent::ProcessorStuck { elapsed, limit });
            // Who waits for it waits no longer.
            let links = view.links.values().filter(|link| link.plan.target.0 == cell.id);
            links.for_each(|link| link.consumer_is_stuck());
        }
    }
    *seen = Some(call);
    Some(call.since)
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
