//! `com.tatolab.opus_encoder` and `com.tatolab.opus_decoder`: exact durations through holes,
//! overlaps and changes.

use serde_json::json;
use streamlib_codec::OpusConfiguration;
use streamlib_codec::processors::{OpusDecoder, OpusEncoder, OpusEncoderConfig};
use streamlib_processor::harness::Harness;
use streamlib_processor::prelude::*;

use super::media::{
    Packet, finish, is_marked, joined, push_audio, push_sound, sample_ns, sound, taken,
};
use crate::support::{mixed_tones, snr_db};

const START_NS: i64 = 2_000_000_000;

fn encoder() -> Harness {
    Harness::new::<OpusEncoder>(OpusEncoderConfig::default()).expect("an encoder")
}

fn packets(encoder: &mut Harness) -> Vec<Packet> {
    finish(encoder).expect("packets");
    taken::<EncodedAudioFrame>(encoder, "audio_out")
}

fn decode(packets: &[Packet]) -> Vec<AudioFrame> {
    let mut decoder = Harness::new::<OpusDecoder>(NoConfig {}).expect("a decoder");
    packets.iter().for_each(|packet| push_audio(&mut decoder, packet));
    finish(&mut decoder).expect("sound");
    sound(&mut decoder)
}

/// What comes back lasts as long as what went in, at its time.
fn check_duration(rate: u32, channels: u32, frames: usize, block: usize) {
    let format = AudioFormat::new(rate, channels);
    let tones = [440.0, 660.0, 550.0, 60.0, 880.0, 1_100.0];
    let samples = mixed_tones(&tones[..channels as usize], rate, frames);
    let mut encoder = encoder();
    push_sound(&mut encoder, &format, START_NS, &samples, block);
    let packets = packets(&mut encoder);
    let dops = OpusConfiguration::parse(&packets[0].format.parameters).expect("parameters");
    assert_eq!(packets[0].info.trim_start, u32::from(dops.pre_skip));
    let mut next_ns = packets[0].info.pts_ns;
    for packet in &packets {
        assert!((packet.info.pts_ns - next_ns).abs() <= 1, "packets abut");
        let duration_ns = packet.envelope.duration_ns().expect("a duration");
        next_ns = packet.info.pts_ns + i64::try_from(duration_ns).expect("a time");
    }
    let blocks = decode(&packets);
    assert_eq!(blocks[0].timestamp_ns(), START_NS);
    let decoded = joined(&blocks);
    assert_eq!(
        decoded.len(),
        frames * channels as usize * (48_000 / rate) as usize,
        "{frames} frames of {channels} channels at {rate} Hz in blocks of {block}"
    );
    if rate == 48_000 && frames > 9_600 {
        let later = 4_800 * channels as usize;
        let db = snr_db(&samples[later..], &decoded[later..], channels as usize, 0);
        assert!(db > 15.0, "the sound has {db:.1} dB");
    }
}

#[test]
fn the_duration_is_exact() {
    for (rate, channels, frames, block) in [
        (48_000, 2, 48_000, 1_024),
        (48_000, 2, 960, 960),
        (48_000, 1, 1, 1),
        (48_000, 1, 648, 648),
        (48_000, 1, 649, 100),
        (48_000, 6, 24_001, 10_000),
        (24_000, 1, 5_000, 777),
        (16_000, 2, 16_123, 1_024),
        (12_000, 1, 4_000, 64),
        (8_000, 1, 3_999, 160),
    ] {
        check_duration(rate, channels, frames, block);
    }
}

#[test]
fn nothing_comes_of_nothing() {
    assert_eq!(packets(&mut encoder()).len(), 0);
}

