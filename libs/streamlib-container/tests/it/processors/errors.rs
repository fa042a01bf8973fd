//! Every refusal is one sentence that names the file and the way out.

use std::path::{Path, PathBuf};

use streamlib_container::processors::{
    Mp4Demuxer, Mp4Source, Mp4SourceConfig, Mp4Writer, Mp4WriterConfig, OnSizeChange,
};
use streamlib_processor::harness::{DetachedOutput, Harness};
use streamlib_processor::prelude::*;

use super::assets::asset;
use super::drive::{finish, from_file, play, play_all, source, write, writer};
use super::measure::numbers;
use crate::clips::folder;
use crate::ffprobe;

/// The sentence of an error, with the folders of this machine left out.
fn sentence(error: &Error, path: &Path) -> String {
    let folder = path.parent().map_or_else(PathBuf::new, Path::to_owned);
    error.to_string().replace(&format!("{}/", folder.display()), "")
}

fn check_source(config: Mp4SourceConfig, expected: &str) {
    let path = config.path.clone();
    let refused = Harness::new::<Mp4Source>(config).expect_err("it is refused");
    assert_eq!(sentence(&refused, &path), expected);
}

#[test]
fn files_that_cannot_be_played() {
    let missing = folder().join("not-there.mp4");
    check_source(
        from_file(&missing),
        "cannot open 'not-there.mp4': No such file or directory (os error 2); check the path",
    );
    check_source(from_file(Path::new("")), "the setting `path` is empty: name a file");
    let check = |clip: &str, expected: &str| check_source(from_file(&asset(clip)), expected);
    check(
        "not_an_mp4.mp4",
        "'not_an_mp4.mp4' is not an MP4 file: it starts with ' is ' where a box such as 'ftyp' or \
         'moov' should be; choose another file, or convert this one",
    );
    // The sizes are those of the machine's ffmpeg.
    for clip in ["truncated.mp4", "truncated_no_index.mp4"] {
        let refused = Harness::new::<Mp4Source>(from_file(&asset(clip))).expect_err("it is cut");
        let text = sentence(&refused, &asset(clip)).replace(|c: char| c.is_ascii_digit(), "");
        let expected = format!(
            "'{clip}' is cut short: box 'mdat' at byte  needs the file to be  bytes long, and it \
             has ; copy or record it again"
        );
        assert_eq!(text.replace("mp'", "mp4'"), expected);
    }
    check(
        "ten_bit.mp4",
        "track 1 of 'ten_bit.mp4' cannot be decoded: H.264 High 10 (10-bit) is not supported by a \
         built-in decoder; convert the file first, for example with `ffmpeg -i INPUT -c:v libx264 \
         -pix_fmt yuv420p -c:a copy OUTPUT.mp4`, or register a decoder of your own",
    );
    check(
        "unknown_codec.mp4",
        "track 1 of 'unknown_codec.mp4' cannot be decoded: 'mp4v' is not supported by a built-in \
         decoder; convert the file first, for example with `ffmpeg -i INPUT -c:v libx264 -pix_fmt \
         yuv420p -c:a copy OUTPUT.mp4`, or register a decoder of your own",
    );
}

#[test]
fn tracks_that_are_not_there() {
    let config =
        |clip: &str, video, audio| Mp4SourceConfig { video, audio, ..from_file(&asset(clip)) };
    check_source(
        config("no_video.mp4", Some(true), None),
        "'no_video.mp4' has no video to play; it has track 1 (audio, aac)",
    );
    check_source(
        config("no_audio.mp4", Some(false), None),
        "'no_audio.mp4' has no audio to play; it has track 1 (video, h264)",
    );
    check_source(
        config("no_audio.mp4", Some(false), Some(false)),
        "'no_audio.mp4' has no track that its settings allow to play; it has track 1 (video, h264)",
    );
    check_source(
        Mp4SourceConfig { audio_track: Some(1), ..from_file(&asset("two_sounds.mp4")) },
        "track 1 of 'two_sounds.mp4' holds no audio; the file has track 1 (video, h264), track 2 \
         (audio, aac), track 3 (audio, aac)",
    );
    check_source(
        Mp4SourceConfig { start_offset_ms: 60_000, ..from_file(&asset("no_audio.mp4")) },
        "`start_offset_ms` is 60000, but 'no_audio.mp4' lasts 2000 ms; start earlier",
    );
}

