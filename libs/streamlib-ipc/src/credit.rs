//! The credit word: one atomic word for each link that leaves a process, in a page that both ends
//! and the runtime map.
//!
//! ```text
//!  63        51 50   48 47         24 23          0
//! |   epoch    | state | next to send | next to take |
//! ```
//!
//! Guarantees, proved by the models below:
//! - each frame that was counted as sent on the link is delivered, or found missing by the
//!   reader, or in flight, or was taken back by [`CreditWord::revoke`]: exactly one of these;
//! - a revoked reader delivers nothing more: taking and revoking are exchanges of one word, so one
//!   comes first;
//! - a writer that looks at [`CreditWord::room`] never has more than the link's depth in flight.
//!
//! Frames are numbered at the port, without holes, by what the port put into shared memory; the
//! word holds the lowest 24 bits of the numbers.
//!
//! Not offered: more than one writer or reader at a time. Revoking is for anyone.

use crate::sync::atomic::{AtomicU64, Ordering};

const NUMBER_BITS: u32 = 24;
const NUMBER_MASK: u32 = (1 << NUMBER_BITS) - 1;
const EPOCH_MASK: u32 = (1 << 13) - 1;
/// More than this may not be in flight, so that numbers can be compared.
const MOST_IN_FLIGHT: u32 = 1 << 22;

/// Who is on the reading side of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeatState {
    /// Nobody. Frames are not sent here and not counted.
    Vacant,
    /// A reader is there; the writer has not begun to send to it.
    Offered,
    /// The link works.
    Open,
    /// The reader died. What is sent meanwhile is dropped or held, as the link says.
    Absent,
}

/// The parts of the word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Parts {
    epoch: u32,
    state: SeatState,
    written: u32,
    taken: u32,
}

impl Parts {
    fn of(word: u64) -> Self {
        let state = match (word >> 48) & 0b111 {
            1 => SeatState::Offered,
            2 => SeatState::Open,
            3 => SeatState::Absent,
            _ => SeatState::Vacant,
        };
        Self {
            epoch: (word >> 51) as u32,
            state,
            written: (word >> NUMBER_BITS) as u32 & NUMBER_MASK,
            taken: word as u32 & NUMBER_MASK,
        }
    }

    fn word(self) -> u64 {
        let state: u64 = match self.state {
            SeatState::Vacant => 0,
            SeatState::Offered => 1,
            SeatState::Open => 2,
            SeatState::Absent => 3,
        };
        u64::from(self.epoch & EPOCH_MASK) << 51
            | state << 48
            | u64::from(self.written & NUMBER_MASK) << NUMBER_BITS
            | u64::from(self.taken & NUMBER_MASK)
    }

    fn in_flight(self) -> u32 {
        distance(self.taken, self.written)
    }
}

/// How far `to` lies behind `from`, of numbers that wrap.
fn distance(from: u32, to: u32) -> u32 {
    to.wrapping_sub(from) & NUMBER_MASK
}

/// What sending a frame meant for one link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// Nobody is there.
    Vacant,
    /// The reader died: the frame is dropped on this link.
    Absent,
    /// The frame is in flight.
    Sent {
        /// By how many the number of sent frames grew; 1, or more after a writer died.
        sent: u32,
        /// How many old frames had to be given up, so that numbers can be compared.
        given_up: u32,
    },
}

/// What a frame that came out of shared memory is to its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is the reader's.
    Delivered {
        /// How many frames before it did not arrive.
        missing: u32,
        /// How many are in flight after it.
        in_flight: u32,
    },
    /// It is from before the link was opened, or was given up: not to be delivered nor counted.
    NotOfThisLink,
    /// The reader lost its seat.
    Revoked,
}

/// See the module.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct CreditWord(AtomicU64);

impl CreditWord {
    #[cfg(test)]
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    fn parts(&self) -> Parts {
        Parts::of(self.0.load(Ordering::Acquire))
    }

    /// Changes the word by `change`; what it was and what came of it, `None` where `change` refused.
    fn update(
        &self,
        mut change: impl FnMut(Parts) -> Option<Parts>,
    ) -> Result<(Parts, Parts), Parts> {
        let mut word = self.0.load(Ordering::Acquire);
        loop {
            let before = Parts::of(word);
            let Some(after) = change(before) else {
                return Err(before);
            };
            let exchanged = self.0.compare_exchange_weak(
                word,
                after.word(),
                Ordering::AcqRel,
                Ordering::Acquire,
            );
            match exchanged {
                Ok(_) => return Ok((before, after)),
                Err(now) => word = now,
            }
        }
    }

