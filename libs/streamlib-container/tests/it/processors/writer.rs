//! What the writer makes of pictures and sound.

use std::path::{Path, PathBuf};

use serde_json::json;
use streamlib_container::processors::{Mp4Writer, Mp4WriterConfig};
use streamlib_processor::harness::Harness;
use streamlib_processor::prelude::*;

use super::assets::asset;
use super::drive::{Played, finish, play, record, write, writer};
use super::measure::{assert_close, beeps, flashes, heard, numbers, probed, sample_count};
use crate::clips::folder;
use crate::ffprobe;

/// Records `played` and plays what was written, which ffprobe finds nothing wrong with.
fn again(played: &Played, name: &str) -> (Played, PathBuf) {
    let path = folder().join(name);
    record(played, &path);
    assert_eq!(ffprobe::warnings(&path), "", "{name}");
    (play(&path), path)
}

#[test]
fn every_frame_of_the_film_is_in_the_file_at_its_time() {
    let played = play(&asset("bbb.mp4"));
    let (again, path) = again(&played, "written-film.mp4");
    assert_eq!(again.video.len(), 132);
    for (a, b) in again.video.iter().zip(&played.video) {
        assert_eq!((a.timestamp_ns(), a.duration_ns()), (b.timestamp_ns(), b.duration_ns()));
    }
    assert_eq!(sample_count(&again.audio), sample_count(&played.audio));
    let (start_ms, duration_ms) = probed(&path, "video");
    assert_eq!((start_ms, duration_ms), (0, 5_280));
    let (start_ms, duration_ms) = probed(&path, "audio");
    assert!(start_ms.abs() <= 7 && (duration_ms - 5_312).abs() <= 20, "{start_ms} {duration_ms}");
}

#[test]
fn numbers_times_and_marks_survive() {
    for clip in ["bframes.mp4", "vfr.mp4", "ntsc.mp4", "rotated.mp4", "anamorphic.mp4"] {
        let mut played = play(&asset(clip));
        // Opus has no 44.1 kHz.
        if clip == "ntsc.mp4" {
            played.audio.clear();
        }
        let (again, _) = again(&played, &format!("written-{clip}"));
        assert_eq!(numbers(&again.video), numbers(&played.video), "{clip}");
        for (a, b) in again.video.iter().zip(&played.video) {
            assert!(a.timestamp_ns().abs_diff(b.timestamp_ns()) < 12_000, "{clip}");
            let format =
                |frame: &VideoFrame| (frame.format().orientation, frame.format().sample_aspect);
            assert_eq!(format(a), format(b), "{clip}");
        }
    }
}

#[test]
fn flash_and_beep_stay_together_from_start_to_end() {
    let played = play(&asset("flash_and_beep.mp4"));
    let (again, _) = again(&played, "written-flash.mp4");
    assert_eq!(flashes(&again), [1_000_000_000, 9_000_000_000]);
    assert_close(&beeps(&again), &flashes(&again));
}

#[test]
fn a_late_track_stays_late() {
    let played = play(&asset("late_audio.mp4"));
    let (again, path) = again(&played, "written-late.mp4");
    let (found, expected) = (heard(&again.audio), heard(&played.audio));
    assert!(found.0.abs_diff(expected.0) < 11_000 && found.1.abs_diff(expected.1) < 11_000);
    let start_ns = |path: &Path| probed(path, "audio").0 * 1_000_000;
    assert_close(&[start_ns(&path)], &[start_ns(&asset("late_audio.mp4"))]);
    assert_eq!(probed(&path, "video").0, 0);
}

#[test]
fn six_channels_keep_their_places() {
    let played = play(&asset("six_tones.mp4"));
    let (again, _) = again(&played, "written-six-tones.mp4");
    let periods = |played: &Played, channel: usize| {
        let samples = played.audio.iter().flat_map(|frame| frame.samples().chunks_exact(6));
        let one: Vec<f32> = samples.map(|frame| frame[channel]).collect();
        one.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count()
    };
    for channel in 0..6 {
        let (found, expected) = (periods(&again, channel), periods(&played, channel));
        assert!(found.abs_diff(expected) <= 6, "channel {channel}: {found}, not {expected}");
    }
}

