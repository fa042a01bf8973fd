//! Every error is a sentence that says what, where and, where there is something, what to do.

use std::{io, path::Path};

use streamlib_codec::{CodecError, Role};
use streamlib_container::{ContainerError, FourCc, Mp4File, TrackId, WriterOptions};

use crate::{clips, film::made_up};

fn check(error: &ContainerError, expected: &str) {
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_file_that_is_in_use() {
    let path = Path::new("a/film.mp4").to_owned();
    check(
        &ContainerError::InUse { path },
        "cannot write 'a/film.mp4': this graph or another one reads or writes it; choose another \
         file",
    );
}

#[test]
fn every_message() {
    let path = || Path::new("a/film.mp4").to_owned();
    let kind = FourCc(*b"stsz");
    let source = io::Error::from(io::ErrorKind::PermissionDenied);
    check(&ContainerError::Io { action: "open", path: path(), source }, "cannot open 'a/film.mp4'");
    check(
        &ContainerError::Empty { path: path() },
        "'a/film.mp4' is empty: it has no bytes to read; copy or record it again",
    );
    check(
        &ContainerError::NotMp4 { path: path(), found: FourCc(*b"\x1aE\xdf\xa3") },
        "'a/film.mp4' is not an MP4 file: it starts with '\\x1aE\\xdf\\xa3' where a box such as \
         'ftyp' or 'moov' should be; choose another file, or convert this one",
    );
    check(
        &ContainerError::Truncated { path: path(), kind, offset: 7, needed: 30, available: 20 },
        "'a/film.mp4' is cut short: box 'stsz' at byte 7 needs the file to be 30 bytes long, and \
         it has 20; copy or record it again",
    );
    check(
        &ContainerError::NoMovie { path: path(), length: 20 },
        "'a/film.mp4' has no 'moov' box in its 20 bytes: the recording was not finished, or it is \
         not a film",
    );
    check(
        &ContainerError::Malformed { path: path(), kind, offset: 7, reason: "it is odd".into() },
        "'a/film.mp4' is damaged: box 'stsz' at byte 7: it is odd",
    );
    check(
        &ContainerError::TooLarge { path: path(), kind, offset: 7, size: 9, limit: 8 },
        "'a/film.mp4': box 'stsz' at byte 7 claims 9 bytes, and at most 8 are read",
    );
    let (track, feature) = (TrackId(2), "an edit list of 3 pieces".to_owned());
    check(
        &ContainerError::Unsupported { path: path(), track, feature, kind, offset: 7 },
        "'a/film.mp4': track 2 uses an edit list of 3 pieces (box 'stsz' at byte 7), which is not \
         supported; convert the file first, for example with 'ffmpeg -i in.mp4 out.mp4'",
    );
    let (wanted, present) = ("video track".to_owned(), "track 1 (audio, opus)".to_owned());
    check(
        &ContainerError::NoSuchTrack { path: path(), wanted, present },
        "'a/film.mp4' has no video track; it has track 1 (audio, opus)",
    );
    let source = || CodecError::unknown_codec("'abcd'", Role::Encoder, true);
    check(
        &ContainerError::Decode { path: path(), track, time_ms: 40, source: source() },
        "track 2 of 'a/film.mp4' cannot be decoded at 40 ms",
    );
    check(
        &ContainerError::Encode { path: path(), port: "video", source: source() },
        "cannot encode input `video` for 'a/film.mp4'",
    );
    check(
        &ContainerError::NothingFrom { path: path(), waiting: "audio", held_mib: 256 },
        "cannot start 'a/film.mp4': input `audio` has sent nothing, and 256 MiB of the other input \
         wait for it; remove its link, or connect a source that sends or ends",
    );
    check(
        &ContainerError::BufferSize { track, given: 3, size: 4 },
        "the buffer for a packet of track 2 holds 3 bytes, and the packet has 4",
    );
    let reason = || "it is odd".to_owned();
    check(
        &ContainerError::InvalidTracks { path: path(), reason: reason() },
        "cannot write 'a/film.mp4': it is odd",
    );
    check(
        &ContainerError::InvalidSample { path: path(), track, dts: -5, reason: reason() },
        "cannot write a sample of track 2 at -5 ticks to 'a/film.mp4': it is odd",
    );
}

/// Opening these bytes fails with exactly this sentence.
fn check_open(bytes: &[u8], expected: &str) {
    let error = Mp4File::parse(bytes, "film.mp4").expect_err("the bytes are no film");
    check(&error, expected);
}

#[test]
fn bytes_that_are_no_film() {
    check_open(b"", "'film.mp4' is empty: it has no bytes to read; copy or record it again");
    check_open(
        b"RIFF\x24\0\0\0WAVEfmt ",
        "'film.mp4' is not an MP4 file: it starts with '$\\x00\\x00\\x00' where a box such as 'ftyp' \
         or 'moov' should be; choose another file, or convert this one",
    );
    check_open(
        b"\0\0\0\x10ftypisom\0\0\0\0",
        "'film.mp4' has no 'moov' box in its 16 bytes: the recording was not finished, or it is not \
         a film",
    );
    check_open(
        b"\0\0\0\x10ftypisom\0\0\0\0\0\0\0\x05moov",
        "'film.mp4' is damaged: box 'moov' at byte 16: its size 5 is smaller than its own header",
    );
    check_open(
        b"\0\0\0\x10ftypisom\0\0\0\0\0\0\0\x08moov",
        "'film.mp4' is damaged: box 'moov' at byte 16: it has no 'mvhd' box inside",
    );
    check_open(
        b"\0\0\0\x10ftypisom\0\0\0\0\0\0\x01\0moov",
        "'film.mp4' is cut short: box 'moov' at byte 16 needs the file to be 272 bytes long, and it \
         has 24; copy or record it again",
    );
    check_open(
        b"\0\0\0\x10ftypisom\0\0\0\0\0\0\0\x01moov\xff\xff\xff\xff\xff\xff\xff\xff",
        "'film.mp4' is cut short: box 'moov' at byte 16 needs the file to be 18446744073709551615 \
         bytes long, and it has 32; copy or record it again",
    );
}

#[test]
fn a_missing_file() {
    let error = Mp4File::open("no/such/film.mp4").expect_err("there is no such file");
    check(&error, "cannot open 'no/such/film.mp4'");
    let source = std::error::Error::source(&error).expect("the system says why");
    assert_eq!(source.to_string(), "No such file or directory (os error 2)");
}

#[test]
fn a_folder_is_not_a_file() {
    let error = Mp4File::open(clips::folder()).expect_err("a folder is no film");
    assert!(matches!(error, ContainerError::Io { action: "read", .. }), "{error}");
}

#[test]
fn a_film_that_was_copied_in_part() {
    for (clip, name) in [(clips::index_in_front(), "mdat"), (clips::b_frames(), "mdat")] {
        let bytes = std::fs::read(clip).expect("the clip can be read");
        let place = bytes.windows(4).position(|four| four == name.as_bytes()).expect("a box");
        let size = u32::from_be_bytes(bytes[place - 4..place].try_into().expect("4 bytes"));
        let (start, needed) = (place - 4, place - 4 + size as usize);
        for available in [start + 8, needed / 2, needed - 1] {
            check_open(
                &bytes[..available],
                &format!(
                    "'film.mp4' is cut short: box 'mdat' at byte {start} needs the file to be \
                     {needed} bytes long, and it has {available}; copy or record it again"
                ),
            );
        }
    }
}

#[test]
fn a_film_without_pictures() {
    let file = Mp4File::open(clips::opus()).expect("the clip can be read");
    let error = file.video_track().expect_err("there are no pictures").to_string();
    let expected = "has no video track; it has track 1 (audio, opus)";
    assert!(error.ends_with(expected), "{error}");
    assert!(file.audio_track().is_ok());
}

#[test]
fn wrong_use() {
    let bytes = made_up().encode(WriterOptions::default());
    let mut file = Mp4File::parse(&bytes, "film.mp4").expect("the film can be read");
    assert_eq!(file.next_packet(), None, "no track is selected");
    assert_eq!(file.seek(0), None, "no track is selected");
    let error = file.select(&[TrackId(7)]).expect_err("there is no such track");
    check(&error, "'film.mp4' has no track 7; it has track 1 (video, h264), track 2 (audio, opus)");
    file.select(&[TrackId(1), TrackId(1)]).expect("twice is once");
    let packet = file.next_packet().expect("a packet");
    let error = file.read(&packet, &mut [0; 19]).expect_err("the buffer is too short");
    check(&error, "the buffer for a packet of track 1 holds 19 bytes, and the packet has 20");
    assert_eq!(std::iter::from_fn(|| file.next_packet()).count(), 74);
}
