//! The buffers of an output port: recycled blocks on the heap.
//!
//! Guarantees: in steady state a loan and its release allocate nothing; a buffer comes back from
//! any thread; there are never more than `limit` buffers, nor more bytes than the graph's budget
//! allows. A larger frame opens a new *generation* of buffers; the old ones are freed as they come
//! back. Not offered: zeroed content.

use std::alloc::{Layout, alloc, dealloc};
use std::ptr::NonNull;
use std::sync::Arc;

use streamlib_abi::Status;
use streamlib_abi::block::BLOCK_ALIGNMENT;
use streamlib_abi::handle::{BlockControl, BlockRef};

use super::waiting::WaitFlag;
use crate::execution::ProcessorCell;
use crate::sync::Queue;
use crate::sync::atomic::{
    AtomicBool, AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
    fence,
};

/// Bytes of buffers in a whole graph.
#[derive(Debug)]
pub(crate) struct MemoryBudget {
    limit: u64,
    used: AtomicU64,
}

impl MemoryBudget {
    pub(crate) fn new(limit_bytes: u64) -> Self {
        Self { limit: limit_bytes, used: AtomicU64::new(0) }
    }

    fn take(&self, bytes: u64) -> bool {
        let take = |used: u64| used.checked_add(bytes).filter(|sum| *sum <= self.limit);
        self.used.fetch_update(Relaxed, Relaxed, take).is_ok()
    }

    fn give(&self, bytes: u64) {
        self.used.fetch_sub(bytes, Relaxed);
    }

    pub(crate) fn used_bytes(&self) -> u64 {
        self.used.load(Relaxed)
    }

    pub(crate) fn limit_bytes(&self) -> u64 {
        self.limit
    }
}

/// What the port and its buffers share.
#[derive(Debug)]
struct Shared {
    free: Queue<FreeBuffer>,
    /// Buffers of the present generation that exist.
    count: AtomicU32,
    limit: AtomicU32,
    /// Size of the buffers of the present generation.
    buffer_bytes: AtomicU64,
    generation: AtomicU32,
    /// True while the producer waits for a buffer.
    producer_waits: WaitFlag,
    /// True once the port has gone: buffers that come back are freed.
    closed: AtomicBool,
    origin: u64,
    owner: std::sync::Weak<ProcessorCell>,
    budget: Arc<MemoryBudget>,
}

/// A buffer that nobody uses, with one reference that nobody holds.
#[derive(Debug)]
struct FreeBuffer(NonNull<Buffer>);

// SAFETY: whoever takes it from the queue is its only user.
unsafe impl Send for FreeBuffer {}

/// A buffer's control record.
#[repr(C)]
struct Buffer {
    base: BlockControl,
    references: AtomicU32,
    generation: u32,
    layout: Layout,
    pool: Arc<Shared>,
}

/// The buffers of one output port. Owned by the port.
#[derive(Debug)]
pub(crate) struct BufferPool {
    shared: Arc<Shared>,
    buffer_bytes: u64,
}

/// Most buffers that one port may have.
const MAX_BUFFERS: u32 = 4096;

impl BufferPool {
    /// A pool for `limit` buffers; none is made yet.
    pub(crate) fn new(
        limit: u32,
        origin: u64,
        owner: std::sync::Weak<ProcessorCell>,
        budget: Arc<MemoryBudget>,
    ) -> Self {
        let limit = limit.clamp(1, MAX_BUFFERS);
        let shared = Arc::new(Shared {
            // Twice the limit, so that taps and small edits need no other queue.
            free: Queue::new(limit as usize * 2 + 8),
            count: AtomicU32::new(0),
            limit: AtomicU32::new(limit),
            buffer_bytes: AtomicU64::new(0),
            generation: AtomicU32::new(0),
            producer_waits: WaitFlag::new(),
            closed: AtomicBool::new(false),
            origin,
            owner,
            budget,
        });
        Self { shared, buffer_bytes: 0 }
    }

    /// True if `count` buffers can be loaned; if not, a buffer that comes back wakes the producer.
    #[inline]
    pub(crate) fn has_room(&self, count: u32) -> bool {
        let shared = &*self.shared;
        if self.buffer_bytes == 0 || shared.available() >= count {
            return true;
        }
        shared.producer_waits.announce(|| shared.available() >= count)
    }

    /// A buffer of at least `bytes` bytes that nobody else holds.
    pub(crate) fn loan(&mut self, bytes: u64) -> Result<BlockRef, Status> {
        if bytes > self.buffer_bytes {
            self.open_generation(bytes);
        }
        let generation = self.shared.generation.load(Relaxed);
        let mut found_old = false;
        while let Some(buffer) = self.shared.free.pop() {
            // SAFETY: a buffer in the queue is live, and taking it made it ours.
            if unsafe { buffer.0.as_ref() }.generation == generation {
                return Ok(buffer.into_block());
            }
            found_old = true;
            free(buffer.0);
        }
        // One that came back while a new generation began stood for room that was promised.
        if !found_old && self.shared.count.load(Relaxed) >= self.shared.limit.load(Relaxed) {
            return Err(Status::NO_BUFFER);
        }
        let buffer = self.make(generation).ok_or(Status::OVER_BUDGET)?;
        self.shared.count.fetch_add(1, Relaxed);
        Ok(buffer.into_block())
    }

