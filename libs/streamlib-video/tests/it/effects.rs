//! Grayscale, invert, scale, crop: sizes that change, sharing, settings.

use serde_json::json;
use streamlib_processor::VideoFrame;
use streamlib_processor::abi::media::{Orientation, PixelFormat, Rational};
use streamlib_processor::harness::Harness;
use streamlib_video::processors::{
    Crop, CropConfig, Grayscale, GrayscaleConfig, Invert, Scale, ScaleConfig,
};

use crate::support::{format, plain, push, refusal, sample, size, take, through};

const COLOURED: [u8; 3] = [81, 90, 240];

/// Every 8-bit format and a change of size in the middle: one picture out for one in, with its
/// times, format and orientation.
fn check_effect(harness: &mut Harness) {
    let mut at_ns = 0;
    for pixel_format in [
        PixelFormat::I420,
        PixelFormat::Nv12,
        PixelFormat::Rgba8,
        PixelFormat::Bgra8,
        PixelFormat::Rgb8,
        PixelFormat::Gray8,
    ] {
        for (width, height) in [(64, 48), (33, 17), (1, 1)] {
            let mut format = format(pixel_format, width, height);
            format.orientation = Orientation { quarter_turns: 1, mirrored: 0 };
            let out = through(harness, plain(&format, at_ns, COLOURED));
            assert_eq!(out.format(), format);
            assert_eq!((out.timestamp_ns(), out.duration_ns()), (at_ns, Some(40_000_000)));
            at_ns += 40_000_000;
        }
    }
    assert_eq!(harness.copied_bytes("video_out").unwrap(), 0, "nobody else held the pictures");
}

#[test]
fn effects_take_every_format_and_size_in_place() {
    check_effect(&mut Harness::new::<Grayscale>(GrayscaleConfig::default()).unwrap());
    check_effect(&mut Harness::new::<Invert>(Default::default()).unwrap());
}

/// A picture that somebody else holds is not changed; the copy is counted.
fn check_shared(harness: &mut Harness) {
    let frame = plain(&format(PixelFormat::I420, 64, 48), 0, COLOURED);
    let held: VideoFrame = frame.clone();
    let out = through(harness, frame);
    assert_eq!([0, 1, 2].map(|plane| sample(&held, plane, 0, 0)), COLOURED);
    assert_ne!([0, 1, 2].map(|plane| sample(&out, plane, 0, 0)), COLOURED);
    assert_eq!(harness.copied_bytes("video_out").unwrap(), 64 * 48 * 3 / 2);
}

#[test]
fn a_shared_picture_is_copied_and_the_copy_counted() {
    check_shared(&mut Harness::new::<Grayscale>(GrayscaleConfig::default()).unwrap());
    check_shared(&mut Harness::new::<Invert>(Default::default()).unwrap());
}

#[test]
fn grayscale_follows_its_setting_while_running() {
    let mut harness = Harness::new::<Grayscale>(GrayscaleConfig { amount: 0.5 }).unwrap();
    let frame = || plain(&format(PixelFormat::I420, 16, 16), 0, COLOURED);
    assert_eq!(sample(&through(&mut harness, frame()), 1, 3, 3), 109);
    harness.update_config(&json!({ "amount": 1.0 })).unwrap();
    assert_eq!(sample(&through(&mut harness, frame()), 1, 3, 3), 128);
    assert!(harness.update_config(&json!({ "amount": 1.5 })).is_err());
    assert!(harness.update_config(&json!({ "amout": 0.5 })).is_err());
    assert_eq!(sample(&through(&mut harness, frame()), 1, 3, 3), 128, "a refusal changes nothing");
    harness.update_config(&json!({ "amount": 0.0 })).unwrap();
    assert_eq!(sample(&through(&mut harness, frame()), 1, 3, 3), 90);
}

#[test]
fn configurations_that_cannot_work_are_refused() {
    let message = refusal::<Grayscale>(GrayscaleConfig { amount: -0.1 });
    assert!(message.contains("`amount`"), "{message}");
    let none = ScaleConfig { width: 0, height: 0, ..ScaleConfig::default() };
    assert_eq!(
        refusal::<Scale>(none),
        "setting `width` is `0`, but one of width and height must be given"
    );
    let message = refusal::<Crop>(CropConfig { width: 40_000, ..CropConfig::default() });
    assert!(message.contains("`width`"), "{message}");
}

