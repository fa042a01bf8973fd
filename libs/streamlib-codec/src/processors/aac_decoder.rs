//! `com.tatolab.aac_decoder`.

use streamlib_processor::prelude::*;

use super::audio_decoding::AudioDecoding;

/// Decodes AAC-LC, HE-AAC (v1, v2) and AAC-LD of 1 to 8 channels, in the channel order of the
/// layout; anything else is refused by name.
///
/// What packets state as trimmed is cut, to the sample. Timestamps are counted in samples from the
/// pts of the first packet; a pts more than 2 ms off starts the count anew, and what overlaps the
/// samples before it is cut. After a discontinuity, a hole or damage the next block is marked as a
/// discontinuity. A stream of which nothing can be decoded fails when it ends. No settings.
#[processor(name = "com.tatolab.aac_decoder", crate = streamlib_processor)]
#[derive(Debug)]
pub struct AacDecoder {
    /// Packets of AAC: raw access units with `AudioSpecificConfig`, or ADTS.
    #[input(formats(packets(Aac, framings(Raw, Adts))))]
    audio_in: Input<EncodedAudioFrame>,
    /// Samples at the rate of the stream, one block a packet, or none where all of it is trimmed.
    #[output(formats(audio(F32)))]
    audio_out: Output<AudioFrame>,
    decoding: AacDecoding,
}

#[derive(Debug)]
struct AacDecoding(AudioDecoding);

impl Default for AacDecoding {
    fn default() -> Self {
        Self(AudioDecoding::new(Codec::Aac, "AudioSpecificConfig"))
    }
}

impl Processor for AacDecoder {
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
