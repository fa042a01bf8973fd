//! The compositor: places, sizes, formats, lanes that end.

use serde_json::json;
use streamlib_processor::VideoFrame;
use streamlib_processor::abi::media::Rectangle;
use streamlib_processor::abi::media::{Orientation, PixelFormat};
use streamlib_processor::harness::Harness;
use streamlib_video::frame_number::read_frame_number_in;
use streamlib_video::processors::{
    Compositor, CompositorConfig, EndedLane, Layout, Position, TestPattern, TestPatternConfig,
};

use crate::support::{format, plain, push, refusal, sample, size, take};

const RED: [u8; 3] = [81, 90, 240];
const BLUE: [u8; 3] = [41, 240, 110];

fn compositor(config: CompositorConfig) -> Harness {
    Harness::new::<Compositor>(config).unwrap()
}

fn compose(harness: &mut Harness, lanes: &[VideoFrame]) -> VideoFrame {
    for (lane, frame) in lanes.iter().enumerate() {
        push(harness, lane as u32, frame.clone());
    }
    harness.call().unwrap();
    take(harness).expect("a picture comes out")
}

/// Luma at a pixel, and both chroma samples there.
fn colour_at(frame: &VideoFrame, x: usize, y: usize) -> [u8; 3] {
    [sample(frame, 0, x, y), sample(frame, 1, x / 2, y / 2), sample(frame, 2, x / 2, y / 2)]
}

fn i420(width: u32, height: u32, at_ns: i64, colour: [u8; 3]) -> VideoFrame {
    plain(&format(PixelFormat::I420, width, height), at_ns, colour)
}

#[test]
fn lanes_stand_side_by_side() {
    let mut harness = compositor(CompositorConfig::default());
    let out = compose(&mut harness, &[i420(64, 48, 5, RED), i420(64, 48, 7, BLUE)]);
    assert_eq!(size(&out), (128, 48));
    assert_eq!((out.timestamp_ns(), out.duration_ns()), (5, Some(40_000_000)));
    assert_eq!([10, 63, 64, 120].map(|x| colour_at(&out, x, 20)), [RED, RED, BLUE, BLUE]);
    // Another size in the middle of the stream.
    let out = compose(&mut harness, &[i420(32, 24, 10, RED), i420(64, 48, 10, BLUE)]);
    assert_eq!(size(&out), (64, 24));
    assert_eq!([10, 31, 32, 60].map(|x| colour_at(&out, x, 20)), [RED, RED, BLUE, BLUE]);
}

#[test]
fn frames_stay_themselves_on_the_way() {
    let pattern = |frames: u64| {
        let config =
            TestPatternConfig { width: 640, height: 360, frames, ..TestPatternConfig::default() };
        let mut source = Harness::new::<TestPattern>(config).unwrap();
        for _ in 0..frames {
            source.call().unwrap();
        }
        std::iter::from_fn(|| take(&mut source)).last().expect("there is at least one picture")
    };
    let mut harness =
        compositor(CompositorConfig { width: 640, height: 360, ..CompositorConfig::default() });
    let out = compose(&mut harness, &[pattern(124), pattern(37)]);
    let read = |x| {
        let shown = Rectangle { x, y: 90, width: 320, height: 180 };
        read_frame_number_in(out.plane(0), out.stride(0), shown, (640, 360))
    };
    assert_eq!((read(0), read(320)), (Some(123), Some(36)));
}

#[test]
fn an_overlay_has_its_place_size_and_opacity() {
    let config = CompositorConfig {
        layout: Layout::Overlay,
        position: Position::TopLeft,
        size: 0.5,
        ..CompositorConfig::default()
    };
    let mut harness = compositor(config);
    let lanes = [i420(100, 80, 0, RED), i420(50, 40, 0, BLUE)];
    let out = compose(&mut harness, &lanes);
    assert_eq!(size(&out), (100, 80));
    // The margin is 2 pixels.
    assert_eq!([0, 2, 51, 52].map(|x| colour_at(&out, x, 10)), [RED, BLUE, BLUE, RED]);
    harness
        .update_config(&json!({ "layout": "overlay", "position": "center", "opacity": 0.5 }))
        .unwrap();
    let out = compose(&mut harness, &lanes);
    assert_eq!(colour_at(&out, 50, 40), [61, 165, 175]);
    assert_eq!(colour_at(&out, 4, 4), RED);
}

#[test]
fn lanes_of_other_formats_are_converted_and_turned() {
    let mut harness = compositor(CompositorConfig::default());
    let mut turned = format(PixelFormat::Rgb8, 32, 64);
    turned.orientation = Orientation { quarter_turns: 1, mirrored: 0 };
    // 64x32 after turning; mid grey.
    let lanes = [i420(64, 32, 0, RED), plain(&turned, 0, [128, 0, 0])];
    let out = compose(&mut harness, &lanes);
    assert_eq!((out.pixel_format(), size(&out)), (PixelFormat::I420, (128, 32)));
    assert_eq!(out.format().orientation, Orientation::default());
    let grey = colour_at(&out, 100, 16);
    assert!(grey.iter().zip([126, 128, 128]).all(|(a, b)| a.abs_diff(b) <= 2), "{grey:?}");
    // The second lane's RGB8 was converted, and that is counted.
    assert_eq!(harness.copied_bytes("video_out").unwrap(), 64 * 32 * 3 / 2);
}

/// What stands in the place of the second lane once it has ended.
fn check_ended(ended_lane: EndedLane, expect: [u8; 3]) {
    let mut harness = compositor(CompositorConfig { ended_lane, ..CompositorConfig::default() });
    compose(&mut harness, &[i420(64, 48, 0, RED), i420(64, 48, 0, BLUE)]);
    harness.end("video_in", 1).unwrap();
    let out = compose(&mut harness, &[i420(64, 48, 10, RED)]);
    assert_eq!(size(&out), (128, 48), "the place stays");
    assert_eq!([colour_at(&out, 10, 20), colour_at(&out, 100, 20)], [RED, expect]);
}

#[test]
fn an_ended_lane_is_held_or_black() {
    check_ended(EndedLane::Hold, BLUE);
    check_ended(EndedLane::Black, [16, 128, 128]);
}

#[test]
fn the_next_lane_gives_the_time_when_the_first_has_ended() {
    let mut harness = compositor(CompositorConfig::default());
    compose(&mut harness, &[i420(64, 48, 100, RED), i420(64, 48, 95, BLUE)]);
    harness.end("video_in", 0).unwrap();
    for (pushed, sent) in [(98, 100), (135, 135)] {
        push(&mut harness, 1, i420(64, 48, pushed, BLUE));
        harness.call().unwrap();
        assert_eq!(take(&mut harness).map(|out| out.timestamp_ns()), Some(sent));
    }
}

#[test]
fn nothing_comes_of_nothing() {
    let mut harness = compositor(CompositorConfig::default());
    harness.call().unwrap();
    assert!(take(&mut harness).is_none());
    let message = refusal::<Compositor>(CompositorConfig { size: 2.0, ..Default::default() });
    assert!(message.contains("`size`"), "{message}");
}
