//! From when until when the allocator counts.

use crate::allocator::CountingAllocator;
use crate::error::{Error, Result};
use crate::report::Report;

/// Counts what all threads of the process allocate, until it is finished or dropped. May be
/// started on one thread and finished on another.
///
/// What another thread allocates in the very moment of the start or the finish may or may not be
/// counted; what happens before one and after the other in the order that the program itself makes
/// sure of is counted exactly.
#[derive(Debug)]
pub struct Watch {
    allocator: &'static CountingAllocator,
}

impl Watch {
    /// Starts to count. Makes sure first that there is something to count: a watch on an allocator
    /// that is not in use would find every program clean.
    ///
    /// # Errors
    /// The allocator is not the global one, or another watch is running on it.
    pub fn start(allocator: &'static CountingAllocator) -> Result<Self> {
        if !allocator.take() {
            return Err(Error::AlreadyWatching);
        }
        let watch = Self { allocator };
        allocator.arm();
        drop(std::hint::black_box(Box::new(0_u8)));
        let seen = Report::new(allocator);
        if seen.allocations() + seen.exempt_allocations() == 0 {
            return Err(Error::NotInstalled);
        }
        allocator.arm();
        Ok(watch)
    }

    /// Counts no longer, and tells what was counted.
    pub fn finish(self) -> Report {
        Report::new(self.allocator)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.allocator.disarm());
        self.allocator.give_back();
    }
}
