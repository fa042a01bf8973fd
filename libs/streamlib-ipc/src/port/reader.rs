//! The reading end of a port: one seat of it.
//!
//! Guarantees: a frame is read where it was written, and its handle may be kept, passed to a
//! plugin and dropped anywhere; it is never writable. Frames come in the order of sending, each at
//! most once; how many did not come is said with the next one. Who holds as many frames as its seat
//! allows gets no more until it lets go of one, and loses none by it.
//!
//! Not promised: that a writer of malign intent leaves a sent block alone. Who reads a block checks
//! it (`BlockView::parse`); all processes of a domain are of one user.
//!
//! Used by one thread at a time: whoever runs the consumer.

use std::ptr::NonNull;
use std::sync::Arc;

use iceoryx2::port::subscriber::{Subscriber, SubscriberCreateError};
use iceoryx2::prelude::{CallbackProgression, PortFactory as _};
use streamlib_abi::RawFrame;

use super::page::{Revoked, Seat, SeatCounters};
use super::plan::{Delivery, OnPeerDeath, SeatPlan, SeatRole};
use super::records::{Access, Records};
use super::service::{Line, Opened, ReceivedSlot, WireEnvelope};
use super::writer::origin_of;
use crate::credit::Taken;
use crate::node::Service;
use crate::sync::atomic::Ordering;
use crate::{Bell, IpcError, Node, sys};

/// A frame that was received.
#[derive(Debug)]
pub struct Received {
    /// The frame. Its block is not writable.
    pub frame: RawFrame,
    /// How many frames of this link did not come between the one before and this.
    pub missed: u32,
}

/// See the module.
#[derive(Debug)]
pub struct PortReader {
    subscriber: Subscriber<Service, [Line], WireEnvelope>,
    records: Arc<Records<ReceivedSlot>>,
    bell: Option<Bell>,
    opened: Arc<Opened>,
    seat: usize,
    epoch: u32,
    depth: u32,
    /// The generation before, until it is read to its end.
    before: Option<Box<PortReader>>,
}

impl PortReader {
    /// Takes seat `seat` of `port` as its plan says.
    pub fn open(node: &Node, port: &str, generation: u32, seat: usize) -> Result<Self, IpcError> {
        let opened = Opened::open(node, port, generation)?;
        let planned = opened.page.plan().seats.get(seat).copied();
        let planned = planned.ok_or_else(|| no_seat(port, seat, "there is no such seat"))?;
        Self::take_seat(opened, seat, planned)
    }

    /// Takes a spare seat for a consumer that was not declared. It must fit the seat.
    pub fn open_spare(
        node: &Node,
        port: &str,
        generation: u32,
        seat: usize,
        consumer: SeatPlan,
    ) -> Result<Self, IpcError> {
        let opened = Opened::open(node, port, generation)?;
        let planned = opened.page.plan().seats.get(seat).copied();
        match planned {
            Some(spare) if spare.role == SeatRole::Spare => {
                if consumer.depth > spare.depth || consumer.held > spare.held {
                    let what = format!(
                        "it has room for depth {} and {} held, and {} and {} are needed",
                        spare.depth, spare.held, consumer.depth, consumer.held
                    );
                    return Err(no_seat(port, seat, &what));
                }
                Self::take_seat(opened, seat, consumer)
            }
            Some(_) => Err(no_seat(port, seat, "it is no spare seat")),
            None => Err(no_seat(port, seat, "there is no such seat")),
        }
    }

    fn take_seat(opened: Arc<Opened>, seat: usize, plan: SeatPlan) -> Result<Self, IpcError> {
        let port = &opened.page.plan().port;
        let page_seat = opened.page.seat(seat);
        // The transport first: whoever is offered to the writer gets what it sends from then on.
        let subscriber = subscriber(&opened, plan.depth, seat)?;
        let mut mapped = Ok(());
        let mut origin = 0;
        opened.factory.dynamic_config().list_publishers(|publisher| {
            let id = publisher.publisher_id.value();
            origin = origin_of(id);
            mapped = opened.node.prefault(id, sys::Touch::Read);
            CallbackProgression::Continue
        });
        mapped.map_err(|error| IpcError::system("map the slots of port", port, error))?;
        if !matches!(page_seat.credit.state(), crate::SeatState::Vacant | crate::SeatState::Absent)
        {
            return Err(IpcError::SeatTaken { port: port.clone(), seat });
        }
        page_seat.set_depth(plan.depth);
        page_seat.set_delivery(plan.delivery, plan.on_peer_death);
        let taken = page_seat.credit.offer();
        let epoch = taken.ok_or_else(|| IpcError::SeatTaken { port: port.clone(), seat })?;
        let records =
            Records::new(plan.held as usize + 1, origin, Access::Received, opened.clone());
        let (bell, depth) = (None, plan.depth);
        Ok(Self { subscriber, records, bell, opened, seat, epoch, depth, before: None })
    }

    /// Rings `bell`, the writer's, when its link has room again: when a full queue is half empty.
    pub fn set_bell(&mut self, bell: Option<Bell>) {
        self.bell = bell;
    }

