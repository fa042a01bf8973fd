//! The errors of the small grammars: identifiers, durations, sizes, endpoints, assignments.
//!
//! Errors of whole files are [`crate::Diagnostic`]s, which carry a place and a hint as well.

/// A piece of text that does not follow its grammar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// Not a processor id, port name or parameter name.
    #[error(
        "{text:?} is not a valid identifier: it starts with a letter or `_`, goes on with \
         letters, digits, `_` or `-`, and has at most 64 characters"
    )]
    InvalidIdentifier {
        /// What was given, cut to a printable length.
        text: String,
    },
    /// Not the name of a graph.
    #[error(
        "{text:?} is not a valid graph name: it starts with a letter, a digit or `_`, goes on \
         with letters, digits, `_`, `-` or `.`, and has at most 64 characters"
    )]
    InvalidGraphName {
        /// What was given, cut to a printable length.
        text: String,
    },
    /// Not the name of a processor type.
    #[error(
        "{text:?} is not a valid processor type: it is one or more identifiers joined by dots, \
         such as `com.tatolab.grayscale`, of at most 256 characters"
    )]
    InvalidTypeName {
        /// What was given, cut to a printable length.
        text: String,
    },
    /// Not a duration.
    #[error(
        "{text:?} is not a duration: write a number and a unit (ns, us, ms, s, m or h), such as \
         `200ms` or `1.5s`"
    )]
    InvalidDuration {
        /// What was given, cut to a printable length.
        text: String,
    },
    /// Not an amount of memory.
    #[error(
        "{text:?} is not a size: write a number and a unit (B, kB, MB, GB, KiB, MiB or GiB), \
         such as `64MiB`"
    )]
    InvalidSize {
        /// What was given, cut to a printable length.
        text: String,
    },
    /// Not one end of a link.
    #[error("{text:?} is not an end of a link: write `processor.port`, such as `movie.video`")]
    InvalidEndpoint {
        /// What was given, cut to a printable length.
        text: String,
    },
    /// Not a link in its short form.
    #[error("{text:?} is not a link: write `from.port -> to.port`")]
    InvalidLink {
        /// What was given, cut to a printable length.
        text: String,
    },
    /// Not a parameter assignment of the command line.
    #[error("{text:?} does not set a parameter: write `name=value`, such as `clip=other.mp4`")]
    InvalidAssignment {
        /// What was given, cut to a printable length.
        text: String,
    },
    /// Not the name of a package or a namespace.
    #[error(
        "{text:?} is not a valid package name: it is one or more words joined by dots, such as \
         `com.example.effects`; a word starts with a lower-case letter and goes on with lower-case \
         letters, digits, `_` or `-`; all of it has at most 128 characters"
    )]
    InvalidPackageName {
        /// What was given, cut to a printable length.
        text: String,
    },
    /// Not a version.
    #[error(
        "{text:?} is not a version: write `major.minor.patch`, such as `1.0.0` or `1.0.0-beta.1`"
    )]
    InvalidVersion {
        /// What was given, cut to a printable length.
        text: String,
    },
    /// Not a range of versions.
    #[error(
        "{text:?} is not a range of versions: write it as `^1.2`, `~1.2.3`, `>=1.0, <3.0`, \
         `=1.0.0` or `*`"
    )]
    InvalidRange {
        /// What was given, cut to a printable length.
        text: String,
    },
    /// Not a path inside a package.
    #[error(
        "{text:?} is not a path inside the package: parts joined by `/`, such as \
         `schemas/point.yaml`, without `..`, backslashes and colons, of at most 256 bytes"
    )]
    InvalidPackagePath {
        /// What was given, cut to a printable length.
        text: String,
    },
    /// Not a pattern of paths inside a package.
    #[error(
        "{text:?} is not a pattern of paths inside the package: write it as `src/**`, `*.md` or \
         `assets/?.png`, without `..`"
    )]
    InvalidPattern {
        /// What was given, cut to a printable length.
        text: String,
    },
    /// Not a path at all.
    #[error("{text:?} is not the path of a file or folder")]
    InvalidPath {
        /// What was given, cut to a printable length.
        text: String,
    },
    /// Not the path of an archive.
    #[error("{text:?} is not the path of an archive, which ends in `.slpkg`")]
    InvalidArchivePath {
        /// What was given, cut to a printable length.
        text: String,
    },
    /// Not a SHA-256 sum.
    #[error("{text:?} is not a SHA-256 sum: it has 64 digits, `0` to `9` and `a` to `f`")]
    InvalidSha256 {
        /// What was given, cut to a printable length.
        text: String,
    },
    /// Not a URL of an archive.
    #[error(
        "{text:?} is not a URL of a package: write it as \
         `https://example.com/effects.slpkg#sha256=` and the sum of the archive"
    )]
    InvalidUrl {
        /// What was given, cut to a printable length.
        text: String,
    },
    /// Not a place that a package can come from.
    #[error(
        "{text:?} is no package: write the name of an installed one (`com.example.effects`, or \
         with a range `com.example.effects@^1.2`), a folder (`./effects`), a file \
         (`effects.slpkg`) or a URL"
    )]
    InvalidSource {
        /// What was given, cut to a printable length.
        text: String,
    },
    /// Not the name and version of a schema.
    #[error(
        "{text:?} is not a schema: write its name and version as `com.example.point@1.0.0`; the \
         name is of lower-case letters, digits, `_` and dots"
    )]
    InvalidSchemaName {
        /// What was given, cut to a printable length.
        text: String,
    },
    /// Not an entry point.
    #[error(
        "{text:?} is not an entry point: write `module.name:Class` for Python, \
         `src/file.ts:name` for TypeScript"
    )]
    InvalidEntrypoint {
        /// What was given, cut to a printable length.
        text: String,
    },
    /// Not the name of an environment variable.
    #[error("{text:?} is not the name of an environment variable: letters, digits and `_`")]
    InvalidVariable {
        /// What was given, cut to a printable length.
        text: String,
    },
    /// A `${` in a string that opens no parameter reference.
    #[error(
        "{text:?} opens a parameter reference that is not `${{name}}`; for a literal `${{` write `$${{`"
    )]
    InvalidReference {
        /// The text from the `${` on, cut to a printable length.
        text: String,
    },
}

/// Longest piece of foreign text that a message repeats, in characters.
const EXCERPT_CHARS_MAX: usize = 48;

/// `text` as a message may repeat it: at most 48 characters, an ellipsis where it was cut.
pub(crate) fn excerpt(text: &str) -> String {
    let mut chars = text.chars();
    let mut short: String = chars.by_ref().take(EXCERPT_CHARS_MAX).collect();
    if chars.next().is_some() {
        short.push('…');
    }
    short
}
