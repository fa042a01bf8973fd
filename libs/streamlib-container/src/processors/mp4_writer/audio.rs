//! Sound on its way into the file: encoded here, or packets as they come.

use std::path::Path;

use streamlib_abi::media::{Codec, Framing};
use streamlib_codec::{
    AudioEncoder, AudioEncoderSettings, AudioSpecificConfig, CodecError, OpusConfiguration,
    audio_encoder,
};
use streamlib_processor::prelude::*;

use super::queue::{CodedSample, SampleQueue, TrackStart};
use crate::{AudioTrack, ContainerError, Timescale, TrackKind, WriterTrack};

/// How far the start of a block may lie from the end of the one before it and still count as
/// following on, ns: containers that write milliseconds round by so much.
const JITTER_NS: i64 = 2_000_000;
/// Opus in MP4 counts in samples at this rate whatever the sound's own is.
const OPUS_RATE: u32 = 48_000;

/// The audio track of the file.
#[derive(Default)]
pub(super) struct AudioLane {
    pub(super) queue: SampleQueue,
    pub(super) start: Option<TrackStart>,
    kind: Kind,
}

/// What comes in.
#[derive(Default)]
enum Kind {
    /// Nothing came.
    #[default]
    Unknown,
    /// Samples.
    Samples(Encoding),
    /// Packets.
    Packets(Packets),
}

/// Packets that are written as they are.
struct Packets {
    codec: Codec,
    parameters: Vec<u8>,
    scale: Timescale,
    sound: AudioTrack,
}

/// Samples that are encoded.
struct Encoding {
    encoder: Box<dyn AudioEncoder>,
    format: AudioFormat,
    rate: Timescale,
    /// Stream time of the first sample, and the same in ticks of the track.
    first_ns: i64,
    first: i64,
    /// Samples since then, each channel; those that wait are among them.
    taken: i64,
    /// Packets since then; those that were left out in a hole are among them.
    packets: i64,
    /// Samples that wait for their packet to be full, interleaved.
    waiting: Vec<f32>,
    coded: Vec<u8>,
}

fn refused(path: &Path, found: String, way_out: impl Into<String>) -> ContainerError {
    ContainerError::Input { path: path.to_owned(), port: "audio", found, way_out: way_out.into() }
}

fn failed(path: &Path, source: CodecError) -> ContainerError {
    ContainerError::Encode { path: path.to_owned(), port: "audio", source }
}

impl AudioLane {
    /// Changes the bitrate of the encoder, if there is one.
    pub(super) fn set_bitrate(&mut self, bitrate: u32, path: &Path) -> Result<(), ContainerError> {
        match &mut self.kind {
            Kind::Samples(encoding) => {
                encoding.encoder.set_bitrate(bitrate).map_err(|source| failed(path, source))
            }
            _ => Ok(()),
        }
    }

    /// Encodes samples.
    pub(super) fn samples(
        &mut self,
        frame: &AudioFrame,
        bitrate: u32,
        path: &Path,
    ) -> Result<(), ContainerError> {
        let format = frame.format();
        if matches!(self.kind, Kind::Unknown) {
            let encoding = Encoding::new(&format, frame.timestamp_ns(), bitrate, path)?;
            self.start = Some(encoding.start());
            self.kind = Kind::Samples(encoding);
        }
        let Kind::Samples(encoding) = &mut self.kind else {
            let way_out = "it got packets before, and a track holds one of both";
            return Err(refused(path, "samples".to_owned(), way_out));
        };
        if encoding.format != format {
            let way_out = format!(
                "the sound of the file is {}: insert com.tatolab.audio_resampler or \
                 com.tatolab.audio_channel_converter before the writer",
                encoding.format
            );
            return Err(refused(path, format.to_string(), way_out));
        }
        encoding.take(frame, &mut self.queue).map_err(|source| failed(path, source))
    }

