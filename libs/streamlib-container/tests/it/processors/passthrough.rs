//! Packets from one file into another, as they are.

use streamlib_container::Mp4File;
use streamlib_container::processors::Mp4SourceConfig;
use streamlib_processor::prelude::*;

use super::assets::asset;
use super::drive::{Demuxed, demux, finish, from_file, play, writer};
use super::measure::{numbers, sample_count};
use crate::clips::folder;
use crate::ffprobe;

/// Writes packets in the order of decode times.
fn copy(demuxed: Demuxed, path: &std::path::Path) {
    let mut harness = writer(path);
    let (video_format, audio_format) = (demuxed.video_format, demuxed.audio_format);
    if video_format.is_none() {
        harness.end("video", 0).expect("the input");
    }
    if audio_format.is_none() {
        harness.end("audio", 0).expect("the input");
    }
    let (mut video, mut audio) =
        (demuxed.video.into_iter().peekable(), demuxed.audio.into_iter().peekable());
    loop {
        let (next_video, next_audio) = (
            video.peek().map(EncodedVideoFrame::timestamp_ns),
            audio.peek().map(EncodedAudioFrame::timestamp_ns),
        );
        match (next_video, next_audio) {
            (None, None) => break,
            (Some(at), other) if other.is_none_or(|other| at <= other) => {
                let format = video_format.as_ref().expect("a format");
                harness.push("video", 0, video.next().expect("peeked"), format).expect("pushed");
            }
            _ => {
                let format = audio_format.as_ref().expect("a format");
                harness.push("audio", 0, audio.next().expect("peeked"), format).expect("pushed");
            }
        }
        harness.call().expect("the packet is taken");
    }
    finish(&mut harness).expect("the file is finished");
}

#[test]
fn a_copied_file_plays_as_the_original() {
    for clip in ["bframes.mp4", "opus.mp4", "vfr.mp4", "ntsc.mp4", "late_audio.mp4", "no_video.mp4"]
    {
        let path = folder().join(format!("copied-{clip}"));
        copy(demux(from_file(&asset(clip))), &path);
        assert_eq!(ffprobe::warnings(&path), "", "{clip}");
        let (original, again) = (play(&asset(clip)), play(&path));
        assert_eq!(numbers(&again.video), numbers(&original.video), "{clip}");
        for (a, b) in again.video.iter().zip(&original.video) {
            assert!(a.timestamp_ns().abs_diff(b.timestamp_ns()) < 12_000, "{clip}");
        }
        assert_eq!(sample_count(&again.audio), sample_count(&original.audio), "{clip}");
        for (a, b) in again.audio.iter().zip(&original.audio) {
            assert!(a.timestamp_ns().abs_diff(b.timestamp_ns()) < 2, "{clip}");
            assert_eq!(a.samples(), b.samples(), "{clip}");
        }
    }
}

#[test]
fn packets_are_not_touched() {
    let path = folder().join("copied-untouched.mp4");
    copy(demux(from_file(&asset("bbb.mp4"))), &path);
    let bytes = |path: &std::path::Path| {
        let mut file = Mp4File::open(path).expect("the file can be read");
        let track = file.video_track().expect("pictures").clone();
        file.select(&[track.id]).expect("the track can be read");
        let mut all = track.stream_parameters;
        while let Some(packet) = file.next_packet() {
            let start = all.len();
            all.resize(start + packet.size as usize, 0);
            file.read(&packet, &mut all[start..]).expect("the packet can be read");
        }
        all
    };
    assert!(bytes(&path) == bytes(&asset("bbb.mp4")));
}

#[test]
fn what_is_only_decoded_is_not_shown_in_the_copy_either() {
    let path = folder().join("copied-from-offset.mp4");
    let config = Mp4SourceConfig { start_offset_ms: 1_220, ..from_file(&asset("bframes.mp4")) };
    copy(demux(config), &path);
    let again = play(&path);
    assert_eq!(numbers(&again.video), (31..125).collect::<Vec<_>>());
    assert_eq!(sample_count(&again.audio), 240_000 - 58_560);
    // The sound starts at the offset, the first whole picture 20 ms later.
    let starts = (again.video[0].timestamp_ns(), again.audio[0].timestamp_ns());
    assert_eq!(starts, (20_000_000, 0));
    assert_eq!(ffprobe::warnings(&path), "");
}
