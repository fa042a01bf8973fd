//! A global allocator that counts.
//!
//! Guarantees: while a watch runs, every allocation and reallocation that any thread of the process
//! makes through Rust's global allocator is counted, threads that started before included; the
//! first ones are kept with their backtraces. Memory comes from the system's allocator, always.
//!
//! Not seen: what C libraries allocate with `malloc` of their own (codecs do), and what is mapped
//! with `mmap`. Not counted: frees. While no watch runs, an allocation costs one relaxed load more.

use std::alloc::{GlobalAlloc, Layout, System};
use std::backtrace::Backtrace;
use std::cell::Cell;
use std::sync::atomic::{
    AtomicBool, AtomicU64, Ordering::Acquire, Ordering::Relaxed, Ordering::Release,
};
use std::sync::{Mutex, PoisonError};

use crate::report::Trace;

/// Most allocations that are kept with their backtraces. Further ones are only counted.
pub(crate) const TRACES_MAX: usize = 64;

thread_local! {
    // Neither has a destructor or is made on the heap, so the allocator may look at them at any
    // time in the life of a thread.
    /// How many [`exempt`] calls the thread is in.
    static EXEMPT_DEPTH: Cell<u32> = const { Cell::new(0) };
    /// True while the thread keeps a backtrace: what that allocates is not the program's.
    static CAPTURING: Cell<bool> = const { Cell::new(false) };
}

/// See the module. Declared once in a test binary:
///
/// ```
/// use streamlib_testing::{CountingAllocator, Watch, exempt};
///
/// #[global_allocator]
/// static ALLOCATOR: CountingAllocator = CountingAllocator::new();
///
/// let watch = Watch::start(&ALLOCATOR)?;
/// let sum: u32 = (0..10).sum();
/// let told = exempt(|| format!("{sum}"));
/// let report = watch.finish();
/// report.assert_none("adding up");
/// # assert!(report.exempt_allocations() > 0 && told == "45");
/// # Ok::<(), streamlib_testing::Error>(())
/// ```
#[derive(Debug)]
pub struct CountingAllocator {
    armed: AtomicBool,
    taken: AtomicBool,
    pub(crate) counted: Tally,
    pub(crate) exempt: Tally,
    traces: Mutex<Vec<Trace>>,
}

/// A number of allocations.
#[derive(Debug)]
pub(crate) struct Tally {
    pub(crate) allocations: AtomicU64,
    pub(crate) bytes: AtomicU64,
}

impl Tally {
    const fn new() -> Self {
        Self { allocations: AtomicU64::new(0), bytes: AtomicU64::new(0) }
    }

    fn add(&self, bytes: usize) {
        self.allocations.fetch_add(1, Relaxed);
        self.bytes.fetch_add(bytes as u64, Relaxed);
    }

    fn clear(&self) {
        self.allocations.store(0, Relaxed);
        self.bytes.store(0, Relaxed);
    }
}

/// Runs `action`; what the thread allocates meanwhile is counted apart. For a whole thread, call
/// it around what the thread does.
pub fn exempt<R>(action: impl FnOnce() -> R) -> R {
    /// Also leaves when `action` panics.
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            EXEMPT_DEPTH.set(EXEMPT_DEPTH.get() - 1);
        }
    }
    EXEMPT_DEPTH.set(EXEMPT_DEPTH.get() + 1);
    let _leave = Leave;
    action()
}

impl Default for CountingAllocator {
    fn default() -> Self {
        Self::new()
    }
}

impl CountingAllocator {
    /// An allocator that no watch runs on.
    pub const fn new() -> Self {
        Self {
            armed: AtomicBool::new(false),
            taken: AtomicBool::new(false),
            counted: Tally::new(),
            exempt: Tally::new(),
            traces: Mutex::new(Vec::new()),
        }
    }

    /// True if the caller is now the one who watches.
    pub(crate) fn take(&self) -> bool {
        !self.taken.swap(true, Acquire)
    }

    /// The caller watches no longer.
    pub(crate) fn give_back(&self) {
        self.taken.store(false, Release);
    }

    /// Counts from zero, from now on.
    pub(crate) fn arm(&self) {
        let kept = Vec::with_capacity(TRACES_MAX);
        *self.traces.lock().unwrap_or_else(PoisonError::into_inner) = kept;
        self.counted.clear();
        self.exempt.clear();
        self.armed.store(true, Release);
    }

    /// Counts no longer; gives what was kept.
    pub(crate) fn disarm(&self) -> Vec<Trace> {
        self.armed.store(false, Release);
        std::mem::take(&mut *self.traces.lock().unwrap_or_else(PoisonError::into_inner))
    }

    #[inline]
    fn note(&self, bytes: usize) {
        if self.armed.load(Relaxed) {
            self.note_armed(bytes);
        }
    }

    #[cold]
    fn note_armed(&self, bytes: usize) {
        if CAPTURING.get() {
            return;
        }
        if EXEMPT_DEPTH.get() > 0 {
            return self.exempt.add(bytes);
        }
        self.counted.add(bytes);
        // A thread that reports a panic may hold the lock that a backtrace takes.
        if self.counted.allocations.load(Relaxed) <= TRACES_MAX as u64 && !std::thread::panicking()
        {
            CAPTURING.set(true);
            self.keep(bytes);
            CAPTURING.set(false);
        }
    }

    fn keep(&self, bytes: usize) {
        let trace = Trace { bytes, thread: thread_name(), backtrace: Backtrace::force_capture() };
        let mut traces = self.traces.lock().unwrap_or_else(PoisonError::into_inner);
        if traces.len() < TRACES_MAX {
            traces.push(trace);
        }
    }
}

/// The name of the calling thread as the system has it, where it tells. The standard library's
/// `thread::current` must not be asked here: it is not there yet, or no longer, in a thread that
/// starts or ends.
fn thread_name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/thread-self/comm").ok()?;
    Some(name.trim_end().to_owned())
}

// SAFETY: every call is passed on to the system's allocator as it came, whose contract is the same.
// Counting does not unwind, and what it allocates itself comes back here at most once deep.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.note(layout.size());
        // SAFETY: by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        self.note(layout.size());
        // SAFETY: by the caller.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        self.note(new_size);
        // SAFETY: by the caller.
        unsafe { System.realloc(memory, layout, new_size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: by the caller.
        unsafe { System.dealloc(memory, layout) }
    }
}
