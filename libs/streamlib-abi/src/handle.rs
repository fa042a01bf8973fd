//! A counted handle to a block. The control record starts with function pointers, so a handle
//! made by one side of the ABI is retained and released on the other without knowing its kind.

use std::ptr::NonNull;

use crate::block::BlockView;
use crate::envelope::Envelope;

/// The start of every control record. Who made the record decides what follows it.
#[derive(Debug)]
#[repr(C)]
pub struct BlockControl {
    /// Size of this struct as its maker knows it, in bytes.
    pub size: u32,
    /// What follows the record, for whoever made it: [`BlockControl::PLAIN`], or
    /// [`BlockControl::LEASE`] for a record that only a host makes.
    pub kind: u32,
    /// First byte of the block, aligned to 64.
    pub data: *mut u8,
    /// How many bytes may be used at `data`.
    pub capacity: u64,
    /// Which output port's pool the memory belongs to, 0 for none.
    pub origin: u64,
    /// Adds one reference. Thread-safe.
    pub retain: unsafe extern "C" fn(*const BlockControl),
    /// Takes one reference away; the last one recycles or frees the block. Thread-safe.
    pub release: unsafe extern "C" fn(*const BlockControl),
    /// How many references there are now. Exact only if it answers 1 to the holder of that one.
    pub references: unsafe extern "C" fn(*const BlockControl) -> u32,
}

impl BlockControl {
    /// Nothing that concerns others follows the record.
    pub const PLAIN: u32 = 0;
    /// The record stands before another one, and counts what one processor holds of it. Made and
    /// understood by the host that runs the processor, and by nobody else.
    pub const LEASE: u32 = 1;
}

/// One reference to a block. Cloning retains, dropping releases.
#[derive(Debug)]
#[repr(transparent)]
pub struct BlockRef(NonNull<BlockControl>);

// SAFETY: a control record's functions are thread-safe by their contract, and the bytes of a block
// are written only through a unique reference (`bytes_mut`).
unsafe impl Send for BlockRef {}
// SAFETY: as above; a shared reference gives read access only.
unsafe impl Sync for BlockRef {}

impl BlockRef {
    /// Takes over one reference.
    ///
    /// # Safety
    /// `control` points to a live record that keeps the contract of [`BlockControl`]: `kind` is
    /// that of a record of its maker's, `data` has
    /// `capacity` readable and writable bytes until the last reference is released, and the caller
    /// owns one reference, which it gives up.
    pub unsafe fn from_control(control: NonNull<BlockControl>) -> Self {
        Self(control)
    }

    /// Gives the reference away without releasing it.
    pub fn into_control(self) -> NonNull<BlockControl> {
        let control = self.0;
        std::mem::forget(self);
        control
    }

    /// The start of the control record, which lives as long as the reference does.
    #[inline]
    pub fn control(&self) -> &BlockControl {
        // SAFETY: the record lives as long as this reference does.
        unsafe { self.0.as_ref() }
    }

    /// Address of the control record: two handles are to the same block if this is equal.
    pub fn identity(&self) -> usize {
        self.0.as_ptr() as usize
    }

    /// Which output port's pool the memory belongs to, 0 for none.
    pub fn origin(&self) -> u64 {
        self.control().origin
    }

    /// True if nobody else holds the block: only then may it be written.
    pub fn is_unique(&self) -> bool {
        // SAFETY: the record is live, and `references` takes exactly this pointer.
        unsafe { (self.control().references)(self.0.as_ptr()) == 1 }
    }

    /// All usable bytes of the block.
    pub fn bytes(&self) -> &[u8] {
        let control = self.control();
        let capacity = usize::try_from(control.capacity).unwrap_or(0);
        // SAFETY: by contract `data` has `capacity` readable bytes while a reference is held, and
        // nobody writes them while more than one reference exists.
        unsafe { std::slice::from_raw_parts(control.data, capacity) }
    }

    /// All usable bytes for writing, if nobody else holds the block.
    pub fn bytes_mut(&mut self) -> Option<&mut [u8]> {
        if !self.is_unique() {
            return None;
        }
        let control = self.control();
        let capacity = usize::try_from(control.capacity).unwrap_or(0);
        // SAFETY: the only reference is borrowed mutably, so nobody reads or writes beside us.
        Some(unsafe { std::slice::from_raw_parts_mut(control.data, capacity) })
    }

