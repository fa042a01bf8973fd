//! The Opus encoder.

use streamlib_abi::media::{ChannelLayout, Codec, MAX_CHANNELS};

use super::SAMPLE_RATES;
use super::config::OpusConfiguration;
use super::layout::{layout_of, opus_order};
use super::raw::RawEncoder;
use crate::audio::{AudioEncoder, AudioEncoderSettings, EncodedAudio};
use crate::error::CodecError;

/// Packets a second: 20 ms each, which RFC 6716 recommends for most uses.
const PACKETS_PER_SECOND: u32 = 50;
/// RFC 6716 allows 1,275 bytes for a 20 ms frame, and each stream but the last adds its length.
const MAX_STREAM_BYTES: usize = 1_277;
const CHANNEL_BITRATE_MIN: u32 = 6_000;
const CHANNEL_BITRATE_MAX: u32 = 510_000;

/// Interleaved `f32` to Opus, 20 ms a packet, variable bitrate around the target.
#[derive(Debug)]
pub struct OpusEncoder {
    raw: RawEncoder,
    sample_rate: u32,
    layout: ChannelLayout,
    channels: usize,
    streams: usize,
    delay_frames: usize,
    parameters: Vec<u8>,
    order: [usize; MAX_CHANNELS],
    /// One packet's samples in the channel order of Opus.
    reordered: Vec<f32>,
}

impl OpusEncoder {
    /// Makes an encoder.
    ///
    /// Errors: [`CodecError::InvalidSetting`] for a rate, layout or bitrate that Opus does not
    /// have, [`CodecError::Library`] if libopus refuses.
    pub fn new(settings: &AudioEncoderSettings) -> Result<Self, CodecError> {
        if !SAMPLE_RATES.contains(&settings.sample_rate) {
            let expected = "8000, 12000, 16000, 24000 or 48000 for Opus; resample first";
            return Err(CodecError::setting("sample_rate", settings.sample_rate, expected));
        }
        let channels = settings.layout.speakers().len();
        if channels == 0 || layout_of(channels) != settings.layout {
            let expected = "mono, stereo, 3.0, quad, 5.0, 5.1, 6.1 or 7.1 for Opus";
            return Err(CodecError::setting("layout", settings.layout, expected));
        }
        let family = u8::from(channels > 2);
        let (mut raw, map) = RawEncoder::new(settings.sample_rate, channels, family)?;
        let delay_frames = raw.look_ahead()?;
        let at_48_khz = delay_frames * (48_000 / settings.sample_rate as usize);
        let parameters = OpusConfiguration {
            channels: channels as u8,
            pre_skip: u16::try_from(at_48_khz).unwrap_or(u16::MAX),
            input_rate: settings.sample_rate,
            gain_q8_db: 0,
            family,
            streams: map.streams,
            coupled: map.coupled,
            mapping: map.mapping,
        }
        .to_bytes()?;
        let frames = (settings.sample_rate / PACKETS_PER_SECOND) as usize;
        let mut encoder = Self {
            raw,
            sample_rate: settings.sample_rate,
            layout: settings.layout,
            channels,
            streams: usize::from(map.streams),
            delay_frames,
            parameters,
            order: opus_order(channels),
            reordered: vec![0.0; frames * channels],
        };
        encoder.set_bitrate(settings.bitrate_bps)?;
        Ok(encoder)
    }
}

impl AudioEncoder for OpusEncoder {
    fn codec(&self) -> Codec {
        Codec::Opus
    }

    fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    fn layout(&self) -> ChannelLayout {
        self.layout
    }

    fn parameters(&self) -> &[u8] {
        &self.parameters
    }

    fn frames_per_packet(&self) -> usize {
        self.reordered.len() / self.channels
    }

    fn delay_frames(&self) -> usize {
        self.delay_frames
    }

    fn max_packet_bytes(&self) -> usize {
        self.streams * MAX_STREAM_BYTES
    }

    fn encode(&mut self, samples: &[f32], out: &mut Vec<u8>) -> Result<EncodedAudio, CodecError> {
        if samples.len() != self.reordered.len() {
            return Err(CodecError::InvalidInput {
                given: format!("{} samples", samples.len()),
                expected: format!(
                    "{} frames of {} channels ({} samples)",
                    self.frames_per_packet(),
                    self.channels,
                    self.reordered.len()
                ),
            });
        }
        let frames = samples.chunks_exact(self.channels);
        for (opus, standard) in self.reordered.chunks_exact_mut(self.channels).zip(frames) {
            for (sample, place) in standard.iter().zip(self.order) {
                opus[place] = *sample;
            }
        }
        let before = out.len();
        out.resize(before + self.max_packet_bytes(), 0);
        let result = self.raw.encode(&self.reordered, &mut out[before..]);
        out.truncate(before + *result.as_ref().unwrap_or(&0));
        Ok(EncodedAudio { bytes: result?, frames: self.frames_per_packet() })
    }

    fn set_bitrate(&mut self, bitrate_bps: u32) -> Result<(), CodecError> {
        let channels = self.channels as u32;
        let range = CHANNEL_BITRATE_MIN * channels..=CHANNEL_BITRATE_MAX * channels;
        match i32::try_from(bitrate_bps) {
            Ok(bitrate) if range.contains(&bitrate_bps) => self.raw.set_bitrate(bitrate),
            _ => {
                let expected = format!("{} to {} bits a second", range.start(), range.end());
                Err(CodecError::setting("bitrate", bitrate_bps, expected))
            }
        }
    }
}
