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
