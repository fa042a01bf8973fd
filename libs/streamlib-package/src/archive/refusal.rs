//! Why an archive is refused: each a sentence that names the entry and says what to do.

use super::contents::{CONTENTS_NAME, ContentsProblem};
use super::name::NameProblem;

/// Why an archive is refused. It reads on from "`FILE` is refused:".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Something else than a ZIP file.
    #[error("it is not a package, which is a ZIP file; `streamlib pack` makes one of a folder")]
    NotAnArchive,
    /// The end record is not at the end.
    #[error("its end is missing: it was cut, or something was added to it; {GET_AGAIN}")]
    Cut,
    /// The archive is larger than allowed.
    #[error("it has {bytes} bytes, and at most {max} are allowed; leave out what is not needed")]
    ArchiveTooLarge {
        /// Its bytes.
        bytes: u64,
        /// How many are allowed.
        max: u64,
    },
    /// More files than allowed.
    #[error("it has {files} files, and at most {max} are allowed; leave out what is not needed")]
    TooManyFiles {
        /// How many it has.
        files: usize,
        /// How many are allowed.
        max: usize,
    },
    /// A file is larger than allowed.
    #[error(
        "its file {name:?} has {bytes} bytes, and at most {max} are allowed; leave out what is not \
         needed"
    )]
    FileTooLarge {
        /// Its name.
        name: String,
        /// Its bytes.
        bytes: u64,
        /// How many are allowed.
        max: u64,
    },
    /// All files together are larger than allowed.
    #[error(
        "its files have {bytes} bytes and more, up to {name:?}, and at most {max} are allowed; \
         leave out what is not needed"
    )]
    TotalTooLarge {
        /// The file with which it became too much.
        name: String,
        /// The bytes up to there.
        bytes: u64,
        /// How many are allowed.
        max: u64,
    },
    /// A file that grows more than any honest one.
    #[error(
        "its file {name:?} would grow from {compressed} to {bytes} bytes, more than {max}-fold; \
         {HOSTILE}"
    )]
    Ratio {
        /// Its name.
        name: String,
        /// Its bytes in the archive.
        compressed: u64,
        /// Its bytes outside.
        bytes: u64,
        /// How many-fold is allowed.
        max: u64,
    },
    /// A name that no file may have.
    #[error("the name of its file {name:?} {problem}; {HOSTILE}")]
    Name {
        /// The name, made readable.
        name: String,
        /// What is wrong with it.
        problem: NameProblem,
    },
    /// Two names that are the same where case does not count.
    #[error(
        "its files {first:?} and {second:?} have the same name where case does not count; rename \
         one and pack again"
    )]
    SameName {
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
    /// A file that is a folder in the name of another.
    #[error("its file {file:?} is a folder in the name of {inside:?}; rename one and pack again")]
    FileAndFolder {
        /// The file.
        file: String,
        /// The file below it.
        inside: String,
    },
    /// A symbolic link.
    #[error("its entry {name:?} is a link; put the file itself in its place and pack again")]
    Link {
        /// Its name.
        name: String,
    },
    /// A folder, device, pipe or socket.
    #[error("its entry {name:?} is not a file; {PACK_AGAIN}")]
    NotAFile {
        /// Its name.
        name: String,
    },
    /// A form of ZIP entry that packages do not have.
    #[error("its entry {name:?} {what}, as no package has; {PACK_AGAIN}")]
    ForeignEntry {
        /// Its name.
        name: String,
        /// What it is or has. It reads on from "the entry".
        what: &'static str,
    },
    /// A form of ZIP file that packages do not have.
    #[error("it {what}, as no package has; {PACK_AGAIN}")]
    Foreign {
        /// What it has. It reads on from "the archive".
        what: &'static str,
    },
    /// The two headers of an entry differ.
    #[error("the two headers of its entry {name:?} differ; {HOSTILE}")]
    HeadersDiffer {
        /// The entry's name.
        name: String,
    },
    /// A file that cannot be decompressed, or has another size than said.
    #[error("its file {name:?} is damaged: {what}; {GET_AGAIN}")]
    Damaged {
        /// Its name.
        name: String,
        /// In which way.
        what: &'static str,
    },
    /// No list of contents.
    #[error("it has no list of its contents ({CONTENTS_NAME}) at its end; {PACK_AGAIN}")]
    NoContents,
    /// A list of contents that cannot be read.
    #[error("its list of contents ({CONTENTS_NAME}) {0}; {PACK_AGAIN}")]
    Contents(ContentsProblem),
    /// A file that is not in the list, or a line without a file.
    #[error("its list of contents and its files differ at {name:?}; {HOSTILE}")]
    NotAsListed {
        /// The name.
        name: String,
    },
    /// A file whose digest is not the listed one.
    #[error("its file {name:?} is not the one that its list of contents names; {HOSTILE}")]
    WrongDigest {
        /// Its name.
        name: String,
    },
    /// No manifest.
    #[error("it has no `streamlib.yaml`, so it is not a package; {PACK_AGAIN}")]
    NoManifest,
}

const HOSTILE: &str = "`streamlib pack` makes no such package: do not use it";
const PACK_AGAIN: &str = "pack the folder again with `streamlib pack`";
const GET_AGAIN: &str = "get it again";
