//! The shared page of a port: its plan, and of each seat the credit word and the counters.
//!
//! The runtime makes it; writer, readers and runtime map it. It is an object of our own, and not
//! one of the transport's, because both ends and the runtime change a link's word with atomic
//! exchanges, which a blackboard (one writer a value, read by copy) does not offer; because it
//! outlives the death of either end, so that what was in flight can still be counted; and because
//! it goes with the runtime's folder whatever happened to the transport.
//!
//! Numbers of a page are checked when it is opened, and nothing read later leads outside it.

use std::path::Path;

use super::plan::{Delivery, MOST_SEATS, OnPeerDeath, PortPlan, SeatPlan, SeatRole};
use crate::IpcError;
use crate::credit::{CreditWord, SeatState};
use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use crate::sys::{Mapping, PAGE};

const MAGIC: u64 = u64::from_le_bytes(*b"slport01");

/// The first line of the page.
#[repr(C, align(64))]
struct Header {
    magic: AtomicU64,
    block_bytes: AtomicU64,
    generation: AtomicU32,
    seats: AtomicU32,
    loans: AtomicU32,
    live: AtomicU32,
    /// The number of the next frame.
    next: AtomicU32,
}

/// The lines of a seat. Each side writes a line of its own.
#[repr(C, align(64))]
pub(crate) struct Seat {
    pub(crate) credit: CreditWord,
    role: AtomicU32,
    delivery: AtomicU32,
    /// As planned: of a spare seat, the most.
    most: AtomicU32,
    held: AtomicU32,
    on_peer_death: AtomicU32,
    /// Of whoever sits there now.
    depth: AtomicU32,
    pub(crate) writer: WriterLine,
    pub(crate) reader: ReaderLine,
    pub(crate) revoker: RevokerLine,
}

/// What the writer counts.
#[repr(C, align(64))]
pub(crate) struct WriterLine {
    pub(crate) sent: AtomicU64,
    /// Dropped because nobody was there, or because numbers could not be compared any more.
    pub(crate) dropped: AtomicU64,
}

/// What the reader counts.
#[repr(C, align(64))]
pub(crate) struct ReaderLine {
    pub(crate) delivered: AtomicU64,
    pub(crate) missing: AtomicU64,
}

/// What whoever takes the seat away counts.
#[repr(C, align(64))]
pub(crate) struct RevokerLine {
    pub(crate) lost: AtomicU64,
    pub(crate) flushed: AtomicU64,
}

const SEAT_BYTES: usize = size_of::<Seat>();
const HEADER_BYTES: usize = size_of::<Header>();
const _: () = assert!(HEADER_BYTES == 64 && SEAT_BYTES == 256);

/// Counters of one link that leaves the process. Always, when nothing is under way:
/// `sent == delivered + dropped + flushed + lost + in_flight`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SeatCounters {
    /// Frames for this link.
    pub sent: u64,
    /// Frames that its reader took.
    pub delivered: u64,
    /// Frames that a newer one displaced, or that came while its reader was dead.
    pub dropped: u64,
    /// Frames that were in flight when the link was disconnected or stopped.
    pub flushed: u64,
    /// Frames that were in flight when its reader died.
    pub lost: u64,
    /// Frames that are under way.
    pub in_flight: u64,
}

/// Why a reader loses its seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// Its process died: what was in flight is lost.
    PeerDied,
    /// It was stopped or disconnected: what was in flight is flushed.
    Disconnected,
}

/// A mapped page.
#[derive(Debug)]
pub(crate) struct Page {
    mapping: Mapping,
    plan: PortPlan,
}

impl Page {
    pub(crate) fn file_name(port: &str, generation: u32) -> String {
        format!("port-{generation}-{port}")
    }