    /// Takes a packet as it is.
    pub(super) fn packet(
        &mut self,
        frame: &EncodedAudioFrame,
        path: &Path,
    ) -> Result<(), ContainerError> {
        let meta = frame.meta();
        if matches!(self.kind, Kind::Unknown) {
            self.kind = Kind::Packets(Packets::new(frame, path)?);
        }
        let Kind::Packets(packets) = &self.kind else {
            let way_out = "it got samples before, and a track holds one of both";
            return Err(refused(path, "a packet".to_owned(), way_out));
        };
        if frame.codec() != Some(packets.codec) || packets.parameters != frame.parameters() {
            let found = "packets with another codec or other parameters than before".to_owned();
            let way_out = "a track has one set of parameters: decode the packets before the writer";
            return Err(refused(path, found, way_out));
        }
        let scale = packets.scale;
        let time = scale.from_ns(frame.timestamp_ns());
        if self.start.is_none() && !meta.flags.contains(PacketFlags::NOT_SHOWN) {
            let codec_parameters = packets.parameters.clone();
            let track = WriterTrack {
                kind: TrackKind::Audio(packets.sound),
                ..WriterTrack::audio(packets.codec, codec_parameters, scale, packets.sound)
            };
            let first_dts = self.queue.front().map_or(time, |sample| sample.dts);
            let start = time.saturating_add(i64::from(meta.trim_start));
            self.start = Some(TrackStart { track, first_dts, start });
        }
        let duration_ns = frame.duration_ns().and_then(|ns| i64::try_from(ns).ok());
        let duration = scale.from_ns(duration_ns.unwrap_or(0)) - i64::from(meta.trim_end);
        let sample = CodedSample {
            dts: time,
            pts: time,
            duration: u32::try_from(duration).unwrap_or(0),
            key_frame: true,
            data: Vec::new(),
        };
        if !self.queue.push(sample, frame.data()) {
            let found = format!("a packet at {} ms", frame.timestamp_ns() / 1_000_000);
            return Err(refused(path, found, "it is before the last one: a file goes on in time"));
        }
        Ok(())
    }

    /// Encodes what waits for its packet to be full, and what the encoder holds.
    pub(super) fn finish(&mut self, path: &Path) -> Result<(), ContainerError> {
        match &mut self.kind {
            Kind::Samples(encoding) => {
                encoding.finish(&mut self.queue).map_err(|source| failed(path, source))
            }
            _ => Ok(()),
        }
    }
}

impl Packets {
    fn new(frame: &EncodedAudioFrame, path: &Path) -> Result<Self, ContainerError> {
        let parameters = frame.parameters().to_vec();
        let (codec, sound) = match (frame.codec(), frame.framing()) {
            (Some(Codec::Opus), Some(Framing::Raw)) => {
                let opus = OpusConfiguration::parse(&parameters);
                let opus = opus.map_err(|source| failed(path, source))?;
                (Codec::Opus, AudioTrack { channels: opus.channels.into(), sample_rate: OPUS_RATE })
            }
            (Some(Codec::Aac), Some(Framing::Raw)) => {
                let aac = AudioSpecificConfig::parse(&parameters);
                let aac = aac.map_err(|source| failed(path, source))?;
                let channels = aac.channels().and_then(|channels| u16::try_from(channels).ok());
                let sample_rate = aac.output_rate();
                (Codec::Aac, AudioTrack { channels: channels.unwrap_or(2), sample_rate })
            }
            (codec, framing) => {
                let name = codec.map_or("an unknown codec", Codec::as_str);
                let framing = framing.map_or("unknown", Framing::as_str);
                let way_out = "it takes opus and aac (raw): decode the packets before the writer";
                return Err(refused(path, format!("packets of {name} ({framing})"), way_out));
            }
        };
        let scale = Timescale::new(sound.sample_rate).ok_or_else(|| {
            refused(path, "packets of sound with the rate 0".to_owned(), "correct their parameters")
        })?;
        Ok(Self { codec, parameters, scale, sound })
    }
}

impl Encoding {
    fn new(
        format: &AudioFormat,
        first_ns: i64,
        bitrate: u32,
        path: &Path,
    ) -> Result<Self, ContainerError> {
        let layout = match format.layout {
            ChannelLayout::Unknown => ChannelLayout::default_for(format.channels),
            layout => layout,
        };
        let settings =
            AudioEncoderSettings { sample_rate: format.sample_rate, layout, bitrate_bps: bitrate };
        let encoder = audio_encoder(Codec::Opus, &settings)
            .map_err(|source| not_opus(format, source, path))?;
        let rate = Timescale::new(format.sample_rate);
        let rate = rate.ok_or_else(|| refused(path, format.to_string(), "correct its rate"))?;
        let samples = encoder.frames_per_packet() * format.channels as usize;
        Ok(Self {
            format: format.clone(),
            rate,
            first_ns,
            first: opus_scale().from_ns(first_ns),
            taken: 0,
            packets: 0,
            waiting: Vec::with_capacity(samples),
            coded: Vec::with_capacity(encoder.max_packet_bytes()),
            encoder,
        })
    }

    /// Samples of one packet, each channel.
    fn packet_frames(&self) -> i64 {
        self.encoder.frames_per_packet() as i64
    }

    /// Samples as ticks of the track.
    fn ticks(&self, frames: i64) -> i64 {
        opus_scale().rescale(frames, self.rate)
    }

    fn start(&self) -> TrackStart {
        let channels = self.format.channels as u16;
        let sound = AudioTrack { channels, sample_rate: OPUS_RATE };
        let parameters = self.encoder.parameters().to_vec();
        let track = WriterTrack::audio(Codec::Opus, parameters, opus_scale(), sound);
        let first_dts = self.first - i64::from(track.media_start);
        TrackStart { track, first_dts, start: self.first }
    }

