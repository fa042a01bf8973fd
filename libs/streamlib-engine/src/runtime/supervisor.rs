//! The supervisor: restarts processors that failed, finds calls that hang, and gives the pool
//! another worker when one is held up.
//!
//! Sleeps until something fails or strands wait for a worker; else it looks four times a second,
//! because a call that hangs tells nobody.

use std::collections::HashMap;
use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::engine::{Engine, Shared};
use crate::execution::cell::Phase;
use crate::execution::home::Home;
use crate::execution::step::close_outputs;
use crate::execution::watch::CallWatch;
use crate::graph::{Change, RestartPolicy};
use crate::ids::ProcessorId;
use crate::pubsub::events::{ProcessorEvent, ProcessorState};
use streamlib_abi::port::EndCause;

/// How often it looks when nothing calls it.
const CALM: Duration = Duration::from_millis(250);
/// How long a call may hold a worker up while strands wait.
const HELD_UP: Duration = Duration::from_millis(10);
/// Most workers that are added because others are held up.
const MOST_WORKERS: usize = 64;

/// Starts the thread. It ends when the engine has gone.
pub(super) fn start(shared: &Arc<Shared>) -> std::io::Result<()> {
    let bell = Arc::clone(&shared.env.supervisor);
    let shared = Arc::downgrade(shared);
    let run = move || {
        let mut supervisor = Supervisor::default();
        loop {
            let calm = match shared.upgrade() {
                Some(shared) => supervisor.look(&shared, &Arc::downgrade(&shared)),
                None => return,
            };
            let gone = || shared.strong_count() == 0;
            bell.wait(Some(if calm { CALM } else { HELD_UP }), gone);
        }
    };
    std::thread::Builder::new().name("streamlib-superv".to_owned()).spawn(run).map(drop)
}

/// A call that was under way at the last look.
#[derive(Debug, Clone, Copy)]
struct LongCall {
    number: u64,
    since: Instant,
    reported: bool,
}

#[derive(Debug, Default)]
struct Supervisor {
    calls: HashMap<usize, LongCall>,
    /// When each failed processor is to be restarted, and how often it was.
    restarts: HashMap<ProcessorId, Restart>,
}

#[derive(Debug, Default)]
struct Restart {
    seen: u64,
    attempts: u32,
    due: Option<Instant>,
}

impl Supervisor {
    /// True if there is no need to look again soon.
    fn look(&mut self, shared: &Shared, weak: &Weak<Shared>) -> bool {
        let held_up = self.look_at_calls(shared);
        if held_up && shared.pool.worker_count() < MOST_WORKERS {
            // If it cannot be had, the strands wait for the workers that there are.
            drop(shared.pool.add_worker());
        }
        self.schedule_restarts(shared);
        self.restart_due(weak);
        !shared.pool.is_short_of_workers() && self.restarts.values().all(|r| r.due.is_none())
    }

    /// Notes the calls under way. True if all workers of the pool are held up while strands wait.
    fn look_at_calls(&mut self, shared: &Shared) -> bool {
        let now = Instant::now();
        let view = shared.view.load();
        let workers = shared.pool.watches();
        let mut all_held_up = !workers.is_empty() && shared.pool.is_short_of_workers();
        let threads = view.cells.values().filter_map(|cell| match &cell.strand()?.home {
            Home::Thread(thread) => Some(Arc::clone(&thread.watch)),
            _ => None,
        });
        let pool = workers.len();
        let mut seen = HashMap::new();
        for (index, watch) in workers.into_iter().chain(threads).enumerate() {
            let key = Arc::as_ptr(&watch) as usize;
            let call = self.call_of(key, &watch, now);
            if index < pool {
                all_held_up &= call.is_some_and(|call| now - call.since >= HELD_UP);
            }
            let Some(mut call) = call else { continue };
            let Some((_, current)) = watch.present() else { continue };
            let cell = view.cells.values().find(|cell| std::ptr::eq(Arc::as_ptr(cell), current));
            if let Some(cell) = cell {
                let limit = view
                    .snapshot
                    .processor(&cell.id)
                    .and_then(|node| node.call_limit)
                    .unwrap_or(cell.descriptor.needs.call_limit);
                let elapsed = now - call.since;
                if elapsed > limit && !call.reported && !cell.descriptor.needs.blocking {
                    call.reported = true;
                    cell.set_state(ProcessorState::Stuck);
                    cell.publish(ProcessorEvent::ProcessorStuck { elapsed, limit });
                }
            }
            seen.insert(key, call);
        }
        self.calls = seen;
        all_held_up
    }

    /// The call that the thread is in, if it was in it at the last look or is now.
    fn call_of(&self, key: usize, watch: &CallWatch, now: Instant) -> Option<LongCall> {
        let (number, _) = watch.present()?;
        match self.calls.get(&key) {
            Some(call) if call.number == number => Some(*call),
            _ => Some(LongCall { number, since: now, reported: false }),
        }
    }

    fn schedule_restarts(&mut self, shared: &Shared) {
        let view = shared.view.load();
        for (id, cell) in &view.cells {
            let failures = cell.failures.load(Acquire);
            if failures == 0 || !cell.restarts.load(Relaxed) {
                continue;
            }
            let restart = self.restarts.entry(id.clone()).or_default();
            // A new instance counts anew: the old one's failures were dealt with.
            if restart.due.is_some() || cell.state() != ProcessorState::Error {
                continue;
            }
            let Some(node) = view.snapshot.processor(id) else { continue };
            let (backoff, limit) = match node.restart {
                RestartPolicy::OnFailure { backoff, limit }
                | RestartPolicy::Always { backoff, limit } => (backoff, limit),
                RestartPolicy::Never => continue,
            };
            restart.seen = failures;
            if limit.is_some_and(|limit| restart.attempts >= limit) {
                give_up(shared, id);
                continue;
            }
            let factor = 1_u32 << restart.attempts.min(16);
            restart.due = Some(Instant::now() + backoff.saturating_mul(factor));
        }
        self.restarts.retain(|id, _| view.cells.contains_key(id));
    }

    fn restart_due(&mut self, weak: &Weak<Shared>) {
        let now = Instant::now();
        for (id, restart) in &mut self.restarts {
            if restart.due.is_none_or(|due| due > now) {
                continue;
            }
            restart.due = None;
            restart.attempts += 1;
            let Some(shared) = weak.upgrade() else { return };
            let engine = Engine { shared };
            let Some(node) = engine.snapshot().processor(id).cloned() else { continue };
            let change = Change::Replace { id: id.clone(), node: (*node).clone() };
            match engine.transaction().with([change]).commit() {
                Ok(_) => {
                    if let Some(cell) = engine.shared.view.load().cells.get(id) {
                        cell.stats.set_restarts(restart.attempts);
                        cell.publish(ProcessorEvent::ProcessorRestarted {
                            attempt: restart.attempts,
                        });
                    }
                    // The restart is no change of the user's.
                    engine.shared.committing().undo.pop();
                }
                Err(error) => {
                    if let Some(cell) = engine.shared.view.load().cells.get(id) {
                        cell.set_failure(Some(error.to_string()));
                    }
                }
            }
        }
    }
}

/// The processor has failed for good.
fn give_up(shared: &Shared, id: &ProcessorId) {
    let Some(cell) = shared.view.load().cells.get(id).cloned() else { return };
    let message = cell.failure();
    let closed = shared.with_body(id, |body| {
        if body.phase == Phase::AwaitingRestart {
            close_outputs(&cell, body, EndCause::Failed, message);
        }
    });
    // If its strand is busy, the next look tries again.
    drop(closed);
}
