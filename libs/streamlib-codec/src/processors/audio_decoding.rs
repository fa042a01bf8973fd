//! What the audio decoders share: from packets with times and trims to samples without holes.

use streamlib_processor::prelude::*;

use super::parameters_of;
use super::times::{OutputOrder, derived, mark, ns_to_samples, samples_to_ns};
use crate::{AudioDecoder, AudioDecoderSettings, CodecError, DecodedAudio, audio_decoder};

/// How far the pts of a packet may lie from the end of the one before it and still count as
/// following on: containers that write milliseconds round by so much.
const JITTER_NS: i64 = 2_000_000;

/// Decodes the packets of one stream. Times are counted in samples from the pts of the first
/// packet, so they do not drift with the rounding of packets' times.
#[derive(Debug)]
pub(super) struct AudioDecoding {
    codec: Codec,
    /// What the parameters are called.
    structure: &'static str,
    stream: Option<Stream>,
    announced: Option<PacketFormat>,
    samples: Vec<f32>,
    clock: Option<Clock>,
    order: OutputOrder,
    /// The next samples do not follow on.
    mark_next: bool,
    any: bool,
    /// The first damage.
    damage: Option<CodecError>,
}

/// The present decoder and what it was made for.
struct Stream {
    decoder: Box<dyn AudioDecoder>,
    framing: Framing,
    parameters: Vec<u8>,
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream").field("framing", &self.framing).finish_non_exhaustive()
    }
}

/// Where the samples that were kept end.
#[derive(Debug, Clone, Copy)]
struct Clock {
    base_ns: i64,
    rate: u32,
    epoch: u32,
    count: i64,
}

impl Clock {
    fn now_ns(&self) -> i64 {
        self.base_ns.saturating_add(samples_to_ns(self.count, self.rate))
    }
}

/// The frames of a decoded packet that are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kept {
    start: usize,
    end: usize,
}

impl AudioDecoding {
    /// For packets of `codec`, whose parameters are called `structure`.
    pub(super) fn new(codec: Codec, structure: &'static str) -> Self {
        Self {
            codec,
            structure,
            stream: None,
            announced: None,
            samples: Vec::new(),
            clock: None,
            order: OutputOrder::default(),
            mark_next: false,
            any: false,
            damage: None,
        }
    }

    /// The format that the sender announced.
    pub(super) fn format_changed(&mut self, format: &Format) {
        if let Format::Packet(packet) = format {
            self.announced = Some(packet.clone());
        }
    }

    /// Decodes a packet and sends what is to be heard of it: one block or none.
    pub(super) fn decode(
        &mut self,
        packet: &EncodedAudioFrame,
        output: &mut Output<AudioFrame>,
    ) -> Result<()> {
        self.follow(packet)?;
        let Some(stream) = &mut self.stream else { return Ok(()) };
        match stream.decoder.decode(packet.data(), &mut self.samples) {
            Ok(decoded) => {
                self.any = true;
                self.send(packet, &decoded, output)
            }
            Err(
                error @ (CodecError::CorruptPacket { .. } | CodecError::InvalidParameters { .. }),
            ) => {
                self.mark_next = true;
                self.damage.get_or_insert(error);
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the decoder fit the packet.
    fn follow(&mut self, packet: &EncodedAudioFrame) -> Result<()> {
        let parameters = parameters_of(packet, self.announced.as_ref());
        let framing = packet.framing().unwrap_or(Framing::Raw);
        let marked = packet.envelope().flags.contains(EnvelopeFlags::DISCONTINUITY);
        match &mut self.stream {
            Some(stream) if stream.framing == framing && stream.parameters == parameters => {
                if marked {
                    stream.decoder.reset()?;
                    self.mark_next = true;
                }
            }
            stream => {
                if framing == Framing::Raw && parameters.is_empty() {
                    let (codec, structure) = (self.codec, self.structure);
                    return Err(CodecError::MissingParameters { codec, structure }.into());
                }
                let settings = AudioDecoderSettings { codec: self.codec, framing, parameters };
                let decoder = audio_decoder(&settings)?;
                self.mark_next |= marked && stream.is_some();
                *stream = Some(Stream { decoder, framing, parameters: parameters.to_vec() });
            }
        }
        // ADTS parameters come in band and may ask for more room than was known.
        let room = self.stream.as_ref().map_or(0, |stream| stream.decoder.max_output_samples());
        if self.samples.len() < room {
            self.samples.resize(room, 0.0);
        }
        Ok(())
    }

    fn send(
        &mut self,
        packet: &EncodedAudioFrame,
        decoded: &DecodedAudio,
        output: &mut Output<AudioFrame>,
    ) -> Result<()> {
        let Some((kept, timestamp_ns)) = self.place(packet, decoded) else { return Ok(()) };
        let mut envelope = derived(packet.envelope(), timestamp_ns);
        if std::mem::take(&mut self.mark_next) {
            mark(&mut envelope);
        }
        self.order.place(&mut envelope, output);
        let channels = decoded.channels;
        let format = AudioFormat {
            sample_rate: decoded.sample_rate,
            channels: channels as u32,
            layout: decoded.layout,
            sample_format: SampleFormat::F32,
        };
        let mut out = output.loan_with(&format, kept.end - kept.start, envelope)?;
        let samples = &self.samples[kept.start * channels..kept.end * channels];
        out.samples_mut().copy_from_slice(samples);
        Ok(output.send(out)?)
    }

    /// Which frames are kept and when they are heard; `None` if none are. What the packet says is
    /// trimmed is cut, and so is what overlaps the samples before it.
    fn place(&mut self, packet: &EncodedAudioFrame, decoded: &DecodedAudio) -> Option<(Kept, i64)> {
        let (meta, rate) = (packet.meta(), decoded.sample_rate);
        let mut start = (meta.trim_start as usize).min(decoded.frames);
        let end = decoded.frames.saturating_sub(meta.trim_end as usize).max(start);
        let mut heard_ns = meta.pts_ns.saturating_add(samples_to_ns(start as i64, rate));
        let epoch = packet.envelope().epoch;
        let mut clock = self.clock.filter(|clock| clock.rate == rate);
        if let Some(going) = &clock {
            let off_ns = heard_ns.saturating_sub(going.now_ns());
            if off_ns < -JITTER_NS && going.epoch == epoch {
                start = start.saturating_add(ns_to_samples(off_ns.saturating_neg(), rate));
            } else if off_ns.saturating_abs() > JITTER_NS {
                self.mark_next |= off_ns > 0 && going.epoch == epoch;
                clock = None;
            }
        }
        if start >= end {
            return None;
        }
        let mut clock = clock.unwrap_or(Clock { base_ns: heard_ns, rate, epoch, count: 0 });
        heard_ns = clock.now_ns();
        (clock.epoch, clock.count) = (epoch, clock.count.saturating_add((end - start) as i64));
        self.clock = Some(clock);
        Some((Kept { start, end }, heard_ns))
    }

    /// At the end of the stream.
    ///
    /// Errors: [`CodecError::NothingDecoded`].
    pub(super) fn finish(&mut self) -> Result<()> {
        self.flush();
        match self.damage.take() {
            Some(first) if !self.any => {
                let error =
                    CodecError::NothingDecoded { codec: self.codec, first: Box::new(first) };
                Err(error.into())
            }
            _ => Ok(()),
        }
    }

    /// Forgets what came before.
    pub(super) fn flush(&mut self) {
        (self.stream, self.clock) = (None, None);
    }
}
