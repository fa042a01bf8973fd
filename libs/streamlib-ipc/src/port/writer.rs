//! The writing end of a port.
//!
//! Guarantees: a block is filled where its readers will see it; sending moves 64 bytes and counts,
//! never copies and never waits; what a limit does not allow comes back with its name. The number
//! of slots is that of the plan, and their memory was touched before the first frame.
//!
//! Not promised: that a loan allocates nothing. The transport makes a record of a hundred bytes on
//! the heap for each slot that it lends; nothing else here does, in steady state.
//!
//! Used by one thread at a time: whoever runs the producer.

use std::ptr::NonNull;
use std::sync::Arc;

use iceoryx2::port::LoanError;
use iceoryx2::port::publisher::{Publisher, PublisherCreateError};
use streamlib_abi::{BlockRef, RawFrame};

use super::plan::PortPlan;
use super::records::{Access, Records};
use super::service::{Line, Opened, SentSlot, WireEnvelope, lines};
use crate::credit::Counted;
use crate::node::Service;
use crate::sync::atomic::Ordering;
use crate::{Bell, IpcError, Node, sys};

/// See the module.
#[derive(Debug)]
pub struct PortWriter {
    publisher: Publisher<Service, [Line], WireEnvelope>,
    records: Arc<Records<SentSlot>>,
    /// A slot that was asked for and is not yet given out.
    reserve: Option<SentSlot>,
    bells: Vec<Option<Bell>>,
    opened: Arc<Opened>,
    next: u32,
    refused: RefusedLoans,
}

/// What the writer had to refuse, each kind counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RefusedLoans {
    /// Frames that are larger than a slot.
    pub too_large: u64,
    /// Loans for which there was no free slot.
    pub no_slot: u64,
}

/// A frame that was not sent, and why.
#[derive(Debug)]
pub enum NotSent {
    /// A lossless link has no credit: nothing was sent on any.
    Full(RawFrame),
    /// Its memory is not a loan of this writer: it must be copied into one, which counts as
    /// `forwarded`.
    Foreign(RawFrame),
    /// Somebody else holds the loan: it must be copied into another.
    Shared(RawFrame),
    /// The transport failed. The frame is gone; on its links it counts as dropped.
    Failed(IpcError),
}

impl PortWriter {
    /// Opens the writing end of `port`. Of the seats, those that are taken are sent to.
    pub fn open(node: &Node, port: &str, generation: u32) -> Result<Self, IpcError> {
        let opened = Opened::open(node, port, generation)?;
        let plan = opened.page.plan();
        let publisher = publisher(&opened, plan)?;
        node.prefault(publisher.id().value(), sys::Touch::Write).map_err(|_| {
            IpcError::NoMemory { port: plan.port.clone(), bytes: plan.memory_bytes() }
        })?;
        // A writer that died may have counted its last frame on some links only: its number is not
        // used again.
        let next = opened.page.next().wrapping_add(1);
        let origin = origin_of(publisher.id().value());
        let records = Records::new(plan.loans as usize, origin, Access::Loan, opened.clone());
        let bells = vec![None; plan.seats.len()];
        let refused = RefusedLoans::default();
        Ok(Self { publisher, records, reserve: None, bells, opened, next, refused })
    }

    /// What the port was made after.
    pub fn plan(&self) -> &PortPlan {
        self.opened.page.plan()
    }

    /// Which port's memory the loans are, as their handles say it. Never 0.
    pub fn origin(&self) -> u64 {
        self.records.origin()
    }

    /// Rings `bell` for each frame sent to seat `seat`. A seat that the plan has not is ignored.
    pub fn set_bell(&mut self, seat: usize, bell: Option<Bell>) {
        if let Some(place) = self.bells.get_mut(seat) {
            *place = bell;
        }
    }

    /// How many frames may be sent before [`NotSent::Full`]: the least credit of all lossless
    /// links. Of a live port: any number.
    pub fn room(&self) -> u32 {
        if self.plan().live {
            return u32::MAX;
        }
        let rooms = self.opened.page.seats().filter_map(super::page::Seat::room);
        rooms.min().unwrap_or(u32::MAX)
    }

    /// True if a loan will succeed. Keeps a slot for it.
    pub fn has_slot(&mut self) -> bool {
        self.records.has_free() && (self.reserve.is_some() || self.reserve().is_ok())
    }

