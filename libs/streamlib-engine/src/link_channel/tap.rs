//! Taps: copies of handles (not of content) for whoever observes a link.
//!
//! A tap never holds the graph: it has two places of its own, and beyond them it misses samples,
//! counted. Without taps a frame costs one relaxed load.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crossbeam_queue::ArrayQueue;
use streamlib_abi::RawFrame;

use crate::sync::Thread;

/// How many frames wait in a tap.
pub(crate) const TAP_DEPTH: usize = 2;

/// One observer of a link.
#[derive(Debug)]
pub(crate) struct Tap {
    frames: ArrayQueue<RawFrame>,
    missed: AtomicU64,
    waiter: std::sync::Mutex<Option<Thread>>,
}

/// The observers of a link.
#[derive(Debug)]
pub(crate) struct TapList(pub(crate) Vec<Arc<Tap>>);

impl Tap {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            frames: ArrayQueue::new(TAP_DEPTH),
            missed: AtomicU64::new(0),
            waiter: std::sync::Mutex::new(None),
        })
    }

    /// Takes the oldest frame that waits.
    pub(crate) fn take(&self) -> Option<RawFrame> {
        self.frames.pop()
    }

    /// Frames that came while both places were taken.
    pub(crate) fn missed(&self) -> u64 {
        self.missed.load(Relaxed)
    }

    /// The thread to unpark when a frame comes.
    pub(crate) fn set_waiter(&self, thread: Option<Thread>) {
        *self.waiter.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = thread;
    }

    fn offer(&self, frame: &RawFrame) {
        if self.frames.is_full() || self.frames.push(frame.clone()).is_err() {
            self.missed.fetch_add(1, Relaxed);
        }
        if let Ok(waiter) = self.waiter.try_lock()
            && let Some(thread) = &*waiter
        {
            thread.unpark();
        }
    }
}

impl TapList {
    pub(crate) fn offer(&self, frame: &RawFrame) {
        self.0.iter().for_each(|tap| tap.offer(frame));
    }
}
