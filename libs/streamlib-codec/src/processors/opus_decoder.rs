//! `com.tatolab.opus_decoder`.

use streamlib_processor::prelude::*;

use super::audio_decoding::AudioDecoding;

/// Decodes Opus of 1 to 8 channels to 48 kHz, in the channel order of the layout. The pre-skip is
/// cut where the packets say so in their trims, not by the number in `dOps`.
///
/// What packets state as trimmed is cut, to the sample. Timestamps are counted in samples from the
/// pts of the first packet; a pts more than 2 ms off starts the count anew, and what overlaps the
/// samples before it is cut. After a discontinuity, a hole or damage the next block is marked as a
/// discontinuity. A stream of which nothing can be decoded fails when it ends. No settings.
#[processor(name = "com.tatolab.opus_decoder", crate = streamlib_processor)]
#[derive(Debug)]
pub struct OpusDecoder {
    /// Packets of Opus with `dOps`.
    #[input(formats(packets(Opus, framings(Raw))))]
    audio_in: Input<EncodedAudioFrame>,
    /// Samples at 48 kHz, one block a packet, or none where all of it is trimmed.
    #[output(formats(audio(F32, rates(48000))))]
    audio_out: Output<AudioFrame>,
    decoding: OpusDecoding,
}

#[derive(Debug)]
struct OpusDecoding(AudioDecoding);

impl Default for OpusDecoding {
    fn default() -> Self {
        Self(AudioDecoding::new(Codec::Opus, "dOps"))
    }
}

impl Processor for OpusDecoder {
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        match self.audio_in.read()? {
            Some(packet) => self.decoding.0.decode(&packet, &mut self.audio_out),
            None => Ok(()),
        }
    }

    fn format_changed(&mut self, _port: &str, _lane: u32, format: &Format) -> Result<()> {
        self.decoding.0.format_changed(format);
        Ok(())
    }

    fn end_of_stream(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        self.decoding.0.finish()
    }

    fn flush(&mut self) {
        self.decoding.0.flush();
    }
}