#[test]
fn a_stop_in_the_middle_leaves_a_whole_file() {
    let path = folder().join("written-stopped.mp4");
    let mut played = play(&asset("bframes.mp4"));
    played.video.truncate(60);
    played.audio.retain(|frame| frame.timestamp_ns() < 2_400_000_000);
    let mut harness = writer(&path);
    write(&mut harness, &played).expect("it can be written");
    harness.processor().teardown().expect("it can be finished");
    let again = play(&path);
    assert_eq!(numbers(&again.video), (0..60).collect::<Vec<_>>());
    assert_eq!(sample_count(&again.audio), sample_count(&played.audio));
    assert_eq!(ffprobe::warnings(&path), "");
    let ends = (again.video[59].envelope().end_ns(), heard(&again.audio).1);
    assert!(ends.0.abs_diff(ends.1) <= 40_000_000, "{ends:?}");
}

#[test]
fn a_kill_loses_no_more_than_the_last_fragment() {
    let path = folder().join("written-killed.mp4");
    let mut played = play(&asset("bframes.mp4"));
    played.video.truncate(110);
    played.audio.retain(|frame| frame.timestamp_ns() < 4_400_000_000);
    let mut harness = writer(&path);
    write(&mut harness, &played).expect("it can be written");
    // Nothing runs after a kill.
    std::mem::forget(harness);
    let again = play(&path);
    let count = again.video.len() as u16;
    assert_eq!(numbers(&again.video), (0..count).collect::<Vec<_>>());
    // A second is collected, and what the other input has not reached waits.
    assert!(count >= 110 - 26, "{count} frames");
    assert!(heard(&again.audio).1 >= 4_400_000_000 - 1_060_000_000);
    assert_eq!(ffprobe::warnings(&path), "");
}

/// Bytes of the pictures of each second.
fn bytes_a_second(path: &Path) -> Vec<u32> {
    let mut file = streamlib_container::Mp4File::open(path).expect("the file can be read");
    let id = file.video_track().expect("pictures").id;
    file.select(&[id]).expect("the track can be read");
    let mut seconds = Vec::new();
    while let Some(packet) = file.next_packet() {
        let second = (packet.pts_ns / 1_000_000_000) as usize;
        seconds.resize(seconds.len().max(second + 1), 0);
        seconds[second] += packet.size;
    }
    seconds
}

#[test]
fn the_bitrate_changes_without_a_gap() {
    let path = folder().join("written-bitrate.mp4");
    let config = |video_bitrate| Mp4WriterConfig {
        output_path: path.clone(),
        video_bitrate,
        ..Mp4WriterConfig::default()
    };
    let mut harness = Harness::new::<Mp4Writer>(config(4_000_000)).expect("the writer starts");
    harness.end("audio", 0).expect("the input");
    let film = play(&asset("bbb.mp4"));
    let part = |range: std::ops::Range<usize>| Played {
        video: film.video[range].to_vec(),
        ..Played::default()
    };
    write(&mut harness, &part(0..66)).expect("the first half");
    harness.update_config(&json!(config(500_000))).expect("a bitrate may change");
    write(&mut harness, &part(66..132)).expect("the second half");
    finish(&mut harness).expect("it can be finished");
    assert_eq!(play(&path).video.len(), 132);
    let seconds = bytes_a_second(&path);
    assert!(seconds[1] > 4 * seconds[4], "{seconds:?}");
    let other = Mp4WriterConfig { key_frame_interval: 1, ..config(500_000) };
    let refused = harness.update_config(&json!(other)).expect_err("other settings are fixed");
    assert!(refused.to_string().contains("`video_bitrate` and `audio_bitrate`"), "{refused}");
}
