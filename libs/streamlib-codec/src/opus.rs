//! Opus through libopus 1.6, built from source into the program.
//!
//! Encodes and decodes 1 to 8 channels at 8, 12, 16, 24 and 48 kHz, with the channel mapping of
//! RFC 7845 family 0 (mono, stereo) and 1 (surround); decodes family 255 (unnamed channels) too.
//! Channels are reordered between the Vorbis order of Opus and the standard one of
//! [`ChannelLayout`](streamlib_abi::media::ChannelLayout). Neither direction allocates after it was
//! made.

mod config;
mod decoder;
mod encoder;
mod layout;
#[expect(unsafe_code, reason = "the only calls into the C library")]
mod raw;

pub use config::OpusConfiguration;
pub use decoder::OpusDecoder;
pub use encoder::OpusEncoder;

/// Rates that libopus works at.
pub(crate) const SAMPLE_RATES: [u32; 5] = [8_000, 12_000, 16_000, 24_000, 48_000];
