//! A call that is held where it is: its thread comes back from it only when whoever pinned it is
//! done, and finds what became of it meanwhile.
//!
//! A thread that is inside a call touches the processor that it calls, and nothing else of the
//! strand that it owns. So while the call is pinned, the rest of the strand belongs to the one who
//! pinned it, who may take it away for good: then the thread finds what it is to go on with, see
//! [`Handover`].
//!
//! Both sides write before they look: the thread notes that the call has ended and looks whether
//! it is asked to stay; the other asks, and looks whether the call is still going on. One of the
//! two sees the other. The thread, which does this with every call, pays for that with one load:
//! the full fence that belongs between its two steps is run on its core by the other side. Where
//! the system cannot do that, the thread has a fence of its own. A loom model stands below.

use std::sync::{MutexGuard, PoisonError};

use super::handover::Handover;
use super::sys;
use crate::sync::Mutex;
use crate::sync::atomic::{
    AtomicU32, AtomicU64, Ordering::AcqRel, Ordering::Acquire, Ordering::Relaxed,
    Ordering::Release, Ordering::SeqCst, fence,
};

/// Somebody wants to pin the present call.
const ASKED: u32 = 1;
/// The present call is pinned: its thread waits when it comes back.
const PINNED: u32 = 2;
/// There is something for the thread to go on with.
const MOVED: u32 = 4;
/// The thread needs a fence of its own.
const FENCED: u32 = 8;

/// Counts the calls of one thread, and lets others pin one. See the module.
#[derive(Debug)]
pub(crate) struct Calls<T = Handover> {
    /// Odd during a call.
    count: AtomicU64,
    word: AtomicU32,
    /// Held as long as a call is pinned.
    moved: Mutex<Option<T>>,
}

/// A call whose thread does not leave it while this lives.
#[derive(Debug)]
pub(crate) struct Pinned<'a, T = Handover> {
    calls: &'a Calls<T>,
    moved: MutexGuardOf<'a, T>,
}

#[cfg(not(loom))]
type MutexGuardOf<'a, T> = MutexGuard<'a, Option<T>>;
#[cfg(loom)]
type MutexGuardOf<'a, T> = loom::sync::MutexGuard<'a, Option<T>>;

impl<T> Default for Calls<T> {
    fn default() -> Self {
        let word = if sys::has_barrier() { 0 } else { FENCED };
        Self { count: AtomicU64::new(0), word: AtomicU32::new(word), moved: Mutex::new(None) }
    }
}

impl<T> Calls<T> {
    /// A call begins. For the thread itself.
    #[inline]
    pub(crate) fn begin(&self) {
        self.count_one();
    }

    /// For the thread itself, which alone writes the number.
    #[inline]
    fn count_one(&self) {
        if cfg!(loom) {
            // Loom looks for other orders only before the last access of a number. A load of our
            // own would always be that.
            self.count.fetch_add(1, Release);
        } else {
            self.count.store(self.count.load(Relaxed) + 1, Release);
        }
    }

    /// The call has ended. If it is true, the thread has to [`Self::leave`] before it touches
    /// anything but the processor that it called. For the thread itself.
    #[inline]
    #[must_use]
    pub(crate) fn end(&self) -> bool {
        self.count_one();
        sys::light_fence();
        // Acquire: what was done while the call was pinned, and is over, is seen.
        self.word.load(Acquire) != 0
    }

    /// Waits while the call is pinned. What the thread is to go on with; with `None` it owns what
    /// it owned before. For the thread itself.
    #[cold]
    pub(crate) fn leave(&self) -> Option<T> {
        if self.word.load(Relaxed) & FENCED != 0 {
            fence(SeqCst);
        }
        loop {
            let word = self.word.load(Acquire);
            if word & ASKED != 0 {
                // The call is over before it could be pinned. Whoever asked sees that.
                self.word.compare_exchange(word, word & !ASKED, AcqRel, Relaxed).ok();
            } else if word & PINNED != 0 {
                drop(self.moved.lock().unwrap_or_else(PoisonError::into_inner));
            } else if word & MOVED != 0 {
                let moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner).take();
                self.word.fetch_and(!MOVED, AcqRel);
                return moved;
            } else {
                return None;
            }
        }
    }

    /// The number of the call that is going on; `None` between calls. What its thread did before
    /// the call is visible.
    pub(crate) fn present(&self) -> Option<u64> {
        Some(self.count.load(Acquire)).filter(|count| count % 2 == 1)
    }

    /// Pins call `number`, if it is still going on.
    pub(crate) fn pin(&self, number: u64) -> Option<Pinned<'_, T>> {
        let moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        self.word.fetch_or(ASKED, AcqRel);
        let is_present = sys::heavy_fence() && self.present() == Some(number);
        let mut word = self.word.load(Relaxed);
        while word & ASKED != 0 {
            let next = word & !ASKED | if is_present { PINNED } else { 0 };
            match self.word.compare_exchange(word, next, AcqRel, Relaxed) {
                Ok(_) if is_present => return Some(Pinned { calls: self, moved }),
                Ok(_) => return None,
                Err(now) => word = now,
            }
        }
        // The thread saw that it was asked, and left.
        None
    }
}

