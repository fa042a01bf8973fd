//! A format: which frame exactly. What a `format` signal announces.

use serde::{Deserialize, Serialize};
use streamlib_abi::media::{
    AlphaMode, ChannelLayout, Codec, Colour, FieldOrder, Framing, Orientation, PixelFormat,
    Rational, SampleFormat, VideoMeta,
};

use crate::text;

/// Which frame exactly.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Format {
    /// Pictures.
    Video(VideoFormat),
    /// Audio samples.
    Audio(AudioFormat),
    /// Compressed packets.
    Packet(PacketFormat),
    /// Structured data; the schema says all there is to say.
    Data,
}

impl Format {
    /// The text that stands for this format wherever one is needed; equal formats have equal
    /// texts.
    pub fn canonical_json(&self) -> String {
        // The type has only string keys and no failing serialiser, so this cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Video(video) => video.fmt(f),
            Self::Audio(audio) => audio.fmt(f),
            Self::Packet(packet) => packet.fmt(f),
            Self::Data => f.write_str("data"),
        }
    }
}

/// Format of pictures.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VideoFormat {
    /// How samples lie in memory.
    #[serde(with = "text::pixel_format")]
    pub pixel_format: PixelFormat,
    /// Width, pixels.
    pub width: u32,
    /// Height, pixels.
    pub height: u32,
    /// Frames a second; unknown also means variable.
    #[serde(with = "text::rational")]
    pub frame_rate: Rational,
    /// Width of a pixel against its height.
    #[serde(with = "text::rational")]
    pub sample_aspect: Rational,
    /// Colour description.
    #[serde(with = "text::ColourByName")]
    pub colour: Colour,
    /// How to turn the picture for display.
    #[serde(with = "text::OrientationByName")]
    pub orientation: Orientation,
    /// What alpha means.
    #[serde(with = "text::alpha")]
    pub alpha: AlphaMode,
    /// Which field comes first.
    #[serde(with = "text::field_order")]
    pub field_order: FieldOrder,
}

impl VideoFormat {
    /// A format of this size with everything else unknown.
    pub fn new(pixel_format: PixelFormat, width: u32, height: u32) -> Self {
        Self {
            pixel_format,
            width,
            height,
            frame_rate: Rational::UNKNOWN,
            sample_aspect: Rational::UNKNOWN,
            colour: Colour::UNKNOWN,
            orientation: Orientation::default(),
            alpha: AlphaMode::None,
            field_order: FieldOrder::Unknown,
        }
    }

    /// Metadata of a tightly laid out picture of this format, rows at multiples of 32 bytes, and
    /// how many bytes its planes take.
    pub fn meta(&self) -> (VideoMeta, usize) {
        let (meta, bytes) = VideoMeta::packed(self.pixel_format, self.width, self.height, 32);
        let mut meta = meta.with_colour(self.colour);
        meta.frame_rate = self.frame_rate;
        meta.sample_aspect = self.sample_aspect;
        meta.orientation = self.orientation;
        meta.alpha = self.alpha.number();
        meta.field_order = self.field_order.number();
        (meta, bytes)
    }
}

impl std::fmt::Display for VideoFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}x{}", self.pixel_format, self.width, self.height)?;
        if self.frame_rate.is_known() {
            write!(f, " @{}", self.frame_rate.reduced())?;
        }
        Ok(())
    }
}

/// Format of audio samples, channels interleaved.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AudioFormat {
    /// Samples a second in each channel.
    pub sample_rate: u32,
    /// Channels, 1 to 8.
    pub channels: u32,
    /// Which channel is which.
    #[serde(with = "text::channel_layout")]
    pub layout: ChannelLayout,
    /// How one sample lies in memory.
    #[serde(with = "text::sample_format")]
    pub sample_format: SampleFormat,
}

impl AudioFormat {
    /// 32-bit float samples in the usual layout of so many channels.
    pub fn new(sample_rate: u32, channels: u32) -> Self {
        Self {
            sample_rate,
            channels,
            layout: ChannelLayout::default_for(channels),
            sample_format: SampleFormat::F32,
        }
    }
}

impl std::fmt::Display for AudioFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} Hz ", self.sample_format, self.sample_rate)?;
        match self.layout {
            ChannelLayout::Unknown => write!(f, "{} channels", self.channels),
            layout => write!(f, "{layout}"),
        }
    }
}

/// Format of compressed packets.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PacketFormat {
    /// How the content is compressed.
    #[serde(with = "text::codec")]
    pub codec: Codec,
    /// How units are told apart.
    #[serde(with = "text::framing")]
    pub framing: Framing,
    /// Parameters of the codec: `avcC`, `AudioSpecificConfig`, `dOps`.
    pub parameters: Vec<u8>,
    /// What the pictures are, as far as it is known before decoding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video: Option<VideoFormat>,
    /// What the samples are, as far as it is known before decoding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio: Option<AudioFormat>,
}

impl std::fmt::Display for PacketFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.codec, self.framing)?;
        if let Some(video) = &self.video {
            write!(f, " {}x{}", video.width, video.height)?;
        }
        if let Some(audio) = &self.audio {
            write!(f, " {} Hz {}", audio.sample_rate, audio.layout)?;
        }
        Ok(())
    }
}
