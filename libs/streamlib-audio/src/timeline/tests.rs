use proptest::prelude::*;

use super::*;

#[test]
fn an_hour_of_samples_is_an_hour() {
    for rate in [8_000, 11_025, 44_056, 44_100, 48_000, 95_999, 192_000] {
        assert_eq!(samples_to_ns(u64::from(rate) * 3_600, rate), 3_600_000_000_000, "{rate}");
        assert_eq!(ns_to_samples(3_600_000_000_000, rate), u64::from(rate) * 3_600, "{rate}");
    }
    assert_eq!(samples_to_ns(1, 44_100), 22_676);
    assert_eq!(ns_to_samples(-5, 48_000), 0);
}

proptest! {
    #[test]
    fn a_sample_has_one_time(samples in 0..1_u64 << 40, rate in 1_000..768_000_u32) {
        prop_assert_eq!(ns_to_samples(samples_to_ns(samples, rate), rate), samples);
    }

    #[test]
    fn a_clock_does_not_drift(steps in prop::collection::vec(1..5_000_u64, 1..50)) {
        let mut clock = SampleClock::new(44_100, -7);
        steps.iter().for_each(|step| clock.advance(*step));
        let total: u64 = steps.iter().sum();
        prop_assert_eq!(clock.now_ns(), samples_to_ns(total, 44_100) - 7);
        prop_assert_eq!(clock.position_of(clock.now_ns()), total);
    }
}

/// Blocks of (timestamp ns, samples, epoch, marked) at 1 kHz and how each is placed.
fn check(blocks: &[(i64, u64, u32, bool, Placement)], end_ns: i64) {
    let mut timeline = InputTimeline::default();
    for (index, (timestamp_ns, frames, epoch, mark, expect)) in blocks.iter().enumerate() {
        let envelope = Envelope { epoch: *epoch, ..Envelope::at(*timestamp_ns) };
        let envelope = if *mark { marked(envelope) } else { envelope };
        assert_eq!(timeline.place(&envelope, 1_000, *frames), *expect, "block {index}");
    }
    assert_eq!(timeline.end_ns(), Some(end_ns));
}

#[test]
fn blocks_are_placed_by_sample_count() {
    use Placement::{Continues, Gap, Overlap, Start};
    const MS: i64 = 1_000_000;
    check(&[(5 * MS, 10, 0, false, Start), (15 * MS, 10, 0, false, Continues)], 25 * MS);
    // Two milliseconds early or late are rounding; the count goes on.
    check(&[(0, 10, 0, false, Start), (8 * MS, 10, 0, false, Continues)], 20 * MS);
    check(&[(0, 10, 0, false, Start), (12 * MS, 10, 0, false, Continues)], 20 * MS);
    check(&[(0, 10, 0, false, Start), (30 * MS, 10, 0, false, Gap(20))], 40 * MS);
    check(&[(0, 10, 0, false, Start), (4 * MS, 10, 0, false, Overlap(6))], 14 * MS);
    check(&[(0, 10, 0, false, Start), (4 * MS, 5, 0, false, Overlap(6))], 10 * MS);
    check(&[(0, 10, 0, false, Start), (10 * MS, 5, 0, true, Gap(0))], 15 * MS);
    check(&[(90 * MS, 10, 0, false, Start), (0, 5, 1, false, Start)], 5 * MS);
}

#[test]
fn what_is_derived_keeps_capture_time_and_loses_marks() {
    let mut source = marked(Envelope { sequence: 9, epoch: 3, ..Envelope::at(5) });
    source.set_capture_time_ns(Some(77));
    source.set_duration_ns(Some(1));
    let made = retimed(&source, 11);
    assert_eq!((made.timestamp_ns, made.epoch, made.sequence), (11, 3, 0));
    assert_eq!((made.capture_time_ns(), made.duration_ns()), (Some(77), None));
    assert!(!made.flags.contains(EnvelopeFlags::DISCONTINUITY));
}
