//! The codecs as processors: ports and settings over the traits of this crate.
//!
//! | processor | takes | makes |
//! |---|---|---|
//! | [`H264Decoder`] | packets of H.264 | I420 in display order |
//! | [`H264Encoder`] | I420, NV12 | packets of H.264 with `avcC` |
//! | [`AacDecoder`] | packets of AAC | samples |
//! | [`OpusDecoder`] | packets of Opus | samples at 48 kHz |
//! | [`OpusEncoder`] | samples | packets of Opus with `dOps` |
//!
//! What they guarantee:
//! - Time is carried through: a picture has the pts of its packet, a sample the place that its
//!   packet's pts and the samples before it give it. Capture time, trace and epoch go along.
//! - Damage does not end a stream. What is damaged is left out, and the next frame that is sent is
//!   marked as a discontinuity. A stream of which nothing could be decoded fails when it ends.
//! - What cannot be decoded or encoded at all fails by name, at its first frame.
//! - Once the first frames have gone through, calls allocate nothing beside the loaned frames.
//!
//! What they do not: conversion of rates, sizes and layouts.

mod aac_decoder;
mod audio_decoding;
mod h264_decoder;
mod h264_encoder;
mod opus_decoder;
mod opus_encoder;
mod times;

use streamlib_processor::schema::{ConfigField, PacketFormat};
use streamlib_processor::{Error, PacketFrame, ProcessorConfig, Result};

pub use aac_decoder::AacDecoder;
pub use h264_decoder::H264Decoder;
pub use h264_encoder::{H264Encoder, H264EncoderConfig};
pub use opus_decoder::OpusDecoder;
pub use opus_encoder::{OpusEncoder, OpusEncoderConfig};

/// Refuses a configuration with a setting outside its range.
fn check_config<C: ProcessorConfig>(config: &C) -> Result<()> {
    let value = serde_json::to_value(config)
        .map_err(|error| Error::with_source("the configuration cannot be written", error))?;
    match ConfigField::check_all(&C::fields(), &value).first() {
        None => Ok(()),
        Some(problem) => Err(Error::new(format!("the configuration is not valid: {problem}"))),
    }
}

/// The parameters of a packet: its own, else those of its announced format.
fn parameters_of<'a>(
    packet: &'a impl PacketFrame,
    announced: Option<&'a PacketFormat>,
) -> &'a [u8] {
    match (packet.parameters(), announced) {
        ([], Some(format)) => &format.parameters,
        (own, _) => own,
    }
}
