//! What a processor was given and has not let go.
//!
//! A frame that a lane gives out goes as a *lease*: a control record of the lane's own before that
//! of the block. However often the processor clones the frame and wherever it takes it, the lease
//! is out until the last handle is gone; a frame that the processor sends on leaves the lease
//! behind. So a lane knows exactly how many of its frames the processor holds, and never gives out
//! more than one beside those that it declared.
//!
//! A lease costs a frame that is passed on no atomic exchange, and one that is dropped one. A lane
//! has only the records that are out; those that came back are its strand's [`Spares`], so that a
//! chain uses the same one again and again. Records are made when they are first needed, and live
//! until lane or strand and the last handle are gone. A loom model stands below.

use std::cell::UnsafeCell;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use streamlib_abi::handle::{BlockControl, BlockRef};

use crate::sync::atomic::{
    AtomicU32,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

/// The lane is gone: the last handle frees the record.
const CLOSED: u32 = 1 << 31;
const COUNT: u32 = CLOSED - 1;

/// A record before that of a block.
#[repr(C)]
struct Lease {
    base: BlockControl,
    /// Handles that the processor has, and CLOSED. 0 is free for the lane.
    word: AtomicU32,
    /// The lane's reference to the block; live while the count is not 0.
    block: UnsafeCell<ManuallyDrop<Option<BlockRef>>>,
}

/// The leases of one lane. For the holder of the RUN bit.
#[derive(Debug, Default)]
pub(crate) struct Leases {
    records: Vec<NonNull<Lease>>,
    /// Where to look for a free record first: what was given first mostly comes back first.
    next: usize,
}

// SAFETY: a record that is free belongs to the lane, any other to its handles, which are
// thread-safe.
unsafe impl Send for Leases {}

impl Leases {
    /// Gives `block` out.
    ///
    /// # Errors
    /// More than `holds` are out: how many, with the block.
    #[inline]
    pub(crate) fn give(
        &mut self,
        block: BlockRef,
        holds: u32,
        spares: &mut Spares,
    ) -> Result<BlockRef, (u32, BlockRef)> {
        for _ in 0..self.records.len() {
            let record = self.records[self.next];
            self.next = if self.next + 1 == self.records.len() { 0 } else { self.next + 1 };
            // SAFETY: records live as long as the lane.
            if unsafe { record.as_ref() }.word.load(Acquire) == 0 {
                return Ok(fill(record, block));
            }
        }
        let held = self.records.len() as u32;
        if held > holds {
            return Err((held, block));
        }
        let record = spares.leases.records.pop().unwrap_or_else(|| spares.make());
        self.records.push(record);
        Ok(fill(record, block))
    }

    /// True if none is out.
    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The records that came back are the strand's.
    #[inline]
    pub(crate) fn give_back(&mut self, spares: &mut Spares) {
        self.next = 0;
        let mut index = 0;
        while let Some(record) = self.records.get(index) {
            // SAFETY: records live as long as the lane.
            if unsafe { record.as_ref() }.word.load(Acquire) == 0 {
                spares.leases.records.push(self.records.swap_remove(index));
            } else {
                index += 1;
            }
        }
    }
}

/// Records that are free for any lane of a strand. For the holder of the RUN bit.
#[derive(Debug, Default)]
pub(crate) struct Spares {
    leases: Leases,
    /// Records made so far.
    made: usize,
}

impl Spares {
    #[cold]
    fn make(&mut self) -> NonNull<Lease> {
        // It will come back, and then there is a place for it.
        self.made += 1;
        self.leases.records.reserve(self.made);
        let lease = Box::new(Lease {
            base: BlockControl {
                size: size_of::<BlockControl>() as u32,
                kind: BlockControl::LEASE,
                data: std::ptr::null_mut(),
                capacity: 0,
                origin: 0,
                retain,
                release,
                references,
            },
            word: AtomicU32::new(0),
            block: UnsafeCell::new(ManuallyDrop::new(None)),
        });
        NonNull::from(Box::leak(lease))
    }

    /// Gives `block` out for the present call, of which it is the only one; whoever ends the call
    /// asks [`Self::is_lent`].
    #[inline(always)]
    pub(crate) fn lend(&mut self, block: BlockRef) -> BlockRef {
        match self.leases.records.last() {
            Some(record) => fill(*record, block),
            None => self.lend_new(block),
        }
    }

    #[cold]
    fn lend_new(&mut self, block: BlockRef) -> BlockRef {
        let record = self.make();
        self.leases.records.push(record);
        fill(record, block)
    }

    /// True if what was lent in the present call is still out.
    #[inline(always)]
    pub(crate) fn is_lent(&self) -> bool {
        let word = |record: &NonNull<Lease>| {
            // SAFETY: records live as long as the strand.
            unsafe { record.as_ref() }.word.load(Acquire)
        };
        self.leases.records.last().is_some_and(|record| word(record) != 0)
    }

    /// What was lent in the present call and is still out goes to its lane.
    #[cold]
    pub(crate) fn move_lent(&mut self, lane: &mut Leases) {
        if self.is_lent() {
            lane.records.extend(self.leases.records.pop());
        }
    }
}

impl Drop for Leases {
    fn drop(&mut self) {
        for record in self.records.drain(..) {
            // SAFETY: as in `give`.
            let before = unsafe { record.as_ref() }.word.fetch_or(CLOSED, AcqRel);
            if before & COUNT == 0 {
                free(record);
            }
        }
    }
}

/// Makes a free record the one of `block`, with one handle.
#[inline(always)]
fn fill(record: NonNull<Lease>, block: BlockRef) -> BlockRef {
    let lease = record.as_ptr();
    let control = block.control();
    let (data, capacity, origin) = (control.data, control.capacity, control.origin);
    // SAFETY: a free record is the lane's alone, whose owner calls this; the handle that is made
    // stands for the count of 1.
    unsafe {
        (*lease).base.data = data;
        (*lease).base.capacity = capacity;
        (*lease).base.origin = origin;
        *(*lease).block.get() = ManuallyDrop::new(Some(block));
        (*lease).word.store(1, Release);
        BlockRef::from_control(record.cast())
    }
}

/// The block behind a lease; any other block is given back as it is. A lease of which this is the
/// only handle is free again. For the holder of the RUN bit of the lane's processor.
#[inline(always)]
pub(crate) fn behind(block: BlockRef) -> BlockRef {
    if block.control().kind != BlockControl::LEASE {
        return block;
    }
    let record = block.into_control().cast::<Lease>();
    // SAFETY: only this module makes records of this kind, and the handle keeps it live.
    let lease = unsafe { record.as_ref() };
    if lease.word.load(Acquire) == 1 {
        // SAFETY: the only handle is ours, so nobody else reaches the block; the lane is still
        // there, so the record is not freed.
        let block = unsafe { (*lease.block.get()).take() };
        lease.word.store(0, Release);
        // A record with a handle has a block.
        if let Some(block) = block {
            return block;
        }
    }
    behind_shared(record)
}

/// The processor keeps a handle of what it sends, or the lane has gone.
#[cold]
fn behind_shared(record: NonNull<Lease>) -> BlockRef {
    // SAFETY: the handle that is dropped below keeps the record and its block live, which nobody
    // changes meanwhile.
    let block = unsafe { (*(*record.as_ptr()).block.get()).clone() };
    // SAFETY: `behind` took this handle over.
    let handle = unsafe { BlockRef::from_control(record.cast()) };
    match ManuallyDrop::into_inner(block) {
        Some(block) => {
            drop(handle);
            block
        }
        None => handle,
    }
}

fn free(record: NonNull<Lease>) {
    // SAFETY: the lane is gone and no handle is left; the block was taken by the last of them.
    drop(unsafe { Box::from_raw(record.as_ptr()) });
}

unsafe extern "C" fn retain(control: *const BlockControl) {
    // SAFETY: only records of this module carry this function, and the caller has a handle.
    unsafe { &*control.cast::<Lease>() }.word.fetch_add(1, Relaxed);
}

unsafe extern "C" fn references(control: *const BlockControl) -> u32 {
    // SAFETY: as in `retain`.
    let lease = unsafe { &*control.cast::<Lease>() };
    let handles = lease.word.load(Acquire) & COUNT;
    // SAFETY: the block is there while a handle is, and nobody changes it.
    let block = unsafe { (*lease.block.get()).as_ref() };
    match handles {
        1 if block.is_none_or(BlockRef::is_unique) => 1,
        handles => handles.max(2),
    }
}

unsafe extern "C" fn release(control: *const BlockControl) {
    // SAFETY: as in `retain`.
    let lease = unsafe { &*control.cast::<Lease>() };
    let mut word = lease.word.load(Acquire);
    while word & COUNT != 1 {
        match lease.word.compare_exchange_weak(word, word - 1, AcqRel, Acquire) {
            Ok(_) => return,
            Err(now) => word = now,
        }
    }
    // Of the last handle nobody makes another. The block goes before the record is free.
    // SAFETY: as said, nobody else reaches the block.
    let block = unsafe { (*lease.block.get()).take() };
    drop(block);
    if lease.word.fetch_sub(1, AcqRel) & CLOSED != 0 {
        free(NonNull::from(lease));
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use streamlib_abi::handle::heap_block;

    #[test]
    fn no_more_than_declared_and_one_are_out() {
        let (mut leases, mut spares) = (Leases::default(), Spares::default());
        let given: Vec<_> =
            (0..3).map(|_| leases.give(heap_block(64), 2, &mut spares).unwrap()).collect();
        assert_eq!(leases.give(heap_block(64), 2, &mut spares).unwrap_err().0, 3);
        // Clones are the same frame, wherever they are.
        let clone = given[1].clone();
        drop(given);
        drop((
            leases.give(heap_block(64), 2, &mut spares).unwrap(),
            leases.give(heap_block(64), 2, &mut spares).unwrap(),
        ));
        let others = [
            leases.give(heap_block(64), 2, &mut spares).unwrap(),
            leases.give(heap_block(64), 2, &mut spares).unwrap(),
        ];
        assert_eq!(leases.give(heap_block(64), 2, &mut spares).unwrap_err().0, 3);
        drop(clone);
        drop((leases.give(heap_block(64), 2, &mut spares).unwrap(), others));
    }

    #[test]
    fn what_is_sent_on_is_the_block_itself() {
        let (mut leases, mut spares) = (Leases::default(), Spares::default());
        let block = heap_block(64);
        let (identity, data) = (block.identity(), block.bytes().as_ptr());
        let mut given = leases.give(block, 0, &mut spares).unwrap();
        assert_eq!((given.bytes().as_ptr(), given.bytes().len()), (data, 64));
        assert!(given.bytes_mut().is_some(), "the only handle to a block of one reference");
        let kept = given.clone();
        assert!(!given.is_unique());
        let sent = behind(given);
        assert_eq!(sent.identity(), identity);
        assert!(!kept.is_unique(), "the frame that was sent is another's now");
        assert_eq!(
            leases.give(sent, 0, &mut spares).unwrap_err().0,
            1,
            "the processor kept a handle"
        );
        drop(kept);
        let sent = behind(leases.give(heap_block(64), 0, &mut spares).unwrap());
        assert!(leases.give(sent, 0, &mut spares).is_ok(), "what was sent is not held");
    }

    #[test]
    fn a_handle_outlives_its_lane() {
        let (mut leases, mut spares) = (Leases::default(), Spares::default());
        let given = leases.give(heap_block(64), 0, &mut spares).unwrap();
        drop(leases);
        let other = given.clone();
        drop(given);
        assert_eq!(other.bytes().len(), 64);
        assert_eq!(behind(other).bytes().len(), 64);
    }
}

#[cfg(all(test, loom))]
mod loom_model {
    use super::*;
    use loom::thread::spawn;
    use streamlib_abi::handle::heap_block;

    /// Two handles are dropped by other threads while the lane gives out the next frame, and then
    /// goes: a record is never given out twice, and freed once.
    #[test]
    fn loom_a_lease_is_free_once_its_last_handle_is_gone() {
        loom::model(|| {
            let (mut leases, mut spares) = (Leases::default(), Spares::default());
            let given = leases.give(heap_block(64), 0, &mut spares).unwrap();
            let clone = given.clone();
            let dropping = [spawn(move || drop(given)), spawn(move || drop(clone))];
            // Refused, or in the free record.
            let next = leases.give(heap_block(64), 0, &mut spares);
            assert!(
                next.as_ref()
                    .map_or_else(|(held, _)| *held == 1, |block| block.bytes().len() == 64)
            );
            drop(leases);
            drop(next);
            dropping.into_iter().for_each(|thread| thread.join().unwrap());
        });
    }
}
