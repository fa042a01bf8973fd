//! Processors at work.

use serde_json::json;
use streamlib_processor::harness::{CallOutcome, DetachedOutput, Harness};
use streamlib_processor::prelude::*;

use crate::processors::{
    Brighten, BrightenConfig, Caption, CaptionConfig, Counter, Mixer, Overflow, Relay,
};

const REST: CallOutcome = CallOutcome { again: false, finished: false, wake_at_ns: None };

fn picture_format() -> VideoFormat {
    VideoFormat::new(PixelFormat::Gray8, 32, 2)
}

fn picture(value: u8, timestamp_ns: i64) -> VideoFrame {
    let mut picture =
        DetachedOutput::<VideoFrame>::new().loan(&picture_format(), timestamp_ns).unwrap();
    picture.plane_mut(0).fill(value);
    picture.into()
}

fn push_picture(harness: &mut Harness, port: &str, value: u8, timestamp_ns: i64) {
    let format = Format::Video(picture_format());
    harness.push(port, 0, picture(value, timestamp_ns), &format).unwrap();
}

#[test]
fn a_frame_that_is_passed_on_is_the_same_block() {
    let mut harness = Harness::new::<Relay<VideoFrame>>(NoConfig {}).unwrap();
    let frame = picture(1, 7);
    let identity = frame.block().identity();
    harness.push("input", 0, frame, &Format::Video(picture_format())).unwrap();
    assert_eq!(harness.call().unwrap(), REST);
    let frame: VideoFrame = harness.take("output").unwrap().expect("it was passed on");
    assert_eq!((frame.block().identity(), frame.timestamp_ns()), (identity, 7));
    assert!(harness.take::<VideoFrame>("output").unwrap().is_none());
}

#[test]
fn an_edit_is_in_place_unless_somebody_else_holds_the_picture() {
    let mut harness =
        Harness::new::<Brighten>(BrightenConfig { amount: 5, ..BrightenConfig::default() })
            .unwrap();
    let format = Format::Video(picture_format());
    let alone = picture(10, 0);
    let identity = alone.block().identity();
    harness.push("video_in", 0, alone, &format).unwrap();
    harness.call().unwrap();
    let edited: VideoFrame = harness.take("video_out").unwrap().unwrap();
    assert_eq!((edited.block().identity(), edited.plane(0)), (identity, [15; 64].as_slice()));
    assert_eq!(harness.copied_bytes("video_out").unwrap(), 0);
    assert_eq!(harness.announced("video_out").unwrap(), Some(format.clone()));

    let shared = picture(20, 1);
    harness.push("video_in", 0, shared.clone(), &format).unwrap();
    harness.call().unwrap();
    let copy: VideoFrame = harness.take("video_out").unwrap().unwrap();
    assert_ne!(copy.block().identity(), shared.block().identity());
    assert_eq!((shared.plane(0)[0], copy.plane(0)), (20, [25; 64].as_slice()));
    assert_eq!(copy.timestamp_ns(), 1);
    assert_eq!(harness.copied_bytes("video_out").unwrap(), 64);
    assert_eq!(harness.processor().save_state(), Some(json!(2)));
}

#[test]
fn a_configuration_is_changed_while_running_or_not_at_all() {
    let mut harness = Harness::new::<Brighten>(BrightenConfig::default()).unwrap();
    let mut check = |config: serde_json::Value, refused: Option<&str>, expect: u8| {
        let result = harness.update_config(&config);
        assert_eq!(result.err().map(|error| error.to_string()).as_deref(), refused, "{config}");
        push_picture(&mut harness, "video_in", 250, 0);
        harness.call().unwrap();
        let frame: VideoFrame = harness.take("video_out").unwrap().unwrap();
        assert_eq!(frame.plane(0)[0], expect, "{config}");
    };
    check(json!({"amount": 3}), None, 253);
    check(json!({"amount": 10}), None, 255);
    check(json!({"amount": 10, "overflow": "wrap"}), None, 4);
    let refused = "the configuration is not valid: unknown variant `up`, \
                   expected `stay-white` or `wrap`";
    check(json!({"overflow": "up"}), Some(refused), 4);
    assert_eq!(serde_json::to_value(Overflow::WrapAround).unwrap(), json!("wrap"));
}