    /// Reads on in the next generation of the port, after all that is left in this one.
    pub fn follow(&mut self, next: PortReader) {
        let before = std::mem::replace(self, next);
        if self.bell.is_none() {
            self.bell.clone_from(&before.bell);
        }
        self.before = Some(Box::new(before));
    }

    /// True if there may be a frame. For whoever goes to sleep otherwise.
    pub fn has_frames(&self) -> bool {
        let is_waiting = self.before.as_ref().is_some_and(|before| before.has_frames());
        // Where the transport fails, reading says so.
        is_waiting || self.subscriber.has_samples().unwrap_or(true)
    }

    /// The next frame, if there is one. Makes room in the link, and rings for it.
    pub fn read(&mut self) -> Result<Option<Received>, IpcError> {
        if let Some(before) = &mut self.before {
            match before.read() {
                Ok(None) | Err(IpcError::Revoked { .. }) => {}
                other => return other,
            }
            // The writer sends nothing to the generation before once it sent to this one.
            if !self.subscriber.has_samples().unwrap_or(false) {
                return Ok(None);
            }
            match before.read() {
                Ok(None) | Err(IpcError::Revoked { .. }) => self.before = None,
                other => return other,
            }
        }
        self.read_here()
    }

    fn read_here(&mut self) -> Result<Option<Received>, IpcError> {
        loop {
            if !self.records.has_free() {
                let (port, seat) = (self.port().to_owned(), self.seat);
                return Err(IpcError::HoldsTooMany { port, seat, held: self.records.held() });
            }
            let slot = self
                .subscriber
                .receive()
                .map_err(|error| IpcError::transport("read at port", self.port(), error))?;
            let Some(slot) = slot else {
                if self.seat().credit.is_reader(self.epoch) {
                    return Ok(None);
                }
                return Err(self.revoked());
            };
            let mut envelope = slot.user_header().0;
            let number = std::mem::take(&mut envelope.reserved);
            match self.seat().credit.take(self.epoch, number) {
                Taken::NotOfThisLink => {}
                Taken::Revoked => return Err(self.revoked()),
                Taken::Delivered { missing, in_flight } => {
                    self.count(missing, in_flight);
                    let payload = slot.payload();
                    let data = NonNull::from(payload).cast::<u8>();
                    let capacity = size_of_val(payload);
                    // SAFETY: the bytes are the slot's until it is dropped, aligned to 64 as
                    // lines are, and nobody writes them: what is received counts as shared.
                    let block = unsafe { self.records.give(slot, data, capacity) };
                    let Ok(block) = block else {
                        return Ok(None);
                    };
                    let frame = RawFrame { envelope, block };
                    return Ok(Some(Received { frame, missed: missing }));
                }
            }
        }
    }

    fn count(&self, missing: u32, in_flight: u32) {
        let line = &self.seat().reader;
        line.delivered.fetch_add(1, Ordering::Relaxed);
        if missing > 0 {
            line.missing.fetch_add(missing.into(), Ordering::Relaxed);
        }
        // A writer that waits is woken when the queue is half empty, and from then on with each
        // frame: it may want room for several. Where it is awake, ringing is a fence and a look.
        if in_flight <= self.depth / 2
            && let Some(bell) = &self.bell
        {
            bell.ring();
        }
    }

    fn seat(&self) -> &Seat {
        self.opened.page.seat(self.seat)
    }

    fn port(&self) -> &str {
        &self.opened.page.plan().port
    }

    fn revoked(&self) -> IpcError {
        IpcError::Revoked { port: self.port().to_owned(), seat: self.seat }
    }

    /// How many frames the consumer holds now.
    pub fn held(&self) -> usize {
        self.records.held()
    }

    /// The counters of this link.
    pub fn counters(&self) -> SeatCounters {
        self.seat().counters()
    }
}

impl Drop for PortReader {
    fn drop(&mut self) {
        self.seat().revoke(Revoked::Disconnected, Some(self.epoch));
        let seat = self.seat();
        if seat.plan().role == SeatRole::Spare && !seat.credit.is_reader(self.epoch) {
            seat.set_delivery(Delivery::EverySample, OnPeerDeath::Drop);
        }
        if let Some(bell) = &self.bell {
            bell.ring();
        }
    }
}

fn no_seat(port: &str, seat: usize, what: &str) -> IpcError {
    IpcError::Seat { port: port.to_owned(), seat, what: what.to_owned() }
}

fn subscriber(
    opened: &Opened,
    depth: u32,
    seat: usize,
) -> Result<Subscriber<Service, [Line], WireEnvelope>, IpcError> {
    let create = || opened.factory.subscriber_builder().buffer_size(depth as usize).create();
    let created = opened.node.make(create);
    let port = &opened.page.plan().port;
    created.map_err(|error| match error {
        SubscriberCreateError::ExceedsMaxSupportedSubscribers => {
            IpcError::SeatTaken { port: port.clone(), seat }
        }
        other => IpcError::transport("read at port", port, other),
    })
}
