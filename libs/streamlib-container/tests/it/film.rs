//! Films in memory: read from files, or made up.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use streamlib_abi::media::{Codec, Colour, Orientation, Rational};
use streamlib_container::{
    AudioTrack, FragmentedMp4Writer, Mp4File, Packet, SampleRef, Timescale, TrackId, TrackInfo,
    TrackKind, VideoTrack, WriterOptions, WriterTrack,
};

use crate::clips;

/// One sample of a film, in ticks of its track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) track: TrackId,
    pub(crate) dts: i64,
    pub(crate) pts: i64,
    pub(crate) duration: u32,
    pub(crate) key_frame: bool,
    pub(crate) trim_start: u32,
    pub(crate) data: Vec<u8>,
}

/// Tracks, numbered from 1, and their samples in the order of decode times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Film {
    pub(crate) tracks: Vec<WriterTrack>,
    pub(crate) samples: Vec<Sample>,
}

impl Film {
    /// All of the file at `path`.
    pub(crate) fn read(path: &Path) -> Self {
        Self::from_file(&mut Mp4File::open(path).expect("the clip can be read"))
    }

    /// All of a file in memory.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        Self::from_file(&mut Mp4File::parse(bytes, "film.mp4").expect("the film can be read"))
    }

    fn from_file<R: std::io::Read + std::io::Seek>(file: &mut Mp4File<R>) -> Self {
        let packets = clips::packets(file);
        let tracks = file.tracks().map(|track| {
            let first = packets.iter().find(|packet| packet.track == track.id);
            like(track, first)
        });
        let tracks = tracks.collect();
        let mut fetch = |packet: Packet| {
            let mut data = vec![0; packet.size as usize];
            file.read(&packet, &mut data).expect("the packet can be read");
            let Packet { track, dts, pts, duration, key_frame, trim_start, .. } = packet;
            Sample { track, dts, pts, duration, key_frame, trim_start, data }
        };
        Self { tracks, samples: packets.into_iter().map(&mut fetch).collect() }
    }

    /// The samples of one track.
    pub(crate) fn of(&self, id: TrackId) -> Vec<&Sample> {
        self.samples.iter().filter(|sample| sample.track == id).collect()
    }

    pub(crate) fn ids(&self) -> Vec<TrackId> {
        (1..).map(TrackId).take(self.tracks.len()).collect()
    }

    /// Writes every sample.
    pub(crate) fn write_to<W: Write>(&self, writer: &mut FragmentedMp4Writer<W>) {
        for sample in &self.samples {
            writer.write_sample(sample.track, &sample.borrow()).expect("the sample fits");
        }
    }

    /// The film as bytes.
    pub(crate) fn encode(&self, options: WriterOptions) -> Vec<u8> {
        let tracks = self.tracks.clone();
        let mut writer = FragmentedMp4Writer::new(Vec::new(), "memory", tracks, options)
            .expect("the tracks are valid");
        self.write_to(&mut writer);
        writer.finish().expect("memory takes everything")
    }

    /// Writes the film to a file called `name`; `patch` also states its duration.
    pub(crate) fn write(&self, name: &str, patch: bool) -> PathBuf {
        let path = clips::folder().join(name);
        let options = WriterOptions::default();
        let mut writer = FragmentedMp4Writer::create(&path, self.tracks.clone(), options)
            .expect("the file can be created");
        self.write_to(&mut writer);
        let written = if patch { writer.finish_seekable() } else { writer.finish() };
        written.expect("the file can be finished");
        path
    }
}

impl Sample {
    pub(crate) fn borrow(&self) -> SampleRef<'_> {
        SampleRef {
            dts: self.dts,
            pts: self.pts,
            duration: self.duration,
            key_frame: self.key_frame,
            data: &self.data,
        }
    }
}

/// A writer's track like one that was read, whose first packet is `first`.
fn like(track: &TrackInfo, first: Option<&Packet>) -> WriterTrack {
    let codec = track.codec.known().expect("a codec that can be written");
    let parameters = track.stream_parameters.clone();
    let made = match track.kind {
        TrackKind::Video(video) => WriterTrack::video(codec, parameters, track.timescale, video),
        TrackKind::Audio(audio) => WriterTrack::audio(codec, parameters, track.timescale, audio),
        TrackKind::Other(handler) => panic!("no track of the kind {handler} is written"),
    };
    let first_dts = first.map_or(track.start, |packet| packet.dts.min(track.start));
    WriterTrack {
        media_start: u32::try_from(track.start - first_dts).expect("priming"),
        start_delay: track.start.unsigned_abs(),
        language: track.language,
        ..made
    }
}

/// A picture of 64 x 48 with nothing special.
pub(crate) const PICTURE: VideoTrack = VideoTrack {
    width: 64,
    height: 48,
    orientation: Orientation { quarter_turns: 0, mirrored: 0 },
    sample_aspect: Rational::UNKNOWN,
    colour: Colour::UNKNOWN,
};

pub(crate) fn scale(ticks_per_second: u32) -> Timescale {
    Timescale::new(ticks_per_second).expect("not 0")
}

/// A video track whose parameters only this crate reads.
pub(crate) fn video_track() -> WriterTrack {
    let parameters = b"\x01\x42\xc0\x0a\xff\xe0\x00".to_vec();
    WriterTrack::video(Codec::H264, parameters, scale(25), PICTURE)
}

/// A stereo Opus track with 312 samples of pre-skip.
pub(crate) fn opus_track() -> WriterTrack {
    let parameters = b"\0\x02\x01\x38\0\0\xbb\x80\0\0\0".to_vec();
    let audio = AudioTrack { channels: 2, sample_rate: 48_000 };
    WriterTrack::audio(Codec::Opus, parameters, scale(48_000), audio)
}

/// Three seconds of 25 frames with a key frame every 10th, and Opus of 20 ms.
pub(crate) fn made_up() -> Film {
    let mut samples = Vec::new();
    for index in 0..75_i64 {
        let (dts, duration, key_frame) = (index, 1, index % 10 == 0);
        let data = vec![index as u8; 20 + index as usize];
        let track = TrackId(1);
        samples.push(Sample { track, dts, pts: dts, duration, key_frame, trim_start: 0, data });
        for half in 0..2 {
            let dts = (index * 2 + half) * 960 - 312;
            let trim_start = if dts < 0 { 312 } else { 0 };
            let (duration, key_frame, data) = (960, true, vec![half as u8; 9]);
            let track = TrackId(2);
            samples.push(Sample { track, dts, pts: dts, duration, key_frame, trim_start, data });
        }
    }
    Film { tracks: vec![video_track(), opus_track()], samples }
}
