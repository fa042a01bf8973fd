//! Real films written by this crate, read by ffprobe and by this crate.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use streamlib_container::{
    FragmentedMp4Writer, Mp4File, Packet, SampleRef, TrackId, TrackInfo, TrackKind, WriterOptions,
    WriterTrack,
};

use crate::{clips, ffprobe};

/// A writer's track like one that was read, whose first packet is `first`.
pub(crate) fn like(track: &TrackInfo, first: &Packet) -> WriterTrack {
    let codec = track.codec.known().expect("a codec that can be written");
    let parameters = track.stream_parameters.clone();
    let made = match track.kind {
        TrackKind::Video(video) => WriterTrack::video(codec, parameters, track.timescale, video),
        TrackKind::Audio(audio) => WriterTrack::audio(codec, parameters, track.timescale, audio),
        TrackKind::Other(handler) => panic!("no track of the kind {handler} is written"),
    };
    WriterTrack {
        media_start: u32::try_from(track.start - first.dts.min(track.start)).expect("priming"),
        start_delay: track.start.unsigned_abs(),
        language: track.language,
        ..made
    }
}

/// A film in memory: its tracks, numbered from 1, and its packets.
pub(crate) struct Film {
    pub(crate) tracks: Vec<WriterTrack>,
    pub(crate) packets: Vec<(Packet, Vec<u8>)>,
}

impl Film {
    /// Reads all of `path`.
    pub(crate) fn read(path: &Path) -> Self {
        let mut file = Mp4File::open(path).expect("the clip can be read");
        let packets = clips::packets(&mut file);
        let tracks = file
            .tracks()
            .map(|track| {
                let first = packets.iter().find(|packet| packet.track == track.id);
                like(track, first.expect("the track has packets"))
            })
            .collect();
        let mut fetch = |packet: Packet| {
            let mut bytes = vec![0; packet.size as usize];
            file.read(&packet, &mut bytes).expect("the packet can be read");
            (packet, bytes)
        };
        let packets = packets.into_iter().map(&mut fetch).collect();
        Self { tracks, packets }
    }

    /// Writes every packet.
    pub(crate) fn write_to<W: std::io::Write>(&self, writer: &mut FragmentedMp4Writer<W>) {
        for (packet, data) in &self.packets {
            let sample = SampleRef {
                dts: packet.dts,
                pts: packet.pts,
                duration: packet.duration,
                key_frame: packet.key_frame,
                data,
            };
            writer.write_sample(packet.track, &sample).expect("the packet can be written");
        }
    }

    /// Writes the film to a file called `name`.
    pub(crate) fn write(&self, name: &str, patch: bool) -> PathBuf {
        let path = clips::folder().join(name);
        let options = WriterOptions::default();
        let mut writer = FragmentedMp4Writer::create(&path, self.tracks.clone(), options)
            .expect("the file can be created");
        self.write_to(&mut writer);
        let written: Result<File, _> =
            if patch { writer.finish_seekable() } else { writer.finish() };
        written.expect("the file can be finished");
        path
    }
}

/// Everything of a packet that does not depend on where it lies.
pub(crate) fn content(packet: &Packet) -> impl PartialEq + std::fmt::Debug + use<> {
    let Packet { track, dts, pts, duration, key_frame, size, trim_start, .. } = *packet;
    (track, dts, pts, duration, key_frame, size, trim_start)
}

/// Writes `clip` anew and expects the same film, without a word from ffprobe.
fn check_rewritten(clip: &Path) {
    let film = Film::read(clip);
    let stem = clip.file_stem().expect("a name").to_string_lossy().into_owned();
    for (name, patch) in [(format!("out-{stem}.mp4"), false), (format!("seek-{stem}.mp4"), true)] {
        let path = film.write(&name, patch);
        let again = Film::read(&path);
        assert_eq!(again.tracks, film.tracks, "{name}");
        let ids: Vec<TrackId> = (1..).map(TrackId).take(film.tracks.len()).collect();
        for id in &ids {
            let of = |film: &Film| -> Vec<_> {
                let packets = film.packets.iter().filter(|(packet, _)| packet.track == *id);
                packets.map(|(packet, data)| (content(packet), data.clone())).collect()
            };
            assert!(of(&again) == of(&film), "{name}: track {id} differs");
        }
        assert_eq!(ffprobe::warnings(&path), "", "{name}");
        check_probed(&path, &film, &ids);
    }
}

/// ffprobe sees the packets that were written, and each stream lasts from its first packet to the
/// end of its last. (The durations that ffprobe prints of single packets are its own guess: it gives
/// none for Opus, and the nominal one for frames at irregular times, in ffmpeg's own files too.)
fn check_probed(path: &Path, film: &Film, ids: &[TrackId]) {
    let probed = ffprobe::packets(path);
    let streams = ffprobe::streams(path);
    for (stream, id) in ids.iter().enumerate() {
        let theirs: Vec<_> = probed
            .iter()
            .filter(|packet| packet.stream == stream)
            .map(|p| (p.dts, p.pts, p.size, p.key_frame))
            .collect();
        let ours: Vec<_> = film
            .packets
            .iter()
            .filter(|(packet, _)| packet.track == *id)
            .map(|(p, _)| (p.dts, p.pts, p.size, p.key_frame))
            .collect();
        assert_eq!(theirs, ours, "{}: stream {stream}", path.display());

        let of_track = film.packets.iter().map(|(packet, _)| packet);
        let of_track = of_track.filter(|packet| packet.track == *id);
        let ticks: i64 = of_track.map(|packet| i64::from(packet.duration)).sum();
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
