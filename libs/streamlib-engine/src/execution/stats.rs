//! What is known about a processor's calls: exact counts, sampled times.

use std::sync::atomic::{AtomicU16, AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use serde::Serialize;

use crate::link_channel::counters::Counter;

/// One call in so many is measured on the pool and inline.
pub(crate) const SAMPLE_EVERY: u64 = 64;
/// Buckets: four for each power of two of nanoseconds, from 2^5 to 2^37 (137 s).
const BUCKETS: usize = 4 * 32;
const FIRST_POWER: u32 = 5;

/// Counts and times of one processor's calls. One writer: the holder of the RUN bit.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct ProcessorStats {
    pub(crate) calls: Counter,
    pub(crate) errors: Counter,
    restarts: AtomicU32,
    samples: Counter,
    max_ns: Counter,
    /// The distribution. When a bucket is full all are halved, so that it leans to what is new.
    buckets: Box<[AtomicU16; BUCKETS]>,
}

impl Default for ProcessorStats {
    fn default() -> Self {
        Self {
            calls: Counter::default(),
            errors: Counter::default(),
            restarts: AtomicU32::new(0),
            samples: Counter::default(),
            max_ns: Counter::default(),
            buckets: Box::new([const { AtomicU16::new(0) }; BUCKETS]),
        }
    }
}

/// How long calls take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct LatencyStats {
    /// Half of the measured calls took at most this long.
    pub p50: Duration,
    /// Nine of ten.
    pub p90: Duration,
    /// 99 of 100.
    pub p99: Duration,
    /// The longest.
    pub max: Duration,
    /// How many calls were measured.
    pub samples: u64,
}

impl ProcessorStats {
    /// How often the processor was made anew.
    pub(crate) fn restarts(&self) -> u32 {
        self.restarts.load(Relaxed)
    }

    /// Says how often the processor was made anew. From the supervisor only.
    pub(crate) fn set_restarts(&self, restarts: u32) {
        self.restarts.store(restarts, Relaxed);
    }

    /// Adds one measured call.
    pub(crate) fn record(&self, duration_ns: u64) {
        let bucket = &self.buckets[bucket_of(duration_ns)];
        if bucket.load(Relaxed) == u16::MAX {
            self.buckets.iter().for_each(|count| count.store(count.load(Relaxed) / 2, Relaxed));
        }
        bucket.store(bucket.load(Relaxed) + 1, Relaxed);
        self.samples.add(1);
        self.max_ns.raise_to(duration_ns);
    }

    /// The distribution; each value is at most 25 % above the true one.
    pub(crate) fn latency(&self) -> LatencyStats {
        let counts: Vec<u64> =
            self.buckets.iter().map(|count| count.load(Relaxed).into()).collect();
        let total: u64 = counts.iter().sum();
        let max_ns = self.max_ns.get();
        let quantile = |per_cent: u64| {
            let rank = (total * per_cent).div_ceil(100).max(1);
            let mut seen = 0;
            let found = counts.iter().position(|count| {
                seen += count;
                seen >= rank
            });
            Duration::from_nanos(found.map_or(0, upper_bound).min(max_ns))
        };
        if total == 0 {
            return LatencyStats::default();
        }
        LatencyStats {
            p50: quantile(50),
            p90: quantile(90),
            p99: quantile(99),
            max: Duration::from_nanos(max_ns),
            samples: self.samples.get(),
        }
    }
}

fn bucket_of(duration_ns: u64) -> usize {
    let value = duration_ns.max(1 << FIRST_POWER);
    let power = value.ilog2();
    let quarter = (value >> (power - 2)) & 3;
    (((power - FIRST_POWER) * 4) as usize + quarter as usize).min(BUCKETS - 1)
}

fn upper_bound(bucket: usize) -> u64 {
    let power = FIRST_POWER + (bucket / 4) as u32;
    let quarter = (bucket % 4) as u64;
    ((4 + quarter + 1) << (power - 2)) - 1
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_near_the_truth_from_above() {
        let stats = ProcessorStats::default();
        (1..=1000).for_each(|us| stats.record(us * 1000));
        let latency = stats.latency();
        for (found, truth_us) in [(latency.p50, 500), (latency.p90, 900), (latency.p99, 990)] {
            let (found, truth) = (found.as_nanos(), truth_us * 1000);
            assert!(found >= truth && found <= truth * 5 / 4, "{found} for {truth}");
        }
        assert_eq!((latency.max, latency.samples), (Duration::from_millis(1), 1000));
    }

    #[test]
    fn a_full_bucket_keeps_the_shape_and_every_sample_is_counted() {
        let stats = ProcessorStats::default();
        for _ in 0..3 * u64::from(u16::MAX) {
            stats.record(1_000);
            stats.record(8_000);
        }
        let latency = stats.latency();
        assert_eq!(latency.samples, 6 * u64::from(u16::MAX));
        let (low, high) = (latency.p50.as_nanos(), latency.p90.as_nanos());
        assert!((1_000..=1_250).contains(&low) && high == 8_000, "{latency:?}");
    }

    #[test]
    fn each_duration_is_within_its_bucket() {
        for ns in [0, 1, 31, 32, 33, 63, 64, 1_000, 123_456_789, u64::MAX] {
            let bucket = bucket_of(ns);
            let last = bucket == BUCKETS - 1;
            assert!(last || upper_bound(bucket) >= ns, "{ns}");
            assert!(bucket == 0 || upper_bound(bucket - 1) < ns, "{ns}");
        }
    }
}
