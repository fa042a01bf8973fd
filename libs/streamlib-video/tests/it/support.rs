//! Pictures to push and what to look at in what comes out.

use streamlib_processor::abi::media::{Colour, PixelFormat, Rational};
use streamlib_processor::harness::{DetachedOutput, Harness};
use streamlib_processor::schema::{Format, VideoFormat};
use streamlib_processor::{Processor, VideoFrame};

/// The format of a picture with square pixels.
pub(crate) fn format(pixel_format: PixelFormat, width: u32, height: u32) -> VideoFormat {
    VideoFormat {
        sample_aspect: Rational::new(1, 1),
        colour: Colour::UNKNOWN,
        ..VideoFormat::new(pixel_format, width, height)
    }
}

/// A picture whose planes are filled with one value each.
pub(crate) fn plain(format: &VideoFormat, at_ns: i64, planes: [u8; 3]) -> VideoFrame {
    let mut output = DetachedOutput::<VideoFrame>::new();
    let mut picture = output.loan(format, at_ns).unwrap();
    picture.envelope_mut().set_duration_ns(Some(40_000_000));
    for (plane, value) in picture.planes_mut().into_iter().zip(planes) {
        plane.fill(value);
    }
    picture.into()
}

/// Pushes a picture into a lane of `video_in`.
pub(crate) fn push(harness: &mut Harness, lane: u32, frame: VideoFrame) {
    let format = Format::Video(frame.format());
    harness.push("video_in", lane, frame, &format).unwrap();
}

/// Takes the next picture of `video_out`.
pub(crate) fn take(harness: &mut Harness) -> Option<VideoFrame> {
    harness.take("video_out").unwrap()
}

/// Pushes a picture and gives what comes out for it.
pub(crate) fn through(harness: &mut Harness, frame: VideoFrame) -> VideoFrame {
    push(harness, 0, frame);
    harness.call().unwrap();
    take(harness).expect("a picture comes out for each that goes in")
}

/// The first sample of a plane at a pixel of that plane.
pub(crate) fn sample(frame: &VideoFrame, plane: usize, x: usize, y: usize) -> u8 {
    frame.plane(plane)[y * frame.stride(plane) + x]
}

/// Width and height.
pub(crate) fn size(frame: &VideoFrame) -> (u32, u32) {
    (frame.width(), frame.height())
}

/// What `P` says to a configuration that it refuses.
pub(crate) fn refusal<P: Processor>(config: P::Config) -> String {
    Harness::new::<P>(config).expect_err("the configuration is refused").to_string()
}
