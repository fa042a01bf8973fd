//! `com.tatolab.opus_encoder`.

mod stretch;

use serde::{Deserialize, Serialize};
use streamlib_processor::__private::ProcessorParts;
use streamlib_processor::prelude::*;

use self::stretch::{Placement, Stretch};
use super::check_config;
use super::times::{OutputOrder, derived};

/// Bits a second for a channel where the bitrate is left open: what RFC 7845 and listening tests
/// call transparent for most music.
const CHANNEL_BITRATE: u32 = 64_000;

/// Settings of [`OpusEncoder`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
pub struct OpusEncoderConfig {
    /// Target for all channels together, 6,000 to 510,000 a channel. 0: 64,000 a channel. May
    /// change while running: the next packet follows it.
    #[config(max = 4_080_000, unit = "bit/s")]
    pub bitrate: u32,
}

impl OpusEncoderConfig {
    fn bitrate_for(&self, channels: u32) -> u32 {
        if self.bitrate == 0 { CHANNEL_BITRATE * channels } else { self.bitrate }
    }
}

/// Encodes sound to Opus, 20 ms a packet. The first packet starts before the sound by the
/// encoder's delay and says so in `trim_start`; when the stream ends, the last packet is filled up
/// with silence and says so in `trim_end`: what is decoded and trimmed lasts exactly as long as
/// what came in. Times are counted in samples. Capture time, trace and epoch are those of the
/// block that completes a packet; a packet's duration is that before trimming.
///
/// Holes of up to 100 ms are filled with silence. Longer ones, another format, and time that goes
/// back in a new epoch end the stretch as the end of the stream does, and a new one starts. Samples
/// that overlap the ones before them are left out.
#[processor(
    name = "com.tatolab.opus_encoder",
    latency(min_ns = 0, max_ns = 40_000_000),
    crate = streamlib_processor
)]
#[derive(Debug)]
pub struct OpusEncoder {
    /// Sound of a layout that Opus has: mono, stereo, 3.0, quad, 5.0, 5.1, 6.1 or 7.1.
    #[input(formats(audio(F32, rates(48000, 24000, 16000, 12000, 8000))), holds = 1)]
    audio_in: Input<AudioFrame>,
    /// Packets of 20 ms; parameters are `dOps`, with the pre-skip.
    #[output(formats(packets(Opus, framings(Raw))))]
    audio_out: Output<EncodedAudioFrame>,
    #[config]
    config: OpusEncoderConfig,
    stretch: Option<Stretch>,
    /// The block that is being encoded.
    current: Option<Current>,
    order: OutputOrder,
    packet: Vec<u8>,
}

/// A block on its way into packets.
#[derive(Debug)]
struct Current {
    block: AudioFrame,
    /// Frames of silence that come before it.
    silence: usize,
    /// Frames of it that are done.
    used: usize,
}

impl OpusEncoder {
    /// Takes the next block. False if something else is to be sent first.
    fn take_block(&mut self, ctx: &mut ProcessContext<'_>) -> Result<bool> {
        let Some(block) = self.audio_in.read()? else { return Ok(false) };
        let placement = self.stretch.as_ref().map_or(Placement::Apart, |s| s.place(&block));
        let (silence, used) = match placement {
            Placement::Follows => (0, 0),
            Placement::Hole(frames) => (frames, 0),
            Placement::Overlap(frames) => (0, frames.min(block.frame_count())),
            Placement::Apart => {
                if self.send_rest()? {
                    self.audio_in.unread(block)?;
                    ctx.again();
                    return Ok(false);
                }
                let bitrate = self.config.bitrate_for(block.channels() as u32);
                self.stretch = Some(Stretch::new(&block, bitrate)?);
                (0, 0)
            }
        };
        self.current = Some(Current { block, silence, used });
        Ok(true)
    }

    /// Moves what fits from the present block into the packet that is being filled.
    fn fill(&mut self) {
        let (Some(stretch), Some(current)) = (&mut self.stretch, &mut self.current) else {
            return;
        };
        current.silence -= stretch.add_silence(current.silence);
        let channels = current.block.channels();
        let rest = &current.block.samples()[current.used * channels..];
        if current.silence == 0 {
            current.used += stretch.add(rest, current.block.envelope());
        }
        if current.silence == 0 && current.used == current.block.frame_count() {
            self.current = None;
        }
    }

    /// Encodes and sends the packet that is full.
    fn send_packet(&mut self) -> Result<()> {
        let Some(stretch) = &mut self.stretch else { return Ok(()) };
        let sent = stretch.encode(&mut self.packet)?;
        let mut envelope = derived(stretch.envelope(), sent.pts_ns);
        envelope.set_duration_ns(Some(sent.duration_ns));
        self.order.place(&mut envelope, &mut self.audio_out);
        let info = PacketInfo {
            flags: PacketFlags::KEY_FRAME,
            pts_ns: sent.pts_ns,
            trim_start: sent.trim_start,
            trim_end: sent.trim_end,
        };
        let length = self.packet.len();
        let mut out = self.audio_out.loan(stretch.format(), length, info, envelope)?;
        out.data_mut().copy_from_slice(&self.packet);
        Ok(self.audio_out.send(out)?)
    }

    /// Sends one packet of the end of the present stretch; false, and the stretch is over, if
    /// there is none left.
    fn send_rest(&mut self) -> Result<bool> {
        if self.stretch.as_mut().is_some_and(Stretch::fill_up) {
            self.send_packet()?;
            return Ok(true);
        }
        self.stretch = None;
        Ok(false)
    }
}

impl Processor for OpusEncoder {
    fn from_config(config: OpusEncoderConfig) -> Result<Self> {
        check_config(&config)?;
        Ok(Self::assemble(config))
    }

    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        if self.current.is_none() && !self.take_block(ctx)? {
            return Ok(());
        }
        self.fill();
        if self.stretch.as_ref().is_some_and(Stretch::is_full) {
            self.send_packet()?;
        }
        if self.current.is_some() {
            ctx.again();
        }
        Ok(())
    }

    fn update_config(&mut self, config: OpusEncoderConfig) -> Result<()> {
        check_config(&config)?;
        if let Some(stretch) = &mut self.stretch {
            stretch.set_bitrate(config.bitrate_for(stretch.channels()))?;
        }
        self.config = config;
        Ok(())
    }

    fn end_of_stream(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        if self.current.is_some() {
            self.process(ctx)?;
            ctx.again();
        } else if self.send_rest()? {
            ctx.again();
        }
        Ok(())
    }

    fn flush(&mut self) {
        (self.stretch, self.current) = (None, None);
    }
}