impl<T> Pinned<'_, T> {
    /// The thread is to go on with this when it comes back; it owns no longer what it owned.
    pub(crate) fn move_to(&mut self, moved: T) {
        *self.moved = Some(moved);
        self.calls.word.fetch_or(MOVED, Release);
    }
}

impl<T> Drop for Pinned<'_, T> {
    fn drop(&mut self) {
        self.calls.word.fetch_and(!PINNED, Release);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn only_the_call_that_is_going_on_is_pinned() {
        let calls = Calls::<u32>::default();
        assert!(calls.pin(1).is_none());
        calls.begin();
        assert!(calls.pin(3).is_none());
        drop(calls.pin(1).unwrap());
        assert!(!calls.end() || calls.leave().is_none());
        calls.begin();
        calls.pin(3).unwrap().move_to(7);
        // Once more, for something else.
        drop(calls.pin(3).unwrap());
        assert!(calls.end());
        assert_eq!(calls.leave(), Some(7));
        calls.begin();
        assert!(!calls.end() || calls.leave().is_none());
    }

    #[test]
    fn without_barriers_of_the_system_the_thread_always_looks_twice() {
        let calls = Calls::<u32>::default();
        calls.word.fetch_or(FENCED, Relaxed);
        calls.begin();
        calls.pin(1).unwrap().move_to(7);
        assert!(calls.end());
        assert_eq!(calls.leave(), Some(7));
        calls.begin();
        assert!(calls.end());
        assert_eq!(calls.leave(), None);
    }
}

#[cfg(all(test, loom))]
mod loom_models {
    use super::*;
    use crate::sync::Exclusive;
    use std::sync::Arc;

    /// A thread makes two calls and uses what it owns before, between and after them; another pins
    /// the call that it sees, uses the same, and gives it back or keeps it. They never do so at the
    /// same time, and what one did is seen by the other.
    fn check(keeps: bool) {
        loom::model(move || {
            let shared = Arc::new((Calls::<u32>::default(), Exclusive::new(0_u32)));
            let other = Arc::clone(&shared);
            let calling = loom::thread::spawn(move || {
                let (calls, owned) = &*other;
                for _ in 0..2 {
                    // SAFETY: the thread owns it; loom checks that nobody else is here.
                    unsafe { owned.with_mut(|uses| *uses += 1) };
                    calls.begin();
                    if calls.end()
                        && let Some(uses) = calls.leave()
                    {
                        return uses;
                    }
                }
                // SAFETY: as above.
                unsafe { owned.with_mut(|uses| *uses) }
            });
            let (calls, owned) = &*shared;
            let mut kept = false;
            if let Some(number) = calls.present()
                && let Some(mut pinned) = calls.pin(number)
            {
                // SAFETY: the call is pinned; loom checks that nobody else is here.
                let uses = unsafe {
                    owned.with_mut(|uses| {
                        *uses += 10;
                        *uses
                    })
                };
                assert!(uses == 11 || uses == 12);
                if keeps {
                    pinned.move_to(uses);
                    kept = true;
                }
                drop(pinned);
                if keeps {
                    // SAFETY: it was not given back.
                    unsafe { owned.with_mut(|uses| *uses += 100) };
                }
            }
            let uses = calling.join().unwrap();
            assert!(if kept { uses == 11 || uses == 12 } else { uses == 2 || uses == 12 });
        });
    }

    #[test]
    fn loom_a_pinned_call_leaves_the_rest_to_the_other() {
        check(false);
    }

    #[test]
    fn loom_what_was_taken_away_is_not_touched_again() {
        check(true);
    }
}
