//! The AAC decoder.

use std::fmt;

use streamlib_abi::media::{ChannelLayout, Codec, Framing, MAX_CHANNELS, Speaker};
use syom::{AacError, Channel, DecodeOptions, FrameMeta};

use super::adts::AdtsHeader;
use super::config::{AacObject, AudioSpecificConfig, channel_configuration_layout};
use crate::audio::{AudioDecoder, AudioDecoderSettings, DecodedAudio};
use crate::error::{CONVERT_AUDIO, CodecError, Role};

/// Frames of the longest packet: 1024, doubled by spectral band replication.
const MAX_FRAMES: usize = 2048;

/// AAC to interleaved `f32`.
pub struct AacDecoder {
    inner: syom::Decoder,
    framing: AacFraming,
    config: Option<AudioSpecificConfig>,
    /// The parameters as the inner decoder takes them.
    config_bytes: Vec<u8>,
    order: ChannelOrder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AacFraming {
    Raw,
    Adts,
}

impl fmt::Debug for AacDecoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AacDecoder")
            .field("framing", &self.framing)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl AacDecoder {
    /// Makes a decoder for raw access units (parameters are an `AudioSpecificConfig`) or ADTS
    /// frames (parameters are not looked at).
    ///
    /// Errors: [`CodecError::Unsupported`] by name, [`CodecError::InvalidParameters`],
    /// [`CodecError::InvalidSetting`] for another framing.
    pub fn new(settings: &AudioDecoderSettings<'_>) -> Result<Self, CodecError> {
        let framing = match settings.framing {
            Framing::Raw => AacFraming::Raw,
            Framing::Adts => AacFraming::Adts,
            other @ (Framing::AnnexB | Framing::LengthPrefixed) => {
                return Err(CodecError::setting("framing", other, "raw or adts for AAC"));
            }
        };
        let mut decoder = Self {
            inner: syom::Decoder::new(DecodeOptions::unbounded()),
            framing,
            config: None,
            config_bytes: Vec::new(),
            order: ChannelOrder::default(),
        };
        if framing == AacFraming::Raw {
            let config = AudioSpecificConfig::parse(settings.parameters)?;
            decoder.configure(config, settings.parameters)?;
        }
        Ok(decoder)
    }

    fn configure(&mut self, config: AudioSpecificConfig, bytes: &[u8]) -> Result<(), CodecError> {
        let unsupported = |what: String| {
            Err(CodecError::Unsupported { what, role: Role::Decoder, way_out: CONVERT_AUDIO })
        };
        if !matches!(config.object, AacObject::LowComplexity | AacObject::LowDelay) {
            return unsupported(config.object.name());
        }
        if config.channel_configuration > 7 {
            return unsupported(format!(
                "AAC with channel configuration {}",
                config.channel_configuration
            ));
        }
        self.inner.reset();
        self.inner.set_asc(bytes).map_err(|error| refused_parameters(&error))?;
        self.config = Some(config);
        if self.config_bytes != bytes {
            bytes.clone_into(&mut self.config_bytes);
        }
        Ok(())
    }

    /// The access unit of a packet, after the parameters in front of it were looked at.
    fn access_unit<'a>(&mut self, packet: &'a [u8]) -> Result<&'a [u8], CodecError> {
        if self.framing == AacFraming::Raw {
            return Ok(packet);
        }
        let header = AdtsHeader::parse(packet)?;
        if self.config != Some(header.config) {
            if header.config.channel_configuration == 0 {
                return Err(CodecError::Unsupported {
                    what: "ADTS with a program config element".to_owned(),
                    role: Role::Decoder,
                    way_out: CONVERT_AUDIO,
                });
            }
            let bytes = header.config.to_bytes()?;
            self.configure(header.config, &bytes)?;
        }
        Ok(header.payload(packet))
    }
}

fn refused_parameters(error: &AacError) -> CodecError {
    match error {
        AacError::Unsupported(what) => CodecError::Unsupported {
            what: format!("AAC with {what}"),
            role: Role::Decoder,
            way_out: CONVERT_AUDIO,
        },
        other => CodecError::parameters("AudioSpecificConfig", other.to_string()),
    }
}

impl AudioDecoder for AacDecoder {
    fn codec(&self) -> Codec {
        Codec::Aac
    }

    fn expected(&self) -> Option<DecodedAudio> {
        let config = self.config?;
        let doubled = config.output_rate() / config.core_rate.max(1) == 2;
        let layout = if config.parametric_stereo {
            ChannelLayout::Stereo
        } else {
            channel_configuration_layout(config.channel_configuration)
        };
        Some(DecodedAudio {
            frames: config.core_frames as usize * if doubled { 2 } else { 1 },
            sample_rate: config.output_rate(),
            channels: config.channels()?,
            layout,
        })
    }