/// Two parts of a tone with a hole of `hole_ns` (an overlap if negative) between them: where sound
/// is heard, as (start, frames) of each stretch.
fn with_hole(hole_ns: i64) -> Vec<(i64, usize)> {
    let format = AudioFormat::new(48_000, 1);
    let samples = mixed_tones(&[440.0], 48_000, 9_600);
    let mut encoder = encoder();
    push_sound(&mut encoder, &format, START_NS, &samples, 1_024);
    push_sound(&mut encoder, &format, START_NS + 200_000_000 + hole_ns, &samples, 1_024);
    let blocks = decode(&packets(&mut encoder));
    let starts: Vec<_> = (0..blocks.len())
        .filter(|index| *index == 0 || is_marked(blocks[*index].envelope()))
        .chain([blocks.len()])
        .collect();
    starts
        .windows(2)
        .map(|pair| {
            let stretch = &blocks[pair[0]..pair[1]];
            (stretch[0].timestamp_ns() - START_NS, joined(stretch).len())
        })
        .collect()
}

#[test]
fn holes_are_filled_or_start_anew_and_overlaps_are_cut() {
    assert_eq!(with_hole(0), [(0, 19_200)]);
    assert_eq!(with_hole(1_500_000), [(0, 19_200)], "that is rounding of times");
    assert_eq!(with_hole(50_000_000), [(0, 21_600)]);
    assert_eq!(with_hole(500_000_000), [(0, 9_600), (700_000_000, 9_600)]);
    assert_eq!(with_hole(-50_000_000), [(0, 16_800)]);
}

#[test]
fn another_layout_starts_anew() {
    let mut encoder = encoder();
    for (at, channels) in [(0, 1), (1, 2)] {
        let format = AudioFormat::new(48_000, channels);
        let samples = mixed_tones(&[440.0, 550.0][..channels as usize], 48_000, 9_600);
        push_sound(&mut encoder, &format, START_NS + at * 200_000_000, &samples, 500);
    }
    let blocks = decode(&packets(&mut encoder));
    for channels in [1, 2] {
        let frames = blocks.iter().filter(|block| block.channels() == channels);
        assert_eq!(frames.map(AudioFrame::frame_count).sum::<usize>(), 9_600);
    }
    let last = blocks.last().expect("a block");
    let end_ns = sample_ns(last.timestamp_ns(), last.frame_count(), 48_000);
    assert!((end_ns - START_NS - 400_000_000).abs() <= 1);
}

#[test]
fn time_goes_back_only_with_a_new_epoch() {
    let format = AudioFormat::new(48_000, 1);
    let samples = mixed_tones(&[440.0], 48_000, 4_800);
    let mut encoder = encoder();
    for epoch in [0, 1] {
        let mut frame = super::media::sound_frame(&format, START_NS, &samples);
        frame.envelope_mut().epoch = epoch;
        encoder.push("audio_in", 0, frame, &Format::Audio(format.clone())).expect("an input");
    }
    let blocks = decode(&packets(&mut encoder));
    for epoch in [0, 1] {
        let of_epoch: Vec<_> =
            blocks.iter().filter(|block| block.envelope().epoch == epoch).cloned().collect();
        assert_eq!((of_epoch[0].timestamp_ns(), joined(&of_epoch).len()), (START_NS, 4_800));
    }
}

#[test]
fn bytes_follow_the_bitrate_while_running() {
    let format = AudioFormat::new(48_000, 2);
    let samples = mixed_tones(&[440.0, 550.0], 48_000, 48_000);
    let mut encoder = encoder();
    let mut bytes = Vec::new();
    for (second, bitrate) in [(0, 160_000), (1, 32_000)] {
        encoder.update_config(&json!({ "bitrate": bitrate })).expect("a change");
        push_sound(&mut encoder, &format, START_NS + second * 1_000_000_000, &samples, 960);
        encoder.call_until_idle().expect("packets");
        let packets = taken::<EncodedAudioFrame>(&mut encoder, "audio_out");
        assert_eq!(packets.len(), 50, "no gap");
        bytes.push(packets.iter().map(|packet| packet.data.len()).sum::<usize>());
    }
    assert!(bytes[1] * 3 < bytes[0], "{bytes:?} bytes in a second");
    let error = encoder.update_config(&json!({ "bitrate": 7_000 })).expect_err("too little");
    assert_eq!(
        error.to_string(),
        "the setting `bitrate` is 7000, but must be 12000 to 1020000 bits a second"
    );
}
