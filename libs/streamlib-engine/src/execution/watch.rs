//! What a thread that calls processors lets the watchdog see: three plain stores and a load a
//! call, and no look at a clock.

use std::sync::atomic::{
    AtomicPtr, AtomicU32, AtomicU64, Ordering::Acquire, Ordering::Relaxed, Ordering::Release,
};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::cell::ProcessorCell;
use super::pin::Calls;
use super::sys::{self, Activity};

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct CallWatch {
    /// The calls themselves, of which others may pin the present one.
    pub(crate) calls: Calls,
    current: AtomicPtr<ProcessorCell>,
    /// The thread, by the system's number.
    thread: AtomicU32,
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
    /// How long its thread had had a core by then, ns, if that is known.
    pub(crate) ran_ns: Option<u64>,
    /// True once it was reported as stuck.
    pub(crate) reported: bool,
    /// True once nothing more can be taken off its strand.
    pub(crate) is_apart: bool,
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

    /// The present thread makes the calls from now on.
    pub(crate) fn set_thread(&self) {
        self.thread.store(sys::thread_number(), Relaxed);
    }

    /// What the thread did so far, if that can be known.
    pub(crate) fn activity(&self) -> Option<Activity> {
        sys::activity(self.thread.load(Relaxed))
    }

    /// A call begins. For the thread itself.
    #[inline]
    pub(crate) fn begin(&self, cell: &Arc<ProcessorCell>) {
        self.current.store(Arc::as_ptr(cell).cast_mut(), Release);
        self.calls.begin();
    }

    /// The call has ended: the thread owns the processor that it called, and the strand in which
    /// that is now. For the thread itself.
    #[inline]
    pub(crate) fn end(&self) {
        if self.calls.end()
            && let Some(handover) = self.calls.leave()
        {
            handover.install();
        }
    }

    /// The number of the call that is going on, and whom it calls; `None` between calls. The
    /// pointer may only be compared with processors that are known to live.
    pub(crate) fn present(&self) -> Option<(u64, *const ProcessorCell)> {
        let number = self.calls.present()?;
        let current = self.current.load(Acquire).cast_const();
        // Another call may have begun between the two looks.
        (self.calls.present() == Some(number)).then_some((number, current))
    }
}
