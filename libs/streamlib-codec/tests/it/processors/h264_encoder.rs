//! `com.tatolab.h264_encoder`: what comes back, bytes that follow, key frames where they are asked.

use serde_json::json;
use streamlib_abi::media::Rectangle;
use streamlib_codec::processors::{H264Decoder, H264Encoder, H264EncoderConfig};
use streamlib_processor::harness::{DetachedOutput, Harness};
use streamlib_processor::prelude::*;

use super::media::{
    Packet, finish, picture_frame, pictures, push_picture, push_video, taken, view,
};
use crate::support::{OwnedPicture, numbered, psnr, read_number};

const FRAME_NS: i64 = 40_000_000;

fn encoder(config: H264EncoderConfig) -> Harness {
    Harness::new::<H264Encoder>(config).expect("an encoder")
}

/// Encodes one picture: its packet.
fn encode(harness: &mut Harness, frame: VideoFrame) -> Packet {
    push_picture(harness, frame);
    harness.call().expect("a packet");
    let mut packets = taken::<EncodedVideoFrame>(harness, "video_out");
    assert_eq!(packets.len(), 1, "a packet for each picture");
    packets.remove(0)
}

fn frame(size: (u32, u32), number: usize) -> VideoFrame {
    let picture = numbered(size.0, size.1, number);
    picture_frame(&picture, PixelFormat::I420, number as i64 * FRAME_NS)
}

#[test]
fn pictures_come_back_alike_with_all_their_times() {
    let mut encoder = encoder(H264EncoderConfig::default());
    let mut decoder = Harness::new::<H264Decoder>(NoConfig {}).expect("a decoder");
    for number in 0..20 {
        let packet = encode(&mut encoder, frame((640, 360), number));
        assert_eq!(packet.is_key_frame(), number == 0, "packet {number}");
        push_video(&mut decoder, &packet);
    }
    finish(&mut encoder).expect("an end");
    finish(&mut decoder).expect("pictures");
    let shown = pictures(&mut decoder);
    assert_eq!(shown.len(), 20);
    for (number, picture) in shown.iter().enumerate() {
        assert_eq!(read_number(&view(picture)), number);
        let db = psnr(&view(picture), &numbered(640, 360, number).view());
        assert!(db > 30.0, "picture {number} has {db:.1} dB");
        let (envelope, at_ns) = (picture.envelope(), number as i64 * FRAME_NS);
        assert_eq!(envelope.timestamp_ns, at_ns);
        assert_eq!(envelope.duration_ns(), Some(40_000_000));
        assert_eq!(envelope.capture_time_ns(), Some(5_000 + at_ns.unsigned_abs()));
        assert_eq!(envelope.trace_id, [9; 16]);
    }
}

#[test]
fn nv12_and_i420_encode_alike() {
    let picture = numbered(162, 50, 3);
    let coded = [PixelFormat::I420, PixelFormat::Nv12].map(|pixel| {
        encode(&mut encoder(H264EncoderConfig::default()), picture_frame(&picture, pixel, 0)).data
    });
    assert!(coded[0] == coded[1]);
}

#[test]
fn only_the_visible_part_is_encoded() {
    let whole = numbered(320, 192, 3);
    let part = Rectangle { x: 32, y: 16, width: 200, height: 100 };
    let cut = |plane: usize, shift: usize| -> Vec<u8> {
        let rows = whole.planes[plane].chunks(320 >> shift).skip(16 >> shift).take(100 >> shift);
        rows.flat_map(|row| row[32 >> shift..][..200 >> shift].to_vec()).collect()
    };
    let planes = [cut(0, 0), cut(1, 1), cut(2, 1)];
    let part_alone = OwnedPicture { width: 200, height: 100, planes };
    let config = H264EncoderConfig::default;
    let alone = encode(&mut encoder(config()), picture_frame(&part_alone, PixelFormat::I420, 0));
    for pixel in [PixelFormat::I420, PixelFormat::Nv12] {
        let mut output = DetachedOutput::<VideoFrame>::new();
        let mut frame = output.edit(picture_frame(&whole, pixel, 0)).expect("a picture");
        frame.set_visible(part).expect("a part");
        let coded = encode(&mut encoder(config()), frame.into());
        assert!(coded.data == alone.data, "{pixel}");
    }
}

