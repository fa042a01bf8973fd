//! Integration tests of the container crate, against Debian's ffmpeg and ffprobe.

mod allocation;
mod clips;
mod crash;
mod edits;
mod errors;
mod ffprobe;
mod film;
mod hostile;
mod processors;
mod reading;
mod round_trip;
mod seeking;
mod sinks;
mod writing;
