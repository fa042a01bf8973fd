//! Edit lists, as ffmpeg writes them and with single fields changed.

use std::path::Path;

use streamlib_container::{ContainerError, Mp4File};

use crate::clips;

/// The bytes of `path` with the field at `place` in the `number`th box `name` (counted behind the
/// name) set to `value`.
pub(crate) fn patched(
    path: &Path,
    name: &str,
    number: usize,
    place: usize,
    value: &[u8],
) -> Vec<u8> {
    let mut bytes = std::fs::read(path).expect("the clip can be read");
    let places = bytes.windows(4).enumerate().filter(|(_, four)| *four == name.as_bytes());
    let start = places.map(|(start, _)| start).nth(number).expect("the box is there") + 4 + place;
    bytes[start..start + value.len()].copy_from_slice(value);
    bytes
}

// Fields of an `elst` of version 0, behind its name.
const FIRST_DURATION: usize = 8;
const FIRST_MEDIA_TIME: usize = 12;
const FIRST_RATE: usize = 16;

#[test]
fn an_edit_cuts_the_end() {
    // The first ends between two frames, the second exactly where one starts.
    for (number, ms, presented) in [(0, 1500_u16, 19_200), (0, 1480, 18_944), (1, 1500, 72_000)] {
        let duration = u32::from(ms).to_be_bytes();
        let bytes = patched(&clips::b_frames(), "elst", number, FIRST_DURATION, &duration);
        let mut file = Mp4File::parse(&bytes, "cut.mp4").expect("the film can be read");
        let id = file.tracks().nth(number).expect("the track is there").id;
        assert_eq!(
            file.track(id).expect("the track is there").duration_ns(),
            i64::from(ms) * 1_000_000
        );
        file.select(&[id]).expect("the track can be read");
        let mut ticks = 0;
        while let Some(packet) = file.next_packet() {
            ticks += packet.duration - packet.trim_start - packet.trim_end;
            assert_eq!(packet.shown, packet.pts < presented && packet.pts + 1024 > 0);
            let cut = packet.pts + i64::from(packet.duration - packet.trim_end);
            assert!(!packet.shown || cut <= presented);
        }
        assert_eq!(i64::from(ticks), presented, "track {id}");
    }
}

#[test]
fn an_edit_that_is_a_millisecond_short_is_rounding() {
    // 1999 ms in a movie timescale of 1000 for two seconds of pictures.
    let bytes = patched(&clips::b_frames(), "elst", 0, FIRST_DURATION, &[0, 0, 7, 0xcf]);
    let file = Mp4File::parse(&bytes, "rounded.mp4").expect("the film can be read");
    assert_eq!(file.video_track().expect("a picture").duration_ns(), 2_000_000_000);
}

/// The second track is refused when it is selected, and the first can be read all the same.
fn check_refused(bytes: &[u8], feature: &str) {
    let mut file = Mp4File::parse(bytes, "edited.mp4").expect("the other track can be read");
    let ids: Vec<_> = file.tracks().map(|track| track.id).collect();
    file.select(&ids[..1]).expect("the first track can be read");
    let error = file.select(&ids).expect_err("the second track cannot be read");
    let ContainerError::Unsupported { feature: found, kind, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!((found.as_str(), kind.to_string().as_str()), (feature, "elst"));
    assert!(file.next_packet().is_some(), "the former selection stands");
}

#[test]
fn other_edits_are_refused_by_name() {
    let late = clips::late_audio();
    let pieces = patched(&late, "elst", 1, FIRST_MEDIA_TIME, &[0, 0, 0, 0]);
    check_refused(&pieces, "an edit list of 2 pieces");
    let fast = patched(&clips::b_frames(), "elst", 1, FIRST_RATE, &[0, 2, 0x80, 0]);
    check_refused(&fast, "an edit at the rate 2 + 32768/65536");
}

#[test]
fn opus_without_an_edit_list_starts_with_its_pre_skip() {
    let bytes = patched(&clips::opus(), "edts", 0, 0, &[]);
    let place = bytes.windows(4).position(|name| name == b"edts").expect("an edit list");
    let mut without = bytes.clone();
    without[place..place + 4].copy_from_slice(b"free");
    let packets = |bytes: &[u8]| {
        clips::packets(&mut Mp4File::parse(bytes, "opus.mp4").expect("the film can be read"))
    };
    assert_eq!(packets(&without), packets(&bytes));
}

#[test]
fn a_negative_offset_in_a_table_of_unsigned_ones() {
    let read = |bytes: &[u8]| {
        let mut file = Mp4File::parse(bytes, "odd.mp4").expect("the film can be read");
        clips::packets(&mut file)[0]
    };
    let usual = patched(&clips::b_frames(), "ctts", 0, 0, &[]);
    let odd = patched(&clips::b_frames(), "ctts", 0, 12, &[0xff; 4]);
    let (usual, odd) = (read(&usual), read(&odd));
    assert_eq!((odd.dts, odd.pts), (usual.dts, usual.dts - 1));
}

#[test]
fn data_of_a_fragment_lies_where_its_header_says() {
    let read = |bytes: &[u8]| {
        let mut file = Mp4File::parse(bytes, "moved.mp4").expect("the film can be read");
        let id = file.video_track().expect("a picture").id;
        file.select(&[id]).expect("the track can be read");
        std::iter::from_fn(|| file.next_packet()).map(|packet| packet.offset).collect::<Vec<_>>()
    };
    // ffmpeg states the place of the fragment as the base, 64 bits behind the track's number.
    let usual = patched(&clips::hybrid(), "tfhd", 0, 0, &[]);
    let place = usual.windows(4).position(|name| name == b"tfhd").expect("a fragment") + 12;
    let base = u64::from_be_bytes(usual[place..place + 8].try_into().expect("8 bytes"));
    let moved = patched(&clips::hybrid(), "tfhd", 0, 8, &(base - 100).to_be_bytes());
    let (usual, moved) = (read(&usual), read(&moved));
    let shifted =
        usual.iter().zip(&moved).filter(|(usual, moved)| **usual == **moved + 100).count();
    let same = usual.iter().zip(&moved).filter(|(usual, moved)| usual == moved).count();
    assert_eq!(shifted + same, usual.len());
    assert!(shifted > 0 && same > 0, "{shifted} moved, {same} did not");
}
