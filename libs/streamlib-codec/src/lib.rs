//! Audio and video codecs of StreamLib behind one trait each.
//!
//! | | reads | writes | library |
//! |---|---|---|---|
//! | H.264 | 8-bit 4:2:0 progressive, B-frames included | Constrained Baseline | OpenH264 |
//! | AAC | LC, HE v1 and v2, LD, 1 to 8 channels | – | `syom` |
//! | Opus | 1 to 8 channels | 1 to 8 channels | libopus |
//!
//! What this crate guarantees:
//! - [`VideoEncoder`], [`VideoDecoder`], [`AudioEncoder`] and [`AudioDecoder`] are object safe and
//!   `Send`: [`video_encoder`] and its siblings give boxes that may move between threads.
//! - Once the first packets have gone through, encoding and decoding allocate nothing on the Rust
//!   side, as long as outputs have the room that `max_packet_bytes` and `max_output_samples` ask
//!   for. The C libraries allocate on their own account when parameters change.
//! - No input makes it panic, and no parser reads beyond its data. The C libraries are trusted to
//!   hold up against damaged packets as browsers trust them.
//! - What cannot be decoded is refused before decoding, by name, with a way out.
//!
//! What it does not: no threads, no containers, no clocks, no scaling, no resampling. Times are
//! passed through.
//!
//! ```
//! use streamlib_abi::media::{Codec, Rational};
//! use streamlib_codec::{
//!     I420View, VideoDecoderSettings, VideoEncoderSettings, VideoPacket, video_decoder,
//!     video_encoder,
//! };
//!
//! # fn main() -> Result<(), streamlib_codec::CodecError> {
//! let settings = VideoEncoderSettings::new(64, 32, Rational::new(25, 1));
//! let mut encoder = video_encoder(Codec::H264, &settings)?;
//! let mut decoder = video_decoder(&VideoDecoderSettings {
//!     codec: encoder.codec(),
//!     framing: encoder.framing(),
//!     parameters: encoder.parameters(),
//! })?;
//!
//! let (luma, chroma) = ([90; 64 * 32], [128; 32 * 16]);
//! let planes: [&[u8]; 3] = [&luma, &chroma, &chroma];
//! let picture = I420View { width: 64, height: 32, planes, strides: [64, 32, 32] };
//! let mut packet = Vec::with_capacity(encoder.max_packet_bytes());
//! let encoded = encoder.encode(&picture, 0, &mut packet)?;
//! assert!(encoded.is_some_and(|encoded| encoded.key_frame));
//!
//! let mut shown = 0;
//! decoder.decode(VideoPacket { data: &packet, pts_ns: 0 }, &mut |decoded| {
//!     shown += 1;
//!     assert!(decoded.picture.planes[0][0].abs_diff(90) < 4);
//! })?;
//! assert_eq!(shown, 1);
//! # Ok(())
//! # }
//! ```
//!
//! The [`processors`] put the codecs into graphs.
//!
//! The parsers ([`h264`], [`AudioSpecificConfig`], [`AdtsHeader`], [`OpusConfiguration`]) work
//! alone too, for containers.

mod aac;
mod audio;
mod create;
mod error;
pub mod h264;
mod openh264;
mod opus;
pub mod processors;
mod video;

pub use aac::{
    AacDecoder, AacObject, AdtsHeader, AudioSpecificConfig, channel_configuration_layout,
};
pub use audio::{
    AudioDecoder, AudioDecoderSettings, AudioEncoder, AudioEncoderSettings, DecodedAudio,
    EncodedAudio,
};
pub use create::{audio_decoder, audio_encoder, video_decoder, video_encoder};
pub use error::{CodecError, Role};
pub use openh264::{OpenH264Decoder, OpenH264Encoder, openh264_has_assembly, openh264_version};
pub use opus::{OpusConfiguration, OpusDecoder, OpusEncoder};
pub use video::{
    DecodedPicture, Effort, EncodedPicture, I420View, VideoDecoder, VideoDecoderSettings,
    VideoEncoder, VideoEncoderSettings, VideoPacket, VideoStreamInfo,
};
