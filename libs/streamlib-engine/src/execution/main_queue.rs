//! The strands that must run on the thread that waits for the runtime.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::doorbell::Doorbell;
use super::strand::Strand;
use super::watch::CallWatch;

/// See the module. A strand stands in the queue at most once, so the queue grows only while
/// strands are added.
#[derive(Debug)]
pub(crate) struct MainQueue {
    strands: Mutex<VecDeque<Arc<Strand>>>,
    pub(crate) bell: Doorbell,
    pub(crate) watch: Arc<CallWatch>,
}

impl MainQueue {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            strands: Mutex::new(VecDeque::with_capacity(64)),
            bell: Doorbell::new(),
            watch: CallWatch::new(false),
        })
    }

    pub(crate) fn push(&self, strand: Arc<Strand>) {
        self.strands.lock().unwrap_or_else(PoisonError::into_inner).push_back(strand);
        self.bell.ring();
    }

    fn pop(&self) -> Option<Arc<Strand>> {
        self.strands.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// Runs what waits, on the calling thread. True if anything ran.
    pub(crate) fn run_waiting(&self) -> bool {
        let waiting = self.strands.lock().unwrap_or_else(PoisonError::into_inner).len();
        for _ in 0..waiting {
            let Some(strand) = self.pop() else { break };
            strand.run(&self.watch);
        }
        waiting > 0
    }

    /// Sleeps until something waits, the bell rings, or `timeout` has passed.
    pub(crate) fn wait(&self, timeout: Option<Duration>, is_done: impl Fn() -> bool) {
        self.bell.wait(timeout, || {
            is_done() || !self.strands.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
        });
    }

    /// Forgets what waits.
    pub(crate) fn clear(&self) {
        self.strands.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
