//! Pictures, tones, measures and the reference programs that the tests share.

mod ffmpeg;
mod pictures;
mod tones;

pub(crate) use ffmpeg::{Scratch, access_units, ffmpeg_bytes, film, has_ffmpeg, packet_times_ns};
pub(crate) use pictures::{OwnedPicture, numbered, psnr, read_number};
pub(crate) use tones::{cross_snr_db, frequency_of, mixed_tones, snr_db};
