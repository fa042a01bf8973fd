//! Real films written by this crate, read by ffprobe and by this crate.

use std::path::Path;

use shiguredo_mp4::{Decode, boxes::MfraBox};
use streamlib_abi::media::Orientation;
use streamlib_container::{TrackKind, WriterOptions};

use crate::{
    clips::{self, run},
    ffprobe,
    film::{Film, made_up},
};

/// Writes `clip` anew and expects the same film, without a word from ffprobe.
fn check_rewritten(clip: &Path) {
    let film = Film::read(clip);
    let stem = clip.file_stem().expect("a name").to_string_lossy().into_owned();
    for (name, patch) in [(format!("out-{stem}.mp4"), false), (format!("seek-{stem}.mp4"), true)] {
        let path = film.write(&name, patch);
        let again = Film::read(&path);
        assert_eq!(again.tracks, film.tracks, "{name}");
        for id in film.ids() {
            assert!(again.of(id) == film.of(id), "{name}: track {id} differs");
        }
        assert_eq!(ffprobe::warnings(&path), "", "{name}");
        check_probed(&path, &film);
    }
}

/// ffprobe sees the packets that were written, and each stream lasts from its first packet to the
/// end of its last. (The durations that ffprobe prints of single packets are its own guess: it gives
/// none for Opus, and the nominal one for frames at irregular times, in ffmpeg's own files too.)
fn check_probed(path: &Path, film: &Film) {
    let probed = ffprobe::packets(path);
    let streams = ffprobe::streams(path);
    for (stream, id) in film.ids().into_iter().enumerate() {
        let theirs: Vec<_> = probed
            .iter()
            .filter(|packet| packet.stream == stream)
            .map(|p| (p.dts, p.pts, p.size as usize, p.key_frame))
            .collect();
        let ours = film.of(id);
        let ticks: i64 = ours.iter().map(|sample| i64::from(sample.duration)).sum();
        let ours: Vec<_> = ours.iter().map(|s| (s.dts, s.pts, s.data.len(), s.key_frame)).collect();
        assert_eq!(theirs, ours, "{}: stream {stream}", path.display());
        assert_eq!(streams[stream]["duration_ts"], ticks, "{}: stream {stream}", path.display());
    }
}

#[test]
fn b_frames() {
    check_rewritten(&clips::b_frames());
}

#[test]
fn variable_rate() {
    check_rewritten(&clips::variable_rate());
}

#[test]
fn ntsc_with_44100_hz() {
    check_rewritten(&clips::ntsc());
}

#[test]
fn turned() {
    check_rewritten(&clips::rotated());
}

#[test]
fn late_sound() {
    check_rewritten(&clips::late_audio());
}

#[test]
fn anamorphic_with_colours() {
    check_rewritten(&clips::anamorphic());
}

#[test]
fn fragmented() {
    check_rewritten(&clips::fragmented());
}

#[test]
fn opus() {
    check_rewritten(&clips::opus());
}

#[test]
fn a_track_without_samples() {
    let mut film = Film::read(&clips::b_frames());
    film.samples.retain(|sample| sample.track.0 == 1);
    for (name, patch) in [("silent.mp4", false), ("silent-patched.mp4", true)] {
        let path = film.write(name, patch);
        assert_eq!(ffprobe::warnings(&path), "", "{name}");
        assert!(Film::read(&path).samples == film.samples, "{name}");
    }
}

#[test]
fn the_duration_is_stated_where_the_sink_can_seek() {
    let film = Film::read(&clips::b_frames());
    let bytes = |patch| {
        let path = film.write(if patch { "stated.mp4" } else { "unstated.mp4" }, patch);
        std::fs::read(path).expect("the file can be read")
    };
    let (stated, unstated) = (bytes(true), bytes(false));
    let place = stated.windows(4).position(|name| name == b"mehd").expect("a duration");
    assert!(!unstated.windows(4).any(|name| name == b"mehd"));
    assert_eq!(stated.len(), unstated.len());
    // 12800 and 48000 ticks have the least common multiple 192000; the sound ends at 2 s.
    let duration = stated[place + 8..place + 16].try_into().expect("8 bytes");
    assert_eq!(u64::from_be_bytes(duration), 2 * 192_000);
    assert_eq!(stated[..place], unstated[..place]);
    assert_eq!(stated[place + 16..], unstated[place + 16..]);
}

