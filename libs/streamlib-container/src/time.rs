//! Ticks and nanoseconds, in integers only.

use core::num::NonZeroU32;

const NS_PER_SECOND: i128 = 1_000_000_000;

/// Ticks in a second of one track or of the movie; 1 to 2^32 - 1.
///
/// A time in ticks divided by the timescale is the exact rational time in seconds. Conversions are
/// done in 128 bits, rounded to the nearest (a tie goes towards later), and saturate at the ends of
/// `i64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timescale(NonZeroU32);

impl Timescale {
    /// A timescale of `ticks_per_second`, or `None` for 0.
    pub fn new(ticks_per_second: u32) -> Option<Self> {
        NonZeroU32::new(ticks_per_second).map(Self)
    }

    /// Ticks in a second.
    pub fn ticks_per_second(self) -> u32 {
        self.0.get()
    }

    pub(crate) fn non_zero(self) -> NonZeroU32 {
        self.0
    }

    /// `ticks` as nanoseconds.
    pub fn to_ns(self, ticks: i64) -> i64 {
        scale(i128::from(ticks), NS_PER_SECOND, i128::from(self.0.get()))
    }

    /// `ns` nanoseconds as ticks. `from_ns(to_ns(t)) == t` for every timescale up to 10^9.
    pub fn from_ns(self, ns: i64) -> i64 {
        scale(i128::from(ns), i128::from(self.0.get()), NS_PER_SECOND)
    }

    /// `ticks` of `from` as ticks of this timescale.
    pub fn rescale(self, ticks: i64, from: Timescale) -> i64 {
        scale(i128::from(ticks), i128::from(self.0.get()), i128::from(from.0.get()))
    }

    /// The order of two times in different timescales, compared exactly.
    pub(crate) fn compare(self, ticks: i64, other: Self, other_ticks: i64) -> core::cmp::Ordering {
        let left = i128::from(ticks) * i128::from(other.0.get());
        left.cmp(&(i128::from(other_ticks) * i128::from(self.0.get())))
    }
}

impl From<NonZeroU32> for Timescale {
    fn from(ticks_per_second: NonZeroU32) -> Self {
        Self(ticks_per_second)
    }
}

/// `value * numerator / denominator`, to the nearest; `denominator` is positive and both factors
/// are below 2^64, so that nothing overflows.
fn scale(value: i128, numerator: i128, denominator: i128) -> i64 {
    let rounded = (value * numerator * 2 + denominator).div_euclid(denominator * 2);
    rounded.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(ticks_per_second: u32, ticks: i64, ns: i64) {
        let scale = Timescale::new(ticks_per_second).unwrap();
        assert_eq!(scale.to_ns(ticks), ns, "{ticks}/{ticks_per_second}");
        assert_eq!(scale.from_ns(ns), ticks, "{ns} ns at {ticks_per_second}");
    }

    #[test]
    fn known_times() {
        check(48_000, 48_000, 1_000_000_000);
        check(44_100, 1, 22_676);
        check(30_000, 1_001, 33_366_667);
        check(90_000, -1, -11_111);
        check(1, i64::from(i32::MAX), 2_147_483_647_000_000_000);
    }

    #[test]
    fn ends_saturate() {
        let scale = Timescale::new(1).unwrap();
        assert_eq!(scale.to_ns(i64::MAX), i64::MAX);
        assert_eq!(scale.to_ns(i64::MIN), i64::MIN);
    }

    proptest! {
        #[test]
        fn nanoseconds_and_back(ticks in -1_000_000_000_000i64..1_000_000_000_000, rate in 1u32..1_000_000) {
            let ticks = ticks % (i64::from(rate) * 1_000_000);
            let scale = Timescale::new(rate).unwrap();
            prop_assert_eq!(scale.from_ns(scale.to_ns(ticks)), ticks);
        }
    }
}
