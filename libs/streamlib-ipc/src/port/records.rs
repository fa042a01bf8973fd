//! Handles to slots of shared memory, without allocation: as many control records as there may be
//! handles, made once.
//!
//! Guarantees: a record is given out to one handle at a time; the last reference gives the slot
//! back, from whatever thread; handles may outlive the port they came from. A received slot
//! always counts one reference more, the sender's, so that nobody takes it for writable.

use std::any::Any;
use std::cell::UnsafeCell;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering, fence};

use streamlib_abi::{BlockControl, BlockRef};

/// Whether handles may be written through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// A loan: writable while it has one reference.
    Loan,
    /// Received: never writable.
    Received,
}

#[repr(C)]
struct Record<T> {
    base: UnsafeCell<BlockControl>,
    references: AtomicU32,
    /// True while a handle has it.
    taken: AtomicBool,
    slot: UnsafeCell<Option<T>>,
    /// Keeps the records while a handle is out.
    owner: UnsafeCell<Option<Arc<Records<T>>>>,
}

/// See the module.
pub(crate) struct Records<T> {
    records: Box<[Record<T>]>,
    origin: u64,
    /// What must live as long as the slots: the node they are part of.
    _keep: Arc<dyn Any + Send + Sync>,
}

impl<T> std::fmt::Debug for Records<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Records").field("records", &self.records.len()).finish_non_exhaustive()
    }
}

// SAFETY: the cells of a record belong to whoever set `taken`, and after the count of references
// reached zero to whoever saw that; all other fields are atomics. Slots move between threads.
unsafe impl<T: Send> Send for Records<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Records<T> {}

impl<T: Send + 'static> Records<T> {
    /// Records for `count` handles to memory of the port `origin`. `keep` lives as long as they do.
    pub(crate) fn new(
        count: usize,
        origin: u64,
        access: Access,
        keep: Arc<dyn Any + Send + Sync>,
    ) -> Arc<Self> {
        let records = (0..count).map(|_| Record {
            base: UnsafeCell::new(BlockControl {
                size: size_of::<BlockControl>() as u32,
                kind: BlockControl::PLAIN,
                data: std::ptr::null_mut(),
                capacity: 0,
                origin,
                retain: retain::<T>,
                release: release::<T>,
                references: match access {
                    Access::Loan => references_of_loan::<T>,
                    Access::Received => references_of_received::<T>,
                },
            }),
            references: AtomicU32::new(0),
            taken: AtomicBool::new(false),
            slot: UnsafeCell::new(None),
            owner: UnsafeCell::new(None),
        });
        Arc::new(Self { records: records.collect(), origin, _keep: keep })
    }

    /// Which port's memory this is.
    pub(crate) fn origin(&self) -> u64 {
        self.origin
    }

    /// How many handles are out.
    pub(crate) fn held(&self) -> usize {
        self.records.iter().filter(|record| record.taken.load(Ordering::Acquire)).count()
    }

    /// True if one more handle can be given out.
    pub(crate) fn has_free(&self) -> bool {
        self.records.iter().any(|record| !record.taken.load(Ordering::Acquire))
    }

    /// A handle to `slot`, whose bytes are at `data`; the slot comes back if all records are out.
    ///
    /// # Safety
    /// `data` has `capacity` bytes that are readable, and for loans writable by nobody else, until
    /// `slot` is dropped; it is aligned to 64.
    pub(crate) unsafe fn give(
        self: &Arc<Self>,
        slot: T,
        data: NonNull<u8>,
        capacity: usize,
    ) -> Result<BlockRef, T> {
        let is_mine = |record: &&Record<T>| {
            let taken = &record.taken;
            taken.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok()
        };
        let Some(record) = self.records.iter().find(is_mine) else {
            return Err(slot);
        };
        // SAFETY: setting `taken` gave the cells to this call; no handle refers to the record.
        unsafe {
            (*record.base.get()).data = data.as_ptr();
            (*record.base.get()).capacity = capacity as u64;
            *record.slot.get() = Some(slot);
            *record.owner.get() = Some(Arc::clone(self));
        }
        record.references.store(1, Ordering::Release);
        let control = NonNull::from(record).cast::<BlockControl>();
        // SAFETY: the record starts with its base, has one reference, and lives at least as long as
        // it holds its owner.
        Ok(unsafe { BlockRef::from_control(control) })
    }

    /// Takes the slot out of a handle that came from here and is the only one; any other handle
    /// comes back.
    pub(crate) fn take(&self, handle: BlockRef) -> Result<T, BlockRef> {
        let address = handle.identity();
        let Some(record) =
            self.records.iter().find(|record| std::ptr::from_ref(*record) as usize == address)
        else {
            return Err(handle);
        };
        if record.references.load(Ordering::Acquire) != 1 {
            return Err(handle);
        }
        // SAFETY: the only reference is ours, so the cells are.
        let (slot, owner) = unsafe { (&mut *record.slot.get(), &mut *record.owner.get()) };
        let Some(slot) = slot.take() else {
            return Err(handle);
        };
        // The reference is given up here, and what its release would do is done.
        let _control = handle.into_control();
        let owner = owner.take();
        record.references.store(0, Ordering::Relaxed);
        record.taken.store(false, Ordering::Release);
        drop(owner);
        Ok(slot)
    }
}