    fn max_output_samples(&self) -> usize {
        let channels = self.config.and_then(|config| config.channels()).unwrap_or(MAX_CHANNELS);
        // Parametric stereo that was not announced makes two channels of one.
        MAX_FRAMES * channels.max(2)
    }

    fn delay_frames(&self) -> usize {
        0
    }

    fn preroll_frames(&self) -> usize {
        // Each packet overlaps the one before it; replication looks back one more.
        self.expected().map_or(MAX_FRAMES, |audio| audio.frames * 2)
    }

    fn decode(&mut self, packet: &[u8], out: &mut [f32]) -> Result<DecodedAudio, CodecError> {
        let unit = self.access_unit(packet)?;
        let needed = self.max_output_samples();
        if out.len() < needed {
            return Err(CodecError::OutputTooSmall { needed, given: out.len() });
        }
        if unit.is_empty() {
            return Err(CodecError::corrupt(Codec::Aac, "it is empty"));
        }
        let order = &mut self.order;
        let mut decoded = None;
        let result = self.inner.decode_au(unit, |frame| {
            order.follow(&frame.meta, frame.planar.len());
            decoded = order.interleave(frame.planar, frame.samples, out).then_some(DecodedAudio {
                frames: frame.samples,
                sample_rate: frame.sample_rate,
                channels: frame.planar.len(),
                layout: order.layout,
            });
            Ok(())
        });
        let damage = match (result, decoded) {
            (Ok(()), Some(decoded)) => return Ok(decoded),
            (Ok(()), None) => "it holds more channels than the parameters promise".to_owned(),
            (Err(error), _) => error.to_string(),
        };
        // The inner decoder stands still after an error until it is set up again.
        self.reset()?;
        Err(CodecError::corrupt(Codec::Aac, damage))
    }

    fn reset(&mut self) -> Result<(), CodecError> {
        self.inner.reset();
        if self.config.is_some() {
            self.inner.set_asc(&self.config_bytes).map_err(|error| refused_parameters(&error))?;
        }
        Ok(())
    }
}

/// Which plane of the decoder becomes which channel.
#[derive(Debug)]
struct ChannelOrder {
    labels: [Option<Channel>; MAX_CHANNELS],
    /// `planes[channel]`: index of the plane.
    planes: [usize; MAX_CHANNELS],
    layout: ChannelLayout,
}

impl Default for ChannelOrder {
    fn default() -> Self {
        let planes = std::array::from_fn(|channel| channel);
        Self { labels: [None; MAX_CHANNELS], planes, layout: ChannelLayout::Unknown }
    }
}

impl ChannelOrder {
    /// Works the order out anew if the decoder's labels changed.
    fn follow(&mut self, meta: &FrameMeta, count: usize) {
        if self.labels == meta.channels && self.labels[0].is_some() {
            return;
        }
        self.labels = meta.channels;
        self.layout = ChannelLayout::Unknown;
        self.planes = std::array::from_fn(|channel| channel);
        let same_count =
            ChannelLayout::ALL.iter().filter(|layout| layout.speakers().len() == count);
        for layout in same_count {
            let mut planes = self.planes;
            let found = layout.speakers().iter().zip(&mut planes).all(|(speaker, plane)| {
                let at = self.labels.iter().position(|label| stands_for(*label, *speaker));
                *plane = at.unwrap_or(0);
                at.is_some()
            });
            if found {
                self.layout = *layout;
                self.planes = planes;
                return;
            }
        }
    }

    /// False, having written nothing, if `out` is too small or there are too many planes.
    fn interleave(&self, planar: &[&[f32]], frames: usize, out: &mut [f32]) -> bool {
        let channels = planar.len();
        let Some(out) = out.get_mut(..frames * channels) else { return false };
        if channels == 0 || channels > MAX_CHANNELS {
            return false;
        }
        for (channel, plane) in self.planes.iter().take(channels).enumerate() {
            let values = planar.get(*plane).copied().unwrap_or(&[]);
            for (sample, value) in out[channel..].iter_mut().step_by(channels).zip(values) {
                *sample = *value;
            }
        }
        true
    }
}

fn stands_for(label: Option<Channel>, speaker: Speaker) -> bool {
    let of_label = match label {
        Some(Channel::FrontLeft) => Speaker::FrontLeft,
        Some(Channel::FrontRight) => Speaker::FrontRight,
        Some(Channel::FrontCenter) => Speaker::FrontCenter,
        Some(Channel::Lfe) => Speaker::LowFrequency,
        Some(Channel::BackLeft) => Speaker::BackLeft,
        Some(Channel::BackRight) => Speaker::BackRight,
        Some(Channel::BackCenter) => Speaker::BackCenter,
        Some(Channel::SideLeft) => Speaker::SideLeft,
        Some(Channel::SideRight) => Speaker::SideRight,
        _ => return false,
    };
    of_label == speaker
}
