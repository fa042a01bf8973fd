//! Times of frames: kept while a codec holds frames back, kept in order at a port, and counted in
//! samples.

use std::collections::VecDeque;

use streamlib_processor::abi::{Envelope, EnvelopeFlags};
use streamlib_processor::{FrameType, Output};

const NS: i128 = 1_000_000_000;

/// More frames than any built-in codec holds back: H.264 reorders by at most 16 pictures.
const MOST_HELD: usize = 32;

/// The time that so many samples at `rate` Hz last, ns, rounded to the nearest.
pub(super) fn samples_to_ns(samples: i64, rate: u32) -> i64 {
    let rate = i128::from(rate.max(1));
    let ns = (i128::from(samples) * NS + rate / 2).div_euclid(rate);
    i64::try_from(ns).unwrap_or(i64::MAX)
}

/// How many samples at `rate` Hz last `ns` nanoseconds, rounded to the nearest; 0 for negative
/// times.
pub(super) fn ns_to_samples(ns: i64, rate: u32) -> usize {
    let samples = (i128::from(ns.max(0)) * i128::from(rate) + NS / 2) / NS;
    usize::try_from(samples).unwrap_or(usize::MAX)
}

/// The envelope of a frame that is made from the one of `source` and starts at `timestamp_ns`:
/// duration, capture time, epoch and trace are kept; number, format and marks are not.
pub(super) fn derived(source: &Envelope, timestamp_ns: i64) -> Envelope {
    Envelope {
        timestamp_ns,
        sequence: 0,
        format_id: 0,
        flags: source.flags.without(EnvelopeFlags::DISCONTINUITY),
        ..*source
    }
}

/// Marks the frame as one that does not follow on.
pub(super) fn mark(envelope: &mut Envelope) {
    envelope.flags = envelope.flags.with(EnvelopeFlags::DISCONTINUITY);
}

/// Keeps the timestamps of an output from going back.
#[derive(Debug, Default)]
pub(super) struct OutputOrder {
    last: Option<(i64, u32)>,
}

impl OutputOrder {
    /// To be called before a frame is sent. Where time goes back, a newer epoch of the source
    /// starts a new one at the port; else the frame gets the time of the one before it.
    pub(super) fn place<F: FrameType>(&mut self, envelope: &mut Envelope, output: &mut Output<F>) {
        if let Some((last_ns, epoch)) = self.last
            && envelope.timestamp_ns < last_ns
        {
            if envelope.epoch > epoch {
                output.next_epoch();
            } else {
                envelope.timestamp_ns = last_ns;
            }
        }
        self.last = Some((envelope.timestamp_ns, envelope.epoch));
    }
}

/// A frame that is in a codec.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pts_ns: i64,
    /// What its sending said.
    pub(super) envelope: Envelope,
    /// Whether what comes out for it is to be sent.
    pub(super) shown: bool,
}

/// The frames that are in a codec, by pts. Bounded: those for which nothing ever comes out make
/// room for newer ones.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    held: VecDeque<Held>,
}

impl InFlight {
    /// A frame goes in.
    pub(super) fn push(&mut self, pts_ns: i64, envelope: Envelope, shown: bool) {
        self.held.reserve(MOST_HELD - self.held.len().min(MOST_HELD));
        if self.held.len() == MOST_HELD {
            self.held.pop_front();
        }
        self.held.push_back(Held { pts_ns, envelope, shown });
    }

    /// What belongs to the frame that came out with this pts.
    pub(super) fn take(&mut self, pts_ns: i64) -> Held {
        let index = self.held.iter().position(|held| held.pts_ns == pts_ns);
        let known = index.and_then(|index| self.held.remove(index));
        known.unwrap_or(Held { pts_ns, envelope: Envelope::at(pts_ns), shown: true })
    }

    /// Nothing is in the codec any more.
    pub(super) fn clear(&mut self) {
        self.held.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sample_counts_round_to_the_nearest_nanosecond_and_back() {
        for (samples, rate, ns) in [
            (0, 48_000, 0),
            (1, 48_000, 20_833),
            (2, 48_000, 41_667),
            (-312, 48_000, -6_500_000),
            (-1, 48_000, -20_833),
            (44_100 * 86_400, 44_100, 86_400_000_000_000),
        ] {
            assert_eq!(samples_to_ns(samples, rate), ns, "{samples} at {rate} Hz");
            let back = usize::try_from(samples).unwrap_or(0);
            assert_eq!(ns_to_samples(ns, rate), back, "{ns} ns at {rate} Hz");
        }
    }

    #[test]
    fn what_never_comes_out_makes_room() {
        let mut in_flight = InFlight::default();
        for pts_ns in 0..40 {
            in_flight.push(pts_ns, Envelope { trace_id: [7; 16], ..Envelope::at(pts_ns) }, false);
        }
        let forgotten = in_flight.take(7);
        assert_eq!((forgotten.envelope, forgotten.shown), (Envelope::at(7), true));
        let kept = in_flight.take(8);
        assert_eq!((kept.envelope.trace_id, kept.shown), ([7; 16], false));
        assert!(in_flight.take(8).shown, "it was taken");
    }
}