    /// The reader takes the seat; the answer is its epoch. `None` if somebody sits there.
    pub(crate) fn offer(&self) -> Option<u32> {
        let offered = self.update(|parts| {
            let is_free = matches!(parts.state, SeatState::Vacant | SeatState::Absent);
            let epoch = parts.epoch.wrapping_add(1) & EPOCH_MASK;
            is_free.then_some(Parts { epoch, state: SeatState::Offered, ..parts })
        });
        offered.ok().map(|(_, after)| after.epoch)
    }

    /// The writer counts the frame `number` on this link, before it puts it into shared memory. It
    /// is the first one for a reader that just took the seat. `keep` is how many frames the link's
    /// queue holds.
    pub(crate) fn count(&self, number: u32, keep: u32) -> Counted {
        let written = number.wrapping_add(1) & NUMBER_MASK;
        let counted = self.update(|parts| {
            let mut after = Parts { written, ..parts };
            match parts.state {
                SeatState::Open if after.in_flight() > MOST_IN_FLIGHT => {
                    after.taken = written.wrapping_sub(keep) & NUMBER_MASK;
                }
                SeatState::Open => {}
                SeatState::Offered => {
                    after.state = SeatState::Open;
                    after.taken = number & NUMBER_MASK;
                }
                SeatState::Vacant | SeatState::Absent => return None,
            }
            Some(after)
        });
        match counted {
            Ok((Parts { state: SeatState::Offered, .. }, _)) => {
                Counted::Sent { sent: 1, given_up: 0 }
            }
            Ok((before, after)) => Counted::Sent {
                sent: distance(before.written, after.written),
                given_up: distance(before.taken, after.taken),
            },
            Err(Parts { state: SeatState::Absent, .. }) => Counted::Absent,
            Err(_) => Counted::Vacant,
        }
    }

    /// The reader that took the seat in `epoch` takes the frame `number`.
    pub(crate) fn take(&self, epoch: u32, number: u32) -> Taken {
        let number = number & NUMBER_MASK;
        let taken = self.update(|parts| {
            let is_mine = parts.epoch == epoch && parts.state == SeatState::Open;
            let is_in_flight = distance(parts.taken, number) < parts.in_flight();
            let next = number.wrapping_add(1) & NUMBER_MASK;
            (is_mine && is_in_flight).then_some(Parts { taken: next, ..parts })
        });
        match taken {
            Ok((before, after)) => Taken::Delivered {
                missing: distance(before.taken, number),
                in_flight: after.in_flight(),
            },
            Err(parts) if parts.epoch != epoch => Taken::Revoked,
            Err(Parts { state: SeatState::Open | SeatState::Offered, .. }) => Taken::NotOfThisLink,
            Err(_) => Taken::Revoked,
        }
    }

    /// Takes the seat away, leaving it `state`; the answer is how many frames were in flight. With
    /// an epoch, only from the reader of that epoch.
    pub(crate) fn revoke(&self, state: SeatState, epoch: Option<u32>) -> u32 {
        let revoked = self.update(|parts| {
            let is_other = epoch.is_some_and(|epoch| epoch != parts.epoch);
            (parts.state != state && !is_other).then_some(Parts {
                state,
                taken: parts.written,
                ..parts
            })
        });
        match revoked {
            Ok((before, _)) if before.state == SeatState::Open => before.in_flight(),
            _ => 0,
        }
    }

    /// How many more frames a queue of `depth` takes now; `None` if nobody is there to be waited for.
    pub(crate) fn room(&self, depth: u32) -> Option<u32> {
        let parts = self.parts();
        match parts.state {
            SeatState::Open => Some(depth.saturating_sub(parts.in_flight())),
            SeatState::Offered => Some(depth),
            SeatState::Vacant | SeatState::Absent => None,
        }
    }

    /// Who is there.
    pub(crate) fn state(&self) -> SeatState {
        self.parts().state
    }

    /// How many frames were sent and neither taken nor found missing.
    pub(crate) fn in_flight(&self) -> u32 {
        let parts = self.parts();
        if parts.state == SeatState::Open { parts.in_flight() } else { 0 }
    }

    /// True while the seat belongs to the reader that took it in `epoch`.
    pub(crate) fn is_reader(&self, epoch: u32) -> bool {
        let parts = self.parts();
        parts.epoch == epoch && matches!(parts.state, SeatState::Open | SeatState::Offered)
    }
}

#[cfg(all(test, not(loom)))]
#[path = "credit/tests.rs"]
mod tests;

#[cfg(all(test, loom))]
#[path = "credit/loom_model.rs"]
mod loom_model;
