use proptest::prelude::*;

use super::*;
use crate::timeline::samples_to_ns;

const RATE: u32 = 1_000;

fn at(position: u64) -> Envelope {
    Envelope::at(samples_to_ns(position, RATE))
}

/// All that can be mixed now: (position, samples) of each stretch.
fn mixed(mix: &mut LaneMix, gains: &[f64]) -> Vec<(i64, Vec<f32>)> {
    let mut stretches = Vec::new();
    while let Some(stretch) = mix.next_stretch(1_000) {
        let mut output = vec![9.0; stretch.frames];
        mix.mix_into(&stretch, gains, &mut output);
        stretches.push((stretch.timestamp_ns / 1_000_000, output));
    }
    stretches
}

fn two_open_lanes() -> LaneMix {
    let mut mix = LaneMix::new(RATE, 1, 50);
    mix.set_link(0, LaneLink::Open(i64::MIN));
    mix.set_link(1, LaneLink::Open(i64::MIN));
    mix
}

#[test]
fn blocks_of_any_size_are_added_by_position() {
    let mut mix = two_open_lanes();
    assert_eq!(mix.offer(0, &at(0), &[1.0, 2.0, 3.0]), Offer::Taken);
    assert_eq!(mixed(&mut mix, &[]), [], "lane 1 may still bring anything");
    assert_eq!(mix.offer(1, &at(1), &[10.0]), Offer::Taken);
    assert_eq!(mixed(&mut mix, &[]), [(0, vec![1.0, 12.0])]);
    assert_eq!(mix.offer(1, &at(2), &[10.0, 20.0]), Offer::Taken);
    assert_eq!(mixed(&mut mix, &[2.0, 0.5]), [(2, vec![11.0])]);
    mix.set_link(0, LaneLink::Silent);
    assert_eq!(mixed(&mut mix, &[]), [(3, vec![20.0])], "a lane that ended holds nobody");
}

#[test]
fn a_gap_does_not_hold_the_others_and_what_comes_too_late_is_cut() {
    let mut mix = two_open_lanes();
    mix.offer(0, &at(0), &[1.0; 8]);
    mix.set_link(1, LaneLink::Open(5_000_000));
    assert_eq!(mixed(&mut mix, &[]), [(0, vec![1.0; 5])]);
    // It had said that nothing comes before 5.
    mix.offer(1, &at(4), &[7.0, 1.0, 1.0, 1.0]);
    assert_eq!(mixed(&mut mix, &[]), [(5, vec![2.0; 3])]);
    assert_eq!(mix.late_samples(), 1);
    assert_eq!(mix.silent_until_ns(), None);
    mix.set_link(0, LaneLink::Open(20_000_000));
    mix.set_link(1, LaneLink::Open(30_000_000));
    assert_eq!(mix.silent_until_ns(), Some(20_000_000));
}

#[test]
fn where_no_lane_has_sound_there_is_a_hole() {
    let mut mix = two_open_lanes();
    mix.offer(0, &at(0), &[1.0; 4]);
    mix.offer(1, &at(0), &[1.0; 2]);
    mix.set_link(1, LaneLink::Open(30_000_000));
    // A block after a hole waits for the run before it, and says what is known.
    assert_eq!(mix.offer(0, &at(20), &[5.0; 2]), Offer::NotYet);
    let stretch = mix.next_stretch(3).unwrap();
    assert_eq!((stretch.frames, stretch.discontinuity), (3, false));
    assert_eq!(mixed(&mut mix, &[]), [(0, vec![2.0, 2.0, 1.0, 1.0])]);
    assert_eq!(mix.offer(0, &at(20), &[5.0; 2]), Offer::Taken);
    assert!(mix.next_stretch(9).unwrap().discontinuity);
    assert_eq!(mixed(&mut mix, &[]), [(20, vec![5.0, 5.0])]);
}

#[test]
fn a_lane_that_is_far_ahead_takes_no_more() {
    let mut mix = two_open_lanes();
    assert_eq!(mix.offer(0, &at(0), &[0.0; 51]), Offer::Taken);
    assert_eq!(mix.offer(0, &at(51), &[0.0; 9]), Offer::NotYet);
    mix.offer(1, &at(0), &[0.0; 10]);
    assert_eq!(mixed(&mut mix, &[]).len(), 1);
    assert_eq!(mix.offer(0, &at(51), &[0.0; 9]), Offer::Taken);
    mix.reset();
    assert!(mix.is_empty());
    assert_eq!(mix.offer(0, &at(3), &[0.0; 9]), Offer::Taken, "nothing is left of what was");
}

proptest! {
    #[test]
    fn a_mix_is_the_sum_whatever_the_blocks(
        a in prop::collection::vec(-1.0..1.0_f32, 1..200),
        b in prop::collection::vec(-1.0..1.0_f32, 1..200),
        cuts in prop::collection::vec(1..40_usize, 1..20),
        gain in -2.0..2.0_f64,
    ) {
        let mut mix = LaneMix::new(RATE, 1, 1_000);
        let mut sum = Vec::new();
        let mut taken = [0_usize; 2];
        for (turn, cut) in cuts.iter().cycle().take(500).enumerate() {
            let (lane, all) = if turn % 2 == 0 { (0, &a) } else { (1, &b) };
            let end = (taken[lane] + cut).min(all.len());
            mix.set_link(lane, LaneLink::Open(i64::MIN));
            if turn == 0 {
                mix.set_link(1, LaneLink::Open(i64::MIN));
            }
            if end > taken[lane] {
                mix.offer(lane, &at(taken[lane] as u64), &all[taken[lane]..end]);
                taken[lane] = end;
            } else {
                mix.set_link(lane, LaneLink::Silent);
            }
            for (position, samples) in mixed(&mut mix, &[1.0, gain]) {
                prop_assert_eq!(position as usize, sum.len());
                sum.extend(samples);
            }
        }
        prop_assert_eq!(sum.len(), a.len().max(b.len()));
        for (n, sum) in sum.iter().enumerate() {
            let a = a.get(n).copied().unwrap_or(0.0);
            let b = b.get(n).copied().unwrap_or(0.0);
            prop_assert!((sum - (a + gain as f32 * b)).abs() < 1e-6);
        }
    }
}

#[test]
fn the_soft_limit_bends_above_the_knee_only() {
    assert_eq!([soft_limit(0.75), soft_limit(-0.5), soft_limit(0.0)], [0.75, -0.5, 0.0]);
    assert!((soft_limit(0.751) - 0.751).abs() < 1e-4, "no step at the knee");
    let levels = [0.8, 1.0, 1.5, 4.0];
    for pair in levels.windows(2) {
        assert!(soft_limit(pair[0]) < soft_limit(pair[1]) && soft_limit(pair[1]) <= 1.0);
        assert_eq!(soft_limit(-pair[0]), -soft_limit(pair[0]));
    }
}
