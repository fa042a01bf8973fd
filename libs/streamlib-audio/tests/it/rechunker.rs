use proptest::prelude::*;
use streamlib_audio::processors::{BufferRechunker, BufferRechunkerConfig, Tail};
use streamlib_processor::harness::Harness;
use streamlib_processor::schema::{AudioFormat, Format};

use crate::media::{block, joined, push, run_to_end, sample_ns};

fn harness(frames_per_buffer: u32, tail: Tail) -> Harness {
    let config = BufferRechunkerConfig { frames_per_buffer, tail };
    Harness::new::<BufferRechunker>(config).unwrap()
}

fn ramp(samples: usize) -> Vec<f32> {
    (0..samples).map(|n| n as f32).collect()
}

proptest! {
    #[test]
    fn all_samples_come_out_once_in_order_in_blocks_of_one_size(
        sizes in prop::collection::vec(1..3_000_usize, 1..20),
        frames_per_buffer in 1..2_000_u32,
        first in 0..1_000_000_u64,
        pad in any::<bool>(),
    ) {
        let format = AudioFormat::new(44_100, 2);
        let mut harness = harness(frames_per_buffer, if pad { Tail::Pad } else { Tail::Short });
        let total: usize = sizes.iter().sum();
        let all = ramp(total * 2);
        let mut from = 0;
        for size in &sizes {
            let samples = &all[from * 2..(from + size) * 2];
            push(&mut harness, 0, &format, first + from as u64, samples, *size);
            from += size;
        }
        let blocks = run_to_end(&mut harness);
        let samples: Vec<f32> = blocks.iter().flat_map(|block| block.samples.clone()).collect();
        prop_assert_eq!(&samples[..total * 2], &all[..]);
        prop_assert!(samples[total * 2..].iter().all(|sample| *sample == 0.0));
        let size = frames_per_buffer as usize * 2;
        let (last, whole) = blocks.split_last().unwrap();
        prop_assert!(whole.iter().all(|block| block.samples.len() == size));
        prop_assert_eq!(last.samples.len() == size, pad || (total * 2).is_multiple_of(size));
        for (index, block) in blocks.iter().enumerate() {
            let since_first = sample_ns((index * size / 2) as u64, 44_100);
            prop_assert_eq!(block.timestamp_ns, blocks[0].timestamp_ns + since_first);
        }
    }
}

#[test]
fn blocks_of_the_right_size_go_through_uncopied() {
    let format = AudioFormat::new(48_000, 2);
    let mut harness = harness(480, Tail::Short);
    push(&mut harness, 0, &format, 0, &ramp(4_800), 480);
    let blocks = run_to_end(&mut harness);
    assert_eq!((joined(&blocks), blocks.len()), (ramp(4_800), 5));
}

#[test]
fn a_hole_and_a_change_of_format_end_a_block() {
    let (stereo, mono) = (AudioFormat::new(48_000, 2), AudioFormat::new(48_000, 1));
    let mut harness = harness(100, Tail::Short);
    push(&mut harness, 0, &stereo, 0, &ramp(2 * 130), 130);
    push(&mut harness, 0, &stereo, 1_000, &ramp(2 * 90), 90);
    push(&mut harness, 0, &mono, 1_090, &ramp(150), 150);
    let blocks = run_to_end(&mut harness);
    let found: Vec<_> = blocks
        .iter()
        .map(|block| {
            let frames = block.samples.len() / block.format.channels as usize;
            (block.timestamp_ns * 48 / 1_000_000, frames, block.marked)
        })
        .collect();
    // The timestamps are rounded down here, to samples.
    let expect = [
        (0, 100, false),
        (99, 30, false),
        (1_000, 90, true),
        (1_090, 100, false),
        (1_190, 50, false),
    ];
    for (found, expect) in found.iter().zip(expect) {
        assert!((found.0 - expect.0).abs() <= 1 && found.1 == expect.1 && found.2 == expect.2);
    }
    assert_eq!((found.len(), joined(&blocks[3..]).len()), (5, 150));
}

#[test]
fn a_smaller_size_takes_effect_at_once() {
    let format = AudioFormat::new(48_000, 1);
    let mut harness = harness(1_000, Tail::Short);
    push(&mut harness, 0, &format, 0, &ramp(900), 900);
    harness.call_until_idle().unwrap();
    harness.update_config(&serde_json::json!({ "frames_per_buffer": 300 })).unwrap();
    push(&mut harness, 0, &format, 900, &ramp(300), 300);
    let blocks = run_to_end(&mut harness);
    assert_eq!(joined(&blocks).len(), 1_200);
    let error = harness.update_config(&serde_json::json!({ "frames_per_buffer": 0 })).unwrap_err();
    assert_eq!(error.to_string(), "`frames_per_buffer`: 0 is not between 1 and 65536");
}

#[test]
fn timestamps_that_were_rounded_to_milliseconds_come_out_exact() {
    let format = AudioFormat::new(48_000, 1);
    for frames_per_buffer in [512, 500] {
        let mut harness = harness(frames_per_buffer, Tail::Short);
        for index in 0..50 {
            let rounded_ns = sample_ns(index * 512, 48_000) / 1_000_000 * 1_000_000;
            let frame = block(&format, rounded_ns, &ramp(512));
            harness.push("audio_in", 0, frame, &Format::Audio(format.clone())).unwrap();
        }
        assert_eq!(joined(&run_to_end(&mut harness)).len(), 50 * 512, "{frames_per_buffer}");
    }
}