#[test]
fn scale_keeps_its_size_when_the_source_changes() {
    let config = ScaleConfig { width: 64, height: 48, ..ScaleConfig::default() };
    let mut harness = Harness::new::<Scale>(config).unwrap();
    for pixel_format in [PixelFormat::I420, PixelFormat::Nv12] {
        for (width, height) in [(64, 48), (128, 96), (31, 77), (640, 360)] {
            let frame = plain(&format(pixel_format, width, height), 0, COLOURED);
            let out = through(&mut harness, frame);
            assert_eq!(size(&out), (64, 48));
            assert_eq!(out.pixel_format(), pixel_format);
            // The middle has the picture's colour, whatever bars there are.
            assert!(sample(&out, 0, 32, 24).abs_diff(81) <= 1, "{pixel_format} {width}x{height}");
            let column = if pixel_format == PixelFormat::Nv12 { 32 } else { 16 };
            assert!(
                sample(&out, 1, column, 12).abs_diff(90) <= 1,
                "{pixel_format} {width}x{height}"
            );
        }
    }
}

#[test]
fn scale_adds_black_bars_or_stretches() {
    let config = ScaleConfig { width: 64, height: 64, ..ScaleConfig::default() };
    let mut harness = Harness::new::<Scale>(config).unwrap();
    let wide = || plain(&format(PixelFormat::I420, 128, 64), 0, COLOURED);
    let out = through(&mut harness, wide());
    let column = |out: &VideoFrame| [4, 20, 44, 60].map(|y| sample(out, 0, 32, y));
    assert_eq!(column(&out), [16, 81, 81, 16]);
    assert_eq!((sample(&out, 1, 16, 2), sample(&out, 2, 16, 2)), (128, 128));
    harness.update_config(&json!({ "width": 64, "height": 64, "keep_aspect": false })).unwrap();
    assert_eq!(column(&through(&mut harness, wide())), [81, 81, 81, 81]);
    harness.update_config(&json!({ "width": 32, "height": 0, "filter": "lanczos3" })).unwrap();
    assert_eq!(size(&through(&mut harness, wide())), (32, 16));
}

#[test]
fn scale_makes_square_pixels() {
    let config = ScaleConfig { width: 0, height: 576, ..ScaleConfig::default() };
    let mut harness = Harness::new::<Scale>(config).unwrap();
    let mut pal = format(PixelFormat::I420, 720, 576);
    pal.sample_aspect = Rational::new(64, 45);
    let out = through(&mut harness, plain(&pal, 0, COLOURED));
    assert_eq!(size(&out), (1024, 576));
    assert_eq!(out.format().sample_aspect, Rational::new(1, 1));
}

#[test]
fn a_picture_of_the_right_size_is_passed_on_untouched() {
    let config = ScaleConfig { width: 64, height: 48, ..ScaleConfig::default() };
    let mut harness = Harness::new::<Scale>(config).unwrap();
    let frame = plain(&format(PixelFormat::Rgba8, 64, 48), 0, COLOURED);
    let before = frame.plane(0).as_ptr();
    let out = through(&mut harness, frame);
    assert_eq!(out.plane(0).as_ptr(), before);
}

#[test]
fn crop_cuts_the_part_out() {
    let config = CropConfig { x: 11, y: 7, width: 20, height: 10, ..CropConfig::default() };
    let mut harness = Harness::new::<Crop>(config).unwrap();
    for pixel_format in [PixelFormat::I420, PixelFormat::Rgb8, PixelFormat::P010] {
        let frame = plain(&format(pixel_format, 64, 48), 0, COLOURED);
        assert_eq!(size(&through(&mut harness, frame)), (20, 10));
    }
    let frame = plain(&format(PixelFormat::Gray8, 25, 48), 0, COLOURED);
    assert_eq!(size(&through(&mut harness, frame)), (14, 10), "it ends at the right edge");
    push(&mut harness, 0, plain(&format(PixelFormat::Gray8, 8, 8), 0, COLOURED));
    assert_eq!(
        harness.call().unwrap_err().to_string(),
        "a rectangle of 20x10 pixels at (11, 7) does not lie inside a picture of 8x8 pixels"
    );
    assert!(take(&mut harness).is_none());
}
