//! How a sleeping worker is woken: a flag, a full fence, and a system call only if it sleeps.
//!
//! Guarantee: what happened before [`Doorbell::ring`] is seen by the owner's check, or the owner is
//! woken. One thread waits at a time. A loom model stands below.

use std::sync::PoisonError;
use std::time::Duration;

use crate::sync::atomic::{AtomicU32, Ordering::Relaxed, Ordering::SeqCst, fence};
use crate::sync::{Mutex, Thread, current, park, park_timeout};

const AWAKE: u32 = 0;
const PARKED: u32 = 1;

/// See the module.
#[derive(Debug)]
pub(crate) struct Doorbell {
    state: AtomicU32,
    /// The thread that waits. Locked only by a thread that goes to sleep or wakes one.
    waiter: Mutex<Option<Thread>>,
}

impl Doorbell {
    pub(crate) fn new() -> Self {
        Self { state: AtomicU32::new(AWAKE), waiter: Mutex::new(None) }
    }

    /// Wakes the owner if it sleeps.
    #[inline]
    pub(crate) fn ring(&self) {
        // What happened before is ordered before the look at the state; the owner writes the
        // state before it checks. Of the two fences one comes first.
        fence(SeqCst);
        if self.state.load(Relaxed) == PARKED && self.state.swap(AWAKE, SeqCst) == PARKED {
            self.unpark();
        }
    }

    #[cold]
    fn unpark(&self) {
        // The lock is given back first: who was woken may be about to go to sleep again before the
        // call of the system has returned here, and would have to wait for it.
        let waiter = self.waiter.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(thread) = waiter {
            thread.unpark();
        }
    }

    /// True if the owner sleeps or is about to.
    pub(crate) fn is_parked(&self) -> bool {
        self.state.load(Relaxed) == PARKED
    }

    /// Sleeps until the bell rings or `timeout` has passed, unless `has_work` says that there is
    /// something to do. May return early.
    pub(crate) fn wait(&self, timeout: Option<Duration>, has_work: impl FnOnce() -> bool) {
        *self.waiter.lock().unwrap_or_else(PoisonError::into_inner) = Some(current());
        self.state.store(PARKED, SeqCst);
        fence(SeqCst);
        if !has_work() && self.state.load(Relaxed) == PARKED {
            match timeout {
                None => park(),
                Some(timeout) => park_timeout(timeout),
            }
        }
        self.state.store(AWAKE, SeqCst);
    }
}

#[cfg(all(test, loom))]
mod loom_model {
    use super::*;
    use std::sync::Arc;

    /// The owner sees what was posted, or is woken: it never sleeps for ever.
    #[test]
    fn loom_no_ring_is_lost() {
        loom::model(|| {
            let bell = Arc::new((Doorbell::new(), AtomicU32::new(0)));
            let other = Arc::clone(&bell);
            let ringing = loom::thread::spawn(move || {
                other.1.store(1, Relaxed);
                other.0.ring();
            });
            while bell.1.load(Relaxed) == 0 {
                bell.0.wait(None, || bell.1.load(Relaxed) != 0);
            }
            ringing.join().unwrap();
        });
    }
}