    /// Encodes a block. Holes become silence, overlaps are left out.
    fn take(&mut self, frame: &AudioFrame, queue: &mut SampleQueue) -> Result<(), CodecError> {
        let expected_ns = self.first_ns.saturating_add(self.rate.to_ns(self.taken));
        let off_ns = frame.timestamp_ns().saturating_sub(expected_ns);
        let mut skipped = 0;
        if off_ns > JITTER_NS {
            self.fill(self.rate.from_ns(off_ns), queue)?;
        } else if off_ns < -JITTER_NS {
            skipped = usize::try_from(self.rate.from_ns(off_ns.saturating_neg())).unwrap_or(0);
        }
        let channels = frame.channels();
        let samples = frame.samples().get(skipped.saturating_mul(channels)..).unwrap_or_default();
        self.push(samples, queue)
    }

    fn push(&mut self, mut samples: &[f32], queue: &mut SampleQueue) -> Result<(), CodecError> {
        let channels = self.format.channels as usize;
        let full = self.encoder.frames_per_packet() * channels;
        self.taken += (samples.len() / channels) as i64;
        while !samples.is_empty() {
            let room = full - self.waiting.len();
            let (now, later) = samples.split_at(room.min(samples.len()));
            self.waiting.extend_from_slice(now);
            samples = later;
            if self.waiting.len() == full {
                self.encode(self.packet_frames(), queue)?;
            }
        }
        Ok(())
    }

    /// Puts silence in the place of `frames` samples that are missing. Of a hole of more than a
    /// second whole packets are left out: the time line keeps its place without them.
    fn fill(&mut self, frames: i64, queue: &mut SampleQueue) -> Result<(), CodecError> {
        let second = i64::from(self.format.sample_rate);
        let left_out = (frames - second).max(0) / self.packet_frames();
        let mut silent = frames - left_out * self.packet_frames();
        let before = silent / 2;
        self.silence(before, queue)?;
        self.packets += left_out;
        self.taken += left_out * self.packet_frames();
        silent -= before;
        self.silence(silent, queue)
    }

    fn silence(&mut self, frames: i64, queue: &mut SampleQueue) -> Result<(), CodecError> {
        const ZEROS: [f32; 1024] = [0.0; 1024];
        let mut left = usize::try_from(frames).unwrap_or(0) * self.format.channels as usize;
        let piece = ZEROS.len() - ZEROS.len() % self.format.channels as usize;
        while left > 0 {
            self.push(&ZEROS[..left.min(piece)], queue)?;
            left -= left.min(piece);
        }
        Ok(())
    }

    /// Encodes the packet that is full; `frames` of it count.
    fn encode(&mut self, frames: i64, queue: &mut SampleQueue) -> Result<(), CodecError> {
        self.coded.clear();
        self.encoder.encode(&self.waiting, &mut self.coded)?;
        self.waiting.clear();
        let delay = self.encoder.delay_frames() as i64;
        let time = self.first + self.ticks(self.packets * self.packet_frames() - delay);
        self.packets += 1;
        let duration = u32::try_from(self.ticks(frames)).unwrap_or(0);
        let sample =
            CodedSample { dts: time, pts: time, duration, key_frame: true, data: Vec::new() };
        // Times are counted here, and rise.
        let _rises = queue.push(sample, &self.coded);
        Ok(())
    }

    /// The last packets: sound lags behind by the encoder's delay, so that silence follows until
    /// all of it is out, and the last packet lasts only as long as there is sound.
    fn finish(&mut self, queue: &mut SampleQueue) -> Result<(), CodecError> {
        let delay = self.encoder.delay_frames() as i64;
        let full = self.encoder.frames_per_packet() * self.format.channels as usize;
        let end = self.taken + delay;
        while self.packets * self.packet_frames() < end {
            self.waiting.resize(full, 0.0);
            let left = end - self.packets * self.packet_frames();
            self.encode(left.min(self.packet_frames()), queue)?;
        }
        Ok(())
    }
}

/// Why there is no encoder for this sound, and which processor helps.
fn not_opus(format: &AudioFormat, source: CodecError, path: &Path) -> ContainerError {
    let CodecError::InvalidSetting { setting, .. } = &source else { return failed(path, source) };
    let way_out = match *setting {
        "sample_rate" => {
            "Opus has no such rate: insert com.tatolab.audio_resampler (output_sample_rate: 48000) \
             before the writer"
        }
        "layout" => {
            "Opus has no such layout: insert com.tatolab.audio_channel_converter (layout: stereo) \
             before the writer"
        }
        _ => return failed(path, source),
    };
    refused(path, format.to_string(), way_out)
}

/// Ticks of an Opus track.
fn opus_scale() -> Timescale {
    const RATE: std::num::NonZeroU32 = match std::num::NonZeroU32::new(OPUS_RATE) {
        Some(rate) => rate,
        None => std::num::NonZeroU32::MIN,
    };
    Timescale::from(RATE)
}
