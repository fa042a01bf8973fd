use proptest::prelude::*;
use streamlib_audio::processors::{AudioMixer, AudioMixerConfig, Clipping};
use streamlib_processor::harness::Harness;
use streamlib_processor::schema::{AudioFormat, Format};

use crate::media::{Block, block, joined, push, sent};

const STEREO: u32 = 2;

fn harness(gains: &[f64], clipping: Clipping) -> Harness {
    let config = AudioMixerConfig { gains: gains.to_vec(), clipping };
    Harness::new::<AudioMixer>(config).unwrap()
}

fn format(rate: u32) -> AudioFormat {
    AudioFormat::new(rate, STEREO)
}

/// Ends both lanes, calls until nothing more comes, and gives all that was sent.
fn run_to_end(harness: &mut Harness) -> Vec<Block> {
    harness.end("audio_in", 0).unwrap();
    harness.end("audio_in", 1).unwrap();
    harness.call_until_idle().unwrap();
    while harness.end_of_stream().unwrap().again {}
    sent(harness)
}

proptest! {
    #[test]
    fn lanes_are_added_sample_by_sample_whatever_their_blocks(
        frames in 1..6_000_usize,
        sizes in (1..2_000_usize, 1..2_000_usize),
        late in 0..2_000_usize,
        gains in (-2.0..2.0_f64, -2.0..2.0_f64),
    ) {
        let mut harness = harness(&[gains.0, gains.1], Clipping::Off);
        let a: Vec<f32> = (0..frames * 2).map(|n| (n % 97) as f32 / 97.0).collect();
        let b: Vec<f32> = (0..frames * 2).map(|n| (n % 61) as f32 / 61.0).collect();
        push(&mut harness, 0, &format(48_000), 0, &a, sizes.0);
        push(&mut harness, 1, &format(48_000), late as u64, &b, sizes.1);
        let blocks = run_to_end(&mut harness);
        if late < frames {
            let mixed = joined(&blocks);
            prop_assert_eq!(mixed.len(), (frames + late) * 2);
            for (n, sample) in mixed.iter().enumerate() {
                let a = a.get(n).map_or(0.0, |a| a * gains.0 as f32);
                let b = n.checked_sub(late * 2).and_then(|n| b.get(n));
                let expect = a + b.map_or(0.0, |b| b * gains.1 as f32);
                prop_assert!((sample - expect).abs() < 1e-5, "sample {}: {} {}", n, sample, expect);
            }
        } else {
            let samples: usize = blocks.iter().map(|block| block.samples.len()).sum();
            prop_assert_eq!(samples, frames * 4, "a hole between the lanes stays a hole");
        }
    }
}

#[test]
fn nothing_is_mixed_before_every_lane_is_known() {
    let mut harness = harness(&[], Clipping::Hard);
    push(&mut harness, 1, &format(48_000), 0, &[0.25; 200], 50);
    for _ in 0..4 {
        assert!(!harness.call().unwrap().again);
    }
    assert_eq!(sent(&mut harness), []);
    push(&mut harness, 0, &format(48_000), 0, &[0.5; 60], 30);
    assert_eq!(harness.call().unwrap().wake_at_ns, None);
    assert_eq!(joined(&sent(&mut harness)), [0.75; 60]);
    // Lane 0 has ended: it holds nobody any more.
    harness.end("audio_in", 0).unwrap();
    harness.call().unwrap();
    assert_eq!(joined(&sent(&mut harness)), [0.25; 140]);
}

#[test]
fn what_is_over_full_scale_is_treated_as_set() {
    let check = |clipping, expect: &[f32]| {
        let mut harness = harness(&[], clipping);
        push(&mut harness, 0, &format(48_000), 0, &[0.5, -0.9, 0.8, 0.1], 2);
        push(&mut harness, 1, &format(48_000), 0, &[0.2, -0.9, 0.9, 0.1], 2);
        let mixed = joined(&run_to_end(&mut harness));
        let close = mixed.iter().zip(expect).all(|(found, expect)| (found - expect).abs() < 1e-3);
        assert!(close && mixed.len() == 4, "{clipping:?}: {mixed:?}");
    };
    check(Clipping::Hard, &[0.7, -1.0, 1.0, 0.2]);
    check(Clipping::Off, &[0.7, -1.8, 1.7, 0.2]);
    check(Clipping::Soft, &[0.7, -0.9999, 0.9997, 0.2]);
}