#[test]
fn an_output_that_leads_somewhere_needs_a_track() {
    let path = asset("no_video.mp4");
    let mut harness = source(from_file(&path));
    harness.set_room("video", Some(8)).expect("the output");
    let error = harness.call().expect_err("pictures are wanted");
    assert_eq!(
        sentence(&error, &path),
        "'no_video.mp4' has no video track, but the output `video` is linked; it has track 1 \
         (audio, aac); remove the link or choose another file"
    );
}

#[test]
fn a_fragmented_file_that_is_cut_is_played_as_far_as_it_goes() {
    let whole = std::fs::read(asset("fragmented.mp4")).expect("the clip");
    let path = folder().join("cut-fragment.mp4");
    std::fs::write(&path, &whole[..whole.len() * 7 / 10]).expect("a part of it");
    let (played, result) = play_all(&mut source(from_file(&path)));
    let found = numbers(&played.video);
    assert_eq!(found, (0..found.len() as u16).collect::<Vec<_>>());
    assert!(found.len() >= 75, "{}", found.len());
    let error = sentence(&result.expect_err("it says so"), &path);
    assert!(error.starts_with("'cut-fragment.mp4' is cut short at byte "), "{error}");
    assert!(error.ends_with(" ms, was given, and the rest is missing"), "{error}");
}

#[test]
fn packets_of_a_codec_without_a_name_are_refused() {
    let path = asset("unknown_codec.mp4");
    let refused = Harness::new::<Mp4Demuxer>(from_file(&path)).expect_err("it has no name");
    let start = "track 1 of 'unknown_codec.mp4' cannot be decoded: 'mp4v' is not supported";
    assert!(sentence(&refused, &path).starts_with(start), "{refused}");
}

#[test]
fn settings_of_an_open_file_stay() {
    let path = asset("no_audio.mp4");
    let mut harness = source(from_file(&path));
    let other = Mp4SourceConfig { real_time: true, ..from_file(&path) };
    let error = harness.update_config(&serde_json::json!(other)).expect_err("it is open");
    assert_eq!(
        sentence(&error, &path),
        "the settings of 'no_audio.mp4' cannot be changed while it is open, except `loop_count`; \
         replace the processor instead"
    );
}

fn check_place(path: &Path, expected: &str) {
    let config = Mp4WriterConfig { output_path: path.to_owned(), ..Mp4WriterConfig::default() };
    let refused = Harness::new::<Mp4Writer>(config).expect_err("it is refused");
    assert_eq!(sentence(&refused, path), expected);
}

#[test]
fn places_that_cannot_be_written() {
    check_place(Path::new(""), "the setting `output_path` is empty: name a file");
    let missing = folder().join("no-such-folder/out.mp4");
    check_place(
        &missing,
        "cannot create 'out.mp4': No such file or directory (os error 2); make its folder first",
    );
    let place = folder().join("a-folder.mp4");
    std::fs::create_dir_all(&place).expect("a folder");
    check_place(&place, "cannot create 'a-folder.mp4': is a directory; name a file in it");
    let config = Mp4WriterConfig {
        output_path: folder().join("scaled.mp4"),
        on_size_change: OnSizeChange::Scale,
        ..Mp4WriterConfig::default()
    };
    let path = config.output_path.clone();
    let refused = Harness::new::<Mp4Writer>(config).expect_err("nobody lends a scaler");
    assert_eq!(
        sentence(&refused, &path),
        "cannot write 'scaled.mp4' with `on_size_change: scale`: the runtime was built without a \
         scaler; choose `fail`, or insert com.tatolab.scale before the writer"
    );
}

#[test]
fn nothing_is_made_or_emptied_before_the_first_frame() {
    let path = folder().join("kept.mp4");
    std::fs::write(&path, b"precious").expect("a file");
    let mut harness = writer(&path);
    let error = finish(&mut harness).expect_err("nothing came");
    assert_eq!(
        sentence(&error, &path),
        "'kept.mp4' was not written: no frame came before the inputs ended"
    );
    assert_eq!(std::fs::read(&path).expect("it is there"), b"precious");
    let absent = folder().join("absent.mp4");
    drop(writer(&absent));
    assert!(!absent.exists());
}