    fn open_generation(&mut self, bytes: u64) {
        // Room to grow, so that packets of varying size settle after a few generations.
        self.buffer_bytes = if bytes < 1 << 16 {
            bytes.next_power_of_two().max(256)
        } else {
            bytes.next_multiple_of(4096)
        };
        self.shared.buffer_bytes.store(self.buffer_bytes, Relaxed);
        self.shared.generation.fetch_add(1, Release);
        self.shared.count.store(0, Relaxed);
        while let Some(buffer) = self.shared.free.pop() {
            free(buffer.0);
        }
    }

    fn make(&self, generation: u32) -> Option<FreeBuffer> {
        let capacity = self.buffer_bytes;
        let layout =
            Layout::from_size_align(usize::try_from(capacity).ok()?, BLOCK_ALIGNMENT).ok()?;
        if !self.shared.budget.take(capacity) {
            return None;
        }
        // SAFETY: the layout is of at least 256 bytes.
        let Some(data) = NonNull::new(unsafe { alloc(layout) }) else {
            self.shared.budget.give(capacity);
            return None;
        };
        // SAFETY: the allocation has `capacity` bytes. Handles give out slices of all of them, so
        // they are written once; this also touches each page before the frame path does.
        unsafe { data.as_ptr().write_bytes(0, layout.size()) };
        let buffer = Box::new(Buffer {
            base: BlockControl {
                size: size_of::<BlockControl>() as u32,
                kind: BlockControl::PLAIN,
                data: data.as_ptr(),
                capacity,
                origin: self.shared.origin,
                retain,
                release,
                references,
            },
            references: AtomicU32::new(0),
            generation,
            layout,
            pool: Arc::clone(&self.shared),
        });
        Some(FreeBuffer(NonNull::from(Box::leak(buffer))))
    }

    /// For whoever looks without owning the port.
    pub(crate) fn view(&self) -> PoolView {
        PoolView(Arc::clone(&self.shared))
    }
}

/// A pool as anyone may look at it, at any time.
#[derive(Debug)]
pub(crate) struct PoolView(Arc<Shared>);

impl PoolView {
    /// Allows this many buffers from now on. Those beyond are freed as they come back.
    pub(crate) fn set_limit(&self, limit: u32) {
        self.0.limit.store(limit.clamp(1, MAX_BUFFERS), Relaxed);
        self.0.wake_producer();
    }

    /// How full it is: each number as it was at some moment.
    pub(crate) fn state(&self) -> PoolState {
        let Self(shared) = self;
        PoolState {
            buffers: shared.count.load(Relaxed),
            free: shared.free.len() as u32,
            limit: shared.limit.load(Relaxed),
            buffer_bytes: shared.buffer_bytes.load(Relaxed),
            waited_for: shared.producer_waits.is_set(),
        }
    }
}

/// How full a pool is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct PoolState {
    /// Buffers that exist.
    pub buffers: u32,
    /// Buffers that nobody holds.
    pub free: u32,
    /// Most buffers that may exist.
    pub limit: u32,
    /// Size of each, bytes.
    pub buffer_bytes: u64,
    /// True while the port waits for a buffer to come back.
    pub waited_for: bool,
}

impl Shared {
    fn available(&self) -> u32 {
        let unmade = self.limit.load(Relaxed).saturating_sub(self.count.load(Relaxed));
        self.free.len() as u32 + unmade
    }

    /// True if there are more buffers than are allowed now; then one is not counted any more.
    #[inline]
    fn is_one_too_many(&self) -> bool {
        let limit = self.limit.load(Relaxed);
        let less = |count: u32| (count > limit).then(|| count - 1);
        self.count.load(Relaxed) > limit && self.count.fetch_update(Relaxed, Relaxed, less).is_ok()
    }

    fn wake_producer(&self) {
        if self.producer_waits.take()
            && let Some(owner) = self.owner.upgrade()
        {
            owner.wake();
        }
    }
}

impl Drop for BufferPool {
    fn drop(&mut self) {
        // A buffer that comes back is pushed before `closed` is looked at, and `closed` is set
        // before the queue is emptied here: one of the two sees the other.
        self.shared.closed.store(true, SeqCst);
        while let Some(buffer) = self.shared.free.pop() {
            free(buffer.0);
        }
    }
}

impl FreeBuffer {
    fn into_block(self) -> BlockRef {
        // SAFETY: the buffer is live and only ours; it gets the one reference that the handle has.
        unsafe {
            self.0.as_ref().references.store(1, Relaxed);
            BlockRef::from_control(self.0.cast())
        }
    }
}

fn free(buffer: NonNull<Buffer>) {
    // SAFETY: only buffers without references get here, from one place at a time.
    let buffer = unsafe { Box::from_raw(buffer.as_ptr()) };
    buffer.pool.budget.give(buffer.base.capacity);
    // SAFETY: `data` was allocated with `layout` when the buffer was made, and is freed once.
    unsafe { dealloc(buffer.base.data, buffer.layout) };
}

