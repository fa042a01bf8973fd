//! What the settings of the source do.

use serde_json::json;
use streamlib_container::processors::Mp4SourceConfig;
use streamlib_processor::prelude::*;

use super::assets::asset;
use super::drive::{from_file, play, play_all, source};
use super::measure::{heard, numbers, sample_count};

#[test]
fn playing_starts_at_the_offset_to_the_sample() {
    for clip in ["bframes.mp4", "index_first.mp4"] {
        let config = Mp4SourceConfig { start_offset_ms: 1_220, ..from_file(&asset(clip)) };
        let (played, result) = play_all(&mut source(config));
        result.expect("the rest plays");
        // Frame 31 starts at 1,240 ms, 20 ms behind the offset.
        assert_eq!(numbers(&played.video), (31..125).collect::<Vec<_>>(), "{clip}");
        assert_eq!(played.video[0].timestamp_ns(), 20_000_000, "{clip}");
        assert_eq!(heard(&played.audio).0, 0, "{clip}");
        assert_eq!(sample_count(&played.audio), 240_000 - 58_560, "{clip}");
        let whole = play(&asset(clip));
        let all: Vec<f32> = whole.audio.iter().flat_map(|it| it.samples().to_vec()).collect();
        let rest: Vec<f32> = played.audio.iter().flat_map(|it| it.samples().to_vec()).collect();
        let channels = whole.audio[0].channels();
        let (later, same) = (&rest[9_600 * channels..], &all[(58_560 + 9_600) * channels..]);
        // One sample further the tone differs by 0.005.
        assert!(later.iter().zip(same).all(|(a, b)| (a - b).abs() < 1e-3), "{clip}");
    }
}

#[test]
fn every_pass_is_a_new_epoch_whose_times_go_on() {
    let config = Mp4SourceConfig { loop_count: 3, ..from_file(&asset("opus.mp4")) };
    let (played, result) = play_all(&mut source(config));
    result.expect("three passes");
    let expected: Vec<u16> = (0..3).flat_map(|_| 0..50).collect();
    assert_eq!(numbers(&played.video), expected);
    for (index, frame) in (0..).zip(&played.video) {
        let found = (frame.timestamp_ns(), i64::from(frame.envelope().epoch));
        assert_eq!(found, (index * 40_000_000, index / 50));
    }
    assert_eq!(sample_count(&played.audio), 3 * 96_000);
    let second = played.audio.iter().find(|frame| frame.envelope().epoch == 1);
    assert_eq!(second.expect("a second pass").timestamp_ns(), 2_000_000_000);
}

#[test]
fn an_endless_file_ends_when_its_count_is_set() {
    let mut harness =
        source(Mp4SourceConfig { loop_count: 0, ..from_file(&asset("no_audio.mp4")) });
    for _ in 0..130 {
        assert!(!harness.call().expect("it plays").finished);
    }
    harness.update_config(&json!({ "path": asset("no_audio.mp4"), "loop_count": 1 })).unwrap();
    let (played, result) = play_all(&mut harness);
    result.expect("it ends");
    assert_eq!(played.video.len(), 150);
}

#[test]
fn a_paced_source_waits_until_a_frame_is_due() {
    let mut harness = source(Mp4SourceConfig { real_time: true, ..from_file(&asset("opus.mp4")) });
    let mut now_ns = 5_000_000_000;
    let (mut seen, mut waits) = (0, 0);
    harness.set_now_ns(now_ns);
    loop {
        let outcome = harness.call().expect("it plays");
        let video = harness.take::<VideoFrame>("video").unwrap().map(|it| it.timestamp_ns());
        let audio = harness.take::<AudioFrame>("audio").unwrap().map(|it| it.timestamp_ns());
        if let Some(at_ns) = video.or(audio) {
            assert_eq!(at_ns + 5_000_000_000, now_ns.max(at_ns + 5_000_000_000));
            seen += usize::from(video.is_some());
        }
        if let Some(at_ns) = outcome.wake_at_ns {
            assert!(at_ns > now_ns && video.is_none() && audio.is_none());
            now_ns = at_ns;
            waits += 1;
            harness.set_now_ns(now_ns);
        }
        if outcome.finished {
            break;
        }
    }
    assert!(seen == 50 && waits > 100, "{seen} pictures, {waits} waits");
    assert!(now_ns > 6_950_000_000, "{now_ns}");
}

#[test]
fn tracks_are_chosen_by_number() {
    let tone = |track| {
        let path = asset("two_sounds.mp4");
        let config = Mp4SourceConfig { audio_track: track, video: Some(false), ..from_file(&path) };
        let (played, result) = play_all(&mut source(config));
        result.expect("it plays");
        assert!(played.video.is_empty());
        let samples = played.audio.iter().flat_map(|frame| frame.samples().chunks_exact(2));
        let left: Vec<f32> = samples.map(|pair| pair[0]).collect();
        left.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count()
    };
    let table = [(None, 880), (Some(2), 880), (Some(3), 1760)];
    for (track, expected) in table {
        let found = tone(track);
        assert!(found.abs_diff(expected) < 8, "track {track:?}: {found} periods in 2 s");
    }
}