    /// Makes the page of `plan` at `path`.
    pub(crate) fn create(path: &Path, plan: PortPlan) -> Result<Self, IpcError> {
        let length = (HEADER_BYTES + plan.seats.len() * SEAT_BYTES).next_multiple_of(PAGE);
        let mapping = Mapping::create(path, length)
            .map_err(|error| IpcError::system("make", path.display(), error))?;
        let page = Self { mapping, plan };
        let header = page.header();
        let plan = &page.plan;
        header.block_bytes.store(plan.block_bytes, Ordering::Relaxed);
        header.generation.store(plan.generation, Ordering::Relaxed);
        header.seats.store(plan.seats.len() as u32, Ordering::Relaxed);
        header.loans.store(plan.loans, Ordering::Relaxed);
        header.live.store(plan.live.into(), Ordering::Relaxed);
        for (index, planned) in plan.seats.iter().enumerate() {
            let seat = page.seat(index);
            seat.role.store(role_number(planned.role), Ordering::Relaxed);
            seat.most.store(planned.depth, Ordering::Relaxed);
            seat.depth.store(planned.depth, Ordering::Relaxed);
            seat.held.store(planned.held, Ordering::Relaxed);
            seat.set_delivery(planned.delivery, planned.on_peer_death);
        }
        // Whoever sees the magic number sees the rest.
        header.magic.store(MAGIC, Ordering::Release);
        Ok(page)
    }

    /// Opens the page of a port that was made.
    pub(crate) fn open(path: &Path, port: &str, generation: u32) -> Result<Self, IpcError> {
        let mapping = Mapping::open(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => IpcError::NoPort { port: port.to_owned(), generation },
            _ => IpcError::system("open", path.display(), error),
        })?;
        let failed = |what| IpcError::Page { place: format!("port {port}"), what };
        if mapping.length() < HEADER_BYTES + SEAT_BYTES {
            return Err(failed("it is too short"));
        }
        let plan = PortPlan {
            port: port.to_owned(),
            generation,
            block_bytes: 0,
            loans: 0,
            live: false,
            seats: Vec::new(),
        };
        let mut page = Self { mapping, plan };
        let header = page.header();
        if header.magic.load(Ordering::Acquire) != MAGIC {
            return Err(failed("it is not finished, or of another version"));
        }
        let seats = header.seats.load(Ordering::Relaxed) as usize;
        if seats > MOST_SEATS || HEADER_BYTES + seats * SEAT_BYTES > page.mapping.length() {
            return Err(failed("it has more seats than room"));
        }
        let mut plan = PortPlan {
            block_bytes: header.block_bytes.load(Ordering::Relaxed),
            loans: header.loans.load(Ordering::Relaxed),
            live: header.live.load(Ordering::Relaxed) != 0,
            ..page.plan.clone()
        };
        plan.seats = vec![SeatPlan::consumer(Delivery::Latest, 1, 0); seats];
        page.plan = plan;
        let planned: Vec<_> = (0..seats).map(|index| page.seat(index).plan()).collect();
        page.plan.seats = planned;
        page.plan.check().map_err(|_| failed("its plan cannot be kept"))?;
        Ok(page)
    }

    pub(crate) fn plan(&self) -> &PortPlan {
        &self.plan
    }

    fn header(&self) -> &Header {
        // SAFETY: a page is as long as a header at least and starts at a page's boundary; all
        // fields are atomics, for which every content is valid.
        unsafe { self.mapping.start().cast::<Header>().as_ref() }
    }

    /// The lines of seat `index`, of those that the plan has.
    pub(crate) fn seat(&self, index: usize) -> &Seat {
        assert!(index < self.plan.seats.len(), "a seat of the plan");
        // SAFETY: the page has room for all seats of the plan, checked when it was made or opened;
        // all fields are atomics, for which every content is valid.
        unsafe {
            self.mapping.start().add(HEADER_BYTES + index * SEAT_BYTES).cast::<Seat>().as_ref()
        }
    }

    pub(crate) fn seats(&self) -> impl Iterator<Item = &Seat> {
        (0..self.plan.seats.len()).map(|index| self.seat(index))
    }

    /// The number of the next frame.
    pub(crate) fn next(&self) -> u32 {
        self.header().next.load(Ordering::Acquire)
    }

    pub(crate) fn set_next(&self, next: u32) {
        self.header().next.store(next, Ordering::Release);
    }
}