    /// The checked view of the content.
    pub fn view(&self) -> Result<BlockView<'_>, crate::BlockError> {
        BlockView::parse(self.bytes())
    }
}

impl Clone for BlockRef {
    fn clone(&self) -> Self {
        // SAFETY: the record is live, and `retain` takes exactly this pointer.
        unsafe { (self.control().retain)(self.0.as_ptr()) };
        Self(self.0)
    }
}

impl Drop for BlockRef {
    fn drop(&mut self) {
        // SAFETY: this reference is given up here, once.
        unsafe { (self.control().release)(self.0.as_ptr()) };
    }
}

/// A frame as it lies in a queue slot: envelope and block. 72 bytes.
#[derive(Debug, Clone)]
#[repr(C)]
pub struct RawFrame {
    /// What belongs to this sending.
    pub envelope: Envelope,
    /// The content.
    pub block: BlockRef,
}

const _: () = assert!(size_of::<RawFrame>() == 72);
const _: () = assert!(size_of::<Option<RawFrame>>() == 72);

pub use heap::heap_block;

mod heap {
    //! A block of its own on the heap, not recycled: for tests, harnesses and rare frames.

    use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
    use std::ptr::NonNull;
    use std::sync::atomic::{AtomicU32, Ordering, fence};

    use super::{BlockControl, BlockRef};
    use crate::block::BLOCK_ALIGNMENT;

    #[repr(C)]
    struct HeapControl {
        base: BlockControl,
        references: AtomicU32,
        layout: Layout,
    }

    /// Allocates a zeroed block of `capacity` bytes that is freed with its last reference.
    ///
    /// # Panics
    /// Ends the process when memory is exhausted, as every allocation in Rust does.
    pub fn heap_block(capacity: usize) -> BlockRef {
        let layout = Layout::from_size_align(capacity.max(1), BLOCK_ALIGNMENT)
            .unwrap_or_else(|_| handle_alloc_error(Layout::new::<u8>()));
        // SAFETY: the layout has a size of at least one byte.
        let data = unsafe { alloc_zeroed(layout) };
        if data.is_null() {
            handle_alloc_error(layout);
        }
        let control = Box::new(HeapControl {
            base: BlockControl {
                size: size_of::<BlockControl>() as u32,
                kind: BlockControl::PLAIN,
                data,
                capacity: capacity as u64,
                origin: 0,
                retain,
                release,
                references,
            },
            references: AtomicU32::new(1),
            layout,
        });
        let control = NonNull::from(Box::leak(control)).cast::<BlockControl>();
        // SAFETY: the record was just made with one reference, which moves into the handle.
        unsafe { BlockRef::from_control(control) }
    }

    unsafe extern "C" fn retain(control: *const BlockControl) {
        // SAFETY: only records made by `heap_block` carry this function.
        let control = unsafe { &*control.cast::<HeapControl>() };
        control.references.fetch_add(1, Ordering::Relaxed);
    }

    unsafe extern "C" fn references(control: *const BlockControl) -> u32 {
        // SAFETY: as in `retain`.
        let control = unsafe { &*control.cast::<HeapControl>() };
        control.references.load(Ordering::Acquire)
    }

    unsafe extern "C" fn release(control: *const BlockControl) {
        let control = control.cast::<HeapControl>().cast_mut();
        // SAFETY: as in `retain`; the record is live until the count reaches zero.
        if unsafe { &*control }.references.fetch_sub(1, Ordering::Release) != 1 {
            return;
        }
        fence(Ordering::Acquire);
        // SAFETY: the count reached zero, so this is the only pointer to the record.
        let control = unsafe { Box::from_raw(control) };
        // SAFETY: `data` was allocated with `layout` in `heap_block` and is freed once, here.
        unsafe { dealloc(control.base.data, control.layout) };
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn only_a_unique_block_is_writable() {
            let mut block = heap_block(256);
            assert_eq!(block.bytes().as_ptr() as usize % BLOCK_ALIGNMENT, 0);
            block.bytes_mut().expect("unique")[0] = 9;
            let other = block.clone();
            assert!(block.bytes_mut().is_none());
            assert_eq!(other.identity(), block.identity());
            drop(block);
            assert!(other.is_unique());
            assert_eq!(other.bytes()[0], 9);
        }
    }
}
