//! Odd sound, odd pictures, odd times.

use streamlib_processor::harness::{DetachedOutput, Harness};
use streamlib_processor::prelude::*;

use super::drive::{finish, play, writer};
use super::measure::{heard, sample_count};
use crate::clips::folder;
use crate::ffprobe;

/// A tone of so many samples that starts at `at_ns`.
fn tone(format: &AudioFormat, frames: usize, at_ns: i64) -> AudioFrame {
    let mut output = DetachedOutput::<AudioFrame>::new();
    let mut frame = output.loan(format, frames, at_ns).expect("a frame");
    let channels = frame.channels();
    for (number, samples) in frame.samples_mut().chunks_exact_mut(channels).enumerate() {
        let phase = number as f32 * 440.0 * std::f32::consts::TAU / format.sample_rate as f32;
        samples.fill(0.5 * phase.sin());
    }
    frame.into()
}

fn sound_writer(name: &str) -> (Harness, std::path::PathBuf) {
    let path = folder().join(name);
    let mut harness = writer(&path);
    harness.end("video", 0).expect("the input");
    (harness, path)
}

fn push(harness: &mut Harness, frame: AudioFrame) -> Result<()> {
    let format = Format::Audio(frame.format());
    harness.push("audio", 0, frame, &format)?;
    harness.call().map(drop)
}

fn samples(audio: &[AudioFrame]) -> Vec<f32> {
    let all = audio.iter().flat_map(|frame| frame.samples().chunks_exact(frame.channels()));
    all.map(|frame| frame[0]).collect()
}

fn loudness(samples: &[f32]) -> f32 {
    (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32).sqrt()
}

#[test]
fn sound_is_as_long_as_it_was_to_the_sample() {
    for rate in [8_000, 16_000, 48_000] {
        let packet = rate as usize / 50;
        for frames in [1, packet - 1, packet, packet + 1, rate as usize + 7] {
            let (mut harness, path) = sound_writer(&format!("written-{rate}-{frames}.mp4"));
            push(&mut harness, tone(&AudioFormat::new(rate, 1), frames, 0)).expect("taken");
            finish(&mut harness).expect("finished");
            let again = play(&path);
            let expected = frames * 48_000 / rate as usize;
            assert_eq!(sample_count(&again.audio), expected, "{frames} at {rate} Hz");
            assert_eq!(ffprobe::warnings(&path), "", "{frames} at {rate} Hz");
        }
    }
}

#[test]
fn a_hole_is_silent_and_what_follows_keeps_its_time() {
    // 100 ms, then 3 s later 100 ms, then 100 ms of which the first half was heard already.
    let stereo = AudioFormat::new(48_000, 2);
    for hole_ms in [500, 3_000, 100_000] {
        let (mut harness, path) = sound_writer(&format!("written-hole-{hole_ms}.mp4"));
        let hole_ns = hole_ms * 1_000_000;
        for at_ns in [0, 100_000_000 + hole_ns, 150_000_000 + hole_ns] {
            push(&mut harness, tone(&stereo, 4_800, at_ns)).expect("taken");
        }
        finish(&mut harness).expect("finished");
        let again = play(&path);
        let end_ns = 250_000_000 + hole_ns;
        assert_eq!(heard(&again.audio), (0, end_ns), "{hole_ms} ms");
        let later = again.audio.iter().filter(|frame| frame.timestamp_ns() >= end_ns - 150_000_000);
        let later: Vec<AudioFrame> = later.cloned().collect();
        assert!(loudness(&samples(&later)) > 0.3, "{hole_ms} ms");
        let silent = again
            .audio
            .iter()
            .filter(|frame| (150_000_000..hole_ns + 60_000_000).contains(&frame.timestamp_ns()));
        let silent: Vec<AudioFrame> = silent.cloned().collect();
        assert!(loudness(&samples(&silent)) < 0.01, "{hole_ms} ms");
        assert_eq!(ffprobe::warnings(&path), "", "{hole_ms} ms");
    }
}

#[test]
fn times_that_are_rounded_to_milliseconds_follow_on() {
    let (mut harness, path) = sound_writer("written-rounded.mp4");
    let stereo = AudioFormat::new(48_000, 2);
    for block in 0..98 {
        let exact_ns = block * 1_024 * 1_000_000_000 / 48_000;
        push(&mut harness, tone(&stereo, 1_024, exact_ns / 1_000_000 * 1_000_000)).expect("taken");
    }
    finish(&mut harness).expect("finished");
    assert_eq!(sample_count(&play(&path).audio), 98 * 1_024);
}