impl Seat {
    /// What the seat was made for.
    pub(crate) fn plan(&self) -> SeatPlan {
        SeatPlan {
            role: match self.role.load(Ordering::Relaxed) {
                0 => SeatRole::Consumer,
                1 => SeatRole::Spare,
                _ => SeatRole::Tap,
            },
            delivery: self.delivery(),
            depth: self.most.load(Ordering::Relaxed),
            held: self.held.load(Ordering::Relaxed),
            on_peer_death: match self.on_peer_death.load(Ordering::Relaxed) {
                0 => OnPeerDeath::Drop,
                _ => OnPeerDeath::Hold,
            },
        }
    }

    /// Says how frames are wanted here. Before the seat is offered.
    pub(crate) fn set_delivery(&self, delivery: Delivery, on_peer_death: OnPeerDeath) {
        let number = match delivery {
            Delivery::Latest => 0,
            Delivery::EverySample => 1,
            Delivery::Lossless => 2,
        };
        self.delivery.store(number, Ordering::Release);
        let number = u32::from(on_peer_death == OnPeerDeath::Hold);
        self.on_peer_death.store(number, Ordering::Release);
    }

    /// Says how many frames its queue holds. Before the seat is offered.
    pub(crate) fn set_depth(&self, depth: u32) {
        self.depth.store(depth, Ordering::Release);
    }

    fn delivery(&self) -> Delivery {
        match self.delivery.load(Ordering::Acquire) {
            0 => Delivery::Latest,
            1 => Delivery::EverySample,
            _ => Delivery::Lossless,
        }
    }

    /// How many frames the queue of its reader holds.
    pub(crate) fn depth(&self) -> u32 {
        self.depth.load(Ordering::Acquire)
    }

    /// How many frames may be sent here before the writer has to wait; `None`: as many as it likes.
    pub(crate) fn room(&self) -> Option<u32> {
        if self.delivery() != Delivery::Lossless {
            return None;
        }
        let holds = self.on_peer_death.load(Ordering::Relaxed) != 0;
        match self.credit.room(self.depth()) {
            None if holds && self.credit.state() == SeatState::Absent => Some(0),
            room => room,
        }
    }

    /// Takes the seat away and counts what was in flight. With an epoch, only from that reader.
    pub(crate) fn revoke(&self, why: Revoked, epoch: Option<u32>) -> u64 {
        let (state, counter) = match why {
            Revoked::PeerDied => (SeatState::Absent, &self.revoker.lost),
            Revoked::Disconnected => (SeatState::Vacant, &self.revoker.flushed),
        };
        let in_flight = u64::from(self.credit.revoke(state, epoch));
        counter.fetch_add(in_flight, Ordering::AcqRel);
        in_flight
    }

    /// After a death: what the dead side had begun to count is put right. The counters of a link
    /// are exact while both its sides live; who dies between two of them leaves one too low.
    pub(crate) fn settle(&self) {
        let counters = self.counters();
        let accounted = counters.delivered
            + counters.dropped
            + counters.flushed
            + counters.lost
            + counters.in_flight;
        match counters.sent.checked_sub(accounted) {
            Some(taken_in_death) => {
                self.revoker.lost.fetch_add(taken_in_death, Ordering::AcqRel);
            }
            None => {
                self.writer.sent.fetch_add(accounted - counters.sent, Ordering::AcqRel);
            }
        }
    }

    pub(crate) fn counters(&self) -> SeatCounters {
        let load = |counter: &AtomicU64| counter.load(Ordering::Acquire);
        SeatCounters {
            sent: load(&self.writer.sent),
            delivered: load(&self.reader.delivered),
            dropped: load(&self.writer.dropped) + load(&self.reader.missing),
            flushed: load(&self.revoker.flushed),
            lost: load(&self.revoker.lost),
            in_flight: self.credit.in_flight().into(),
        }
    }
}

fn role_number(role: SeatRole) -> u32 {
    match role {
        SeatRole::Consumer => 0,
        SeatRole::Spare => 1,
        SeatRole::Tap => 2,
    }
}
