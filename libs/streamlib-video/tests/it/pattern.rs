//! The test source.

use serde_json::json;
use streamlib_processor::VideoFrame;
use streamlib_processor::abi::media::PixelFormat;
use streamlib_processor::harness::Harness;
use streamlib_video::processors::{TargetFormat, TestPattern, TestPatternConfig};
use streamlib_video::{Picture, PictureBuf, PictureMut, convert, read_frame_number};

use crate::support::{refusal, sample, size, take};

fn small() -> TestPatternConfig {
    TestPatternConfig { width: 320, height: 64, ..TestPatternConfig::default() }
}

fn next(harness: &mut Harness) -> VideoFrame {
    harness.call().unwrap();
    take(harness).expect("a picture comes with each call")
}

/// The number in a picture of any format.
fn number(frame: &VideoFrame) -> Option<u16> {
    let (width, height) = size(frame);
    let mut luma = PictureBuf::default();
    luma.reset(PixelFormat::Gray8, (width, height), Default::default());
    let mut target: PictureMut<'_> = luma.view_mut();
    convert(&Picture::from(frame), &mut target).unwrap();
    read_frame_number(luma.view().plane(0), luma.view().stride(0), width, height)
}

fn check_format(pixel_format: TargetFormat, width: u32, height: u32) {
    let config = TestPatternConfig { pixel_format, width, height, ..TestPatternConfig::default() };
    let mut harness = Harness::new::<TestPattern>(config).unwrap();
    let mut before = Vec::new();
    for expected in 0..5 {
        let frame = next(&mut harness);
        assert_eq!(frame.pixel_format(), pixel_format.into());
        assert_eq!(number(&frame), Some(expected), "{pixel_format:?} {width}x{height}");
        let row = frame.stride(0) * 40;
        let line = frame.plane(0)[row..row + frame.stride(0)].to_vec();
        assert_ne!(line, before, "the bars move");
        before = line;
    }
}

#[test]
fn every_format_bears_the_number_and_moves() {
    for format in [
        TargetFormat::I420,
        TargetFormat::Nv12,
        TargetFormat::Rgba8,
        TargetFormat::Bgra8,
        TargetFormat::Rgb8,
        TargetFormat::Gray8,
    ] {
        check_format(format, 320, 180);
        check_format(format, 257, 61);
    }
}

#[test]
fn times_follow_the_rate_and_the_source_ends() {
    let config = TestPatternConfig { frames: 3, frame_rate: vec![30_000, 1_001], ..small() };
    let mut harness = Harness::new::<TestPattern>(config).unwrap();
    let outcome = harness.call_until_idle().unwrap();
    assert!(!outcome.finished);
    harness.call().unwrap();
    assert!(harness.call().unwrap().finished);
    let frames: Vec<VideoFrame> = std::iter::from_fn(|| take(&mut harness)).collect();
    let times: Vec<i64> = frames.iter().map(VideoFrame::timestamp_ns).collect();
    assert_eq!(times, [0, 33_366_667, 66_733_333]);
    assert_eq!(frames[0].duration_ns(), Some(33_366_667));
    assert_eq!(frames[0].format().frame_rate.to_string(), "30000/1001");
    assert!(harness.call().unwrap().finished, "it stays at its end");
    assert!(take(&mut harness).is_none());
}

#[test]
fn real_time_waits_for_the_clock() {
    let config = TestPatternConfig { real_time: true, frame_rate: vec![25, 1], ..small() };
    let mut harness = Harness::new::<TestPattern>(config).unwrap();
    next(&mut harness);
    let outcome = harness.call().unwrap();
    assert_eq!(outcome.wake_at_ns, Some(40_000_000));
    assert!(take(&mut harness).is_none());
    harness.set_now_ns(40_000_000);
    assert_eq!(next(&mut harness).timestamp_ns(), 40_000_000);
}

#[test]
fn flashes_are_white_all_over() {
    let mut harness =
        Harness::new::<TestPattern>(TestPatternConfig { flash_every_frames: 3, ..small() })
            .unwrap();
    let numbers: Vec<Option<u16>> = (0..5).map(|_| number(&next(&mut harness))).collect();
    assert_eq!(numbers, [None, Some(1), Some(2), None, Some(4)]);
    harness.update_config(&json!({ "width": 320, "height": 64, "flash_every_frames": 1 })).unwrap();
    let flash = next(&mut harness);
    assert_eq!([(0, 0), (319, 63)].map(|(x, y)| sample(&flash, 0, x, y)), [235, 235]);
}

#[test]
fn size_and_rate_change_while_running_and_time_goes_on() {
    let mut harness =
        Harness::new::<TestPattern>(TestPatternConfig { frame_rate: vec![10, 1], ..small() })
            .unwrap();
    next(&mut harness);
    next(&mut harness);
    let change = json!({ "width": 640, "height": 360, "frame_rate": [50, 1] });
    harness.update_config(&change).unwrap();
    let third = next(&mut harness);
    assert_eq!((size(&third), third.timestamp_ns()), ((640, 360), 200_000_000));
    assert_eq!(number(&third), Some(2));
    assert_eq!(next(&mut harness).timestamp_ns(), 220_000_000);
}

#[test]
fn configurations_that_cannot_work_are_refused() {
    let check = |config: TestPatternConfig, text: &str| {
        let message = refusal::<TestPattern>(config);
        assert!(message.contains(text), "{message}");
    };
    check(TestPatternConfig { width: 100, ..small() }, "`width`");
    check(TestPatternConfig { frame_rate: vec![30], ..small() }, "`frame_rate`");
    check(TestPatternConfig { frame_rate: vec![30, 0], ..small() }, "`frame_rate");
}