unsafe extern "C" fn retain<T>(control: *const BlockControl) {
    // SAFETY: only records of this type carry this function, and a reference keeps them alive.
    let record = unsafe { &*control.cast::<Record<T>>() };
    record.references.fetch_add(1, Ordering::Relaxed);
}

unsafe extern "C" fn references_of_loan<T>(control: *const BlockControl) -> u32 {
    // SAFETY: as in `retain`.
    let record = unsafe { &*control.cast::<Record<T>>() };
    record.references.load(Ordering::Acquire)
}

unsafe extern "C" fn references_of_received<T>(control: *const BlockControl) -> u32 {
    // SAFETY: as in `retain`. The sender counts as one.
    unsafe { references_of_loan::<T>(control) }.saturating_add(1)
}

unsafe extern "C" fn release<T>(control: *const BlockControl) {
    let record = control.cast::<Record<T>>();
    // SAFETY: as in `retain`.
    let record = unsafe { &*record };
    if record.references.fetch_sub(1, Ordering::Release) != 1 {
        return;
    }
    fence(Ordering::Acquire);
    // The slot goes back to the transport before its record is free, so that who finds a free record
    // also finds the slot given back.
    // SAFETY: the last reference was given up here, so the cells are ours.
    let (slot, owner) = unsafe { ((*record.slot.get()).take(), (*record.owner.get()).take()) };
    drop(slot);
    record.taken.store(false, Ordering::Release);
    // Last: this may be what keeps the record.
    drop(owner);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[repr(align(64))]
    struct Bytes([u8; 64]);

    fn give(
        records: &Arc<Records<Arc<()>>>,
        bytes: &mut Bytes,
        slot: &Arc<()>,
    ) -> Option<BlockRef> {
        let data = NonNull::from(&mut bytes.0).cast();
        // SAFETY: the bytes outlive the handles of these tests.
        unsafe { records.give(Arc::clone(slot), data, 64) }.ok()
    }

    #[test]
    fn the_last_reference_gives_the_slot_back() {
        let (mut bytes, slot) = (Bytes([0; 64]), Arc::new(()));
        let records = Records::new(1, 7, Access::Loan, Arc::new(()));
        let mut loan = give(&records, &mut bytes, &slot).expect("free");
        assert!(give(&records, &mut bytes, &slot).is_none(), "one record, one handle");
        loan.bytes_mut().expect("the only handle")[3] = 9;
        assert_eq!((loan.origin(), records.held()), (7, 1));
        let other = loan.clone();
        assert!(!loan.is_unique());
        drop(loan);
        assert_eq!((Arc::strong_count(&slot), records.held()), (2, 1));
        // The records live while a handle does.
        drop(records);
        assert_eq!(other.bytes()[3], 9);
        drop(other);
        assert_eq!(Arc::strong_count(&slot), 1);
    }

    #[test]
    fn a_received_slot_is_never_writable() {
        let (mut bytes, slot) = (Bytes([0; 64]), Arc::new(()));
        let records = Records::new(1, 7, Access::Received, Arc::new(()));
        let mut received = give(&records, &mut bytes, &slot).expect("free");
        assert!(!received.is_unique() && received.bytes_mut().is_none());
    }

    #[test]
    fn only_an_own_and_only_handle_is_taken_back() {
        let (mut bytes, slot) = (Bytes([0; 64]), Arc::new(()));
        let records = Records::new(1, 7, Access::Loan, Arc::new(()));
        let foreign = records.take(streamlib_abi::handle::heap_block(64)).expect_err("foreign");
        assert_eq!(foreign.origin(), 0);
        let loan = give(&records, &mut bytes, &slot).expect("free");
        let other = loan.clone();
        let loan = records.take(loan).expect_err("shared");
        drop(other);
        assert!(Arc::ptr_eq(&records.take(loan).expect("the only one"), &slot));
        assert!(records.has_free());
    }
}