#[test]
fn lanes_of_another_rate_or_layout_are_refused_by_name() {
    let check = |other: AudioFormat, expect: &str| {
        let mut harness = harness(&[], Clipping::Hard);
        push(&mut harness, 0, &format(48_000), 0, &[0.0; 2_000], 500);
        push(&mut harness, 1, &other, 0, &[0.0; 80], 10);
        let error = harness.call().unwrap_err().to_string();
        assert_eq!(error, expect);
    };
    check(
        format(44_100),
        "lane 1 of `audio_in` is f32 44100 Hz stereo while the others are f32 48000 Hz stereo: \
         sounds are mixed at one rate and in one layout; put a com.tatolab.audio_resampler \
         (output_sample_rate: 48000) before the lane",
    );
    check(
        AudioFormat::new(48_000, 1),
        "lane 1 of `audio_in` is f32 48000 Hz mono while the others are f32 48000 Hz stereo: \
         sounds are mixed at one rate and in one layout; put a \
         com.tatolab.audio_channel_converter (layout: stereo) before the lane",
    );
}

#[test]
fn when_all_lanes_change_their_format_the_mix_follows() {
    let mut harness = harness(&[], Clipping::Hard);
    for lane in 0..2 {
        push(&mut harness, lane, &format(48_000), 0, &[0.25; 960], 240);
        push(&mut harness, lane, &format(32_000), 320, &[0.125; 640], 100 + 60 * lane as usize);
    }
    let blocks = run_to_end(&mut harness);
    let change = blocks.iter().position(|block| block.format.sample_rate == 32_000).unwrap();
    assert_eq!(joined(&blocks[..change]), [0.5; 960]);
    assert_eq!(joined(&blocks[change..]), [0.25; 640]);
    assert_eq!(blocks[change].timestamp_ns, 10_000_000);
}

#[test]
fn a_lane_that_is_far_ahead_waits_without_loss() {
    let mut harness = harness(&[], Clipping::Off);
    let long: Vec<f32> = (0..8_000 * 4 * 2).map(|n| n as f32).collect();
    push(&mut harness, 0, &format(8_000), 0, &long, 1_000);
    for _ in 0..40 {
        harness.call().unwrap();
    }
    push(&mut harness, 1, &format(8_000), 0, &[0.0; 200], 100);
    assert_eq!(joined(&run_to_end(&mut harness)), long);
}

#[test]
fn gains_change_while_it_runs_and_bad_ones_are_refused() {
    let mut harness = harness(&[1.0, 0.0], Clipping::Hard);
    push(&mut harness, 0, &format(48_000), 0, &[0.5; 20], 10);
    harness.call().unwrap();
    harness.update_config(&serde_json::json!({ "gains": [0.5] })).unwrap();
    push(&mut harness, 0, &format(48_000), 10, &[0.5; 20], 10);
    harness.call().unwrap();
    assert_eq!(joined(&sent(&mut harness)), [[0.5; 20], [0.25; 20]].concat());
    let error = harness.update_config(&serde_json::json!({ "gains": [1, 99] })).unwrap_err();
    assert_eq!(error.to_string(), "`gains.1`: 99 is not between -16 and 16");
}

#[test]
fn the_first_call_takes_what_it_is_given() {
    let mut harness = harness(&[], Clipping::Hard);
    push(&mut harness, 0, &format(48_000), 0, &[0.5; 20], 10);
    harness.call().unwrap();
    assert_eq!(joined(&sent(&mut harness)), [0.5; 20]);
}

#[test]
fn a_source_that_goes_back_in_a_new_epoch_is_heard() {
    let mut harness = harness(&[], Clipping::Hard);
    push(&mut harness, 0, &format(48_000), 48_000, &[0.5; 960], 240);
    harness.call_until_idle().unwrap();
    let mut again = block(&format(48_000), 0, &[0.25; 960]);
    again.envelope_mut().epoch = 1;
    harness.push("audio_in", 0, again, &Format::Audio(format(48_000))).unwrap();
    harness.call_until_idle().unwrap();
    let blocks = sent(&mut harness);
    assert_eq!(blocks.last().unwrap().timestamp_ns, 0);
    assert_eq!(blocks.last().unwrap().samples, [0.25; 960]);
}

#[test]
fn a_lane_that_changes_its_format_alone_is_the_one_that_is_named() {
    let mut harness = harness(&[], Clipping::Hard);
    for lane in 0..2 {
        push(&mut harness, lane, &format(48_000), 0, &[0.25; 960], 480);
    }
    push(&mut harness, 0, &format(32_000), 320, &[0.125; 640], 320);
    for _ in 0..4 {
        harness.call().unwrap();
    }
    assert_eq!(joined(&sent(&mut harness)), [0.5; 960]);
    push(&mut harness, 1, &format(48_000), 480, &[0.25; 960], 480);
    let error = harness.call().unwrap_err().to_string();
    let expect = "lane 0 of `audio_in` is f32 32000 Hz stereo while the others are f32 48000 Hz";
    assert!(error.starts_with(expect), "{error}");
}
