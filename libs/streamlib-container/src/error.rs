//! What can go wrong, as sentences.

use std::{io, path::PathBuf};

use streamlib_codec::CodecError;

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

    /// A file that another processor reads or writes is not emptied.
    #[error("cannot write '{}': this graph or another one reads or writes it; choose another file", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },

    /// A file of no bytes.
    #[error("'{}' is empty: it has no bytes to read; copy or record it again", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },

    /// The first bytes are not those of any MP4 or MOV file.
    #[error("'{}' is not an MP4 file: it starts with '{found}' where a box such as 'ftyp' or 'moov' should be; choose another file, or convert this one", path.display())]
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

    /// A processor was given no file.
    #[error("the setting `{setting}` is empty: name a file")]
    NoPath {
        /// The setting.
        setting: &'static str,
    },

    /// A setting that cannot change while the file is open.
    #[error("the settings of '{}' cannot be changed while it is open, except {changeable}; replace the processor instead", path.display())]
    FileIsOpen {
        /// The file.
        path: PathBuf,
        /// What can change.
        changeable: &'static str,
    },

    /// The file has nothing that is asked for.
    #[error("'{}' has no {wanted} to play; it has {present}", path.display())]
    NothingToPlay {
        /// The file.
        path: PathBuf,
        /// What was asked for: "video", "audio", "video or audio".
        wanted: &'static str,
        /// The tracks that there are.
        present: String,
    },

    /// An output that leads somewhere has no track.
    #[error("'{}' has no {output} track, but the output `{output}` is linked; it has {present}; remove the link or choose another file", path.display())]
    LinkedWithoutTrack {
        /// The file.
        path: PathBuf,
        /// The output.
        output: &'static str,
        /// The tracks that there are.
        present: String,
    },

    /// The chosen track is of another kind.
    #[error("track {track} of '{}' holds no {wanted}; the file has {present}", path.display())]
    WrongKind {
        /// The file.
        path: PathBuf,
        /// The track.
        track: TrackId,
        /// What was asked for: "video" or "audio".
        wanted: &'static str,
        /// The tracks that there are.
        present: String,
    },

    /// Playing was to start behind the end.
    #[error("`start_offset_ms` is {start_ms}, but '{}' lasts {duration_ms} ms; start earlier", path.display())]
    StartBeyondEnd {
        /// The file.
        path: PathBuf,
        /// Wanted start, ms.
        start_ms: u64,
        /// Duration of the file, ms.
        duration_ms: i64,
    },

    /// A track cannot be decoded.
    #[error("track {track} of '{}' cannot be decoded at {time_ms} ms", path.display())]
    Decode {
        /// The file.
        path: PathBuf,
        /// The track.
        track: TrackId,
        /// Where, ms.
        time_ms: i64,
        /// Why.
        source: CodecError,
    },

    /// A track needs a decoder that is not there, or has parameters that cannot be read.
    #[error("track {track} of '{}' cannot be decoded", path.display())]
    NoDecoder {
        /// The file.
        path: PathBuf,
        /// The track.
        track: TrackId,
        /// Why.
        source: CodecError,
    },

    /// A fragmented file was played up to where it is cut.
    #[error("'{}' is cut short at byte {offset} of {length}: what is whole, {played_ms} ms, was given, and the rest is missing", path.display())]
    CutShort {
        /// The file.
        path: PathBuf,
        /// Where the incomplete part starts.
        offset: u64,
        /// Length of the file.
        length: u64,
        /// How much was given, ms.
        played_ms: i64,
    },

    /// What an input of the writer got cannot be written.
    #[error("cannot write '{}': input `{port}` got {found}; {way_out}", path.display())]
    Input {
        /// The file.
        path: PathBuf,
        /// The input.
        port: &'static str,
        /// What came.
        found: String,
        /// What to do.
        way_out: String,
    },

    /// The writer is to scale, and nobody gave it a scaler.
    #[error("cannot write '{}' with `on_size_change: scale`: the runtime was built without a scaler; choose `fail`, or insert com.tatolab.scale before the writer", .0.display())]
    NoScaler(PathBuf),

    /// An encoder refused.
    #[error("cannot encode input `{port}` for '{}'", path.display())]
    Encode {
        /// The file.
        path: PathBuf,
        /// The input.
        port: &'static str,
        /// Why.
        source: CodecError,
    },

    /// One input sent so much before the other sent anything that it cannot be kept.
    #[error("cannot start '{}': input `{waiting}` has sent nothing, and {held_mib} MiB of the other input wait for it; remove its link, or connect a source that sends or ends", path.display())]
    NothingFrom {
        /// The file.
        path: PathBuf,
        /// The input that sent nothing.
        waiting: &'static str,
        /// What waits, MiB.
        held_mib: usize,
    },

    /// Nothing came that could be written.
    #[error("'{}' was not written: no frame came before the inputs ended", path.display())]
    NoFrames {
        /// The file.
        path: PathBuf,
    },
}

impl ContainerError {
    /// What to do about a refusal of the system, where there is something.
    fn way_out(&self) -> Option<&'static str> {
        use io::ErrorKind as Kind;
        let Self::Io { action, source, .. } = self else { return None };
        Some(match (*action, source.kind()) {
            ("create", Kind::NotFound) => "make its folder first",
            (_, Kind::NotFound | Kind::NotADirectory) => "check the path",
            (_, Kind::PermissionDenied | Kind::ReadOnlyFilesystem) => {
                "give this user the right to it, or choose another place"
            }
            (_, Kind::IsADirectory) => "name a file in it",
            ("write", Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge) => {
                "make room or write elsewhere; what fitted is kept, and plays as far as it goes"
            }
            _ => return None,
        })
    }
}

/// For processors: the sentence with all its reasons, and what to do.
impl From<ContainerError> for streamlib_processor::Error {
    fn from(error: ContainerError) -> Self {
        let mut text = error.to_string();
        let mut reason = std::error::Error::source(&error);
        while let Some(error) = reason {
            text.push_str(": ");
            text.push_str(&error.to_string());
            reason = error.source();
        }
        if let Some(way_out) = error.way_out() {
            text.push_str("; ");
            text.push_str(way_out);
        }
        Self::new(text)
    }
}
