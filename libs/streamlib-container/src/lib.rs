//! MP4 files: as packets, by a reader for progressive and fragmented files and a writer of
//! fragmented files that stay playable when the program dies; and as [`processors`] of a graph,
//! which decode and encode over the traits of `streamlib-codec`.
//!
//! # What it guarantees
//! - Time is integer. Every timestamp is exact in its track's [`Timescale`] and lies on the
//!   *presentation* time line: edit lists, encoder priming and late starts are already applied.
//!   Nanoseconds are rounded once, to the nearest, by [`Timescale::to_ns`].
//! - [`Mp4File`] keeps the index of a file in memory, never its media; each packet is read by
//!   position into a buffer of the caller.
//! - A file that cannot be read as it was meant is refused with a sentence that names the file, the
//!   box and the byte. No input makes the reader panic, or allocate more than a small multiple of
//!   what the file really holds.
//! - [`FragmentedMp4Writer`] never seeks, and writes whole fragments. What it has written is
//!   playable at any moment. After its buffers have grown to the largest fragment it allocates
//!   nothing.
//!
//! # What it does not
//! Outside of [`processors`] it neither decodes nor encodes, and knows no graph: it moves packets.
//! It writes no progressive files. It reads one sample description a track, one media edit a track at rate 1, and no
//! encrypted samples; the rest is refused by name.
//!
//! # Example
//! Two seconds of Opus packets, written and read again:
//! ```
//! # fn main() -> streamlib_container::Result<()> {
//! use streamlib_abi::media::Codec;
//! use streamlib_container::{
//!     AudioTrack, FragmentedMp4Writer, Mp4File, SampleRef, Timescale, TrackId, WriterOptions,
//!     WriterTrack,
//! };
//!
//! let rate = Timescale::new(48_000).expect("not 0");
//! let sound = AudioTrack { channels: 2, sample_rate: 48_000 };
//! let dops = vec![0, 2, 1, 56, 0, 0, 187, 128, 0, 0, 0]; // stereo, 312 samples of pre-skip
//! let tracks = vec![WriterTrack::audio(Codec::Opus, dops, rate, sound)];
//! let mut writer =
//!     FragmentedMp4Writer::new(Vec::new(), "sound.mp4", tracks, WriterOptions::default())?;
//! for packet in 0..100 {
//!     let time = packet * 960 - 312;
//!     let data = &[0xfc, 0xff, 0xfe];
//!     let sample = SampleRef { dts: time, pts: time, duration: 960, key_frame: true, data };
//!     writer.write_sample(TrackId(1), &sample)?;
//! }
//! let bytes = writer.finish()?;
//!
//! let mut file = Mp4File::parse(&bytes, "sound.mp4")?;
//! let id = file.audio_track()?.id;
//! file.select(&[id])?;
//! let first = file.next_packet().expect("there are packets");
//! assert_eq!((first.pts, first.trim_start), (-312, 312));
//! let mut data = vec![0; first.size as usize];
//! file.read(&first, &mut data)?;
//! assert_eq!(data, [0xfc, 0xff, 0xfe]);
//! # Ok(())
//! # }
//! ```
//!
//! # Sources
//! Boxes: ISO/IEC 14496-12. H.264 and HEVC in MP4: ISO/IEC 14496-15. AAC: ISO/IEC 14496-14 and
//! 14496-3. Opus: "Encapsulation of Opus in ISO Base Media File Format" 0.6.8.

mod claim;
mod error;
mod fourcc;
mod geometry;
mod opus;
pub mod processors;
mod reader;
mod time;
mod track;
mod writer;

pub use error::{ContainerError, Result};
pub use fourcc::FourCc;
pub use reader::{Mp4File, Packet, SeekPoint, Truncation};
pub use time::Timescale;
pub use track::{AudioTrack, Language, TrackCodec, TrackId, TrackInfo, TrackKind, VideoTrack};
pub use writer::{FragmentedMp4Writer, SampleRef, WriterOptions, WriterTrack};
