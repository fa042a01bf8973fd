//! Whether frames may come to a processor by hand: set by its owner when nothing is unusual, taken
//! back by anyone who makes it unusual.
//!
//! Guarantee: a change that is made before [`Armed::disarm_from_outside`] is seen by the look of
//! [`Armed::arm`], or the processor is not armed in the end. A loom model stands below.

use crate::sync::atomic::{AtomicBool, Ordering::Relaxed, Ordering::SeqCst, fence};

/// See the module.
#[derive(Debug)]
pub(crate) struct Armed(AtomicBool);

impl Armed {
    pub(crate) fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// True while it is armed. For the owner.
    #[inline(always)]
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Relaxed)
    }

    /// For the owner.
    #[inline]
    pub(crate) fn disarm(&self) {
        self.0.store(false, Relaxed);
    }

    /// For anyone, after a change that the owner is to see.
    pub(crate) fn disarm_from_outside(&self) {
        // The owner arms before its fence and looks at the change after it. Of the two fences one
        // comes first: the look there sees the change, or this write comes after that of arming.
        fence(SeqCst);
        self.disarm();
    }

    /// Arms, unless `is_unusual`. For the owner.
    pub(crate) fn arm(&self, is_unusual: impl FnOnce() -> bool) {
        self.0.store(true, Relaxed);
        fence(SeqCst);
        if is_unusual() {
            self.disarm();
        }
    }
}

#[cfg(all(test, loom))]
mod loom_model {
    use super::*;
    use std::sync::Arc;

    /// Somebody begins to observe while the owner arms: in the end it is not armed.
    #[test]
    fn loom_an_observed_processor_is_not_armed() {
        loom::model(|| {
            let shared = Arc::new((Armed::new(), AtomicBool::new(false)));
            let other = Arc::clone(&shared);
            let observing = loom::thread::spawn(move || {
                other.1.store(true, Relaxed);
                other.0.disarm_from_outside();
            });
            shared.0.arm(|| shared.1.load(Relaxed));
            observing.join().unwrap();
            assert!(!shared.0.is_set());
        });
    }
}
