//! AAC through `syom`, in Rust.
//!
//! Decodes AAC-LC with 1024 or 960 samples a packet, HE-AAC v1 and v2 and AAC-LD, 1 to 8 channels,
//! from raw access units (MP4) or ADTS. There is no AAC encoder: StreamLib writes Opus. The decoder
//! allocates nothing after its first packets.

mod adts;
mod config;
mod decoder;

pub use adts::AdtsHeader;
pub use config::{AacObject, AudioSpecificConfig, channel_configuration_layout};
pub use decoder::AacDecoder;
