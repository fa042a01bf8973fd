//! The supervisor: restarts processors that failed, finds calls that hang, and gives the pool
//! another worker when one is held up.
//!
//! Sleeps until something fails or strands wait for a worker; else it looks four times a second,
//! because a call that hangs tells nobody.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::engine::Shared;
use crate::execution::ProcessorCell;
use crate::execution::cell::Phase;
use crate::execution::home::Home;
use crate::execution::watch::CallWatch;
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
            let calm = match shared.upgrade() {
                Some(shared) if !shared.closing.load(Acquire) => supervisor.look(&shared),
                _ => return,
            };
            let gone = || shared.upgrade().is_none_or(|shared| shared.closing.load(Acquire));
            bell.wait(Some(if calm { CALM } else { HELD_UP }), gone);
        }
    };
    std::thread::Builder::new().name("streamlib-superv".to_owned()).spawn(run)
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
    attempts: u32,
    due: Option<Instant>,
    /// The limit is reached, and its outputs have ended.
    gave_up: bool,
}

impl Supervisor {
    /// True if there is no need to look again soon.
    fn look(&mut self, shared: &Shared) -> bool {
        let held_up = self.look_at_calls(shared);
        if held_up && shared.pool.worker_count() < MOST_WORKERS {
            // If it cannot be had, the strands wait for the workers that there are.
            drop(shared.pool.add_worker());
        }
        self.schedule_restarts(shared);
        self.restart_due(shared);
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
                    cell.change_state(ProcessorState::Running, ProcessorState::Stuck);
                    cell.publish(ProcessorEvent::ProcessorStuck { elapsed, limit });
                }
            }
            seen.insert(key, call);
        }
        let is_over = |key: &usize, call: &LongCall| {
            call.reported && seen.get(key).is_none_or(|now: &LongCall| now.number != call.number)
        };
        if self.calls.iter().any(|(key, call)| is_over(key, call)) {
            // Some call came back after all.
            for cell in view.cells.values() {
                cell.change_state(ProcessorState::Stuck, ProcessorState::Running);
            }
            seen.values_mut().for_each(|call| call.reported = false);
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
            if cell.failures.load(Acquire) == 0 || !cell.restarts.load(Relaxed) {
                continue;
            }
            let restart = self.restarts.entry(id.clone()).or_default();
            // A new instance counts anew: the old one's failures were dealt with.
            if restart.due.is_some() || restart.gave_up || cell.state() != ProcessorState::Error {
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

/// The processor has failed for good. False if its strand is busy: then the next look tries again.
fn give_up(shared: &Shared, cell: &Arc<ProcessorCell>) -> bool {
    let message = cell.failure();
    let closed = shared.with_open(&cell.id, |mut open| {
        if open.body().phase == Phase::AwaitingRestart {
            open.close(EndCause::Failed, message);
        }
    });
    closed.is_ok()
}
