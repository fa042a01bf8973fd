//! What can be seen and heard in decoded frames.

use std::path::Path;

use streamlib_processor::prelude::*;
use streamlib_video::frame_number::read_frame_number;

use super::drive::Played;
use crate::ffprobe;

/// The numbers that stand in the pictures.
pub(crate) fn numbers(video: &[VideoFrame]) -> Vec<u16> {
    let read = |frame: &VideoFrame| {
        read_frame_number(frame.plane(0), frame.stride(0), frame.width(), frame.height())
            .expect("the picture has a number")
    };
    video.iter().map(read).collect()
}

/// Mean luma below the frame number.
pub(crate) fn brightness(frame: &VideoFrame) -> u64 {
    let below = &frame.plane(0)[frame.stride(0) * 64..];
    below.iter().map(|luma| u64::from(*luma)).sum::<u64>() / below.len() as u64
}

/// When flashes are seen, ns.
pub(crate) fn flashes(played: &Played) -> Vec<i64> {
    let white = played.video.iter().filter(|frame| brightness(frame) > 200);
    white.map(|frame| frame.timestamp_ns()).collect()
}

/// When beeps begin, ns: the first loud sample after 100 ms of silence.
pub(crate) fn beeps(played: &Played) -> Vec<i64> {
    let mut found = Vec::new();
    let mut last_loud_ns = i64::MIN;
    for frame in &played.audio {
        for (number, sample) in frame.samples().chunks_exact(frame.channels()).enumerate() {
            if sample[0].abs() > 0.2 {
                let offset_ns = number as i64 * 1_000_000_000 / i64::from(frame.sample_rate());
                let now_ns = frame.timestamp_ns() + offset_ns;
                if now_ns.saturating_sub(last_loud_ns) > 100_000_000 {
                    found.push(now_ns);
                }
                last_loud_ns = now_ns;
            }
        }
    }
    found
}

/// Samples of all blocks, each channel.
pub(crate) fn sample_count(audio: &[AudioFrame]) -> usize {
    audio.iter().map(AudioFrame::frame_count).sum()
}

/// Start and end of the sound, ns.
pub(crate) fn heard(audio: &[AudioFrame]) -> (i64, i64) {
    let first = audio.first().expect("there is sound");
    let last = audio.last().expect("there is sound");
    (first.timestamp_ns(), last.envelope().end_ns())
}

/// Start and duration of a track in the words of ffprobe, ms.
pub(crate) fn probed(path: &Path, kind: &str) -> (i64, i64) {
    let streams = ffprobe::streams(path);
    let found = streams.iter().find(|stream| stream["codec_type"] == kind).expect("the track");
    let ms = |name: &str| {
        let seconds = found[name].as_str().and_then(|text| text.parse::<f64>().ok());
        (seconds.unwrap_or_else(|| panic!("ffprobe says no {name}")) * 1_000.0).round() as i64
    };
    (ms("start_time"), ms("duration"))
}

/// Fails the test unless both are within 20 ms of each other.
pub(crate) fn assert_close(found_ns: &[i64], expected_ns: &[i64]) {
    let close = |(a, b): (&i64, &i64)| a.abs_diff(*b) <= 20_000_000;
    let all = found_ns.len() == expected_ns.len() && found_ns.iter().zip(expected_ns).all(close);
    assert!(all, "{found_ns:?} is not within 20 ms of {expected_ns:?}");
}
