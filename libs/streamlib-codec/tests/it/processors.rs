//! The processors in the harness: frames in, frames out.

mod aac;
mod h264_decoder;
mod h264_encoder;
mod media;
mod opus;
mod refusals;
mod steady_state;
