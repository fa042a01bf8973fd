//! A producer that waits for room, and whoever makes room for it.
//!
//! Guarantee: room that is made while the producer says that it waits is seen by the producer's
//! second look, or its maker is told to wake it. At least one of the two; both may happen, so a
//! producer that is woken looks again. A loom model stands below.

use crate::sync::atomic::{AtomicBool, Ordering::Relaxed, Ordering::SeqCst, fence};

/// See the module. One producer; any number of others make room.
#[derive(Debug)]
pub(crate) struct WaitFlag(AtomicBool);

impl WaitFlag {
    pub(crate) fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// The producer found no room: it says that it waits and looks once more. True if there is
    /// room after all.
    #[inline]
    pub(crate) fn announce(&self, has_room: impl FnOnce() -> bool) -> bool {
        self.0.store(true, Relaxed);
        // The one who makes room does so before its fence. Of the two fences one comes first: the
        // look here sees the room, or the look there sees the flag.
        fence(SeqCst);
        let room = has_room();
        if room {
            self.0.store(false, Relaxed);
        }
        room
    }

    /// Room was made. True: the producer is to be woken.
    #[inline]
    pub(crate) fn take(&self) -> bool {
        fence(SeqCst);
        self.take_here()
    }

    /// As [`Self::announce`] where producer and consumer have one owner, so that nobody can make
    /// room meanwhile.
    #[inline]
    pub(crate) fn announce_here(&self) {
        self.0.store(true, Relaxed);
    }

    /// As [`Self::take`] where producer and consumer have one owner.
    #[inline]
    pub(crate) fn take_here(&self) -> bool {
        self.0.load(Relaxed) && self.0.swap(false, Relaxed)
    }

    /// True while the producer waits, for whoever observes.
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Relaxed)
    }
}

#[cfg(all(test, loom))]
mod loom_models {
    use super::*;
    use crate::sync::atomic::{AtomicU32, Ordering::AcqRel, Ordering::Acquire};
    use std::sync::Arc;

    /// Two consumers make room, one place each, while the producer looks for `wanted` places: it
    /// finds them, or it is woken after the last of them was made.
    fn check(wanted: u32) {
        loom::model(move || {
            let shared = Arc::new((WaitFlag::new(), AtomicU32::new(0), AtomicU32::new(0)));
            let makers: Vec<_> = (0..wanted)
                .map(|_| {
                    let shared = Arc::clone(&shared);
                    loom::thread::spawn(move || {
                        shared.1.fetch_add(1, Relaxed);
                        if shared.0.take() {
                            // As a notification of the producer's strand is.
                            shared.2.fetch_add(1, AcqRel);
                        }
                    })
                })
                .collect();
            let look = || shared.1.load(Relaxed) == wanted;
            let mut seen_wakes = 0;
            let mut found = look() || shared.0.announce(look);
            while !found && shared.2.load(Acquire) > seen_wakes {
                seen_wakes = shared.2.load(Acquire);
                found = shared.0.announce(look);
            }
            makers.into_iter().for_each(|maker| maker.join().unwrap());
            assert!(found || shared.2.load(Acquire) > seen_wakes, "the producer waits for ever");
        });
    }

    #[test]
    fn loom_room_for_one_is_noticed() {
        check(1);
    }

    #[test]
    fn loom_room_for_two_is_noticed() {
        check(2);
    }
}
