//! Codecs, the framing of their packets, and the fixed metadata of a packet block.

use super::named_numbers;

named_numbers! {
    /// How a packet's content is compressed.
    Codec: u32 {
        /// H.264, MPEG-4 AVC.
        H264 = 1 => "h264",
        /// H.265, HEVC.
        H265 = 2 => "h265",
        /// AV1.
        Av1 = 3 => "av1",
        /// VP8.
        Vp8 = 4 => "vp8",
        /// VP9.
        Vp9 = 5 => "vp9",
        /// Motion JPEG.
        Mjpeg = 6 => "mjpeg",
        /// MPEG-4 AAC.
        Aac = 100 => "aac",
        /// Opus.
        Opus = 101 => "opus",
        /// MPEG-1 layer III.
        Mp3 = 102 => "mp3",
        /// FLAC.
        Flac = 103 => "flac",
        /// AC-3.
        Ac3 = 104 => "ac3",
        /// Enhanced AC-3.
        Eac3 = 105 => "eac3",
        /// Vorbis.
        Vorbis = 106 => "vorbis",
        /// Apple Lossless.
        Alac = 107 => "alac",
        /// Samples that are not compressed.
        Pcm = 108 => "pcm",
    }
}

impl Codec {
    /// True for codecs of pictures.
    pub const fn is_video(self) -> bool {
        (self as u32) < 100
    }
}

named_numbers! {
    /// How units are told apart inside a packet.
    Framing: u32 {
        /// The packet is one unit as the codec defines it.
        Raw = 0 => "raw",
        /// H.264 and H.265 with start codes; parameters in band.
        AnnexB = 1 => "annex_b",
        /// H.264 and H.265 with 4-byte lengths; parameters out of band (`avcC`, `hvcC`).
        LengthPrefixed = 2 => "length_prefixed",
        /// AAC with ADTS headers.
        Adts = 3 => "adts",
    }
}

/// Flags of a packet, a set of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(transparent)]
pub struct PacketFlags(pub u32);

impl PacketFlags {
    /// Decoding can start here.
    pub const KEY_FRAME: Self = Self(1);
    /// Decoded for its effect on later packets, but not to be shown.
    pub const NOT_SHOWN: Self = Self(2);

    /// True if every flag of `other` is set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The fixed metadata of a packet block. The first memory is the packet; the second, where there
/// is one, the codec's parameters (`avcC`, `AudioSpecificConfig`, `dOps`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct PacketMeta {
    /// Size of this struct as the writer knows it, in bytes.
    pub size: u32,
    /// [`Codec`] number.
    pub codec: u32,
    /// [`Framing`] number.
    pub framing: u32,
    /// Marks.
    pub flags: PacketFlags,
    /// When the content is shown or heard, stream time, ns.
    pub pts_ns: i64,
    /// When the packet is decoded, stream time, ns; the same as the envelope's timestamp.
    pub dts_ns: i64,
    /// Samples at the start of the decoded content that are to be cut (priming), each channel.
    pub trim_start: u32,
    /// Samples at the end of the decoded content that are to be cut (padding), each channel.
    pub trim_end: u32,
}

const _: () = assert!(size_of::<PacketMeta>() == 40 && align_of::<PacketMeta>() == 8);
