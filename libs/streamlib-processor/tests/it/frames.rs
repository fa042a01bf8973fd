//! Frames that are loaned, filled, sent and read again.

use serde_json::{Value, json};
use streamlib_processor::abi::media::Rectangle;
use streamlib_processor::harness::{DetachedOutput, Harness};
use streamlib_processor::prelude::*;

use crate::processors::{Mixer, Relay};

/// Sends `frame` through a processor that passes it on; the same content comes out, not copied.
fn through<F: FrameType>(frame: F, format: &Format) -> F {
    let mut harness = Harness::new::<Relay<F>>(NoConfig {}).unwrap();
    harness.push("input", 0, frame, format).unwrap();
    harness.call().unwrap();
    assert_eq!(harness.copied_bytes("output").unwrap(), 0);
    harness.take("output").unwrap().expect("a frame was sent")
}

fn check_picture(
    pixel_format: PixelFormat,
    width: u32,
    height: u32,
    rows_and_bytes: &[(usize, usize)],
) {
    let format = VideoFormat {
        frame_rate: Rational::new(30_000, 1001),
        ..VideoFormat::new(pixel_format, width, height)
    };
    let mut output = DetachedOutput::<VideoFrame>::new();
    let mut picture = output.loan(&format, 40).unwrap();
    let visible = Rectangle { x: 1, y: 0, width: width - 1, height };
    picture.set_visible(visible).unwrap();
    picture.envelope_mut().set_duration_ns(Some(33));
    for (index, plane) in picture.planes_mut().into_iter().enumerate() {
        plane.fill(index as u8 + 1);
    }
    assert_eq!((picture.format(), picture.pixel_format()), (format.clone(), pixel_format));
    let frame = through(VideoFrame::from(picture), &Format::Video(format.clone()));
    assert_eq!(frame.format(), format);
    assert_eq!((frame.timestamp_ns(), frame.duration_ns()), (40, Some(33)));
    assert_eq!(frame.visible(), visible);
    for index in 0..4 {
        let (rows, row) = rows_and_bytes.get(index).copied().unwrap_or_default();
        let plane = frame.plane(index);
        assert_eq!(plane.len(), frame.stride(index) * rows, "{pixel_format} plane {index}");
        assert!(frame.stride(index) >= row, "{pixel_format} plane {index}");
        assert!(plane.iter().all(|byte| *byte == index as u8 + 1), "{pixel_format} plane {index}");
    }
}

#[test]
fn a_picture_arrives_plane_by_plane() {
    check_picture(PixelFormat::I420, 35, 17, &[(17, 35), (9, 18), (9, 18)]);
    check_picture(PixelFormat::Nv12, 35, 17, &[(17, 35), (9, 36)]);
    check_picture(PixelFormat::P010, 35, 17, &[(17, 70), (9, 72)]);
    check_picture(PixelFormat::Rgb8, 3, 1, &[(1, 9)]);
    check_picture(PixelFormat::Rgba64, 2, 2, &[(2, 16)]);
    check_picture(PixelFormat::Gray8, 1, 1, &[(1, 1)]);
}

#[test]
fn a_picture_that_cannot_be_made_is_refused() {
    let mut output = DetachedOutput::<VideoFrame>::new();
    let error = output.loan(&VideoFormat::new(PixelFormat::I420, 0, 8), 0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a picture of 0x8 pixels cannot be made: width and height are 1 to 32768"
    );
    let mut picture = output.loan(&VideoFormat::new(PixelFormat::I420, 8, 8), 0).unwrap();
    let outside = Rectangle { x: 4, y: 0, width: 5, height: 8 };
    assert_eq!(
        picture.set_visible(outside).unwrap_err().to_string(),
        "5x8 pixels from 4,0 on are not a part of a picture of 8x8 pixels"
    );
}

#[test]
fn samples_arrive_with_their_duration() {
    let format = AudioFormat::new(44_100, 2);
    let mut output = DetachedOutput::<AudioFrame>::new();
    let mut samples = output.loan(&format, 441, 0).unwrap();
    assert_eq!((samples.channels(), samples.frame_count()), (2, 441));
    for (index, sample) in samples.samples_mut().iter_mut().enumerate() {
        *sample = index as f32 / 882.0;
    }
    let frame = through(AudioFrame::from(samples), &Format::Audio(format.clone()));
    assert_eq!((frame.format(), frame.frame_count()), (format, 441));
    assert_eq!(frame.duration_ns(), Some(10_000_000));
    assert_eq!(frame.samples()[1..3], [1.0 / 882.0, 2.0 / 882.0]);
    assert_eq!(frame.samples().len(), 882);
}

