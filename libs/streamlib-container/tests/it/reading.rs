//! Files that ffmpeg made, compared with what ffprobe says of them.

use std::{cmp::Ordering, path::Path};

use streamlib_container::{
    AudioTrack, Mp4File, Packet, Timescale, TrackInfo, TrackKind, WriterOptions,
};

use crate::{clips, ffprobe, film};

/// Times, sizes, places and key frames of every packet are those that ffprobe reports.
fn check_packets(path: &Path) {
    let mut file = Mp4File::open(path).expect("the clip can be read");
    let ids: Vec<_> = file.tracks().map(|track| track.id).collect();
    let ours = clips::packets(&mut file);
    let theirs = ffprobe::packets(path);
    check_order(path, &file, &ours);
    let reversed: Vec<_> = ids.iter().rev().copied().collect();
    file.select(&reversed).expect("every track can be read");
    let again: Vec<_> = std::iter::from_fn(|| file.next_packet()).collect();
    assert_eq!(again, ours, "{}: whatever the order of the selection", path.display());
    for (stream, id) in ids.into_iter().enumerate() {
        let ours: Vec<_> = ours
            .iter()
            .filter(|packet| packet.track == id)
            .map(|p| (p.dts, p.pts, p.size, p.offset, p.key_frame, p.shown))
            .collect();
        let theirs: Vec<_> = theirs
            .iter()
            .filter(|packet| packet.stream == stream)
            .map(|p| (p.dts, p.pts, p.size, p.offset, p.key_frame, !p.discarded))
            .collect();
        assert!(!ours.is_empty(), "{}: stream {stream} has packets", path.display());
        assert_eq!(ours, theirs, "{}: stream {stream}", path.display());
    }
}

/// Packets come by decode time, compared as fractions, and of equal ones as they lie in the file.
fn check_order(path: &Path, file: &Mp4File, packets: &[Packet]) {
    let time = |packet: &Packet| {
        let track = file.track(packet.track).expect("the track is there");
        (i128::from(packet.dts), i128::from(track.timescale.ticks_per_second()))
    };
    for pair in packets.windows(2) {
        let ((a, a_rate), (b, b_rate)) = (time(&pair[0]), time(&pair[1]));
        let order = (a * b_rate).cmp(&(b * a_rate)).then(pair[0].offset.cmp(&pair[1].offset));
        assert_eq!(order, Ordering::Less, "{}: {pair:?}", path.display());
    }
}

#[test]
fn packets_are_those_of_ffprobe() {
    for path in clips::all() {
        check_packets(&path);
    }
}

/// A track in a line.
fn describe(track: &TrackInfo) -> String {
    let kind = match track.kind {
        TrackKind::Video(v) => {
            let turns = v.orientation.quarter_turns;
            let colour = v.colour;
            format!(
                "{}x{} turned {turns} aspect {} colour {}/{}/{}/{}",
                v.width,
                v.height,
                v.sample_aspect,
                colour.primaries,
                colour.transfer,
                colour.matrix,
                colour.range
            )
        }
        TrackKind::Audio(audio) => format!("{} ch {} Hz", audio.channels, audio.sample_rate),
        TrackKind::Other(handler) => format!("'{handler}'"),
    };
    let (id, codec, count) = (track.id, track.codec, track.sample_count);
    let (rate, start, end) = (track.timescale.ticks_per_second(), track.start, track.end);
    let parameters = if track.stream_parameters.is_empty() { "without" } else { "with" };
    let language = track.language;
    format!(
        "{id} {codec} {kind}; {start}..{end}/{rate}, {count} samples, {parameters} parameters, {language}"
    )
}

fn check_tracks(path: &Path, expected: &[&str]) {
    let file = Mp4File::open(path).expect("the clip can be read");
    let tracks: Vec<String> = file.tracks().map(describe).collect();
    assert_eq!(tracks, expected, "{}", path.display());
    assert_eq!(file.truncation(), None);
}

#[test]
fn ticks_are_samples_of_sound_and_of_nothing_else() {
    let file = Mp4File::open(clips::ntsc()).expect("the clip can be read");
    let mut sound = file.audio_track().expect("there is sound").clone();
    assert_eq!(sound.samples(1024), 1024);
    sound.timescale = Timescale::new(88_200).expect("not 0");
    assert_eq!(sound.samples(1023), 512);
    assert_eq!(file.video_track().expect("there is a picture").samples(1024), 0);
}

#[test]
fn rate_and_channels_are_those_of_the_codec() {
    let mut bytes = std::fs::read(clips::b_frames()).expect("the clip can be read");
    let config = [0x11, 0x88, 0x56, 0xe5]; // LC, 48 kHz, mono, and a sync word
    let place = bytes.windows(4).position(|four| four == config).expect("a configuration");
    bytes[place..place + 2].copy_from_slice(&[0x12, 0x30]);
    let file = Mp4File::parse(&bytes, "film.mp4").expect("the film can be read");
    let sound = file.audio_track().expect("there is sound").audio().copied();
    assert_eq!(sound, Some(AudioTrack { channels: 6, sample_rate: 44_100 }));
}

