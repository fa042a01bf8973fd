//! What the planner decides about a port before it is made: its seats, and with them its memory.

use crate::IpcError;

/// Seats beyond the declared consumers, for those that come later.
pub const SPARE_SEATS: usize = 2;
/// The most seats that a port has, all kinds together.
pub const MOST_SEATS: usize = 64;
/// The most frames a link's queue holds, and the most a consumer declares to hold.
pub const MOST_DEPTH: u32 = 1 << 16;

/// How a consumer wants its frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The newest wins; the queue has one place.
    Latest,
    /// The queue gives up its oldest frame.
    EverySample,
    /// The writer has no room while the queue is full.
    Lossless,
}

/// What becomes of a lossless link's frames from the death of its reader until there is one again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnPeerDeath {
    /// They are dropped, counted.
    #[default]
    Drop,
    /// The writer has no room.
    Hold,
}

/// What a seat is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeatRole {
    /// A consumer that was declared.
    Consumer,
    /// One that comes later.
    Spare,
    /// The taps of the port, which share it.
    Tap,
}

/// One seat of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeatPlan {
    /// What it is for.
    pub role: SeatRole,
    /// How its frames are wanted. Of a spare seat: whatever comes.
    pub delivery: Delivery,
    /// Frames in its queue, at least 1. Of a spare seat: the most there may be.
    pub depth: u32,
    /// Frames that its consumer holds beyond the one it works on. Of a spare seat: the most.
    pub held: u32,
    /// What the death of a lossless consumer means.
    pub on_peer_death: OnPeerDeath,
}

impl SeatPlan {
    /// A declared consumer.
    pub fn consumer(delivery: Delivery, depth: u32, held: u32) -> Self {
        let depth = if delivery == Delivery::Latest { 1 } else { depth };
        let on_peer_death = OnPeerDeath::default();
        Self { role: SeatRole::Consumer, delivery, depth, held, on_peer_death }
    }

    /// Slots that its frames may take at the same time.
    fn slots(self) -> u32 {
        self.depth + self.held + 1
    }
}

/// An output port that reaches other processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortPlan {
    /// Its name in the runtime, such as `camera.video`.
    pub port: String,
    /// Which making of the port this is. A consumer that finds no seat, or a frame that finds no
    /// slot, needs the next one.
    pub generation: u32,
    /// The largest block, in bytes.
    pub block_bytes: u64,
    /// Blocks that the producer fills at the same time.
    pub loans: u32,
    /// A live source is never held up: a full lossless link loses its oldest frame instead.
    pub live: bool,
    /// Its seats: the consumers in the order of their links, the spare ones, the tap's.
    pub seats: Vec<SeatPlan>,
}

impl PortPlan {
    /// A port of generation 0 with a seat for each of `consumers`, two spare ones that are as large
    /// as the largest of them, and one for taps.
    pub fn new(port: &str, block_bytes: u64, loans: u32, consumers: &[SeatPlan]) -> Self {
        let mut seats = consumers.to_vec();
        let most = |of: fn(&SeatPlan) -> u32| consumers.iter().map(of).max().unwrap_or(1).max(1);
        let spare = SeatPlan {
            role: SeatRole::Spare,
            ..SeatPlan::consumer(Delivery::EverySample, most(|seat| seat.depth), most(|s| s.held))
        };
        let tap =
            SeatPlan { role: SeatRole::Tap, ..SeatPlan::consumer(Delivery::EverySample, 2, 1) };
        seats.extend([spare; SPARE_SEATS]);
        seats.push(tap);
        let port = port.to_owned();
        Self { port, generation: 0, block_bytes, loans, live: false, seats }
    }

    /// How many slots the port has: what all its seats and loans may hold at the same time.
    pub fn slots(&self) -> u32 {
        self.seats.iter().map(|seat| seat.slots()).sum::<u32>() + self.loans
    }

    /// Bytes of shared memory that the slots take, for the budget.
    pub fn memory_bytes(&self) -> u64 {
        // Each slot has a header of the transport's and an envelope before its block; one slot more
        // is kept ready for the next loan.
        let slot = self.block_bytes.next_multiple_of(64) + 192;
        slot.saturating_mul(u64::from(self.slots()) + 1)
    }

    /// The seat of the taps.
    pub fn tap_seat(&self) -> Option<usize> {
        self.seats.iter().position(|seat| seat.role == SeatRole::Tap)
    }

    /// That the plan can be kept.
    pub(crate) fn check(&self) -> Result<(), IpcError> {
        crate::error::check_name("port", &self.port)?;
        let failed = |what: String| Err(IpcError::Plan { port: self.port.clone(), what });
        if self.seats.is_empty() || self.seats.len() > MOST_SEATS {
            let have = self.seats.len();
            return failed(format!("it has {have} seats, and 1 to {MOST_SEATS} are possible"));
        }
        for (index, seat) in self.seats.iter().enumerate() {
            if !(1..=MOST_DEPTH).contains(&seat.depth) || seat.held > MOST_DEPTH {
                return failed(format!(
                    "seat {index} has depth {} and holds {}; depths are 1 to {MOST_DEPTH}, and no \
                     consumer holds more",
                    seat.depth, seat.held
                ));
            }
        }
        if self.loans == 0 || self.loans > MOST_DEPTH {
            return failed(format!("it has {} loans; 1 to {MOST_DEPTH} are possible", self.loans));
        }
        if self.block_bytes == 0 || self.block_bytes > 1 << 40 {
            let bytes = self.block_bytes;
            return failed(format!("its blocks have {bytes} bytes; 1 byte to 1 TiB is possible"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_for_all_seats_and_loans() {
        let consumers = [
            SeatPlan::consumer(Delivery::Lossless, 8, 2),
            SeatPlan::consumer(Delivery::Latest, 9, 0),
        ];
        let plan = PortPlan::new("camera.video", 1000, 2, &consumers);
        // 8+2+1, 1+0+1, two spare of 8+2+1, the tap's 2+1+1, two loans.
        assert_eq!(plan.slots(), 11 + 2 + 22 + 4 + 2);
        assert_eq!(plan.memory_bytes(), (u64::from(plan.slots()) + 1) * (1024 + 192));
        assert_eq!(plan.tap_seat(), Some(4));
        assert!(plan.check().is_ok());
    }

    #[test]
    fn plans_that_cannot_be_kept_are_refused_by_name() {
        let check = |change: fn(&mut PortPlan), expected: &str| {
            let mut plan = PortPlan::new("p", 1, 1, &[]);
            change(&mut plan);
            let message = plan.check().expect_err("refused").to_string();
            assert!(message.contains(expected), "{message}");
        };
        check(|plan| plan.port = "../p".to_owned(), "\"../p\" cannot name a port");
        check(|plan| plan.seats.clear(), "it has 0 seats");
        check(|plan| plan.seats = vec![plan.seats[0]; 65], "it has 65 seats");
        check(|plan| plan.seats[1].depth = 0, "seat 1 has depth 0 and holds 1");
        check(|plan| plan.seats[2].held = u32::MAX, "seat 2 has depth 2 and holds 4294967295");
        check(|plan| plan.loans = 0, "it has 0 loans");
        check(|plan| plan.block_bytes = 0, "its blocks have 0 bytes");
    }
}
