//! The state word of a strand: who owns it, and whether there is something to look at.
//!
//! | bit | meaning |
//! |---|---|
//! | RUN | somebody owns the strand: its processors, their ports, its work list |
//! | NOTIFIED | something happened that the owner has not looked at |
//! | HOLD | a controller waits for RUN: it goes before workers |
//! | RETIRED | the processors moved to other strands: notify those |
//!
//! Guarantees: one owner at a time; every notification before or during an ownership is followed
//! by a look at the strand; a strand is handed to a queue at most once between two ownerships.
//! RUN, with acquire and release, is the only proof of ownership there is. A loom model stands
//! below.

use crate::sync::atomic::{
    AtomicU32, Ordering::AcqRel, Ordering::Acquire, Ordering::Relaxed, Ordering::SeqCst, fence,
};

const RUN: u32 = 1;
const NOTIFIED: u32 = 2;
const HOLD: u32 = 4;
const RETIRED: u32 = 8;

/// See the module.
#[derive(Debug)]
pub(crate) struct RunWord(AtomicU32);

/// What to do after a notification.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Notified {
    /// Put the strand into its run queue.
    Enqueue,
    /// Somebody else will look at it.
    Seen,
    /// Notify the processors' present strands.
    Retired,
}

/// What to do after a release.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Released {
    /// Nothing.
    Idle,
    /// There is something to look at: put the strand into its run queue.
    Enqueue,
    /// A controller waits: tell it.
    TellController,
}

impl RunWord {
    /// Owned by whoever makes it.
    pub(crate) fn new_owned() -> Self {
        Self(AtomicU32::new(RUN))
    }

    /// Something happened. What happened is visible to the next owner.
    #[inline]
    pub(crate) fn notify(&self) -> Notified {
        // Whoever clears the bit has a fence before it looks. Of the two fences one comes first:
        // the look there sees what happened, or the look here sees the bit cleared. So busy
        // neighbours do not fight for the word.
        fence(SeqCst);
        let word = self.0.load(Relaxed);
        if word & (NOTIFIED | RETIRED) == NOTIFIED {
            return Notified::Seen;
        }
        let before = self.0.fetch_or(NOTIFIED, AcqRel);
        if before & RETIRED != 0 {
            Notified::Retired
        } else if before & (RUN | NOTIFIED | HOLD) != 0 {
            Notified::Seen
        } else {
            Notified::Enqueue
        }
    }

    /// Takes ownership for a worker that found the strand in its queue; clears NOTIFIED. False if
    /// somebody else owns it or a controller waits: they will enqueue it again.
    #[inline]
    pub(crate) fn try_begin(&self) -> bool {
        let began = self.0.compare_exchange(NOTIFIED, RUN, AcqRel, Relaxed).is_ok();
        fence(SeqCst);
        began
    }

    /// True if something happened since `try_begin` or the last call of this. For the owner.
    #[inline]
    pub(crate) fn take_notification(&self) -> bool {
        if self.0.load(Relaxed) & NOTIFIED == 0 {
            return false;
        }
        let taken = self.0.fetch_and(!NOTIFIED, AcqRel) & NOTIFIED != 0;
        fence(SeqCst);
        taken
    }

    /// True if a controller waits for the strand, or took it while a call was going on. For the
    /// owner, between two calls.
    #[inline]
    pub(crate) fn is_wanted(&self) -> bool {
        self.0.load(Relaxed) & (HOLD | RETIRED) != 0
    }

    /// Gives ownership up. With `more`, the strand is to be looked at again.
    #[inline]
    pub(crate) fn release(&self, more: bool) -> Released {
        let mut word = self.0.load(Relaxed);
        loop {
            let notified = more || word & NOTIFIED != 0;
            let next = (word & !RUN) | if notified { NOTIFIED } else { 0 };
            match self.0.compare_exchange_weak(word, next, AcqRel, Relaxed) {
                Err(now) => word = now,
                Ok(_) if word & HOLD != 0 => return Released::TellController,
                Ok(_) if notified && word & RETIRED == 0 => return Released::Enqueue,
                Ok(_) => return Released::Idle,
            }
        }
    }

    /// Takes ownership for a controller. If it is false, the owner tells the controller when it
    /// lets go, and the controller tries again or calls [`Self::give_up`].
    pub(crate) fn try_hold(&self) -> bool {
        let before = self.0.fetch_or(HOLD, AcqRel);
        if before & RUN != 0 {
            return false;
        }
        self.0.compare_exchange(before | HOLD, (before | RUN) & !HOLD, AcqRel, Acquire).is_ok()
            || self.retry_hold()
    }

