//! Sample counts and stream time. A position is always a count of samples from a base; nanoseconds
//! are made of it by exact integer arithmetic, so that no rounding adds up.

use streamlib_processor::abi::{Envelope, EnvelopeFlags};

const NS: i128 = 1_000_000_000;

/// How far the timestamp of a block may lie from the end of the block before it and still count as
/// following on: containers that write milliseconds round by so much.
pub const JITTER_NS: i64 = 2_000_000;

/// The time that `samples` samples at `rate` Hz last, ns, rounded to nearest.
pub fn samples_to_ns(samples: u64, rate: u32) -> i64 {
    let rate = i128::from(rate.max(1));
    i64::try_from((i128::from(samples) * NS + rate / 2) / rate).unwrap_or(i64::MAX)
}

/// How many samples at `rate` Hz last `ns` nanoseconds, rounded to nearest; 0 for negative times.
pub fn ns_to_samples(ns: i64, rate: u32) -> u64 {
    let scaled = i128::from(ns.max(0)) * i128::from(rate);
    u64::try_from((scaled + NS / 2) / NS).unwrap_or(u64::MAX)
}

/// Stream time that is counted in samples from a base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleClock {
    rate: u32,
    base_ns: i64,
    count: u64,
}

impl SampleClock {
    /// A clock of `rate` samples a second that stands at `base_ns`.
    pub fn new(rate: u32, base_ns: i64) -> Self {
        Self { rate, base_ns, count: 0 }
    }

    /// Samples a second.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Where the clock stands, ns.
    pub fn now_ns(&self) -> i64 {
        self.base_ns.saturating_add(samples_to_ns(self.count, self.rate))
    }

    /// Samples since the base.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Goes on by so many samples.
    pub fn advance(&mut self, samples: u64) {
        self.count = self.count.saturating_add(samples);
    }

    /// How many samples after the base `timestamp_ns` is; 0 for times before it.
    pub fn position_of(&self, timestamp_ns: i64) -> u64 {
        ns_to_samples(timestamp_ns.saturating_sub(self.base_ns), self.rate)
    }
}

/// How a block lies to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// It is the first one, or the first one of a new epoch.
    Start,
    /// It follows on.
    Continues,
    /// So many samples are missing before it; 0 if it is only marked as a discontinuity.
    Gap(u64),
    /// Its first so many samples lie before the end of the block before it.
    Overlap(u64),
}

/// Follows the blocks of one input and tells how each lies to the one before it.
#[derive(Debug, Clone, Default)]
pub struct InputTimeline {
    clock: Option<SampleClock>,
    epoch: u32,
}

impl InputTimeline {
    /// Forgets what came: the next block is a start.
    pub fn reset(&mut self) {
        self.clock = None;
    }

    /// Where the last block ended, ns; `None` before the first.
    pub fn end_ns(&self) -> Option<i64> {
        self.clock.map(|clock| clock.now_ns())
    }

    /// Places a block of `frames` samples a channel and counts it. Times within [`JITTER_NS`] of
    /// the end of the block before it follow on; the position is then that of the sample count.
    /// A change of rate is for the caller to see: it resets first.
    pub fn place(&mut self, envelope: &Envelope, rate: u32, frames: u64) -> Placement {
        let timestamp_ns = envelope.timestamp_ns;
        let placement = match &self.clock {
            Some(clock) if envelope.epoch == self.epoch && clock.rate() == rate => {
                let off_ns = timestamp_ns.saturating_sub(clock.now_ns());
                let marked = envelope.flags.contains(EnvelopeFlags::DISCONTINUITY);
                match off_ns {
                    i64::MIN..0 if off_ns < -JITTER_NS => {
                        Placement::Overlap(ns_to_samples(off_ns.saturating_neg(), rate))
                    }
                    _ if off_ns > JITTER_NS => Placement::Gap(ns_to_samples(off_ns, rate)),
                    _ if marked => Placement::Gap(0),
                    _ => Placement::Continues,
                }
            }
            _ => Placement::Start,
        };
        self.epoch = envelope.epoch;
        let restarted = match (placement, self.clock) {
            (Placement::Start, _) | (_, None) => Some(SampleClock::new(rate, timestamp_ns)),
            (Placement::Gap(0), _) => None,
            (Placement::Gap(_), _) => Some(SampleClock::new(rate, timestamp_ns)),
            _ => None,
        };
        self.clock = restarted.or(self.clock);
        if let Some(clock) = &mut self.clock {
            let overlap = if let Placement::Overlap(samples) = placement { samples } else { 0 };
            clock.advance(frames.saturating_sub(overlap));
        }
        placement
    }
}

/// The envelope of a block that is made from the one that `source` belongs to and starts at
/// `timestamp_ns`: capture time, epoch and trace are kept; number, format, duration and the mark
/// of a discontinuity are not.
pub fn retimed(source: &Envelope, timestamp_ns: i64) -> Envelope {
    let mut envelope = Envelope {
        timestamp_ns,
        sequence: 0,
        format_id: 0,
        flags: source.flags.without(EnvelopeFlags::DISCONTINUITY),
        ..*source
    };
    envelope.set_duration_ns(None);
    envelope
}

/// `envelope` with the mark of a discontinuity.
pub fn marked(mut envelope: Envelope) -> Envelope {
    envelope.flags = envelope.flags.with(EnvelopeFlags::DISCONTINUITY);
    envelope
}

#[cfg(test)]
mod tests;
