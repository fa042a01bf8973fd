//! One stretch of sound without long holes, on its way into packets of equal length.

use streamlib_processor::prelude::*;

use crate::processors::times::{ns_to_samples, samples_to_ns};
use crate::{AudioEncoder, AudioEncoderSettings, CodecError, audio_encoder};

/// How far the timestamp of a block may lie from the end of the one before it and still count as
/// following on: containers that write milliseconds round by so much.
const JITTER_NS: i64 = 2_000_000;
/// The longest hole that is filled with silence.
const FILLED_NS: i64 = 100_000_000;
/// The rate that trims are counted in.
const DECODED_RATE: u32 = 48_000;

/// How a block lies to the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placement {
    /// It follows on.
    Follows,
    /// So many frames are missing before it.
    Hole(usize),
    /// So many of its frames came already.
    Overlap(usize),
    /// It starts another stretch.
    Apart,
}

/// What is said about a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Encoded {
    /// When its first sample is heard, before trimming.
    pub(super) pts_ns: i64,
    /// How long it lasts, before trimming.
    pub(super) duration_ns: u64,
    /// Samples at 48 kHz to cut at its start.
    pub(super) trim_start: u32,
    /// Samples at 48 kHz to cut at its end.
    pub(super) trim_end: u32,
}

/// One stretch of sound.
pub(super) struct Stretch {
    encoder: Box<dyn AudioEncoder>,
    input: AudioFormat,
    format: PacketFormat,
    /// When its first frame is heard.
    base_ns: i64,
    /// The packet that is being filled.
    samples: Vec<f32>,
    /// Frames of sound so far, those of the packet that is being filled among them.
    frames: i64,
    /// Packets so far.
    packets: i64,
    envelope: Envelope,
}

impl std::fmt::Debug for Stretch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stretch")
            .field("input", &self.input)
            .field("frames", &self.frames)
            .field("packets", &self.packets)
            .finish_non_exhaustive()
    }
}

impl Stretch {
    /// The stretch that starts with `block`.
    pub(super) fn new(block: &AudioFrame, bitrate_bps: u32) -> Result<Self, CodecError> {
        let input = block.format();
        let (sample_rate, layout) = (input.sample_rate, input.layout);
        let settings = AudioEncoderSettings { sample_rate, layout, bitrate_bps };
        let encoder = audio_encoder(Codec::Opus, &settings)?;
        let format = PacketFormat {
            codec: Codec::Opus,
            framing: Framing::Raw,
            parameters: encoder.parameters().to_vec(),
            video: None,
            audio: Some(AudioFormat { sample_rate: DECODED_RATE, ..input.clone() }),
        };
        Ok(Self {
            samples: Vec::with_capacity(encoder.frames_per_packet() * block.channels()),
            encoder,
            input,
            format,
            base_ns: block.timestamp_ns(),
            frames: 0,
            packets: 0,
            envelope: *block.envelope(),
        })
    }

    /// The format of its packets.
    pub(super) fn format(&self) -> &PacketFormat {
        &self.format
    }

    /// What the newest block's sending said.
    pub(super) fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// How many channels it has.
    pub(super) fn channels(&self) -> u32 {
        self.input.channels
    }

    /// Changes the target from the next packet on.
    pub(super) fn set_bitrate(&mut self, bitrate_bps: u32) -> Result<(), CodecError> {
        self.encoder.set_bitrate(bitrate_bps)
    }

    /// How `block` lies to what came before.
    pub(super) fn place(&self, block: &AudioFrame) -> Placement {
        if block.format() != self.input {
            return Placement::Apart;
        }
        let rate = self.input.sample_rate;
        let end_ns = self.base_ns.saturating_add(samples_to_ns(self.frames, rate));
        let off_ns = block.timestamp_ns().saturating_sub(end_ns);
        let is_newer = block.envelope().epoch > self.envelope.epoch;
        match off_ns {
            off_ns if off_ns.saturating_abs() <= JITTER_NS => Placement::Follows,
            off_ns if off_ns > FILLED_NS || is_newer => Placement::Apart,
            off_ns if off_ns > 0 => Placement::Hole(ns_to_samples(off_ns, rate)),
            off_ns => Placement::Overlap(ns_to_samples(off_ns.saturating_neg(), rate)),
        }
    }

    fn frames_missing(&self) -> usize {
        let channels = self.input.channels as usize;
        self.encoder.frames_per_packet() - self.samples.len() / channels
    }

    /// True if the packet can be encoded.
    pub(super) fn is_full(&self) -> bool {
        self.frames_missing() == 0
    }

    /// Takes as many frames of a block as fit; how many these are.
    pub(super) fn add(&mut self, samples: &[f32], envelope: &Envelope) -> usize {
        let channels = self.input.channels as usize;
        let frames = self.frames_missing().min(samples.len() / channels);
        self.samples.extend_from_slice(&samples[..frames * channels]);
        self.frames += frames as i64;
        self.envelope = *envelope;
        frames
    }

    /// Takes as many frames of silence, up to `frames`, as fit; how many these are.
    pub(super) fn add_silence(&mut self, frames: usize) -> usize {
        let frames = self.frames_missing().min(frames);
        let length = self.samples.len() + frames * self.input.channels as usize;
        self.samples.resize(length, 0.0);
        self.frames += frames as i64;
        frames
    }

    /// Fills the packet up with silence if sound is still in the encoder or in the packet; false
    /// if there is none.
    pub(super) fn fill_up(&mut self) -> bool {
        let decoded = self.packets * self.encoder.frames_per_packet() as i64;
        let wanted = self.frames + self.encoder.delay_frames() as i64;
        if self.frames == 0 || decoded >= wanted {
            return false;
        }
        let length = self.encoder.frames_per_packet() * self.input.channels as usize;
        self.samples.resize(length, 0.0);
        true
    }

    /// Encodes the full packet.
    ///
    /// Errors: those of the encoder.
    pub(super) fn encode(&mut self, packet: &mut Vec<u8>) -> Result<Encoded, CodecError> {
        packet.clear();
        packet.reserve(self.encoder.max_packet_bytes());
        self.encoder.encode(&self.samples, packet)?;
        self.samples.clear();
        let (rate, delay) = (self.input.sample_rate, self.encoder.delay_frames() as i64);
        let length = self.encoder.frames_per_packet() as i64;
        let first = self.packets * length - delay;
        self.packets += 1;
        let start_ns = samples_to_ns(first, rate);
        let at_48_khz = |frames: i64| {
            let frames = frames.clamp(0, length) * i64::from(DECODED_RATE / rate);
            u32::try_from(frames).unwrap_or(u32::MAX)
        };
        Ok(Encoded {
            pts_ns: self.base_ns.saturating_add(start_ns),
            duration_ns: samples_to_ns(first + length, rate).abs_diff(start_ns),
            trim_start: at_48_khz(-first),
            trim_end: at_48_khz(first + length - self.frames),
        })
    }
}
