//! How long a processor's calls take: whether they are worth another worker.
//!
//! A worker keeps what it makes ready for itself, because waking another costs more than a short
//! call. Before a call that is known to be long it lets the others have it.

use super::stats::SAMPLE_EVERY;

/// Calls that take longer on average are long: a few times what a wake costs.
const LONG_NS: u64 = 50_000;
/// Calls that are all measured when a processor is new.
pub(super) const FIRST_CALLS: u64 = 8;
/// No call counts for more, so that one stall is forgotten soon.
const MOST_NS: u64 = 1_000_000;

/// See the module. Belongs to the holder of the strand's RUN bit.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    average_ns: u64,
}

impl Pace {
    /// True if its calls are known to be long.
    #[inline]
    pub(crate) fn is_long(&self) -> bool {
        self.average_ns >= LONG_NS
    }

    /// True if call `number` is to be measured: long calls always are, for it costs them nothing.
    #[inline]
    pub(crate) fn wants(&self, number: u64) -> bool {
        self.is_long() || number < FIRST_CALLS || number.is_multiple_of(SAMPLE_EVERY)
    }

    /// A call took this long.
    pub(crate) fn record(&mut self, duration_ns: u64) {
        self.average_ns = (self.average_ns * 3 + duration_ns.min(MOST_NS)) / 4;
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// Whether a processor with calls of these lengths is long after each.
    fn check(durations_us: &[u64], expected: &[bool]) {
        let mut pace = Pace::default();
        let is_long = durations_us.iter().map(|us| {
            pace.record(us * 1000);
            pace.is_long()
        });
        assert_eq!(is_long.collect::<Vec<_>>(), expected, "{durations_us:?}");
    }

    #[test]
    fn a_processor_is_long_while_its_calls_are_on_average() {
        check(&[10, 10, 150, 10], &[false; 4]);
        check(&[3000, 2, 2, 3000], &[true; 4]);
        let stall = [[20_000].as_slice(), &[1; 12]].concat();
        check(&stall, &[[true; 6].as_slice(), &[false; 7]].concat());
    }

    #[test]
    fn short_calls_are_measured_at_first_and_now_and_then() {
        let pace = Pace::default();
        let measured: Vec<u64> = (0..200).filter(|number| pace.wants(*number)).collect();
        assert_eq!(measured, [0, 1, 2, 3, 4, 5, 6, 7, 64, 128, 192]);
    }
}