    /// With HOLD set no worker takes the strand, so only notifications change the word.
    fn retry_hold(&self) -> bool {
        let mut word = self.0.load(Acquire);
        while word & RUN == 0 {
            let next = (word | RUN) & !HOLD;
            match self.0.compare_exchange_weak(word, next, AcqRel, Acquire) {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// A controller no longer waits. True: the strand is to be put into its run queue.
    pub(crate) fn give_up(&self) -> bool {
        let before = self.0.fetch_and(!HOLD, AcqRel);
        before & RUN == 0 && before & NOTIFIED != 0
    }

    /// The processors moved to other strands. For the owner. True if there was a notification,
    /// which those strands must now get.
    pub(crate) fn retire(&self) -> bool {
        self.0.fetch_or(RETIRED, AcqRel) & NOTIFIED != 0
    }

    /// True if nobody owns the strand, and there is nothing to look at.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.0.load(Acquire) == 0
    }

    /// True if the processors moved to other strands.
    pub(crate) fn is_retired(&self) -> bool {
        self.0.load(Acquire) & RETIRED != 0
    }

    /// True if there is something to look at, and nobody does or is about to.
    pub(crate) fn is_waiting(&self) -> bool {
        self.0.load(Acquire) == NOTIFIED
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn notifications_are_never_lost() {
        let word = RunWord::new_owned();
        assert_eq!(word.notify(), Notified::Seen);
        assert_eq!(word.release(false), Released::Enqueue);
        assert_eq!(word.notify(), Notified::Seen);
        assert!(word.try_begin());
        assert!(!word.take_notification());
        assert_eq!(word.release(false), Released::Idle);
        assert_eq!(word.notify(), Notified::Enqueue);
    }

    #[test]
    fn a_controller_goes_first_and_leaves_the_notification() {
        let word = RunWord::new_owned();
        assert!(!word.try_hold());
        assert!(word.is_wanted());
        assert_eq!(word.release(true), Released::TellController);
        assert!(!word.try_begin());
        assert!(word.try_hold());
        assert_eq!(word.release(false), Released::Enqueue);
        assert!(word.try_begin());
    }

    #[test]
    fn a_controller_that_gives_up_leaves_no_trace() {
        let word = RunWord::new_owned();
        assert!(!word.try_hold());
        assert!(!word.give_up());
        assert_eq!(word.release(false), Released::Idle);
        assert_eq!(word.notify(), Notified::Enqueue);
        assert!(word.try_begin());
        assert!(word.retire() || word.notify() == Notified::Retired);
    }
}

#[cfg(all(test, loom))]
mod loom_models {
    use super::*;
    use crate::sync::Exclusive;
    use crate::sync::atomic::{AtomicBool, AtomicU32};
    use std::sync::Arc;

    struct Model {
        word: RunWord,
        queued: AtomicU32,
        posted: AtomicU32,
        seen: Exclusive<u32>,
        told: AtomicBool,
    }

    fn model() -> Arc<Model> {
        let word = RunWord::new_owned();
        assert_eq!(word.release(false), Released::Idle);
        Arc::new(Model {
            word,
            queued: AtomicU32::new(0),
            posted: AtomicU32::new(0),
            seen: Exclusive::new(0),
            told: AtomicBool::new(false),
        })
    }

    impl Model {
        fn post(&self) {
            self.posted.fetch_add(1, Relaxed);
            if self.word.notify() == Notified::Enqueue {
                self.queued.fetch_add(1, SeqCst);
            }
        }

        fn work_once(&self) {
            let took = self.queued.fetch_update(SeqCst, SeqCst, |n| n.checked_sub(1)).is_ok();
            if !took || !self.word.try_begin() {
                return;
            }
            self.look();
            self.after(self.word.release(false));
        }

        fn look(&self) {
            // SAFETY: the caller owns the strand; loom checks that nobody else is here.
            unsafe { self.seen.with_mut(|seen| *seen = self.posted.load(Relaxed)) };
        }

        fn after(&self, released: Released) {
            match released {
                Released::Enqueue => drop(self.queued.fetch_add(1, SeqCst)),
                Released::TellController => self.told.store(true, SeqCst),
                Released::Idle => {}
            }
        }
    }

    /// Two posters and a worker: at rest everything that was posted was seen.
    #[test]
    fn loom_every_post_is_seen_by_one_owner_at_a_time() {
        loom::model(|| {
            let model = model();
            let posters: Vec<_> = (0..2)
                .map(|_| {
                    let model = Arc::clone(&model);
                    loom::thread::spawn(move || {
                        model.post();
                        model.work_once();
                    })
                })
                .collect();
            posters.into_iter().for_each(|poster| poster.join().unwrap());
            while model.queued.load(SeqCst) > 0 {
                model.work_once();
            }
            // SAFETY: all other threads have ended.
            unsafe { model.seen.with_mut(|seen| assert_eq!(*seen, 2)) };
        });
    }

    /// A poster, a worker and a controller: the controller gets in or gives up, alone, and no post
    /// is lost.
    #[test]
    fn loom_a_controller_is_alone_and_loses_no_post() {
        loom::model(|| {
            let model = model();
            let worker = {
                let model = Arc::clone(&model);
                loom::thread::spawn(move || {
                    model.post();
                    model.work_once();
                })
            };
            let mut held = model.word.try_hold();
            if !held && model.told.load(SeqCst) {
                held = model.word.try_hold();
            }
            if held {
                model.look();
                model.after(model.word.release(false));
            } else if model.word.give_up() {
                model.queued.fetch_add(1, SeqCst);
            }
            worker.join().unwrap();
            while model.queued.load(SeqCst) > 0 {
                model.work_once();
            }
            // SAFETY: all other threads have ended.
            unsafe { model.seen.with_mut(|seen| assert_eq!(*seen, 1)) };
        });
    }
}
