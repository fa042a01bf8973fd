//! The work list of a strand: which of its processors to look at next, and what the present call
//! leaves for them. Never grows, no recursion.

use std::mem::MaybeUninit;

use streamlib_abi::RawFrame;

use crate::link_channel::lease::Spares;
use crate::link_channel::output::OutputCell;

/// The position of no processor.
pub(crate) const NOBODY: u32 = u32::MAX;

/// A stack of positions in a strand, each at most once.
#[derive(Debug, Default)]
pub(crate) struct WorkList {
    /// The frame that goes by hand.
    pub(crate) hand: Hand,
    /// Leases that no lane has out.
    pub(crate) spares: Spares,
    stack: Vec<u32>,
    listed: Vec<bool>,
}

impl WorkList {
    /// A list for a strand of `members` processors.
    pub(crate) fn new(members: usize) -> Self {
        Self { stack: Vec::with_capacity(members), listed: vec![false; members], ..Self::default() }
    }

    /// Puts `index` on top, unless it is listed already.
    #[inline]
    pub(crate) fn push(&mut self, index: u32) {
        if let Some(listed) = self.listed.get_mut(index as usize)
            && !*listed
        {
            *listed = true;
            self.stack.push(index);
        }
    }

    /// Whom to look at next: whom a frame goes to by hand, which stays there, or the position on
    /// top, which is taken.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<u32> {
        if self.hand.to != NOBODY { Some(self.hand.to) } else { self.pop() }
    }

    /// Takes the position on top.
    #[inline]
    fn pop(&mut self) -> Option<u32> {
        let index = self.stack.pop()?;
        self.listed[index as usize] = false;
        Some(index)
    }
}

/// A frame on its way from one processor of the strand to the next, which is called at once: it
/// lies here instead of in the queue of its link, always in the same cache lines.
///
/// There is a frame only between its sending and the end of the sender's call, or the call of its
/// consumer that follows at once; nobody else of the strand is looked at meanwhile. Two places, so
/// that a processor can send while the frame it was given is still to be read.
#[derive(Debug)]
pub(crate) struct Hand {
    to: u32,
    side: usize,
    from: *mut OutputCell,
    places: [MaybeUninit<RawFrame>; 2],
}

// SAFETY: frames may move between threads, and the pointer is used by the holder of the strand's
// RUN bit only.
unsafe impl Send for Hand {}

impl Default for Hand {
    fn default() -> Self {
        Self {
            to: NOBODY,
            side: 0,
            from: std::ptr::null_mut(),
            places: [const { MaybeUninit::uninit() }; 2],
        }
    }
}

impl Hand {
    /// The position of whom the frame goes to; [`NOBODY`] if there is none.
    #[inline(always)]
    pub(crate) fn to(&self) -> u32 {
        self.to
    }

    /// Where the frame is, or is to be written before [`Self::fill`].
    #[inline(always)]
    pub(crate) fn place(&mut self) -> *mut RawFrame {
        // SAFETY: `side` is 0 or 1.
        unsafe { self.places.as_mut_ptr().add(self.side).cast() }
    }

    /// A frame was written: it goes from `from` to the processor at position `to`.
    #[inline(always)]
    pub(crate) fn fill(&mut self, from: *mut OutputCell, to: u32) {
        (self.from, self.to) = (from, to);
    }

    /// The frame is its consumer's, who takes it from its place during the call that begins.
    #[inline(always)]
    pub(crate) fn hand_over(&mut self) {
        self.to = NOBODY;
        self.side ^= 1;
    }

    /// Takes the frame back, with the port that it comes from.
    pub(crate) fn take(&mut self) -> Option<(*mut OutputCell, RawFrame)> {
        if self.to == NOBODY {
            return None;
        }
        self.to = NOBODY;
        // SAFETY: with a consumer there is a frame, which is taken once.
        Some((self.from, unsafe { self.place().read() }))
    }
}
