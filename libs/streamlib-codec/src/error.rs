//! The one error of this crate. Every message says what was wrong and, where there is one, the
//! way out.

use std::fmt;

use streamlib_abi::media::Codec;

/// What to do about video that the built-in decoder does not take.
pub(crate) const CONVERT_VIDEO: &str = "convert the file first, for example with \
     `ffmpeg -i INPUT -c:v libx264 -pix_fmt yuv420p -c:a copy OUTPUT.mp4`, \
     or register a decoder of your own";

/// What to do about sound that the built-in decoder does not take.
pub(crate) const CONVERT_AUDIO: &str = "convert the file first, for example with \
     `ffmpeg -i INPUT -c:v copy -c:a aac OUTPUT.mp4`, or register a decoder of your own";

/// Which side of a codec a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Packets to samples.
    Decoder,
    /// Samples to packets.
    Encoder,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Decoder => "decoder",
            Self::Encoder => "encoder",
        })
    }
}

/// Why a codec could not be made or could not do its work.
///
/// After an error from `encode` or `decode` the codec may be used on; what a damaged packet leaves
/// behind is said at the trait's methods.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// No built-in codec does this. The content may be sound.
    #[error("{what} is not supported by a built-in {role}; {way_out}")]
    Unsupported {
        /// The codec, with the profile or feature that is missing.
        what: String,
        /// Whether it was to be read or written.
        role: Role,
        /// What the user can do.
        way_out: &'static str,
    },

    /// Stream parameters (`avcC`, `AudioSpecificConfig`, `dOps`, ...) break their own format.
    #[error("the {what} is not valid: {detail}")]
    InvalidParameters {
        /// The structure, by the name its specification gives it.
        what: &'static str,
        /// What is wrong in it.
        detail: String,
    },

    /// A setting is outside its range.
    #[error("the setting `{setting}` is {value}, but must be {expected}")]
    InvalidSetting {
        /// Name of the setting.
        setting: &'static str,
        /// What was given.
        value: String,
        /// What is taken.
        expected: String,
    },

    /// A picture or a run of samples does not have the shape that was agreed.
    #[error("the input does not fit the encoder: it is {given}, but must be {expected}")]
    InvalidInput {
        /// What was given.
        given: String,
        /// What is taken.
        expected: String,
    },

    /// A packet is damaged or lacks what it refers to.
    #[error("a packet of {} could not be decoded: {detail}", title(*codec))]
    CorruptPacket {
        /// The packet's codec.
        codec: Codec,
        /// What is wrong.
        detail: String,
    },

    /// The caller's output cannot hold what one packet may decode to.
    #[error("the output has room for {given} samples, but one packet may decode to {needed}")]
    OutputTooSmall {
        /// Samples that one packet may need, all channels together.
        needed: usize,
        /// Samples that there is room for.
        given: usize,
    },

    /// Packets that cannot be told apart from noise without their parameters came without them.
    #[error(
        "packets of {} came without their parameters (`{structure}`); their sender has to state \
         them in the format of its packets",
        title(*codec)
    )]
    MissingParameters {
        /// The packets' codec.
        codec: Codec,
        /// What is missing, by the name its specification gives it.
        structure: &'static str,
    },

    /// A whole stream was damaged.
    #[error("nothing of a stream of {} could be decoded; at first, {first}", title(*codec))]
    NothingDecoded {
        /// The stream's codec.
        codec: Codec,
        /// What was wrong with its first packets.
        first: Box<CodecError>,
    },

    /// A setting that takes effect only when an encoder is made was changed.
    #[error(
        "the setting `{setting}` cannot change while an encoder runs; stop the processor or \
         replace it"
    )]
    FixedWhileRunning {
        /// Name of the setting.
        setting: &'static str,
    },

    /// The codec library refused for a reason of its own.
    #[error("{library} failed to {operation} (its code is {code})")]
    Library {
        /// The library.
        library: &'static str,
        /// What it was asked to do.
        operation: &'static str,
        /// What it returned.
        code: i64,
    },
}

impl From<CodecError> for streamlib_processor::Error {
    fn from(error: CodecError) -> Self {
        Self::new(error.to_string())
    }
}

impl CodecError {
    /// The error for a codec that nobody here reads or writes. `name` is what the container calls
    /// it when it has no place in [`Codec`].
    pub fn unknown_codec(name: &str, role: Role, is_video: bool) -> Self {
        let way_out = match role {
            Role::Decoder if is_video => CONVERT_VIDEO,
            Role::Decoder => CONVERT_AUDIO,
            Role::Encoder if is_video => "write h264, or register an encoder of your own",
            Role::Encoder => "write opus, or register an encoder of your own",
        };
        Self::Unsupported { what: name.to_owned(), role, way_out }
    }

    pub(crate) fn unsupported_codec(codec: Codec, role: Role) -> Self {
        Self::unknown_codec(title(codec), role, codec.is_video())
    }

    pub(crate) fn corrupt(codec: Codec, detail: impl Into<String>) -> Self {
        Self::CorruptPacket { codec, detail: detail.into() }
    }

    pub(crate) fn parameters(what: &'static str, detail: impl Into<String>) -> Self {
        Self::InvalidParameters { what, detail: detail.into() }
    }

    pub(crate) fn setting(
        setting: &'static str,
        value: impl fmt::Display,
        expected: impl Into<String>,
    ) -> Self {
        Self::InvalidSetting { setting, value: value.to_string(), expected: expected.into() }
    }
}

/// The name of a codec as its specification writes it.
pub(crate) const fn title(codec: Codec) -> &'static str {
    match codec {
        Codec::H264 => "H.264",
        Codec::H265 => "H.265 (HEVC)",
        Codec::Av1 => "AV1",
        Codec::Vp8 => "VP8",
        Codec::Vp9 => "VP9",
        Codec::Mjpeg => "Motion JPEG",
        Codec::Aac => "AAC",
        Codec::Opus => "Opus",
        Codec::Mp3 => "MP3",
        Codec::Flac => "FLAC",
        Codec::Ac3 => "AC-3",
        Codec::Eac3 => "E-AC-3",
        Codec::Vorbis => "Vorbis",
        Codec::Alac => "Apple Lossless",
        Codec::Pcm => "PCM",
    }
}
