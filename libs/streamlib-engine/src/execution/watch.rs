//! What a thread that calls processors lets the watchdog see: two relaxed stores a call, and no
//! look at a clock.

use std::sync::atomic::{
    AtomicPtr, AtomicU64, Ordering::Acquire, Ordering::Relaxed, Ordering::Release,
};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::cell::ProcessorCell;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct CallWatch {
    /// Odd while a processor is being called.
    calls: AtomicU64,
    current: AtomicPtr<ProcessorCell>,
    /// True for a thread that measures every call: it has one strand of its own.
    pub(crate) every_call: bool,
    /// When the last call ended, monotonic, ns, if the next one may follow at once; else 0. Only of
    /// a thread that measures every call.
    ended_ns: AtomicU64,
    /// What the watchdog saw when it last looked. Only the watchdog locks this.
    pub(crate) seen: Mutex<Option<SeenCall>>,
}

/// A call that was under way when the watchdog looked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SeenCall {
    /// As in [`CallWatch::present`].
    pub(crate) number: u64,
    /// When the watchdog first saw it.
    pub(crate) since: Instant,
    /// True once it was reported as stuck.
    pub(crate) reported: bool,
}

impl CallWatch {
    pub(crate) fn new(every_call: bool) -> Arc<Self> {
        Arc::new(Self { every_call, ..Self::default() })
    }

    /// When a call that is measured begins, monotonic, ns: with the end of the one before if they
    /// follow on each other, so that each costs one look at the clock. For the thread itself.
    #[inline]
    pub(crate) fn start_ns(&self, now_ns: impl FnOnce() -> u64) -> u64 {
        match self.ended_ns.load(Relaxed) {
            0 => now_ns(),
            ended_ns => ended_ns,
        }
    }

    /// A call that was measured has ended. For the thread itself.
    #[inline]
    pub(crate) fn ended(&self, now_ns: u64) {
        if self.every_call {
            self.ended_ns.store(now_ns, Relaxed);
        }
    }

    /// The next call does not follow on the one before. For the thread itself.
    #[inline]
    pub(crate) fn forget_end(&self) {
        self.ended_ns.store(0, Relaxed);
    }

    /// A call begins. For the thread itself.
    #[inline]
    pub(crate) fn begin(&self, cell: &Arc<ProcessorCell>) {
        self.current.store(Arc::as_ptr(cell).cast_mut(), Relaxed);
        self.calls.store(self.calls.load(Relaxed) + 1, Release);
    }

    /// The call has ended. For the thread itself.
    #[inline]
    pub(crate) fn end(&self) {
        self.calls.store(self.calls.load(Relaxed) + 1, Release);
    }

    /// The number of the call that is going on, and whom it calls; `None` between calls. The
    /// pointer may only be compared with processors that are known to live.
    pub(crate) fn present(&self) -> Option<(u64, *const ProcessorCell)> {
        let calls = self.calls.load(Acquire);
        (calls % 2 == 1).then(|| (calls, self.current.load(Relaxed).cast_const()))
    }
}
