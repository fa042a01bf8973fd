//! Nothing is allocated on the Rust side once the first packets have gone through. The C libraries
//! use their own allocator and are not counted.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use streamlib_abi::media::{ChannelLayout, Codec, Framing};
use streamlib_codec::{
    AudioDecoderSettings, AudioEncoderSettings, AudioSpecificConfig, VideoDecoderSettings,
    VideoPacket, audio_decoder, audio_encoder, video_decoder,
};

use crate::h264_encode::{encoder, settings};
use crate::support::{mixed_tones, numbered};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[expect(unsafe_code, reason = "an allocator that counts")]
// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Allocations of this thread while `work` runs.
pub(crate) fn allocations(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(vec![1u8])), 1);
}

#[test]
fn video_allocates_nothing() {
    let mut encoder = encoder(&settings(320, 192, 1_000_000));
    let parameters = encoder.parameters().to_vec();
    let mut decoder = video_decoder(&VideoDecoderSettings {
        codec: Codec::H264,
        framing: Framing::LengthPrefixed,
        parameters: &parameters,
    })
    .expect("a decoder");
    let pictures: Vec<_> = (0..8).map(|number| numbered(320, 192, number)).collect();
    let mut packet = Vec::with_capacity(encoder.max_packet_bytes());
    let mut shown = 0;
    let mut turn = |number: usize| {
        packet.clear();
        if number.is_multiple_of(20) {
            encoder.force_key_frame();
        }
        if number.is_multiple_of(15) {
            encoder.set_bitrate(500_000 + 1_000 * number as u32).expect("a change");
        }
        let picture = pictures[number % pictures.len()].view();
        encoder.encode(&picture, number as i64, &mut packet).expect("a packet");
        let packet = VideoPacket { data: &packet, pts_ns: number as i64 };
        decoder.decode(packet, &mut |_| shown += 1).expect("a picture");
    };
    (0..30).for_each(&mut turn);
    let count = allocations(|| (30..120).for_each(&mut turn));
    assert_eq!((count, shown), (0, 120));
}

#[test]
fn opus_allocates_nothing() {
    let layout = ChannelLayout::Surround51;
    let settings = AudioEncoderSettings { sample_rate: 48_000, layout, bitrate_bps: 384_000 };
    let mut encoder = audio_encoder(Codec::Opus, &settings).expect("an encoder");
    let mut decoder = audio_decoder(&AudioDecoderSettings {
        codec: Codec::Opus,
        framing: Framing::Raw,
        parameters: encoder.parameters(),
    })
    .expect("a decoder");
    let samples = mixed_tones(&[440.0; 6], 48_000, 960);
    let mut packet = Vec::with_capacity(encoder.max_packet_bytes());
    let mut out = vec![0.0; decoder.max_output_samples()];
    let count = allocations(|| {
        for turn in 0..100 {
            packet.clear();
            encoder.set_bitrate(200_000 + turn).expect("a change");
            encoder.encode(&samples, &mut packet).expect("a packet");
            decoder.decode(&packet, &mut out).expect("sound");
        }
    });
    assert_eq!(count, 0);
}

#[test]
fn aac_allocates_nothing() {
    let tone = mixed_tones(&[440.0], 48_000, 96_000);
    let options = syom::EncodeOptions::raw();
    let mut encoder = syom::Encoder::new(48_000, 2, &options).expect("an encoder");
    let mut packets = Vec::new();
    let keep = |frame: syom::EncodedFrame<'_>| {
        packets.push(frame.payload.to_vec());
        Ok(())
    };
    encoder.feed(&[&tone, &tone], keep).expect("packets");
    let parameters = AudioSpecificConfig::low_complexity(48_000, 2).to_bytes().expect("bytes");
    let mut decoder = audio_decoder(&AudioDecoderSettings {
        codec: Codec::Aac,
        framing: Framing::Raw,
        parameters: &parameters,
    })
    .expect("a decoder");
    let mut out = vec![0.0; decoder.max_output_samples()];
    let mut decode = |packet: &Vec<u8>| {
        decoder.decode(packet, &mut out).expect("sound");
    };
    packets[..8].iter().for_each(&mut decode);
    assert!(packets.len() > 80);
    assert_eq!(allocations(|| packets[8..].iter().for_each(&mut decode)), 0);
}
