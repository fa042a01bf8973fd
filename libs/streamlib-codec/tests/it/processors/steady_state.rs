//! Nothing is allocated by a call once the first frames have gone through, beside the blocks that
//! the harness lends from the heap.

use streamlib_codec::processors::{
    AacDecoder, H264Decoder, H264Encoder, H264EncoderConfig, OpusDecoder, OpusEncoder,
    OpusEncoderConfig,
};
use streamlib_processor::FrameType;
use streamlib_processor::abi::handle::heap_block;
use streamlib_processor::harness::Harness;
use streamlib_processor::prelude::*;

use super::media::{
    Packet, packet_format, picture_frame, push_audio, push_picture, push_sound, push_video, taken,
};
use crate::steady_state::allocations;
use crate::support::{mixed_tones, numbered};

/// Calls until all that was pushed is taken; checks the second half of the calls.
fn check<F: FrameType>(harness: &mut Harness, port: &str, calls: usize) {
    let a_block = allocations(|| drop(heap_block(1_000)));
    let mut taken = 0;
    let mut half = |harness: &mut Harness| {
        let count = allocations(|| {
            for _ in 0..calls / 2 {
                harness.call().expect("a call");
            }
        });
        let before = taken;
        while harness.take::<F>(port).expect("a frame").is_some() {
            taken += 1;
        }
        (count, taken - before)
    };
    half(harness);
    let (count, frames) = half(harness);
    assert!(frames >= calls / 4, "{frames} frames in {calls} calls");
    assert_eq!(count, frames * a_block, "{frames} frames");
}

fn encoded_video(count: usize) -> Harness {
    let mut encoder =
        Harness::new::<H264Encoder>(H264EncoderConfig::default()).expect("an encoder");
    for number in 0..count {
        let pixel = if number % 4 < 2 { PixelFormat::I420 } else { PixelFormat::Nv12 };
        let picture = numbered(320, 192, number % 8);
        push_picture(&mut encoder, picture_frame(&picture, pixel, number as i64 * 40_000_000));
    }
    encoder
}

#[test]
fn the_h264_encoder_allocates_nothing() {
    // The format that the frames were pushed with changes with the pixels, and is compared only.
    check::<EncodedVideoFrame>(&mut encoded_video(80), "video_out", 80);
}

#[test]
fn the_h264_decoder_allocates_nothing() {
    let mut encoder = encoded_video(80);
    encoder.call_until_idle().expect("packets");
    let mut decoder = Harness::new::<H264Decoder>(NoConfig {}).expect("a decoder");
    for packet in taken::<EncodedVideoFrame>(&mut encoder, "video_out") {
        push_video(&mut decoder, &packet);
    }
    check::<VideoFrame>(&mut decoder, "video_out", 80);
}

fn encoded_sound() -> Harness {
    let mut encoder =
        Harness::new::<OpusEncoder>(OpusEncoderConfig::default()).expect("an encoder");
    let samples = mixed_tones(&[440.0; 6], 48_000, 96_000);
    push_sound(&mut encoder, &AudioFormat::new(48_000, 6), 0, &samples, 960);
    encoder
}

#[test]
fn the_opus_encoder_allocates_nothing() {
    check::<EncodedAudioFrame>(&mut encoded_sound(), "audio_out", 100);
}

#[test]
fn the_opus_decoder_allocates_nothing() {
    let mut encoder = encoded_sound();
    encoder.call_until_idle().expect("packets");
    let mut decoder = Harness::new::<OpusDecoder>(NoConfig {}).expect("a decoder");
    for packet in taken::<EncodedAudioFrame>(&mut encoder, "audio_out") {
        push_audio(&mut decoder, &packet);
    }
    check::<AudioFrame>(&mut decoder, "audio_out", 100);
}

#[test]
fn the_aac_decoder_allocates_nothing() {
    let tone = mixed_tones(&[440.0], 48_000, 110_000);
    let options = syom::EncodeOptions::raw();
    let mut encoder = syom::Encoder::new(48_000, 2, &options).expect("an encoder");
    let parameters =
        streamlib_codec::AudioSpecificConfig::low_complexity(48_000, 2).to_bytes().expect("bytes");
    let format = packet_format(Codec::Aac, Framing::Raw, &parameters);
    let mut decoder = Harness::new::<AacDecoder>(NoConfig {}).expect("a decoder");
    let mut number = 0;
    let push = |frame: syom::EncodedFrame<'_>| {
        let packet = Packet::new(&format, frame.payload, number * 1_024 * 1_000_000_000 / 48_000);
        push_audio(&mut decoder, &packet);
        number += 1;
        Ok(())
    };
    encoder.feed(&[&tone, &tone], push).expect("packets");
    check::<AudioFrame>(&mut decoder, "audio_out", 100);
}
