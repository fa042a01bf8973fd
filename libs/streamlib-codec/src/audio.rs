//! The audio traits: what every encoder and decoder of sound does, whoever wraps it.
//!
//! Samples are interleaved `f32`, full scale -1 to 1, channels in the order of
//! [`ChannelLayout::speakers`]: codecs whose own order differs reorder at their edge. A "frame"
//! here is one sample of every channel.

use streamlib_abi::media::{ChannelLayout, Codec, Framing};

use crate::error::CodecError;

/// How an encoder is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioEncoderSettings {
    /// Frames a second. Opus takes 8,000, 12,000, 16,000, 24,000 and 48,000.
    pub sample_rate: u32,
    /// Which channels there are, and in which order. Opus takes every layout of 1 to 8 channels
    /// that RFC 7845 names: mono, stereo, 3.0, quad, 5.0, 5.1, 6.1, 7.1.
    pub layout: ChannelLayout,
    /// Target in bits a second for all channels together, 6,000 to 510,000 a channel.
    pub bitrate_bps: u32,
}

/// What [`AudioEncoder::encode`] wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodedAudio {
    /// Bytes that were appended to the output.
    pub bytes: usize,
    /// Frames that the packet stands for.
    pub frames: usize,
}

/// Samples to packets.
pub trait AudioEncoder: Send {
    /// What it writes.
    fn codec(&self) -> Codec;

    /// Frames a second.
    fn sample_rate(&self) -> u32;

    /// Channels and their order.
    fn layout(&self) -> ChannelLayout;

    /// The stream parameters for a container (the content of `dOps` for Opus).
    fn parameters(&self) -> &[u8];

    /// How many frames each packet takes, no more and no fewer.
    fn frames_per_packet(&self) -> usize;

    /// How many frames decoded sound lags behind the input: the decoder's first so many frames
    /// are to be cut (priming, Opus pre-skip), and the encoder has to be given so many frames of
    /// silence after the last sound, else its end is lost.
    fn delay_frames(&self) -> usize;

    /// An upper bound for the bytes of one packet. An output with this much spare capacity is
    /// never made to grow.
    fn max_packet_bytes(&self) -> usize;

    /// Encodes [`AudioEncoder::frames_per_packet`] frames and appends the packet to `out`.
    ///
    /// Errors: [`CodecError::InvalidInput`] for another number of samples (nothing happens),
    /// [`CodecError::Library`] if the codec fails.
    fn encode(&mut self, samples: &[f32], out: &mut Vec<u8>) -> Result<EncodedAudio, CodecError>;

    /// Changes the target from the next packet on.
    ///
    /// Errors: [`CodecError::InvalidSetting`] outside the range of
    /// [`AudioEncoderSettings::bitrate_bps`] (nothing changes).
    fn set_bitrate(&mut self, bitrate_bps: u32) -> Result<(), CodecError>;
}

/// How a decoder is set up.
#[derive(Debug, Clone, Copy)]
pub struct AudioDecoderSettings<'a> {
    /// What it reads.
    pub codec: Codec,
    /// How units are told apart in its packets.
    pub framing: Framing,
    /// The stream parameters: `AudioSpecificConfig` for AAC (may be empty with ADTS framing), the
    /// content of `dOps` for Opus.
    pub parameters: &'a [u8],
}

/// What [`AudioDecoder::decode`] wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodedAudio {
    /// Frames that were written.
    pub frames: usize,
    /// Frames a second.
    pub sample_rate: u32,
    /// Samples in a frame.
    pub channels: usize,
    /// Which channel is which; unknown where the stream does not say.
    pub layout: ChannelLayout,
}

/// Packets to samples.
pub trait AudioDecoder: Send {
    /// What it reads.
    fn codec(&self) -> Codec;

    /// Rate and channels that the stream parameters promise; what comes out may still differ (an
    /// AAC stream may turn out to carry SBR, which doubles the rate) and is said by
    /// [`DecodedAudio`]. `frames` is what a usual packet holds. `None` until parameters were seen.
    fn expected(&self) -> Option<DecodedAudio>;

    /// Samples (all channels together) that the output of one call must have room for.
    fn max_output_samples(&self) -> usize;

    /// Frames at the start of the stream that are no content, as far as the stream parameters
    /// tell: the Opus pre-skip. AAC does not say it here: its container's edit list does.
    fn delay_frames(&self) -> usize;

    /// Frames before a wanted position that have to be decoded and thrown away after a jump, until
    /// the decoder gives the right samples.
    fn preroll_frames(&self) -> usize;

    /// Decodes one packet into the start of `out`.
    ///
    /// Errors: [`CodecError::OutputTooSmall`] (nothing happens), [`CodecError::CorruptPacket`]
    /// (what the packet stood for is missing; the next packet may be given),
    /// [`CodecError::Unsupported`] for a feature found only inside a packet.
    fn decode(&mut self, packet: &[u8], out: &mut [f32]) -> Result<DecodedAudio, CodecError>;

    /// Forgets what came before, as after a jump. Parameters stay.
    fn reset(&mut self) -> Result<(), CodecError>;
}
