//! Who runs a strand, and how it gets there when something happens.

use std::sync::Arc;
use std::time::Duration;

use streamlib_abi::Status;

use super::cell::ProcessorCell;
use super::dedicated::DedicatedThread;
use super::main_queue::MainQueue;
use super::pool::WorkerPool;
use super::step::is_interrupted;
use super::strand::Strand;

/// Who runs a strand.
#[derive(Debug, Clone)]
pub(crate) enum Home {
    /// Any worker of the pool.
    Pool(Arc<WorkerPool>),
    /// A thread of its own.
    Thread(Arc<DedicatedThread>),
    /// The thread that waits for the runtime.
    Main(Arc<MainQueue>),
}

impl Home {
    /// True if it is this thread.
    pub(crate) fn is(&self, thread: &Arc<DedicatedThread>) -> bool {
        matches!(self, Self::Thread(own) if Arc::ptr_eq(own, thread))
    }

    /// Something happened to `strand`, and nobody runs it.
    #[inline]
    pub(crate) fn enqueue(&self, strand: &Arc<Strand>) {
        match self {
            Self::Pool(pool) => pool.push(Arc::clone(strand), false),
            Self::Thread(thread) => thread.bell.ring(),
            Self::Main(queue) => queue.push(Arc::clone(strand)),
        }
    }

    /// `strand` ran and has more to do: others of the same home go first.
    pub(crate) fn enqueue_again(&self, strand: &Arc<Strand>) {
        match self {
            Self::Pool(pool) => pool.push(Arc::clone(strand), true),
            Self::Thread(thread) => thread.bell.ring(),
            Self::Main(queue) => queue.push(Arc::clone(strand)),
        }
    }

    /// True if the one who runs a strand of this home has something else to do as well.
    pub(crate) fn has_others(&self) -> bool {
        match self {
            Self::Pool(pool) => pool.has_others(),
            Self::Thread(_) | Self::Main(_) => true,
        }
    }

    /// The one who runs a strand of this home begins a long call: what waits for it alone may go
    /// elsewhere.
    pub(crate) fn share(&self) {
        if let Self::Pool(pool) = self {
            pool.share();
        }
    }

    /// The owner is to come back soon, if it waits inside a call.
    pub(crate) fn interrupt(&self) {
        if let Self::Thread(thread) = self {
            thread.sleep_bell.ring();
        }
    }

    /// Waits inside a call of a blocking processor.
    pub(crate) fn sleep_until(
        &self,
        cell: &ProcessorCell,
        strand: &Strand,
        until_ns: i64,
    ) -> Status {
        let Self::Thread(thread) = self else { return Status::INVALID };
        loop {
            if is_interrupted(cell) || strand.is_wanted() {
                return Status::ENDED;
            }
            let clock = &cell.env.clock;
            let left_ns = until_ns.saturating_sub(clock.now_ns());
            if left_ns <= 0 {
                return Status::OK;
            }
            let left = Duration::from_nanos(left_ns.unsigned_abs());
            thread.sleep_bell.wait(clock.source().sleep_for(left), || {
                is_interrupted(cell) || clock.now_ns() >= until_ns
            });
        }
    }
}
