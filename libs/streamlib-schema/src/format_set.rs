//! Which formats a port takes or makes, best first.
//!
//! An empty list inside a range means "any". The set of a port with no ranges is [`FormatSet::any`].
//! [`FormatSet::intersect`] keeps the order of the left side, so the consumer's wish decides.

use serde::{Deserialize, Serialize};
use streamlib_abi::media::{Codec, Framing, PixelFormat, SampleFormat};

use crate::text;
use crate::{AudioFormat, Format, PacketFormat, VideoFormat};

/// Formats of which a port takes or makes any, best first. No ranges: any format.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FormatSet {
    /// The alternatives, best first.
    pub ranges: Vec<FormatRange>,
}

/// One alternative of a [`FormatSet`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FormatRange {
    /// Pictures.
    Video(VideoRange),
    /// Audio samples.
    Audio(AudioRange),
    /// Compressed packets.
    Packet(PacketRange),
}

/// Pictures of one of these pixel formats.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VideoRange {
    /// Pixel formats, best first; empty for any.
    #[serde(default, with = "text::pixel_formats", skip_serializing_if = "Vec::is_empty")]
    pub pixel_formats: Vec<PixelFormat>,
    /// Width and height, if only one size will do, pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<(u32, u32)>,
}

/// Audio with one of these properties.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AudioRange {
    /// Sample formats, best first; empty for any.
    #[serde(default, with = "text::sample_formats", skip_serializing_if = "Vec::is_empty")]
    pub sample_formats: Vec<SampleFormat>,
    /// Sample rates, best first, Hz; empty for any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sample_rates: Vec<u32>,
    /// Numbers of channels, best first; empty for any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<u32>,
}

/// Packets of one of these codecs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PacketRange {
    /// Codecs, best first; empty for any.
    #[serde(default, with = "text::codecs", skip_serializing_if = "Vec::is_empty")]
    pub codecs: Vec<Codec>,
    /// Framings, best first; empty for any.
    #[serde(default, with = "text::framings", skip_serializing_if = "Vec::is_empty")]
    pub framings: Vec<Framing>,
}

impl FormatSet {
    /// Any format at all.
    pub const fn any() -> Self {
        Self { ranges: Vec::new() }
    }

    /// Pictures of one of these pixel formats, best first.
    pub fn video(pixel_formats: &[PixelFormat]) -> Self {
        let range = VideoRange { pixel_formats: pixel_formats.to_vec(), size: None };
        Self { ranges: vec![FormatRange::Video(range)] }
    }

    /// Audio of one of these sample formats, best first.
    pub fn audio(sample_formats: &[SampleFormat]) -> Self {
        let range = AudioRange { sample_formats: sample_formats.to_vec(), ..AudioRange::default() };
        Self { ranges: vec![FormatRange::Audio(range)] }
    }

    /// Packets of one of these codecs, best first.
    pub fn packets(codecs: &[Codec]) -> Self {
        let range = PacketRange { codecs: codecs.to_vec(), framings: Vec::new() };
        Self { ranges: vec![FormatRange::Packet(range)] }
    }

    /// True if every format is taken.
    pub fn is_any(&self) -> bool {
        self.ranges.is_empty()
    }

    /// True if `format` is one of these.
    pub fn contains(&self, format: &Format) -> bool {
        self.is_any() || self.ranges.iter().any(|range| range.contains(format))
    }

    /// What both sets have in common, in the order of `self`; `None` if there is nothing.
    pub fn intersect(&self, other: &Self) -> Option<Self> {
        if self.is_any() {
            return Some(other.clone());
        }
        if other.is_any() {
            return Some(self.clone());
        }
        let pairs = self.ranges.iter().flat_map(|a| other.ranges.iter().map(move |b| (a, b)));
        let ranges: Vec<_> = pairs.filter_map(|(a, b)| a.intersect(b)).collect();
        (!ranges.is_empty()).then_some(Self { ranges })
    }
}

impl FormatRange {
    /// True if `format` lies in this range.
    pub fn contains(&self, format: &Format) -> bool {
        match (self, format) {
            (Self::Video(range), Format::Video(format)) => range.contains(format),
            (Self::Audio(range), Format::Audio(format)) => range.contains(format),
            (Self::Packet(range), Format::Packet(format)) => range.contains(format),
            _ => false,
        }
    }

    fn intersect(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Video(a), Self::Video(b)) => Some(Self::Video(VideoRange {
                pixel_formats: common(&a.pixel_formats, &b.pixel_formats)?,
                size: match (a.size, b.size) {
                    (Some(a), Some(b)) if a != b => return None,
                    (a, b) => a.or(b),
                },
            })),
            (Self::Audio(a), Self::Audio(b)) => Some(Self::Audio(AudioRange {
                sample_formats: common(&a.sample_formats, &b.sample_formats)?,
                sample_rates: common(&a.sample_rates, &b.sample_rates)?,
                channels: common(&a.channels, &b.channels)?,
            })),
            (Self::Packet(a), Self::Packet(b)) => Some(Self::Packet(PacketRange {
                codecs: common(&a.codecs, &b.codecs)?,
                framings: common(&a.framings, &b.framings)?,
            })),
            _ => None,
        }
    }
}

