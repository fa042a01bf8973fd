//! The converter and the plumbing.

use serde_json::json;
use streamlib_processor::VideoFrame;
use streamlib_processor::abi::media::{ColourRange, MatrixCoefficients, PixelFormat};
use streamlib_processor::harness::Harness;
use streamlib_processor::schema::Format;
use streamlib_video::processors::plumbing::{NullSink, SimplePassthrough};
use streamlib_video::processors::{TargetFormat, VideoConverter, VideoConverterConfig};

use crate::support::{format, plain, sample, size, through};

#[test]
fn the_converter_makes_its_format_of_every_other() {
    let config = VideoConverterConfig { pixel_format: TargetFormat::Rgb8 };
    let mut harness = Harness::new::<VideoConverter>(config).unwrap();
    for &pixel_format in PixelFormat::ALL {
        for (width, height) in [(64, 48), (33, 17)] {
            let frame = plain(&format(pixel_format, width, height), 0, [128, 128, 128]);
            let out = through(&mut harness, frame);
            assert_eq!((out.pixel_format(), size(&out)), (PixelFormat::Rgb8, (width, height)));
            if pixel_format != PixelFormat::Rgb8 {
                assert_eq!(out.format().colour.range, ColourRange::Full);
            }
            // The 16-bit formats are filled with a little more than the 8-bit ones.
            let tolerance = if pixel_format.bit_depth() == 8 { 2 } else { 6 };
            // Mid grey: 128 of full range, or (128 - 16) * 255 / 219 = 130 of limited range.
            let [r, g, b] = [0, 1, 2].map(|channel| sample(&out, 0, 3 + channel, 2));
            assert!(
                [r, g, b].iter().all(|v| v.abs_diff(129) <= tolerance),
                "{pixel_format}: {r} {g} {b}"
            );
        }
    }
}

#[test]
fn the_converter_says_what_it_decided_about_colour() {
    let mut harness = Harness::new::<VideoConverter>(VideoConverterConfig::default()).unwrap();
    let expectations =
        [((64, 48), MatrixCoefficients::Smpte170M), ((64, 720), MatrixCoefficients::Bt709)];
    for ((width, height), matrix) in expectations {
        let frame = plain(&format(PixelFormat::Rgba8, width, height), 0, [255, 0, 0]);
        let colour = through(&mut harness, frame).format().colour;
        assert_eq!((colour.matrix, colour.range), (matrix, ColourRange::Limited));
    }
    harness.update_config(&json!({ "pixel_format": "nv12" })).unwrap();
    let frame = plain(&format(PixelFormat::I420, 16, 16), 0, [50, 60, 70]);
    let out = through(&mut harness, frame);
    assert_eq!(out.pixel_format(), PixelFormat::Nv12);
    assert_eq!((sample(&out, 1, 0, 0), sample(&out, 1, 1, 0)), (60, 70));
    assert!(harness.update_config(&json!({ "pixel_format": "p010" })).is_err());
}

#[test]
fn a_picture_that_has_the_format_passes_untouched() {
    let mut harness = Harness::new::<VideoConverter>(VideoConverterConfig::default()).unwrap();
    let frame = plain(&format(PixelFormat::I420, 16, 16), 7, [50, 60, 70]);
    let before = frame.plane(0).as_ptr();
    assert_eq!(through(&mut harness, frame).plane(0).as_ptr(), before);
    assert_eq!(harness.copied_bytes("video_out").unwrap(), 0);
    through(&mut harness, plain(&format(PixelFormat::Rgb8, 16, 16), 8, [50, 60, 70]));
    assert_eq!(harness.copied_bytes("video_out").unwrap(), 16 * 16 * 3);
}

#[test]
fn plumbing_passes_on_and_swallows() {
    let frame = plain(&format(PixelFormat::I420, 16, 16), 7, [50, 60, 70]);
    let video = Format::Video(frame.format());
    let mut pass = Harness::new::<SimplePassthrough>(Default::default()).unwrap();
    pass.push("input", 0, frame.clone(), &video).unwrap();
    pass.call().unwrap();
    let out: VideoFrame = pass.take("output").unwrap().expect("it was passed on");
    assert_eq!(out.plane(0).as_ptr(), frame.plane(0).as_ptr());
    drop(out);
    let mut sink = Harness::new::<NullSink>(Default::default()).unwrap();
    sink.push("input", 0, frame.clone(), &video).unwrap();
    sink.call_until_idle().unwrap();
    assert!(frame.block().is_unique(), "the sink let go of it");
}