/// The first picture of `path` as ffmpeg shows it, after `filters`; as a hash.
fn first_picture(path: &Path, filters: &str) -> String {
    let path = path.display().to_string();
    let arguments =
        ["-v", "error", "-i", &path, "-vf", filters, "-frames:v", "1", "-f", "md5", "-"];
    run("ffmpeg", &arguments).0
}

#[test]
fn ffmpeg_turns_pictures_the_same_way() {
    let upright = clips::upright();
    let film = Film::read(&upright);
    for quarter_turns in 0..4 {
        for mirrored in [0, 1] {
            let mut turned = film.clone();
            let TrackKind::Video(video) = &mut turned.tracks[0].kind else {
                panic!("the clip is a picture");
            };
            video.orientation = Orientation { quarter_turns, mirrored };
            let path = turned.write(&format!("turned-{quarter_turns}-{mirrored}.mp4"), false);
            let mut filters = vec![if mirrored == 1 { "hflip" } else { "null" }];
            filters.resize(1 + usize::from(quarter_turns), "transpose=clock");
            let (shown, expected) =
                (first_picture(&path, "null"), first_picture(&upright, &filters.join(",")));
            assert_eq!(shown, expected, "{quarter_turns} turns, mirrored {mirrored}");
        }
    }
}

/// The bytes of every box at the top level, with their names.
fn top_level(mut bytes: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut boxes = Vec::new();
    while let Some(size) = bytes.first_chunk::<4>() {
        let (whole, rest) = bytes.split_at(u32::from_be_bytes(*size) as usize);
        boxes.push((&whole[4..8], whole));
        bytes = rest;
    }
    boxes
}

#[test]
fn the_index_at_the_end_leads_to_the_key_frames() {
    let bytes = made_up().encode(WriterOptions::default());
    let boxes = top_level(&bytes);
    let (name, last) = boxes.last().expect("there are boxes");
    assert_eq!(*name, b"mfra");
    let (index, length) = MfraBox::decode(last).expect("an index");
    assert_eq!((length, index.mfro_box.size as usize), (last.len(), last.len()));
    let (mut fragments, mut offset) = (Vec::new(), 0);
    for (name, whole) in &boxes {
        if *name == b"moof" {
            fragments.push(offset);
        }
        offset += whole.len() as u64;
    }
    assert_eq!(fragments.len(), 8);
    // Key frames are every 10 frames of 1 tick; 20 packets of sound of 960 ticks go with them.
    for (table, track, ticks) in [(0, 1, 10), (1, 2, 20 * 960)] {
        let table = &index.tfra_boxes[table];
        assert_eq!(table.track_id, track);
        let found: Vec<_> = table.entries.iter().map(|e| (e.time, e.moof_offset)).collect();
        let times = (0..).map(|fragment| fragment * ticks);
        assert_eq!(found, times.zip(fragments.iter().copied()).collect::<Vec<_>>());
        let places = table.entries.iter().map(|e| (e.traf_number, e.trun_number, e.sample_number));
        assert!(places.into_iter().all(|place| place == (track, 1, 1)));
    }
}

#[test]
fn only_tracks_with_samples_have_an_index() {
    let mut film = made_up();
    film.samples.retain(|sample| sample.track.0 == 2);
    let bytes = film.encode(WriterOptions::default());
    let boxes = top_level(&bytes);
    let (index, _) = MfraBox::decode(boxes.last().expect("there are boxes").1).expect("an index");
    let tracks: Vec<_> = index.tfra_boxes.iter().map(|table| table.track_id).collect();
    assert_eq!(tracks, [2]);
}

#[test]
fn a_fragment_holds_no_more_bytes_than_its_limit() {
    let options = WriterOptions { max_fragment_bytes: 300, ..WriterOptions::default() };
    let bytes = made_up().encode(options);
    let media = top_level(&bytes).into_iter().filter(|(name, _)| *name == b"mdat");
    let lengths: Vec<_> = media.map(|(_, whole)| whole.len() - 8).collect();
    assert!(lengths.iter().all(|length| *length <= 300), "{lengths:?}");
    assert!(lengths.len() > 15, "{lengths:?}");
}
