//! What a writer has to know of a track before its first sample.

use streamlib_abi::media::Codec;

use crate::{AudioTrack, Language, Timescale, TrackKind, VideoTrack, opus};

/// A track to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriterTrack {
    /// H.264, HEVC, AV1, Opus or AAC.
    pub codec: Codec,
    /// The payload of `avcC`, `hvcC`, `av1C` or `dOps`, or the AudioSpecificConfig of AAC; written
    /// as it is.
    pub stream_parameters: Vec<u8>,
    /// Video or audio, with its properties.
    pub kind: TrackKind,
    /// Unit of the times of this track's samples.
    pub timescale: Timescale,
    /// How far before the track's start its first sample is decoded, in ticks: Opus pre-skip, AAC
    /// priming, or the reorder delay of B-frames. Written as the media time of an edit.
    pub media_start: u32,
    /// Presentation time of the track's start, in ticks: a late start. Written as an empty edit; a
    /// start that is not known beforehand can as well be left 0, and shows in the first sample's
    /// time.
    pub start_delay: u64,
    /// Language of the track.
    pub language: Language,
}

impl WriterTrack {
    /// A video track that starts at 0 and is decoded in the order of presentation.
    pub fn video(
        codec: Codec,
        stream_parameters: Vec<u8>,
        timescale: Timescale,
        video: VideoTrack,
    ) -> Self {
        Self {
            codec,
            stream_parameters,
            kind: TrackKind::Video(video),
            timescale,
            media_start: 0,
            start_delay: 0,
            language: Language::UNDETERMINED,
        }
    }

    /// An audio track that starts at 0. For Opus the media start is the pre-skip in its parameters.
    pub fn audio(
        codec: Codec,
        stream_parameters: Vec<u8>,
        timescale: Timescale,
        audio: AudioTrack,
    ) -> Self {
        let media_start = match (codec, Timescale::new(48_000)) {
            (Codec::Opus, Some(rate)) => {
                timescale.rescale(i64::from(opus::pre_skip(&stream_parameters)), rate)
            }
            _ => 0,
        };
        Self {
            codec,
            stream_parameters,
            kind: TrackKind::Audio(audio),
            timescale,
            media_start: u32::try_from(media_start).unwrap_or(0),
            start_delay: 0,
            language: Language::UNDETERMINED,
        }
    }

    pub(super) fn is_video(&self) -> bool {
        matches!(self.kind, TrackKind::Video(_))
    }
}
