//! What can go wrong, as sentences.

use std::{io, path::PathBuf};

use crate::{FourCc, TrackId};

/// A result of this crate.
pub type Result<T, E = ContainerError> = core::result::Result<T, E>;

/// Every error of reading and writing MP4 files. Offsets are bytes from the start of the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContainerError {
    /// The operating system refused.
    #[error("cannot {action} '{}'", path.display())]
    Io {
        /// What was tried: "open", "read", "write".
        action: &'static str,
        /// The file, or the name that was given for what is not a file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },

    /// A file of no bytes.
    #[error("'{}' is empty: it has no bytes to read", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },

    /// The first bytes are not those of any MP4 or MOV file.
    #[error("'{}' is not an MP4 file: it starts with '{found}' where a box such as 'ftyp' or 'moov' should be", path.display())]
    NotMp4 {
        /// The file.
        path: PathBuf,
        /// What stands at the place of the first box's name.
        found: FourCc,
    },

    /// The file ends too early.
    #[error("'{}' is cut short: box '{kind}' at byte {offset} needs the file to be {needed} bytes long, and it has {available}; copy or record it again", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// The box whose content is missing.
        kind: FourCc,
        /// Where that box starts.
        offset: u64,
        /// How long the file would have to be.
        needed: u64,
        /// How long it is.
        available: u64,
    },

    /// The file has no `moov`, so nothing says what its bytes mean.
    #[error("'{}' has no 'moov' box in its {length} bytes: the recording was not finished, or it is not a film", path.display())]
    NoMovie {
        /// The file.
        path: PathBuf,
        /// Its length in bytes.
        length: u64,
    },

    /// A box does not follow its format.
    #[error("'{}' is damaged: box '{kind}' at byte {offset}: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The box.
        kind: FourCc,
        /// Where it starts.
        offset: u64,
        /// What is wrong with it.
        reason: String,
    },

    /// A box that is read whole is larger than any real one.
    #[error("'{}': box '{kind}' at byte {offset} claims {size} bytes, and at most {limit} are read", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The box.
        kind: FourCc,
        /// Where it starts.
        offset: u64,
        /// The size it claims.
        size: u64,
        /// The limit.
        limit: u64,
    },

    /// A legal feature that would be presented wrongly if it were ignored.
    #[error("'{}': track {track} uses {feature} (box '{kind}' at byte {offset}), which is not supported; convert the file first, for example with 'ffmpeg -i in.mp4 out.mp4'", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The track.
        track: TrackId,
        /// What it uses.
        feature: String,
        /// The box that says so.
        kind: FourCc,
        /// Where that box starts.
        offset: u64,
    },

    /// The file has no track of the wanted kind.
    #[error("'{}' has no {wanted}; it has {present}", path.display())]
    NoSuchTrack {
        /// The file.
        path: PathBuf,
        /// What was asked for: "video track", "audio track", "track 7".
        wanted: String,
        /// The tracks that there are.
        present: String,
    },

    /// The caller's buffer is not as long as the packet.
    #[error(
        "the buffer for a packet of track {track} holds {given} bytes, and the packet has {size}"
    )]
    BufferSize {
        /// The packet's track.
        track: TrackId,
        /// Length of the buffer.
        given: usize,
        /// Length of the packet.
        size: u32,
    },

    /// A writer cannot be made of these tracks.
    #[error("cannot write '{}': {reason}", path.display())]
    InvalidTracks {
        /// The file to be written.
        path: PathBuf,
        /// What is wrong with the tracks.
        reason: String,
    },

    /// A sample cannot be written.
    #[error("cannot write a sample of track {track} at {dts} ticks to '{}': {reason}", path.display())]
    InvalidSample {
        /// The file.
        path: PathBuf,
        /// The sample's track.
        track: TrackId,
        /// Its decode time in ticks of the track.
        dts: i64,
        /// What is wrong with it.
        reason: String,
    },
}
