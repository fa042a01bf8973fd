use ChannelLayout::{
    Mono, Quad, Stereo, Stereo21, Surround30, Surround40, Surround50, Surround51, Surround61,
    Surround71,
};
use proptest::prelude::*;

use super::*;

const R: f32 = FRAC_1_SQRT_2;

fn check(from: ChannelLayout, to: ChannelLayout, rows: &[&[f32]]) {
    let matrix = MixMatrix::between(from, to, false).unwrap();
    let found: Vec<&[f32]> = (0..matrix.outputs().get()).map(|row| matrix.row(row)).collect();
    let pairs = found.iter().copied().flatten().zip(rows.iter().copied().flatten());
    let differ = pairs.clone().any(|(found, expect)| (found - expect).abs() > 1e-6);
    let shapes = rows.iter().map(|row| row.len()).eq(found.iter().map(|row| row.len()));
    assert!(shapes && !differ, "{from} to {to}: {found:?}, expected {rows:?}");
}

#[test]
fn down_mixes_are_those_of_bs_775_table_2() {
    // 3/2 to 1/0, 2/0, 3/0, 3/1, 2/2; columns FL FR FC BL BR.
    check(Surround50, Mono, &[&[R, R, 1.0, 0.5, 0.5]]);
    check(Surround50, Stereo, &[&[1.0, 0.0, R, R, 0.0], &[0.0, 1.0, R, 0.0, R]]);
    check(
        Surround50,
        Surround30,
        &[&[1.0, 0.0, 0.0, R, 0.0], &[0.0, 1.0, 0.0, 0.0, R], &[0.0, 0.0, 1.0, 0.0, 0.0]],
    );
    check(
        Surround50,
        Surround40,
        &[
            &[1.0, 0.0, 0.0, 0.0, 0.0],
            &[0.0, 1.0, 0.0, 0.0, 0.0],
            &[0.0, 0.0, 1.0, 0.0, 0.0],
            &[0.0, 0.0, 0.0, R, R],
        ],
    );
    check(
        Surround50,
        Quad,
        &[
            &[1.0, 0.0, R, 0.0, 0.0],
            &[0.0, 1.0, R, 0.0, 0.0],
            &[0.0, 0.0, 0.0, 1.0, 0.0],
            &[0.0, 0.0, 0.0, 0.0, 1.0],
        ],
    );
    check(Surround51, Stereo, &[&[1.0, 0.0, R, 0.0, R, 0.0], &[0.0, 1.0, R, 0.0, 0.0, R]]);
    check(Stereo, Mono, &[&[R, R]]);
    check(Surround40, Mono, &[&[R, R, 1.0, R]]);
}

#[test]
fn up_mixes_invent_nothing() {
    check(Mono, Stereo, &[&[R], &[R]]);
    check(Mono, Surround30, &[&[0.0], &[0.0], &[1.0]]);
    check(Stereo, Stereo21, &[&[1.0, 0.0], &[0.0, 1.0], &[0.0, 0.0]]);
    let up = MixMatrix::between(Surround51, Surround71, false).unwrap();
    assert_eq!((up.row(6), up.row(7)), ([0.0; 6].as_slice(), [0.0; 6].as_slice()));
}

#[test]
fn side_and_back_stand_in_for_each_other() {
    // 7.1 to 5.1: the back keeps its own and takes the side at equal power.
    let to_51 = MixMatrix::between(Surround71, Surround51, false).unwrap();
    assert_eq!(to_51.row(4), [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, R, 0.0]);
    // 6.1 to 5.1: the sides become the back, the back centre goes to both.
    let to_51 = MixMatrix::between(Surround61, Surround51, false).unwrap();
    assert_eq!(to_51.row(4), [0.0, 0.0, 0.0, 0.0, R, 1.0, 0.0]);
    // 5.1 to 6.1: its surround pair is the side pair there; 7.1 has both.
    let to_61 = MixMatrix::between(Surround51, Surround61, false).unwrap();
    assert_eq!(to_61.row(5), [0.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    let to_61 = MixMatrix::between(Surround71, Surround61, false).unwrap();
    assert_eq!(to_61.row(4), [0.0, 0.0, 0.0, 0.0, R, R, 0.0, 0.0]);
}

#[test]
fn every_pair_is_defined_and_normalised_cannot_clip() {
    for from in ChannelLayout::ALL.iter().filter(|layout| !layout.speakers().is_empty()) {
        for to in ChannelLayout::ALL.iter().filter(|layout| !layout.speakers().is_empty()) {
            let matrix = MixMatrix::between(*from, *to, true).unwrap();
            for row in 0..matrix.outputs().get() {
                let sum: f32 = matrix.row(row).iter().map(|gain| gain.abs()).sum();
                assert!(sum <= 1.0 + 1e-6, "{from} to {to} row {row}: {sum}");
            }
            for (column, speaker) in from.speakers().iter().enumerate() {
                let heard = (0..matrix.outputs().get()).any(|row| matrix.row(row)[column] > 0.0);
                let lost = *speaker == Speaker::LowFrequency && !to.speakers().contains(speaker);
                assert_eq!(heard, !lost, "{from} to {to}: {speaker}");
            }
        }
    }
}

#[test]
fn the_same_layout_changes_nothing() {
    for layout in ChannelLayout::ALL.iter().filter(|layout| !layout.speakers().is_empty()) {
        let matrix = MixMatrix::between(*layout, *layout, true).unwrap();
        let samples: Vec<f32> = (0..layout.speakers().len() * 3).map(|n| n as f32).collect();
        let mut mixed = vec![0.0; samples.len()];
        matrix.apply(&samples, &mut mixed);
        assert_eq!(mixed, samples, "{layout}");
    }
}

#[test]
fn a_custom_matrix_must_fit() {
    let rows = |rows: &[&[f64]]| rows.iter().map(|row| row.to_vec()).collect::<Vec<_>>();
    let swap = MixMatrix::custom(&rows(&[&[0.0, 1.0], &[1.0, 0.0]]), Stereo).unwrap();
    let mut mixed = [0.0; 4];
    swap.apply(&[1.0, 2.0, 3.0, 4.0], &mut mixed);
    assert_eq!(mixed, [2.0, 1.0, 4.0, 3.0]);
    let error = |given: &[&[f64]]| MixMatrix::custom(&rows(given), Stereo).unwrap_err().to_string();
    assert!(error(&[&[1.0]]).starts_with("`matrix` has 1 rows of 1 numbers"));
    assert!(error(&[&[1.0], &[1.0, 2.0]]).starts_with("`matrix` has 2 rows of 1, 2 numbers"));
    assert_eq!(error(&[&[], &[]]), Error::ChannelCount(0).to_string());
}

proptest! {
    #[test]
    fn mixing_is_linear(
        a in prop::collection::vec(-1.0..1.0_f32, 12),
        b in prop::collection::vec(-1.0..1.0_f32, 12),
        gain in -2.0..2.0_f32,
    ) {
        let matrix = MixMatrix::between(Surround51, Stereo, true).unwrap();
        let mix = |samples: &[f32]| {
            let mut mixed = [0.0; 4];
            matrix.apply(samples, &mut mixed);
            mixed
        };
        let sum: Vec<f32> = a.iter().zip(&b).map(|(a, b)| a + gain * b).collect();
        for ((sum, a), b) in mix(&sum).iter().zip(mix(&a)).zip(mix(&b)) {
            prop_assert!((sum - (a + gain * b)).abs() < 1e-5);
        }
    }
}
