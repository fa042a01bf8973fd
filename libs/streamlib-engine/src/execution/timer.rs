//! Wakes strands at stream times. One thread a graph; no lock and no allocation where a strand
//! sets its alarm again and again.

use std::sync::atomic::{
    AtomicBool, AtomicI64, Ordering::Acquire, Ordering::Release, Ordering::SeqCst,
};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use super::doorbell::Doorbell;
use super::env::GraphEnv;
use super::strand::Strand;
use super::thread::spawn_ready;

/// See the module.
#[derive(Debug)]
pub(crate) struct Timer {
    bell: Arc<Doorbell>,
    /// Stream time at which the thread looks next, ns; `i64::MAX` for no alarm.
    next_look_ns: AtomicI64,
    strands: Mutex<Vec<Arc<Strand>>>,
    closing: AtomicBool,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// A strand's alarm.
#[derive(Debug)]
pub(crate) struct Alarm {
    due_ns: AtomicI64,
    registered: AtomicBool,
}

impl Alarm {
    pub(crate) fn new() -> Self {
        Self { due_ns: AtomicI64::new(i64::MAX), registered: AtomicBool::new(false) }
    }
}

impl Alarm {
    /// True if the strand will be woken by the clock.
    pub(crate) fn is_set(&self) -> bool {
        self.due_ns.load(Acquire) != i64::MAX
    }
}

impl Timer {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            bell: Arc::new(Doorbell::new()),
            next_look_ns: AtomicI64::new(i64::MAX),
            strands: Mutex::new(Vec::new()),
            closing: AtomicBool::new(false),
            thread: Mutex::new(None),
        })
    }

    /// Starts the thread, once.
    pub(crate) fn start(self: &Arc<Self>, env: &Arc<GraphEnv>) -> std::io::Result<()> {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.is_some() {
            return Ok(());
        }
        let listener = super::clock::ClockListener(Arc::downgrade(&self.bell));
        env.clock.source().add_listener(listener);
        let (timer, env) = (Arc::clone(self), Arc::downgrade(env));
        let run = move || timer.run(&env);
        *thread = Some(spawn_ready("streamlib-timer".to_owned(), || {}, run)?);
        Ok(())
    }

    /// Ends the thread.
    pub(crate) fn close(&self) {
        self.closing.store(true, Release);
        self.bell.ring();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.thread().id() != std::thread::current().id()
        {
            // The thread's own panic was reported by the panic hook.
            drop(thread.join());
        }
    }

    /// Wakes `strand` when stream time reaches `due_ns`, or before if it asked for that before.
    pub(crate) fn arm(&self, strand: &Arc<Strand>, due_ns: i64) {
        let alarm = &strand.alarm;
        if !alarm.registered.swap(true, SeqCst) {
            self.strands.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(strand));
        }
        alarm.due_ns.fetch_min(due_ns, SeqCst);
        if due_ns < self.next_look_ns.load(SeqCst) {
            self.bell.ring();
        }
    }

    /// Looks at all alarms again: the clock was started or stopped.
    pub(crate) fn look_again(&self) {
        self.next_look_ns.store(i64::MAX, SeqCst);
        self.bell.ring();
    }

    fn run(&self, env: &Weak<GraphEnv>) {
        while !self.closing.load(Acquire) {
            let Some(present) = env.upgrade() else { return };
            let did_run = present.clock.is_running();
            let next_ns = self.wake_due(present.clock.now_ns());
            let timeout = self.timeout(&present, next_ns);
            drop(present);
            // A clock may move between the look and the sleep, and rings only then.
            let has_moved = || {
                env.upgrade().is_some_and(|env| {
                    env.clock.is_running() != did_run || env.clock.now_ns() >= next_ns
                })
            };
            self.bell.wait(timeout.unwrap_or(None), || {
                self.closing.load(Acquire) || self.earliest() < next_ns || has_moved()
            });
        }
    }

    /// How long to sleep until `next_ns`; `None` for no alarm or a clock that stands still.
    fn timeout(&self, env: &GraphEnv, next_ns: i64) -> Option<Option<Duration>> {
        if next_ns == i64::MAX || !env.clock.is_running() {
            return None;
        }
        let left = u64::try_from(next_ns.saturating_sub(env.clock.now_ns())).unwrap_or(0);
        Some(env.clock.source().sleep_for(Duration::from_nanos(left)))
    }

    fn earliest(&self) -> i64 {
        let strands = self.strands.lock().unwrap_or_else(PoisonError::into_inner);
        strands.iter().map(|strand| strand.alarm.due_ns.load(SeqCst)).min().unwrap_or(i64::MAX)
    }

    /// Wakes the strands whose alarm is due; says when the next one is.
    fn wake_due(&self, now_ns: i64) -> i64 {
        let mut strands = self.strands.lock().unwrap_or_else(PoisonError::into_inner);
        strands.retain(|strand| !strand.is_retired());
        let mut next_ns = i64::MAX;
        for strand in strands.iter() {
            let due_ns = strand.alarm.due_ns.load(SeqCst);
            if due_ns <= now_ns {
                strand.alarm.due_ns.store(i64::MAX, SeqCst);
                // The member that wants to be woken need not be on the boundary.
                strand.look_everywhere();
                strand.wake();
            } else {
                next_ns = next_ns.min(due_ns);
            }
        }
        self.next_look_ns.store(next_ns, SeqCst);
        next_ns
    }
}