/// What two lists share, in the order of the first; an empty list stands for everything.
fn common<T: PartialEq + Copy>(a: &[T], b: &[T]) -> Option<Vec<T>> {
    if a.is_empty() || b.is_empty() {
        return Some(if a.is_empty() { b.to_vec() } else { a.to_vec() });
    }
    let both: Vec<T> = a.iter().copied().filter(|value| b.contains(value)).collect();
    (!both.is_empty()).then_some(both)
}

fn allows<T: PartialEq>(list: &[T], value: &T) -> bool {
    list.is_empty() || list.contains(value)
}

impl VideoRange {
    fn contains(&self, format: &VideoFormat) -> bool {
        allows(&self.pixel_formats, &format.pixel_format)
            && self.size.is_none_or(|size| size == (format.width, format.height))
    }
}

impl AudioRange {
    fn contains(&self, format: &AudioFormat) -> bool {
        allows(&self.sample_formats, &format.sample_format)
            && allows(&self.sample_rates, &format.sample_rate)
            && allows(&self.channels, &format.channels)
    }
}

impl PacketRange {
    fn contains(&self, format: &PacketFormat) -> bool {
        allows(&self.codecs, &format.codec) && allows(&self.framings, &format.framing)
    }
}

impl std::fmt::Display for FormatSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_any() {
            return f.write_str("any format");
        }
        for (index, range) in self.ranges.iter().enumerate() {
            write!(f, "{}{range}", if index > 0 { ", or " } else { "" })?;
        }
        Ok(())
    }
}

impl std::fmt::Display for FormatRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        fn list<T: ToString>(values: &[T]) -> String {
            values.iter().map(ToString::to_string).collect::<Vec<_>>().join("|")
        }
        let parts = match self {
            Self::Video(range) => vec![
                "video".to_owned(),
                list(&range.pixel_formats),
                range.size.map(|(width, height)| format!("{width}x{height}")).unwrap_or_default(),
            ],
            Self::Audio(range) => vec![
                "audio".to_owned(),
                list(&range.sample_formats),
                unit(list(&range.sample_rates), " Hz"),
                unit(list(&range.channels), " channels"),
            ],
            Self::Packet(range) => {
                vec!["packets".to_owned(), list(&range.codecs), list(&range.framings)]
            }
        };
        f.write_str(
            &parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "),
        )
    }
}

fn unit(list: String, unit: &str) -> String {
    if list.is_empty() { list } else { list + unit }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(a: FormatSet, b: FormatSet, expect: Option<&str>) {
        let both = a.intersect(&b).map(|set| set.to_string());
        assert_eq!(both.as_deref(), expect, "{a} with {b}");
        assert_eq!(b.intersect(&a).is_some(), expect.is_some(), "asymmetric: {a} with {b}");
    }

    #[test]
    fn intersection_keeps_the_order_of_the_left_side() {
        use PixelFormat::{I420, Nv12, Rgba8};
        let yuv = || FormatSet::video(&[I420, Nv12]);
        check(FormatSet::video(&[Rgba8, Nv12, I420]), yuv(), Some("video nv12|i420"));
        check(FormatSet::any(), yuv(), Some("video i420|nv12"));
        check(FormatSet::any(), FormatSet::any(), Some("any format"));
        check(FormatSet::video(&[Rgba8]), yuv(), None);
        check(FormatSet::audio(&[SampleFormat::F32]), yuv(), None);
        check(FormatSet::video(&[]), yuv(), Some("video i420|nv12"));
        check(
            FormatSet::packets(&[Codec::Opus, Codec::Aac]),
            FormatSet::packets(&[Codec::Aac]),
            Some("packets aac"),
        );
    }

    #[test]
    fn a_format_is_read_as_it_was_written() {
        let video = Format::Video(VideoFormat::new(PixelFormat::Nv12, 1280, 720));
        let audio = Format::Audio(AudioFormat::new(48_000, 6));
        let packet = Format::Packet(PacketFormat {
            codec: Codec::H264,
            framing: Framing::LengthPrefixed,
            parameters: vec![1, 100],
            video: Some(VideoFormat::new(PixelFormat::I420, 16, 16)),
            audio: None,
        });
        for (format, text) in [
            (video, "nv12 1280x720"),
            (audio, "f32 48000 Hz 5.1"),
            (packet, "h264 (length_prefixed) 16x16"),
            (Format::Data, "data"),
        ] {
            assert_eq!(serde_json::from_str::<Format>(&format.canonical_json()).unwrap(), format);
            assert_eq!(format.to_string(), text);
            assert!(FormatSet::any().contains(&format));
        }
    }
}