/// A grey picture.
fn picture(width: u32, height: u32, at_ns: i64) -> VideoFrame {
    let mut output = DetachedOutput::<VideoFrame>::new();
    let format = VideoFormat::new(PixelFormat::I420, width, height);
    let mut frame = output.loan(&format, at_ns).expect("a picture");
    frame.planes_mut().into_iter().for_each(|plane| plane.fill(128));
    frame.into()
}

fn show(harness: &mut Harness, frame: VideoFrame) -> Result<()> {
    let format = Format::Video(frame.format());
    harness.push("video", 0, frame, &format)?;
    harness.call().map(drop)
}

#[test]
fn the_file_starts_where_the_first_track_does() {
    let path = folder().join("written-later.mp4");
    let mut harness = writer(&path);
    let hour_ns = 3_600_000_000_000;
    let stereo = AudioFormat::new(48_000, 2);
    push(&mut harness, tone(&stereo, 48_000, hour_ns)).expect("taken");
    for number in 0..25 {
        let at_ns = hour_ns + 200_000_000 + number * 40_000_000;
        show(&mut harness, picture(64, 64, at_ns)).expect("taken");
    }
    finish(&mut harness).expect("finished");
    let again = play(&path);
    assert_eq!((again.video[0].timestamp_ns(), again.audio[0].timestamp_ns()), (200_000_000, 0));
    assert_eq!(again.video.len(), 25);
}

#[test]
fn pictures_of_one_time_are_kept_and_going_back_is_refused() {
    let path = folder().join("written-same-time.mp4");
    let mut harness = writer(&path);
    harness.end("audio", 0).expect("the input");
    for at_ms in [0, 40, 40, 40, 80] {
        show(&mut harness, picture(64, 64, at_ms * 1_000_000)).expect("taken");
    }
    let error = show(&mut harness, picture(64, 64, 10_000_000)).expect_err("it went back");
    let expected = "input `video` got a frame at 10 ms, which is before the last one; a file goes \
                    on in time: let its source go on with its timestamps";
    assert!(error.to_string().ends_with(expected), "{error}");
    // One tick of 1/90,000 s behind the other.
    let times: Vec<_> = play(&path).video.iter().map(VideoFrame::timestamp_ns).collect();
    assert_eq!(times, [0, 40_000_000, 40_011_111, 40_022_222, 80_000_000]);
}

#[test]
fn only_the_visible_part_is_written() {
    let path = folder().join("written-visible.mp4");
    let mut harness = writer(&path);
    harness.end("audio", 0).expect("the input");
    let mut output = DetachedOutput::<VideoFrame>::new();
    let format = VideoFormat::new(PixelFormat::I420, 128, 96);
    let mut frame = output.loan(&format, 0).expect("a picture");
    let stride = frame.stride(0);
    frame.planes_mut().into_iter().for_each(|plane| plane.fill(128));
    for row in frame.plane_mut(0).chunks_exact_mut(stride).skip(16).take(32) {
        row[32..96].fill(220);
    }
    let visible = streamlib_abi::media::Rectangle { x: 32, y: 16, width: 64, height: 32 };
    frame.set_visible(visible).expect("it lies inside");
    show(&mut harness, frame.into()).expect("taken");
    finish(&mut harness).expect("finished");
    let again = play(&path);
    let (width, height) = (again.video[0].width(), again.video[0].height());
    assert_eq!((width, height), (64, 32));
    assert!(again.video[0].plane(0)[..64].iter().all(|luma| luma.abs_diff(220) < 4));
}

#[test]
fn an_input_that_falls_behind_does_not_hold_the_file_up() {
    let path = folder().join("written-behind.mp4");
    let mut harness = writer(&path);
    let stereo = AudioFormat::new(48_000, 2);
    push(&mut harness, tone(&stereo, 4_800, 0)).expect("taken");
    for number in 0..100 {
        show(&mut harness, picture(64, 64, number * 40_000_000)).expect("taken");
    }
    // Of 4 s one waits for the sound, and one for its fragment to be full.
    assert!(play(&path).video.len() >= 48);
    push(&mut harness, tone(&stereo, 48_000, 100_000_000)).expect("late, but taken");
    finish(&mut harness).expect("finished");
    let again = play(&path);
    assert_eq!((again.video.len(), sample_count(&again.audio)), (100, 52_800));
    assert_eq!(ffprobe::warnings(&path), "");
}
