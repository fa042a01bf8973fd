//! What can go wrong with packages: each a sentence that says what, where, and what to do.

use std::io;
use std::path::Path;

use semver::{Version, VersionReq};
use streamlib_manifest::Diagnostics;

use crate::archive::{NameProblem, Refusal};
use crate::digest::Digest;
use crate::fetch::FetchProblem;
use crate::resolve::Unresolved;
use crate::trust::SignatureProblem;

/// What went wrong with a package.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// Neither `STREAMLIB_HOME` nor `HOME` says where the home is.
    #[error(
        "there is no place for packages: neither STREAMLIB_HOME nor HOME is an absolute path; set \
         STREAMLIB_HOME to a folder"
    )]
    NoHome,
    /// A file or folder cannot be read or written.
    #[error("cannot {doing} `{path}`: {source}")]
    Io {
        /// What was tried, such as `read`.
        doing: &'static str,
        /// The file or folder.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// Not a SHA-256 digest.
    #[error("{text:?} is not a SHA-256 digest, which has 64 digits of 0-9 and a-f")]
    BadDigest {
        /// What was given, cut to a printable length.
        text: String,
    },
    /// A pattern for names of files that has no meaning.
    #[error(
        "{pattern:?} is not a pattern for names of files: {problem}; patterns are such as `*.md`, \
         `docs/` and `lib/**/*.so`"
    )]
    BadPattern {
        /// What was given, cut to a printable length.
        pattern: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A folder that cannot be packed.
    #[error("the folder `{folder}` cannot be packed: {problem}")]
    Unpackable {
        /// The folder.
        folder: String,
        /// Why.
        problem: PackProblem,
    },
    /// A folder that is no package.
    #[error("`{folder}` is not a package: it has no `streamlib.yaml`")]
    NoManifest {
        /// The folder.
        folder: String,
    },
    /// A package whose manifest, or what the manifest says of its files, is not right.
    #[error("the package in `{archive}` is not right:\n{diagnostics}")]
    Manifest {
        /// The folder or archive.
        archive: String,
        /// All that is wrong.
        diagnostics: Box<Diagnostics>,
    },
    /// An archive that breaks the rules.
    #[error("`{archive}` is refused: {refusal}")]
    Refused {
        /// The archive.
        archive: String,
        /// Why.
        refusal: Refusal,
    },
    /// An archive that is not the one that was meant.
    #[error(
        "`{archive}` is not what it has to be: its SHA-256 is {found}, and {expected} was \
         expected; do not use it, and ask who publishes it"
    )]
    WrongArchive {
        /// The archive.
        archive: String,
        /// What its digest has to be.
        expected: Digest,
        /// What it is.
        found: Digest,
    },
    /// A file of the cache that this program cannot read.
    #[error("`{path}` cannot be read ({reason}); remove `{remove}` and install again")]
    BadRecord {
        /// The file.
        path: String,
        /// What to remove.
        remove: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No installed package has the name, or a version in the range.
    #[error("{}", not_installed(.name, .range, .versions))]
    NotInstalled {
        /// The name.
        name: String,
        /// The versions that would do.
        range: VersionReq,
        /// The versions there are.
        versions: Vec<Version>,
    },
    /// A package that cannot go because a process uses it.
    #[error("{name} {version} is in use; stop the graphs that use it first")]
    InUse {
        /// Its name.
        name: String,
        /// Its version.
        version: Version,
    },
    /// A package that cannot go because others need it.
    #[error("{name} {version} is needed by {}; remove that first", by.join(", "))]
    NeededBy {
        /// Its name.
        name: String,
        /// Its version.
        version: Version,
        /// Who needs it.
        by: Vec<String>,
    },
    /// No versions go together.
    #[error("{0}")]
    Unresolved(Box<Unresolved>),
    /// A package that is called otherwise than who needs it says.
    #[error("the package at `{place}` is called {found}, and {expected} was expected there")]
    OtherName {
        /// Where it is.
        place: String,
        /// The name that was expected.
        expected: String,
        /// Its name.
        found: String,
    },
    /// A package that is not the one in the lock.
    #[error(
        "{name} {version} is not the one in `streamlib.lock`: its archive has the SHA-256 {found}, \
         and the lock says {locked}; `streamlib pkg update` takes the new one, if you trust it"
    )]
    Locked {
        /// Its name.
        name: String,
        /// Its version.
        version: Version,
        /// What the lock says.
        locked: String,
        /// What it is.
        found: String,
    },
    /// An archive cannot be fetched.
    #[error("`{url}` cannot be fetched: {problem}")]
    Fetch {
        /// From where.
        url: String,
        /// Why.
        problem: Box<FetchProblem>,
    },
    /// A signature that is wrong, which is worse than none.
    #[error("`{archive}` is refused: its signature {problem}")]
    BadSignature {
        /// The archive.
        archive: String,
        /// What is wrong with the signature.
        problem: SignatureProblem,
    },
    /// Not a public key of minisign.
    #[error(
        "{text:?} is not a public key of minisign, which is one line of 56 letters, digits, `+` \
         and `/` that begins with `RW`; `minisign -G` makes one in `minisign.pub`"
    )]
    BadKey {
        /// What was given, cut to a printable length.
        text: String,
    },
    /// Not a name for a key.
    #[error("{name:?} is not a name for a key, which is one line of 1 to 100 bytes")]
    BadKeyName {
        /// What was given, cut to a printable length.
        name: String,
    },
    /// The file of trusted keys has a line that is wrong.
    #[error("{path}:{line}: {problem}; put it right or remove the line")]
    BadKeyLine {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: Box<PackageError>,
    },
    /// A key, or a name of one, that is there already.
    #[error("the key of {name:?} cannot be added: {known:?} has the same key or the same name")]
    KeyIsKnown {
        /// Name of the new key.
        name: String,
        /// Name of the one that is there.
        known: String,
    },
    /// No trusted key has the name.
    #[error("no trusted key is called {name:?}{}", these(.names))]
    NoSuchKey {
        /// The name.
        name: String,
        /// The names there are.
        names: Vec<String>,
    },
}