#[test]
fn a_full_disk_is_said_by_name() {
    let path = Path::new("/dev/full");
    let mut harness = writer(path);
    harness.end("audio", 0).expect("the input");
    let played = play(&asset("no_audio.mp4"));
    let error = write(&mut harness, &played).expect_err("the disk is full");
    assert_eq!(
        error.to_string(),
        "cannot write '/dev/full': No space left on device (os error 28); make room or write \
         elsewhere; what fitted is kept, and plays as far as it goes"
    );
    harness.processor().teardown().expect("there is nothing left to close");
}

/// What the writer says of the last of these frames; the file holds those before.
fn check_sound(format: &AudioFormat, expected: &str) {
    let path = folder().join("refused-sound.mp4");
    let mut harness = writer(&path);
    let mut output = DetachedOutput::<AudioFrame>::new();
    let mut frame = output.loan(format, 100, 0).expect("a frame");
    frame.samples_mut().fill(0.0);
    harness
        .push("audio", 0, AudioFrame::from(frame), &Format::Audio(format.clone()))
        .expect("the input");
    let error = harness.call().expect_err("it is refused");
    assert_eq!(sentence(&error, &path), expected);
}

#[test]
fn sound_that_opus_does_not_have() {
    check_sound(
        &AudioFormat::new(44_100, 2),
        "cannot write 'refused-sound.mp4': input `audio` got f32 44100 Hz stereo; Opus has no such \
         rate: insert com.tatolab.audio_resampler (output_sample_rate: 48000) before the writer",
    );
    check_sound(
        &AudioFormat { layout: ChannelLayout::Stereo21, ..AudioFormat::new(48_000, 3) },
        "cannot write 'refused-sound.mp4': input `audio` got f32 48000 Hz 2.1; Opus has no such \
         layout: insert com.tatolab.audio_channel_converter (layout: stereo) before the writer",
    );
}

#[test]
fn a_change_of_size_fails_by_name_and_keeps_what_was_written() {
    let path = folder().join("written-size.mp4");
    let mut harness = writer(&path);
    harness.end("audio", 0).expect("the input");
    let error = write(&mut harness, &play(&asset("size_change.mp4"))).expect_err("it changes");
    assert_eq!(
        sentence(&error, &path),
        "cannot write 'written-size.mp4': input `video` got a picture of 640x360; pictures of the \
         file are 1280x720: set `on_size_change: scale`, or insert com.tatolab.scale before the \
         writer"
    );
    assert_eq!(numbers(&play(&path).video), (0..50).collect::<Vec<_>>());
    assert_eq!(ffprobe::warnings(&path), "");
    harness.processor().teardown().expect("it is closed already");
}

#[test]
fn packets_in_another_framing_are_refused() {
    let path = folder().join("refused-packets.mp4");
    let mut harness = writer(&path);
    let format = PacketFormat {
        codec: Codec::H264,
        framing: Framing::AnnexB,
        parameters: Vec::new(),
        video: None,
        audio: None,
    };
    let mut output = DetachedOutput::<EncodedVideoFrame>::new();
    let packet = output.loan(&format, 4, PacketInfo::default(), Envelope::at(0)).expect("a packet");
    let packet = EncodedVideoFrame::from(packet);
    harness.push("video", 0, packet, &Format::Packet(format)).expect("the input");
    let error = harness.call().expect_err("it is refused");
    assert_eq!(
        sentence(&error, &path),
        "cannot write 'refused-packets.mp4': input `video` got packets of h264 (annex_b); it takes \
         h264 (length_prefixed): decode the packets before the writer"
    );
}

#[test]
fn a_track_cannot_be_added_to_a_file_that_was_started() {
    let path = folder().join("refused-late-input.mp4");
    let mut harness = writer(&path);
    harness.end("audio", 0).expect("the input");
    write(&mut harness, &play(&asset("no_audio.mp4"))).expect("pictures alone");
    let mut output = DetachedOutput::<AudioFrame>::new();
    let format = AudioFormat::new(48_000, 2);
    let mut frame = output.loan(&format, 4_800, 0).expect("a frame");
    frame.samples_mut().fill(0.0);
    harness.push("audio", 0, AudioFrame::from(frame), &Format::Audio(format)).expect("the input");
    let error = harness.call().expect_err("the file has no such track");
    assert_eq!(
        sentence(&error, &path),
        "cannot write 'refused-late-input.mp4': input `audio` got its first frame after the file \
         was started; link all inputs before the first frame: tracks cannot be added later"
    );
    assert_eq!(play(&path).video.len(), 50);
}
