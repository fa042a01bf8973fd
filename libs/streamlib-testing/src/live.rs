//! A global allocator that knows what is alive.
//!
//! Guarantees: [`LiveAllocator::blocks`] and [`LiveAllocator::bytes`] are what the program has
//! allocated through Rust's global allocator, on any thread, and not freed. Memory comes from the
//! system's allocator. Not seen: what C libraries allocate, and what is mapped. Exact only while
//! nobody allocates: ask when everything is at rest.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

/// See the module. Declared once in a test binary:
///
/// ```
/// use streamlib_testing::LiveAllocator;
///
/// #[global_allocator]
/// static ALLOCATOR: LiveAllocator = LiveAllocator::new();
///
/// let before = ALLOCATOR.blocks();
/// let kept = Box::new(7);
/// assert_eq!(ALLOCATOR.blocks(), before + 1);
/// drop(kept);
/// assert_eq!(ALLOCATOR.blocks(), before);
/// ```
#[derive(Debug)]
pub struct LiveAllocator {
    blocks: AtomicI64,
    bytes: AtomicI64,
}

impl Default for LiveAllocator {
    fn default() -> Self {
        Self::new()
    }
}

impl LiveAllocator {
    /// An allocator that has given nothing yet.
    pub const fn new() -> Self {
        Self { blocks: AtomicI64::new(0), bytes: AtomicI64::new(0) }
    }

    /// Allocations that were not freed.
    pub fn blocks(&self) -> i64 {
        self.blocks.load(Relaxed)
    }

    /// Bytes of them.
    pub fn bytes(&self) -> i64 {
        self.bytes.load(Relaxed)
    }

    fn add(&self, blocks: i64, bytes: usize) {
        self.blocks.fetch_add(blocks, Relaxed);
        // No allocation is larger than `isize::MAX`.
        self.bytes.fetch_add(bytes as i64 * blocks, Relaxed);
    }
}

// SAFETY: every call is passed on to the system's allocator as it came, whose contract is the same.
// Counting neither unwinds nor allocates.
unsafe impl GlobalAlloc for LiveAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.add(1, layout.size());
        // SAFETY: by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        self.add(1, layout.size());
        // SAFETY: by the caller.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        self.add(-1, layout.size());
        self.add(1, new_size);
        // SAFETY: by the caller.
        unsafe { System.realloc(memory, layout, new_size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        self.add(-1, layout.size());
        // SAFETY: by the caller.
        unsafe { System.dealloc(memory, layout) }
    }
}