#[test]
fn a_primary_input_sets_the_pace() {
    let config = CaptionConfig::default();
    let mut harness = Harness::new::<Caption>(config).unwrap();
    let mut texts = DetachedOutput::<DataFrame>::new();
    let mut captions = |harness: &mut Harness, text: Option<&str>, timestamp_ns| {
        if let Some(text) = text {
            let text = texts.frame(&text, Envelope::at(timestamp_ns)).unwrap();
            harness.push("text", 0, text, &Format::Data).unwrap();
        }
        push_picture(harness, "video", 0, timestamp_ns);
        harness.call().unwrap();
        let frame: DataFrame = harness.take("captions").unwrap().unwrap();
        let (_, text): (String, Option<String>) = frame.value().unwrap();
        (text, frame.timestamp_ns())
    };
    assert_eq!(captions(&mut harness, None, 0), (None, 0));
    assert_eq!(captions(&mut harness, Some("a"), 40), (Some("a".to_owned()), 40));
    assert_eq!(captions(&mut harness, None, 80), (Some("a".to_owned()), 80));
}

#[test]
fn lanes_are_read_one_by_one() {
    let format = AudioFormat::new(48_000, 2);
    let samples = |value: f32| {
        let mut samples = DetachedOutput::<AudioFrame>::new().loan(&format, 2, 0).unwrap();
        samples.samples_mut().fill(value);
        AudioFrame::from(samples)
    };
    let mut harness = Harness::new::<Mixer>(NoConfig {}).unwrap();
    for (lane, value) in [(0, 0.5), (2, 0.25)] {
        harness.push("audio_in", lane, samples(value), &Format::Audio(format.clone())).unwrap();
    }
    harness.call().unwrap();
    let mixed: AudioFrame = harness.take("audio_out").unwrap().unwrap();
    assert_eq!(mixed.samples(), [0.75; 4]);
    assert_eq!(
        harness.processor().save_state(),
        Some(json!(["audio_in.0 (1): f32 48000 Hz stereo", "audio_in.2 (1): f32 48000 Hz stereo"]))
    );
    let error = harness.push("audio_in", 1024, samples(0.0), &Format::Data).unwrap_err();
    assert_eq!(error.to_string(), "input `audio_in` has no lane 1024, only 1024 in all");
}

#[test]
fn a_source_counts_and_finishes() {
    let mut harness = Harness::new::<Counter>(NoConfig {}).unwrap();
    harness.set_room("numbers", Some(0)).unwrap();
    assert_eq!(harness.call().unwrap(), CallOutcome { again: true, ..REST });
    harness.set_room("numbers", None).unwrap();
    assert_eq!(harness.call().unwrap(), REST);
    assert_eq!(harness.call().unwrap(), REST);
    assert_eq!(harness.call().unwrap(), CallOutcome { finished: true, ..REST });
    for number in 0..3 {
        let frame: DataFrame = harness.take("numbers").unwrap().unwrap();
        assert_eq!(frame.value::<(i64, i64)>().unwrap(), (number, number * 1_000));
        assert_eq!(frame.envelope().sequence, number as u64);
    }
}

#[test]
fn time_that_goes_back_is_refused_by_name() {
    let mut harness = Harness::new::<Relay<VideoFrame>>(NoConfig {}).unwrap();
    push_picture(&mut harness, "input", 0, 40);
    push_picture(&mut harness, "input", 0, 39);
    assert_eq!(
        harness.call_until_idle().unwrap_err().to_string(),
        "port `output`: the timestamp 39 ns is before that of the frame sent last; timestamps \
         never decrease within an epoch (see `next_epoch`)"
    );
}

#[test]
fn a_port_that_is_not_bound_says_so() {
    let format = picture_format();
    let error = Output::<VideoFrame>::default().loan(&format, 0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "port `(unbound)` cannot loan: it is not bound to a host; run the processor in a graph or \
         a harness"
    );
}