unsafe extern "C" fn retain(control: *const BlockControl) {
    // SAFETY: only records of this pool carry this function.
    let buffer = unsafe { &*control.cast::<Buffer>() };
    buffer.references.fetch_add(1, Relaxed);
}

unsafe extern "C" fn references(control: *const BlockControl) -> u32 {
    // SAFETY: as in `retain`.
    unsafe { &*control.cast::<Buffer>() }.references.load(Acquire)
}

unsafe extern "C" fn release(control: *const BlockControl) {
    // SAFETY: as in `retain`; the record is live until the last reference is gone.
    let buffer = unsafe { &*control.cast::<Buffer>() };
    // Of the only handle nobody makes another meanwhile.
    if buffer.references.load(Acquire) != 1 {
        if buffer.references.fetch_sub(1, Release) != 1 {
            return;
        }
        fence(Acquire);
    }
    let pointer = NonNull::from(buffer);
    if buffer.generation != buffer.pool.generation.load(Acquire) {
        return free(pointer);
    }
    let pool = Arc::clone(&buffer.pool);
    if pool.is_one_too_many() {
        return free(pointer);
    }
    if let Err(FreeBuffer(pointer)) = pool.free.push(FreeBuffer(pointer)) {
        pool.count.fetch_sub(1, Relaxed);
        free(pointer);
    }
    if pool.closed.load(SeqCst) {
        while let Some(buffer) = pool.free.pop() {
            free(buffer.0);
        }
        return;
    }
    pool.wake_producer();
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_pool_shrinks_to_a_lower_limit_as_buffers_come_back() {
        let budget = Arc::new(MemoryBudget::new(1 << 20));
        let mut pool =
            BufferPool::new(4, 1, std::sync::Weak::<ProcessorCell>::new(), Arc::clone(&budget));
        let view = pool.view();
        let mut buffers: Vec<_> = (0..4).map(|_| pool.loan(1000).unwrap()).collect();
        assert_eq!(pool.loan(1000).unwrap_err(), Status::NO_BUFFER);
        assert_eq!((view.state().buffers, budget.used_bytes()), (4, 4 * 1024));
        view.set_limit(2);
        assert!(!pool.has_room(1));
        let mut seen = Vec::new();
        while buffers.pop().is_some() {
            let state = view.state();
            seen.push((state.buffers, state.free, budget.used_bytes() / 1024));
        }
        assert_eq!(seen, [(3, 0, 3), (2, 0, 2), (2, 1, 2), (2, 2, 2)]);
        assert!(pool.has_room(2) && !pool.has_room(3));
        view.set_limit(3);
        assert!(pool.has_room(3));
    }
}

#[cfg(all(test, loom))]
mod loom_models {
    use super::*;
    use std::sync::Weak;

    fn pool(limit: u32) -> (BufferPool, Arc<MemoryBudget>) {
        let budget = Arc::new(MemoryBudget::new(1 << 20));
        (BufferPool::new(limit, 1, Weak::new(), Arc::clone(&budget)), budget)
    }

    /// Two buffers come back from other threads while the port goes: each is freed, once.
    #[test]
    fn loom_a_closed_pool_keeps_no_buffer() {
        loom::model(|| {
            let (mut pool, budget) = pool(2);
            let buffers = [pool.loan(256).unwrap(), pool.loan(256).unwrap()];
            let returning = buffers.map(|buffer| loom::thread::spawn(move || drop(buffer)));
            drop(pool);
            returning.into_iter().for_each(|thread| thread.join().unwrap());
            assert_eq!(budget.used_bytes(), 0);
        });
    }

    /// Two buffers come back while the limit falls to one: one of them at least is kept, what is
    /// counted is what there is, and with the next return there is no more than is allowed.
    #[test]
    fn loom_a_pool_that_shrinks_counts_what_it_has() {
        loom::model(|| {
            let (mut pool, budget) = pool(2);
            let view = pool.view();
            let buffers = [pool.loan(256).unwrap(), pool.loan(256).unwrap()];
            let returning = buffers.map(|buffer| loom::thread::spawn(move || drop(buffer)));
            view.set_limit(1);
            returning.into_iter().for_each(|thread| thread.join().unwrap());
            let state = view.state();
            assert!(state.buffers >= 1 && state.buffers == state.free, "{state:?}");
            assert_eq!(budget.used_bytes(), u64::from(state.buffers) * 256);
            drop(pool.loan(256).unwrap());
            assert_eq!((view.state().buffers, view.state().free), (1, 1));
        });
    }

    /// A buffer of before comes back while a larger frame opens a new generation.
    #[test]
    fn loom_an_old_generation_goes_away() {
        loom::model(|| {
            let (mut pool, budget) = pool(2);
            let old = pool.loan(256).unwrap();
            let returning = loom::thread::spawn(move || drop(old));
            let new = pool.loan(512).unwrap();
            returning.join().unwrap();
            drop(new);
            drop(pool.loan(512).unwrap());
            drop(pool);
            assert_eq!(budget.used_bytes(), 0);
        });
    }
}
