//! Sample formats, channel layouts and the fixed metadata of an audio block.

use super::named_numbers;

/// The most channels that a frame of audio has.
pub const MAX_CHANNELS: usize = 8;

named_numbers! {
    /// How one sample lies in memory, little endian, channels interleaved.
    SampleFormat: u32 {
        /// 32-bit float, full scale is -1 to 1. The working format of built-in processors.
        F32 = 1 => "f32",
        /// Signed 16-bit integer.
        S16 = 2 => "s16",
        /// Signed 32-bit integer.
        S32 = 3 => "s32",
    }
}

impl SampleFormat {
    /// Bytes of one sample.
    pub const fn bytes(self) -> usize {
        match self {
            Self::S16 => 2,
            Self::F32 | Self::S32 => 4,
        }
    }
}

named_numbers! {
    /// Where a loudspeaker stands. Numbers are the bit positions of WAVE_FORMAT_EXTENSIBLE.
    Speaker: u8 {
        /// Front left.
        FrontLeft = 0 => "FL",
        /// Front right.
        FrontRight = 1 => "FR",
        /// Front centre.
        FrontCenter = 2 => "FC",
        /// Low frequency effects.
        LowFrequency = 3 => "LFE",
        /// Back left.
        BackLeft = 4 => "BL",
        /// Back right.
        BackRight = 5 => "BR",
        /// Front left of centre.
        FrontLeftOfCenter = 6 => "FLC",
        /// Front right of centre.
        FrontRightOfCenter = 7 => "FRC",
        /// Back centre.
        BackCenter = 8 => "BC",
        /// Side left.
        SideLeft = 9 => "SL",
        /// Side right.
        SideRight = 10 => "SR",
    }
}

use Speaker::{
    BackCenter, BackLeft, BackRight, FrontCenter, FrontLeft, FrontRight, LowFrequency, SideLeft,
    SideRight,
};

named_numbers! {
    /// Which channel is which. Channels always lie in the order of [`ChannelLayout::speakers`];
    /// decoders and encoders reorder at their edge.
    ChannelLayout: u32 {
        /// Only the number of channels is known.
        Unknown = 0 => "unknown",
        /// FC.
        Mono = 1 => "mono",
        /// FL FR.
        Stereo = 2 => "stereo",
        /// FL FR FC.
        Surround30 = 3 => "3.0",
        /// FL FR BL BR.
        Quad = 4 => "quad",
        /// FL FR FC BL BR.
        Surround50 = 5 => "5.0",
        /// FL FR FC LFE BL BR.
        Surround51 = 6 => "5.1",
        /// FL FR FC LFE BC SL SR.
        Surround61 = 7 => "6.1",
        /// FL FR FC LFE BL BR SL SR.
        Surround71 = 8 => "7.1",
        /// FL FR LFE.
        Stereo21 = 9 => "2.1",
        /// FL FR FC BC.
        Surround40 = 10 => "4.0",
    }
}

impl ChannelLayout {
    /// The speakers in channel order; empty for [`ChannelLayout::Unknown`].
    pub const fn speakers(self) -> &'static [Speaker] {
        match self {
            Self::Unknown => &[],
            Self::Mono => &[FrontCenter],
            Self::Stereo => &[FrontLeft, FrontRight],
            Self::Stereo21 => &[FrontLeft, FrontRight, LowFrequency],
            Self::Surround30 => &[FrontLeft, FrontRight, FrontCenter],
            Self::Surround40 => &[FrontLeft, FrontRight, FrontCenter, BackCenter],
            Self::Quad => &[FrontLeft, FrontRight, BackLeft, BackRight],
            Self::Surround50 => &[FrontLeft, FrontRight, FrontCenter, BackLeft, BackRight],
            Self::Surround51 => {
                &[FrontLeft, FrontRight, FrontCenter, LowFrequency, BackLeft, BackRight]
            }
            Self::Surround61 => {
                &[FrontLeft, FrontRight, FrontCenter, LowFrequency, BackCenter, SideLeft, SideRight]
            }
            Self::Surround71 => &[
                FrontLeft,
                FrontRight,
                FrontCenter,
                LowFrequency,
                BackLeft,
                BackRight,
                SideLeft,
                SideRight,
            ],
        }
    }

    /// The usual layout of so many channels; unknown for 0 and for more than 8.
    pub const fn default_for(channels: u32) -> Self {
        match channels {
            1 => Self::Mono,
            2 => Self::Stereo,
            3 => Self::Surround30,
            4 => Self::Quad,
            5 => Self::Surround50,
            6 => Self::Surround51,
            7 => Self::Surround61,
            8 => Self::Surround71,
            _ => Self::Unknown,
        }
    }
}

/// The fixed metadata of an audio block. The samples are the first memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct AudioMeta {
    /// Size of this struct as the writer knows it, in bytes.
    pub size: u32,
    /// Samples a second in each channel, 1 to 768,000.
    pub sample_rate: u32,
    /// Channels, 1 to 8.
    pub channels: u32,
    /// [`ChannelLayout`] number.
    pub layout: u32,
    /// [`SampleFormat`] number.
    pub sample_format: u32,
    /// Samples in each channel.
    pub frame_count: u32,
}

const _: () = assert!(size_of::<AudioMeta>() == 24);
