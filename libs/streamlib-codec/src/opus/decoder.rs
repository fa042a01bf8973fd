//! The Opus decoder.

use streamlib_abi::media::{ChannelLayout, Codec, Framing, MAX_CHANNELS};

use super::config::OpusConfiguration;
use super::layout::opus_order;
use super::raw::RawDecoder;
use crate::audio::{AudioDecoder, AudioDecoderSettings, DecodedAudio};
use crate::error::CodecError;

/// Opus always decodes at the rate its time is counted in.
const SAMPLE_RATE: u32 = 48_000;
/// The longest packet stands for 120 ms.
const MAX_FRAMES: usize = 5_760;
const USUAL_FRAMES: usize = 960;
/// 80 ms, RFC 7845 clause 4.6.
const PREROLL_FRAMES: usize = 3_840;

/// Opus to interleaved `f32` at 48 kHz.
#[derive(Debug)]
pub struct OpusDecoder {
    raw: RawDecoder,
    channels: usize,
    layout: ChannelLayout,
    pre_skip: usize,
}

impl OpusDecoder {
    /// Makes a decoder for raw packets; the parameters are the content of `dOps`.
    ///
    /// Errors: [`CodecError::Unsupported`] by name, [`CodecError::InvalidParameters`],
    /// [`CodecError::InvalidSetting`] for another framing.
    pub fn new(settings: &AudioDecoderSettings<'_>) -> Result<Self, CodecError> {
        if settings.framing != Framing::Raw {
            return Err(CodecError::setting("framing", settings.framing, "raw for Opus"));
        }
        let configuration = OpusConfiguration::parse(settings.parameters)?;
        let channels = usize::from(configuration.channels);
        let mut mapping = configuration.mapping;
        if configuration.family == 1 {
            // Asking libopus for the channels in standard order costs nothing.
            let order: [usize; MAX_CHANNELS] = opus_order(channels);
            mapping = order.map(|opus| configuration.mapping[opus]);
        }
        Ok(Self {
            raw: RawDecoder::new(&configuration, &mapping)?,
            channels,
            layout: configuration.layout(),
            pre_skip: usize::from(configuration.pre_skip),
        })
    }

    fn audio(&self, frames: usize) -> DecodedAudio {
        DecodedAudio {
            frames,
            sample_rate: SAMPLE_RATE,
            channels: self.channels,
            layout: self.layout,
        }
    }
}

impl AudioDecoder for OpusDecoder {
    fn codec(&self) -> Codec {
        Codec::Opus
    }

    fn expected(&self) -> Option<DecodedAudio> {
        Some(self.audio(USUAL_FRAMES))
    }

    fn max_output_samples(&self) -> usize {
        MAX_FRAMES * self.channels
    }

    fn delay_frames(&self) -> usize {
        self.pre_skip
    }

    fn preroll_frames(&self) -> usize {
        PREROLL_FRAMES
    }

    fn decode(&mut self, packet: &[u8], out: &mut [f32]) -> Result<DecodedAudio, CodecError> {
        let needed = self.max_output_samples();
        if out.len() < needed {
            return Err(CodecError::OutputTooSmall { needed, given: out.len() });
        }
        let frames = self.raw.decode(packet, out)?;
        Ok(self.audio(frames))
    }

    fn reset(&mut self) -> Result<(), CodecError> {
        self.raw.reset()
    }
}
