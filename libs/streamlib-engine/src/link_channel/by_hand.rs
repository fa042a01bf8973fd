//! An input whose frames come by hand: they are read from where their sender left them, in the
//! strand's [`Hand`], and not from a queue.
//!
//! Guarantees: each frame is counted as one that came through the queue, and what the processor
//! sees of it is the same. Only for an input whose one lane has nothing unusual about it; who sees
//! to that is [`crate::execution::relay`].
//!
//! [`Hand`]: crate::execution::work_list::Hand

use std::mem::MaybeUninit;

use streamlib_abi::{Envelope, RawFrame};

use super::counters::ProducerCounters;
use super::input::InputCell;

/// Copies an envelope in the pieces in which a compiled processor moves what `read()?` gave it: the
/// first word alone, where an error would stand, and the rest in sixteens. A load that is as large
/// as the store before it need not wait until that has reached the cache; one that spans two stores
/// does, and in a chain each hop would wait for the hop before.
///
/// # Safety
/// `from` points to an envelope and `to` to a place for one, which are not the same.
#[inline(always)]
pub(super) unsafe fn copy_envelope(from: *const Envelope, to: *mut Envelope) {
    const PIECES: [(usize, usize); 5] = [(0, 8), (8, 16), (24, 16), (40, 16), (56, 8)];
    let (from, to) = (from.cast::<u8>(), to.cast::<u8>());
    for (start, bytes) in PIECES {
        // SAFETY: by the caller; the pieces are the 64 bytes of an envelope.
        unsafe { to.add(start).copy_from_nonoverlapping(from.add(start), bytes) };
    }
}

/// What there is to know of a lane for a call whose frame comes by hand: see
/// [`crate::execution::work_list::Hand`]. Of use only while the processor is armed.
#[derive(Debug)]
pub(crate) struct ByHand {
    /// Where the frame of the present call is; [`GIVEN`] once it was read.
    offered: *mut RawFrame,
    /// The sequence number that follows without a hole.
    next_sequence: u64,
    /// The format that the processor knows of.
    format_id: u32,
    /// Where the one link counts.
    counters: *const ProducerCounters,
}

/// No frame, but one was read.
const GIVEN: *mut RawFrame = std::ptr::without_provenance_mut(align_of::<RawFrame>());

impl Default for ByHand {
    fn default() -> Self {
        Self {
            offered: std::ptr::null_mut(),
            next_sequence: 0,
            format_id: 0,
            counters: std::ptr::null(),
        }
    }
}

impl ByHand {
    /// True if the frame is just the next one, of the same format; then it is offered.
    ///
    /// # Safety
    /// The processor is armed, and `frame` points to a frame that stays there during the call.
    #[inline(always)]
    pub(crate) unsafe fn offer(&mut self, frame: *mut RawFrame) -> bool {
        // SAFETY: by the caller.
        let envelope = unsafe { &(*frame).envelope };
        if envelope.sequence != self.next_sequence || envelope.format_id != self.format_id {
            return false;
        }
        self.next_sequence += 1;
        self.offered = frame;
        true
    }

    /// Where the one link counts.
    #[inline(always)]
    pub(crate) fn hot_counters(&self) -> *const u8 {
        self.counters.cast()
    }

    /// True if a frame is offered that was not read.
    #[inline(always)]
    pub(super) fn is_offered(&self) -> bool {
        self.offered > GIVEN
    }

    /// The frame that was read is at the front of the lane again.
    pub(super) fn take_back(&mut self) {
        self.offered = std::ptr::null_mut();
    }

    /// True if the processor read the frame of its call, and did not put it back.
    #[inline(always)]
    pub(crate) fn is_given(&self) -> bool {
        self.offered == GIVEN
    }
}

impl InputCell {
    /// Frames of the one lane may come by hand from now on, if there is nothing to it but that each
    /// is the next one: nothing waits, nothing is held, and no signal came. False if there is more
    /// to it.
    pub(crate) fn arm(&mut self) -> bool {
        let [lane] = self.lanes.as_slice() else { return false };
        let (Some(link), Some(next_sequence)) = (&lane.link, lane.next_sequence) else {
            return false;
        };
        let is_plain = lane.front.is_none()
            && lane.sampled.is_none()
            && lane.before.is_empty()
            && lane.leases.is_empty()
            && link.may_go_by_hand();
        if is_plain {
            self.by_hand = ByHand {
                offered: std::ptr::null_mut(),
                next_sequence,
                format_id: lane.format_id,
                counters: &raw const link.shared.counters.producer,
            };
        }
        is_plain
    }

    /// True if somebody may observe the link.
    pub(crate) fn is_tapped(&self) -> bool {
        self.lanes.iter().any(|lane| lane.links().any(|link| link.shared.is_tapped()))
    }

    /// The lane is as it would be if its frames had come through the queue: the end of what
    /// [`Self::arm`] began.
    #[cold]
    pub(crate) fn disarm(&mut self) {
        let ByHand { offered, next_sequence, .. } = std::mem::take(&mut self.by_hand);
        let Some(lane) = self.lanes.first_mut() else { return };
        lane.next_sequence = Some(next_sequence);
        if offered.is_null() {
            // What was put back is at the front, and was offered in this call.
            lane.chosen = lane.front.is_some();
            lane.begin_call();
        } else if offered != GIVEN {
            // SAFETY: the frame of the present call was not read.
            lane.front = Some(unsafe { offered.read() });
            lane.chosen = true;
            lane.begin_call();
        }
    }

    /// What the processor was lent in the present call and has not let go is the lane's.
    pub(crate) fn keep_lent(&mut self) {
        // SAFETY: as in `end_call`.
        if let (Some(work), Some(lane)) = (unsafe { self.work.as_mut() }, self.lanes.first_mut()) {
            work.spares.move_lent(&mut lane.leases);
        }
    }

    /// Gives the frame that came by hand.
    ///
    /// # Safety
    /// A frame is offered, in a call of the processor.
    #[inline(always)]
    pub(super) unsafe fn give_offered(&mut self, frame: *mut MaybeUninit<RawFrame>) {
        // SAFETY: by the caller, and as in `end_call`.
        let (offered, spares) = unsafe { (&*self.by_hand.offered, &mut (*self.work).spares) };
        // SAFETY: by the caller: the block moves.
        let block = spares.lend(unsafe { (&raw const offered.block).read() });
        // SAFETY: `frame` is a place for one frame; an armed processor has its link.
        unsafe {
            let frame = (*frame).as_mut_ptr();
            copy_envelope(&raw const offered.envelope, &raw mut (*frame).envelope);
            (&raw mut (*frame).block).write(block);
            (*self.by_hand.counters).by_hand.add(1);
        }
        self.by_hand.offered = GIVEN;
    }
}