#[test]
fn samples_that_cannot_be_made_are_refused() {
    let mut output = DetachedOutput::<AudioFrame>::new();
    let error = output.loan(&AudioFormat::new(48_000, 9), 10, 0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "audio of f32 48000 Hz 9 channels cannot be made: samples are f32, channels 1 to 8"
    );
}

#[test]
fn a_packet_arrives_with_its_parameters() {
    let format = PacketFormat {
        codec: Codec::H264,
        framing: Framing::LengthPrefixed,
        parameters: vec![1, 100, 0, 31],
        video: None,
        audio: None,
    };
    let info = PacketInfo { flags: PacketFlags::KEY_FRAME, pts_ns: 80, trim_start: 1, trim_end: 2 };
    let mut output = DetachedOutput::<EncodedVideoFrame>::new();
    let mut packet = output.loan(&format, 3, info, Envelope::at(40)).unwrap();
    packet.data_mut().copy_from_slice(&[7, 8, 9]);
    let frame = through(EncodedVideoFrame::from(packet), &Format::Packet(format.clone()));
    let meta = frame.meta();
    assert_eq!((meta.pts_ns, meta.dts_ns, frame.timestamp_ns()), (80, 40, 40));
    assert_eq!((meta.trim_start, meta.trim_end), (1, 2));
    assert_eq!((frame.codec(), frame.framing()), (Some(format.codec), Some(format.framing)));
    assert!(frame.is_key_frame());
    assert_eq!(
        (frame.data(), frame.parameters()),
        ([7, 8, 9].as_slice(), [1, 100, 0, 31].as_slice())
    );

    let bare = PacketFormat { parameters: Vec::new(), ..format };
    let packet = output.loan(&bare, 0, PacketInfo::default(), Envelope::at(80)).unwrap();
    let frame = through(EncodedVideoFrame::from(packet), &Format::Packet(bare));
    assert!(frame.data().is_empty() && frame.parameters().is_empty() && !frame.is_key_frame());
}

#[test]
fn data_arrives_as_the_value_that_was_sent() {
    let value = json!({"found": ["cat", null], "score": 0.5});
    let mut output = DetachedOutput::<DataFrame>::new();
    let frame = output.frame(&value, Envelope::at(1)).unwrap();
    let frame = through(frame, &Format::Data);
    assert_eq!(frame.value::<Value>().unwrap(), value);
    assert_eq!(
        frame.value::<u8>().unwrap_err().to_string(),
        "the data is not of the expected form: wrong msgpack marker FixMap(2)"
    );
}

#[test]
fn a_format_is_announced_when_it_changes() {
    let mut output = DetachedOutput::<VideoFrame>::new();
    let small = VideoFormat::new(PixelFormat::Gray8, 8, 8);
    let large = VideoFormat::new(PixelFormat::Gray8, 9, 9);
    let ids: Vec<u32> = [&small, &small, &large, &large]
        .into_iter()
        .map(|format| {
            let picture = output.loan(format, 0).unwrap();
            VideoFrame::from(picture).envelope().format_id
        })
        .collect();
    assert_eq!(ids, [1, 1, 2, 2]);
}

#[test]
fn the_visible_part_goes_along() {
    let mut output = DetachedOutput::<VideoFrame>::new();
    let mut picture = output.loan(&VideoFormat::new(PixelFormat::Nv12, 16, 16), 0).unwrap();
    let visible = Rectangle { x: 2, y: 4, width: 6, height: 8 };
    picture.set_visible(visible).unwrap();
    let frame = VideoFrame::from(picture);
    assert_eq!(output.loan_like(&frame).unwrap().visible(), visible);
    let copy = VideoFrame::from(output.edit(frame.clone()).unwrap());
    assert_ne!(copy.block().identity(), frame.block().identity());
    assert_eq!(copy.visible(), visible);
}

#[test]
fn samples_are_edited_in_place_or_copied() {
    let format = AudioFormat::new(48_000, 1);
    let mut samples = DetachedOutput::<AudioFrame>::new().loan(&format, 2, 0).unwrap();
    samples.samples_mut().copy_from_slice(&[0.5, 0.25]);
    let frame = AudioFrame::from(samples);
    let check = |frame: AudioFrame, copied: u64| {
        let mut harness = Harness::new::<Mixer>(NoConfig {}).unwrap();
        harness.push("audio_in", 0, frame, &Format::Audio(format.clone())).unwrap();
        harness.call().unwrap();
        let mixed: AudioFrame = harness.take("audio_out").unwrap().unwrap();
        assert_eq!(mixed.samples(), [0.5, 0.25]);
        assert_eq!(harness.copied_bytes("audio_out").unwrap(), copied);
        let announced = harness.announced("audio_out").unwrap();
        assert_eq!(announced, Some(Format::Audio(format.clone())));
    };
    check(frame.clone(), 8);
    check(frame, 0);
}
