//! H.264 through Cisco's OpenH264, built from source into the program.
//!
//! The encoder writes Constrained Baseline without reordering, one slice a picture, on the calling
//! thread. The decoder reads 8-bit 4:2:0 progressive Baseline, Main and High, B-frames included,
//! also on the calling thread, and refuses everything else by name. On the Rust side neither
//! allocates once the first packets have gone through; the C library allocates when parameters
//! change.

mod decoder;
mod encoder;
#[expect(unsafe_code, reason = "the only calls into the C library")]
mod raw;

pub use decoder::OpenH264Decoder;
pub use encoder::OpenH264Encoder;

/// Whether OpenH264 was built with its assembly, as it runs on this machine. On x86 the assembly
/// is silently left out when `nasm` is not installed while StreamLib is built, which makes it 2.5
/// to 3 times slower to encode and 1.6 to 2 times slower to decode.
pub fn openh264_has_assembly() -> bool {
    raw::cpu_features() != 0
}

/// The version of the OpenH264 library that is linked in, as `major.minor.revision`.
pub fn openh264_version() -> String {
    raw::version()
}