#[test]
fn bytes_follow_the_bitrate_without_a_key_frame_or_a_new_format() {
    let mut harness = encoder(H264EncoderConfig::default());
    let mut bytes_per_second = Vec::new();
    let mut number = 0;
    for bitrate in [4_000_000, 1_000_000] {
        harness
            .update_config(&json!({ "bitrate": bitrate, "key_frame_interval": 0 }))
            .expect("a change while running");
        let mut bytes = 0;
        for step in 0..75 {
            let packet = encode(&mut harness, frame((1280, 720), number));
            assert_eq!(packet.is_key_frame(), number % 50 == 0, "packet {number}");
            assert_eq!(packet.info.pts_ns, number as i64 * FRAME_NS);
            // A second to settle: what was overspent is saved first.
            bytes += if step >= 25 { packet.data.len() } else { 0 };
            number += 1;
        }
        bytes_per_second.push(bytes / 2);
    }
    let [high, low] = bytes_per_second[..] else { panic!("two rates") };
    assert!((300_000..=700_000).contains(&high), "4 Mb/s gave {high} bytes a second");
    assert!((75_000..=175_000).contains(&low), "1 Mb/s gave {low} bytes a second");
}

#[test]
fn raising_the_counter_makes_the_very_next_picture_a_key_frame() {
    let mut harness = encoder(H264EncoderConfig::default());
    let mut keys = Vec::new();
    for number in 0..30 {
        let counter = match number {
            ..7 => 0,
            7..11 => 1,
            11..20 => 5,
            _ => 2,
        };
        harness.update_config(&json!({ "force_key_frame": counter })).expect("a change");
        if encode(&mut harness, frame((320, 192), number)).is_key_frame() {
            keys.push(number);
        }
    }
    assert_eq!(keys, [0, 7, 11], "lowering it forces none");
}

#[test]
fn a_new_epoch_starts_with_a_key_frame() {
    let mut harness = encoder(H264EncoderConfig::default());
    let keys: Vec<_> = (0..6)
        .filter(|number| {
            let mut frame = frame((320, 192), *number);
            frame.envelope_mut().epoch = u32::from(*number >= 4);
            encode(&mut harness, frame).is_key_frame()
        })
        .collect();
    assert_eq!(keys, [0, 4]);
}

#[test]
fn another_size_is_announced_and_starts_with_a_key_frame() {
    let config = H264EncoderConfig { key_frame_interval: 4, ..H264EncoderConfig::default() };
    let mut encoder = encoder(config);
    let mut decoder = Harness::new::<H264Decoder>(NoConfig {}).expect("a decoder");
    let mut keys = Vec::new();
    for number in 0..12 {
        let size = if number < 6 { (640, 360) } else { (320, 192) };
        let packet = encode(&mut encoder, frame(size, number));
        if packet.is_key_frame() {
            keys.push(number);
        }
        push_video(&mut decoder, &packet);
        let Some(Format::Packet(format)) = encoder.announced("video_out").expect("a format") else {
            panic!("no format of packets is announced");
        };
        assert_eq!(format.parameters, packet.format.parameters);
        let video = format.video.expect("what the pictures are");
        assert_eq!((video.width, video.height, video.frame_rate.num), (size.0, size.1, 25));
    }
    assert_eq!(keys, [0, 4, 6, 10]);
    finish(&mut decoder).expect("pictures");
    let shown = pictures(&mut decoder);
    let numbers: Vec<_> = shown.iter().map(|picture| read_number(&view(picture))).collect();
    assert_eq!(numbers, (0..12).collect::<Vec<_>>());
}
