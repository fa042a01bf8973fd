//! MP4 files as packets: a reader for progressive and fragmented files, and a writer of fragmented
//! files that stay playable when the program dies.
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
//! It neither decodes nor encodes, and knows no graph: it moves packets. It writes no progressive
//! files. It reads one sample description a track, one media edit a track at rate 1, and no
//! encrypted samples; the rest is refused by name.
//!
//! # Sources
//! Boxes: ISO/IEC 14496-12. H.264 and HEVC in MP4: ISO/IEC 14496-15. AAC: ISO/IEC 14496-14 and
//! 14496-3. Opus: "Encapsulation of Opus in ISO Base Media File Format" 0.6.8.

mod error;
mod fourcc;
mod geometry;
mod opus;
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
