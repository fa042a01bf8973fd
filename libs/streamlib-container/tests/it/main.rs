//! Integration tests of the container crate, against Debian's ffmpeg and ffprobe.

mod clips;
mod ffprobe;
mod reading;
mod writing;
