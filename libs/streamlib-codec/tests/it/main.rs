//! What the codecs do with real pictures and sound. One binary for the whole crate.
//!
//! Tests that compare with FFmpeg run `ffmpeg` and say so on standard error when it is missing.

mod aac;
mod errors;
mod h264_decode;
mod h264_encode;
mod h264_parsers;
mod opus;
mod processors;
mod steady_state;
mod support;