fn not_installed(name: &str, range: &VersionReq, versions: &[Version]) -> String {
    if versions.is_empty() {
        return format!("no package {name} is installed; `streamlib pkg install` installs one");
    }
    let versions: Vec<String> = versions.iter().map(ToString::to_string).collect();
    format!("of {name} no version {range} is installed; these are: {}", versions.join(", "))
}

fn these(names: &[String]) -> String {
    if names.is_empty() {
        "; there are none".to_owned()
    } else {
        format!("; these are: {}", names.join(", "))
    }
}

impl PackageError {
    pub(crate) fn manifest(archive: &str, diagnostics: Diagnostics) -> Self {
        Self::Manifest { archive: archive.to_owned(), diagnostics: Box::new(diagnostics) }
    }

    pub(crate) fn io(doing: &'static str, path: impl AsRef<Path>, source: io::Error) -> Self {
        Self::Io { doing, path: path.as_ref().display().to_string(), source }
    }
}

/// Why a folder cannot be packed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PackProblem {
    /// No manifest.
    #[error("it has no `streamlib.yaml`, in which a package says what it is")]
    NoManifest,
    /// A name that no file in a package may have.
    #[error("the name of its file {name:?} {problem}; rename it, or list it under `exclude`")]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        problem: NameProblem,
    },
    /// Two names that are the same where case does not count.
    #[error("its files {first:?} and {second:?} differ only in case; rename one")]
    SameName {
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
    /// A file that is a folder in the name of another, where case does not count.
    #[error("its file {file:?} is a folder in the name of {inside:?}; rename one")]
    FileAndFolder {
        /// The file.
        file: String,
        /// The file below it.
        inside: String,
    },
    /// A symbolic link.
    #[error("its {name:?} is a link; put the file itself there, or list it under `exclude`")]
    Link {
        /// Its name.
        name: String,
    },
    /// A device, pipe or socket.
    #[error("its {name:?} is neither file nor folder; list it under `exclude`")]
    NotAFile {
        /// Its name.
        name: String,
    },
    /// More files than allowed.
    #[error(
        "it has {files} files, and at most {max} are allowed; list what is not needed under \
         `exclude`"
    )]
    TooManyFiles {
        /// How many it has.
        files: usize,
        /// How many are allowed.
        max: usize,
    },
    /// A file is larger than allowed.
    #[error(
        "its file {name:?} has {bytes} bytes, and at most {max} are allowed; list it under \
         `exclude` if it is not needed"
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
        "its files have {bytes} bytes, and at most {max} are allowed; list what is not needed \
         under `exclude`"
    )]
    TotalTooLarge {
        /// The bytes of all files.
        bytes: u64,
        /// How many are allowed.
        max: u64,
    },
    /// The archive would be larger than the format has numbers for.
    #[error(
        "the archive would have {bytes} bytes and more, which its format has no numbers for; list \
         what is not needed under `exclude`"
    )]
    ArchiveTooLarge {
        /// The bytes up to there.
        bytes: u64,
    },
    /// A file changed while it was packed.
    #[error("its file {name:?} changes while it is packed; pack again when it does not")]
    Changed {
        /// Its name.
        name: String,
    },
}

/// Text from outside, cut to a printable length.
pub(crate) fn excerpt(text: &str) -> String {
    const CHARACTERS_MAX: usize = 100;
    match text.char_indices().nth(CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
