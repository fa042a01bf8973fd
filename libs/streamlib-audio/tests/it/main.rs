//! The processors as a host sees them, in the harness.

#![expect(clippy::unwrap_used, reason = "tests")]

mod channel_converter;
mod chord_generator;
mod media;
mod mixer;
mod rechunker;
mod resampler;
mod wav_writer;