/// What is presented of a track: ticks cut at the start, presented, and cut at the end.
fn check_presented(path: &Path, track: usize, expected: (u64, u64, u64)) {
    let mut file = Mp4File::open(path).expect("the clip can be read");
    let id = file.tracks().nth(track).expect("the track is there").id;
    file.select(&[id]).expect("the track can be read");
    let (mut start, mut presented, mut end) = (0, 0, 0);
    while let Some(packet) = file.next_packet() {
        start += u64::from(packet.trim_start);
        end += u64::from(packet.trim_end);
        presented += u64::from(packet.duration)
            .saturating_sub(u64::from(packet.trim_start) + u64::from(packet.trim_end));
        assert_eq!(packet.shown, packet.trim_start < packet.duration);
    }
    assert_eq!((start, presented, end), expected, "{} track {track}", path.display());
}

/// A picture of 160 x 120 with nothing special, of H.264.
const PLAIN: &str = "h264 160x120 turned 0 aspect 1 colour unknown/unknown/unknown/unknown";

#[test]
fn tracks() {
    let picture = format!("1 {PLAIN}; 0..25600/12800, 50 samples, with parameters, und");
    let sound = "2 aac 1 ch 48000 Hz; 0..96000/48000, 95 samples, with parameters, und";
    for clip in [clips::b_frames(), clips::index_in_front(), clips::quicktime()] {
        check_tracks(&clip, &[&picture, sound]);
    }
    check_tracks(
        &clips::opus(),
        &["1 opus 2 ch 48000 Hz; 0..96000/48000, 101 samples, with parameters, und"],
    );
    check_tracks(
        &clips::variable_rate(),
        &[&format!("1 {PLAIN}; 0..25600/12800, 22 samples, with parameters, und")],
    );
    check_tracks(
        &clips::ntsc(),
        &[
            &format!("1 {PLAIN}; 0..60060/30000, 60 samples, with parameters, und"),
            "2 aac 2 ch 44100 Hz; 0..88200/44100, 88 samples, with parameters, und",
        ],
    );
}

#[test]
fn special_pictures() {
    check_tracks(
        &clips::rotated(),
        &[&format!(
            "1 {}; 0..25600/12800, 50 samples, with parameters, und",
            PLAIN.replace("turned 0", "turned 3")
        )],
    );
    let special = PLAIN.replace("aspect 1 ", "aspect 64/45 ");
    let special = special.replace("unknown/unknown/unknown/unknown", "bt709/bt709/bt709/limited");
    check_tracks(
        &clips::anamorphic(),
        &[&format!("1 {special}; 0..25600/12800, 50 samples, with parameters, und")],
    );
    let unnamed = PLAIN.replace("h264", "'mp4v'");
    check_tracks(
        &clips::unknown_codec(),
        &[&format!("1 {unnamed}; 0..25600/12800, 50 samples, without parameters, und")],
    );
}

#[test]
fn late_starts() {
    // ffmpeg counts the 1024 samples of priming as sound: 1.978 s is 2 s less one AAC frame.
    check_tracks(
        &clips::late_audio(),
        &[
            &format!("1 {PLAIN}; 0..51200/12800, 100 samples, with parameters, und"),
            "2 aac 1 ch 48000 Hz; 94944..191968/48000, 95 samples, with parameters, und",
        ],
    );
    // Its fragmented files have no edit lists: pictures start after their reorder delay.
    for clip in [clips::fragmented(), clips::hybrid()] {
        check_tracks(
            &clip,
            &[
                &format!("1 {PLAIN}; 1024..26624/12800, 50 samples, with parameters, und"),
                "2 aac 1 ch 48000 Hz; 0..99840/48000, 95 samples, with parameters, und",
            ],
        );
    }
}

#[test]
fn priming_and_padding_are_cut() {
    check_presented(&clips::b_frames(), 1, (1024, 96_000, 0));
    check_presented(&clips::opus(), 0, (312, 96_000, 0));
    check_presented(&clips::ntsc(), 1, (1024, 88_200, 0));
    // The piece starts 0.22 s behind a key frame.
    check_presented(&clips::copied(), 0, (2816, 12_544, 0));
}

/// The packets of the film are the same when its bytes are changed so.
fn check_same(film: &[u8], changed: &[u8], moved: u64) {
    let read = |bytes: &[u8]| {
        clips::packets(&mut Mp4File::parse(bytes, "film.mp4").expect("the film can be read"))
    };
    let mut expected = read(film);
    expected.iter_mut().for_each(|packet| packet.offset += moved);
    assert_eq!(read(changed), expected);
}

#[test]
fn a_last_box_without_a_size() {
    let bytes = std::fs::read(clips::index_in_front()).expect("the clip can be read");
    let place = bytes.windows(4).position(|name| name == b"mdat").expect("the media");
    let mut open = bytes.clone();
    open[place - 4..place].fill(0);
    check_same(&bytes, &open, 0);
}

#[test]
fn boxes_with_64_bit_sizes_and_bytes_behind_the_last() {
    let bytes = film::made_up().encode(WriterOptions::default());
    let place = bytes.windows(4).position(|name| name == b"moof").expect("a fragment") - 4;
    let mut changed = bytes.clone();
    changed.splice(place..place, *b"\0\0\0\x01free\0\0\0\0\0\0\0\x14\0\0\0\0");
    check_same(&bytes, &changed, 20);

    let bytes = std::fs::read(clips::b_frames()).expect("the clip can be read");
    for padding in [&b"\0"[..], b"\0\0\0\x01", b"\0\0\0\x02junk"] {
        check_same(&bytes, &[&bytes, padding].concat(), 0);
    }
}