    /// A block of at least `bytes` bytes in shared memory, writable while its handle is the only
    /// one. Its content is whatever was there before.
    pub fn loan(&mut self, bytes: usize) -> Result<BlockRef, IpcError> {
        let plan = self.opened.page.plan();
        let slot_bytes = plan.block_bytes;
        if bytes as u64 > slot_bytes {
            self.refused.too_large += 1;
            let (port, bytes) = (plan.port.clone(), bytes as u64);
            return Err(IpcError::TooLarge { port, bytes, slot: slot_bytes });
        }
        if !self.records.has_free() {
            self.refused.no_slot += 1;
            return Err(IpcError::NoSlot { port: plan.port.clone(), slots: plan.loans });
        }
        if self.reserve.is_none() {
            self.reserve()?;
        }
        let no_slot = || IpcError::NoSlot { port: plan_name(&self.opened), slots: 0 };
        let mut slot = self.reserve.take().ok_or_else(no_slot)?;
        let payload = slot.payload_mut();
        let (data, capacity) = (NonNull::from(&mut *payload).cast::<u8>(), size_of_val(payload));
        // SAFETY: the payload is the slot's own until it is dropped or sent, its lines are aligned
        // to 64, and nobody else has the loan.
        unsafe { self.records.give(slot, data, capacity) }.map_err(|_slot| no_slot())
    }

    fn reserve(&mut self) -> Result<(), IpcError> {
        let plan = self.opened.page.plan();
        // A whole slot: how much of it is used stands in the block's header.
        match self.publisher.loan_slice_uninit(lines(plan.block_bytes)) {
            Ok(slot) => {
                // SAFETY: memory of the operating system that was mapped, zero or what an earlier
                // frame left: every byte has a value.
                self.reserve = Some(unsafe { slot.assume_init() });
                Ok(())
            }
            Err(LoanError::OutOfMemory | LoanError::ExceedsMaxLoans) => {
                self.refused.no_slot += 1;
                Err(IpcError::NoSlot { port: plan.port.clone(), slots: plan.slots() })
            }
            Err(error) => Err(IpcError::transport("loan a slot of port", &plan.port, error)),
        }
    }

    /// Sends `frame`, whose block is a loan of this writer, to all readers, and rings their bells.
    /// Answers how many links it went to.
    pub fn send(&mut self, frame: RawFrame) -> Result<u32, NotSent> {
        if frame.block.origin() != self.records.origin() {
            return Err(NotSent::Foreign(frame));
        }
        if self.room() == 0 {
            return Err(NotSent::Full(frame));
        }
        let RawFrame { envelope, block } = frame;
        let mut slot = match self.records.take(block) {
            Ok(slot) => slot,
            Err(block) => return Err(NotSent::Shared(RawFrame { envelope, block })),
        };
        let links = self.count();
        if links > 0 {
            let header = slot.user_header_mut();
            header.0 = envelope;
            header.0.reserved = self.next;
            self.next = self.next.wrapping_add(1);
            self.opened.page.set_next(self.next);
            slot.send().map_err(|error| {
                NotSent::Failed(IpcError::transport("send at port", plan_name(&self.opened), error))
            })?;
            self.bells.iter().flatten().for_each(Bell::ring);
        }
        Ok(links)
    }

    /// Counts the next frame on all links before anybody can see it; on how many it is.
    fn count(&self) -> u32 {
        let mut links = 0;
        for seat in self.opened.page.seats() {
            let line = &seat.writer;
            match seat.credit.count(self.next, seat.depth()) {
                Counted::Vacant => {}
                Counted::Absent => {
                    add(&line.sent, 1);
                    add(&line.dropped, 1);
                }
                Counted::Sent { sent, given_up } => {
                    add(&line.sent, sent.into());
                    if given_up > 0 {
                        add(&line.dropped, given_up.into());
                    }
                    links += 1;
                }
            }
        }
        links
    }

    /// What had to be refused so far.
    pub fn refused(&self) -> RefusedLoans {
        self.refused
    }
}

fn add(counter: &crate::sync::atomic::AtomicU64, amount: u64) {
    // The writer settles its own line only; whoever settles after its death finds it gone.
    counter.fetch_add(amount, Ordering::Relaxed);
}

fn plan_name(opened: &Opened) -> String {
    opened.page.plan().port.clone()
}

/// A port's number for handles, which is never 0.
pub(super) fn origin_of(id: u128) -> u64 {
    ((id as u64) ^ ((id >> 64) as u64)).max(1)
}

fn publisher(
    opened: &Opened,
    plan: &PortPlan,
) -> Result<Publisher<Service, [Line], WireEnvelope>, IpcError> {
    let slots = plan.slots() as usize;
    let loans = plan.loans as usize;
    let create = || {
        opened
            .factory
            .publisher_builder()
            .initial_max_slice_len(lines(plan.block_bytes))
            // One more than handles, for the slot in reserve.
            .max_loaned_samples(loans + 1)
            .override_sample_preallocation(move |_| slots + 1)
            .create()
    };
    let created = opened.node.make(create);
    created.map_err(|error| match error {
        PublisherCreateError::ExceedsMaxSupportedPublishers => {
            IpcError::HasWriter { port: plan.port.clone() }
        }
        PublisherCreateError::UnableToCreateDataSegment => {
            IpcError::NoMemory { port: plan.port.clone(), bytes: plan.memory_bytes() }
        }
        other => IpcError::transport("write at port", &plan.port, other),
    })
}
