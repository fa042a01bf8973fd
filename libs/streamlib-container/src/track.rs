//! What a track holds, before any of its samples is read.

use core::fmt;

use streamlib_abi::media::{Codec, Colour, Orientation, Rational};

use crate::{FourCc, Timescale};

/// The number of a track in its file, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrackId(pub u32);

impl fmt::Display for TrackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How the samples of a track are coded. H.264 and HEVC have length-prefixed NAL units, AAC has no
/// ADTS headers, AV1 is one temporal unit and Opus one packet a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrackCodec {
    /// A codec that has a name.
    Known(Codec),
    /// Anything else, by the code of its sample entry. Its samples can be read all the same.
    Other(FourCc),
}

impl TrackCodec {
    /// The codec, where it has a name.
    pub fn known(self) -> Option<Codec> {
        match self {
            Self::Known(codec) => Some(codec),
            Self::Other(_) => None,
        }
    }
}

/// The codec's name; an unknown one as its code in quotes.
impl fmt::Display for TrackCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(codec) => codec.fmt(f),
            Self::Other(code) => write!(f, "'{code}'"),
        }
    }
}

/// An ISO 639-2/T language code of three lower-case letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Language([u8; 3]);

impl Language {
    /// `und`: not stated.
    pub const UNDETERMINED: Self = Self(*b"und");

    /// A language by its three lower-case letters, or `None` for anything else.
    pub fn new(code: [u8; 3]) -> Option<Self> {
        code.iter().all(u8::is_ascii_lowercase).then_some(Self(code))
    }

    /// The three letters.
    pub fn as_bytes(self) -> [u8; 3] {
        self.0
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

/// The picture of a video track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VideoTrack {
    /// Stored width in pixels, before rotation.
    pub width: u16,
    /// Stored height in pixels, before rotation.
    pub height: u16,
    /// How the picture is to be turned to be shown.
    pub orientation: Orientation,
    /// Width of a pixel against its height, in lowest terms; unknown when the file does not say.
    pub sample_aspect: Rational,
    /// Colour as the container states it; parts that it does not state are unknown, and the stream
    /// may say more. Code points that have no name read as unknown.
    pub colour: Colour,
}

/// The sound of an audio track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioTrack {
    /// Channels; from the codec's own configuration where that states it.
    pub channels: u16,
    /// Samples in a second in each channel; 48000 for Opus.
    pub sample_rate: u32,
}

/// What kind of media a track holds, with what is only known of that kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackKind {
    /// Pictures.
    Video(VideoTrack),
    /// Sound.
    Audio(AudioTrack),
    /// Anything else (subtitles, time code, metadata), by its handler code.
    Other(FourCc),
}

/// One track of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackInfo {
    /// Number in the file.
    pub id: TrackId,
    /// Codec of every sample.
    pub codec: TrackCodec,
    /// What the decoder needs beforehand, exactly as stored: the payload of `avcC`, `hvcC`, `av1C`
    /// or `dOps`, the AudioSpecificConfig of `esds`; empty where there is none.
    pub stream_parameters: Vec<u8>,
    /// Kind and its properties.
    pub kind: TrackKind,
    /// Unit of every time of this track.
    pub timescale: Timescale,
    /// Time of the first sample that is presented, in ticks: above 0 for a late start.
    pub start: i64,
    /// Time at which the last presented sample ends, in ticks.
    pub end: i64,
    /// Number of samples, those that are only decoded included.
    pub sample_count: u64,
    /// Language, when the file states one.
    pub language: Language,
}

impl TrackInfo {
    /// Start of the presentation of this track, in nanoseconds.
    pub fn start_ns(&self) -> i64 {
        self.timescale.to_ns(self.start)
    }

    /// How long this track is presented, in nanoseconds.
    pub fn duration_ns(&self) -> i64 {
        self.timescale.to_ns(self.end.saturating_sub(self.start))
    }

    /// `ticks` of an audio track as samples in each channel, for instance of
    /// [`Packet::trim_start`](crate::Packet::trim_start); rounded to the nearest. 0 for any other
    /// track.
    pub fn samples(&self, ticks: u32) -> u32 {
        let rate = self.audio().and_then(|audio| Timescale::new(audio.sample_rate));
        let samples = rate.map_or(0, |rate| rate.rescale(i64::from(ticks), self.timescale));
        u32::try_from(samples).unwrap_or(u32::MAX)
    }

    /// The picture's properties, for a video track.
    pub fn video(&self) -> Option<&VideoTrack> {
        match &self.kind {
            TrackKind::Video(video) => Some(video),
            _ => None,
        }
    }

    /// The sound's properties, for an audio track.
    pub fn audio(&self) -> Option<&AudioTrack> {
        match &self.kind {
            TrackKind::Audio(audio) => Some(audio),
            _ => None,
        }
    }
}
