//! AAC through `syom`, in Rust.
//!
//! Decodes AAC-LC with 1024 or 960 samples a packet, HE-AAC v1 and v2 and AAC-LD, 1 to 8 channels,
//! from raw access units (MP4) or ADTS. There is no AAC encoder: StreamLib writes Opus. The decoder
//! allocates nothing after its first packets.
//!
//! Against FFmpeg's decoder `syom` 0.9.0 reaches 130 dB in each channel of a 5.1 film. Of the other
//! kept decoders of more than two channels, `rusty_aac` 2.0.1 (136 dB) allocates in every packet,
//! and `xaac-rs` 0.2.0 gives 16-bit samples (32 to 62 dB), shifts them in time and needs libclang
//! to build.

mod adts;
mod config;
mod decoder;

pub use adts::AdtsHeader;
pub use config::{AacObject, AudioSpecificConfig, channel_configuration_layout};
pub use decoder::AacDecoder;
