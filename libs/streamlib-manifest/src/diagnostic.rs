//! What is wrong with a file: where, why, and what to do.
//!
//! All problems of a file are reported together, in the order of the file. The code of a
//! problem is stable and meant for programs; messages and hints are for people and may change.

use std::fmt;

use serde::Serialize;

use crate::path::NodePath;
use crate::source::{ByteSpan, SourceText};

/// Most problems reported for one file; further ones are counted in a last diagnostic.
pub const DIAGNOSTICS_MAX: usize = 200;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used, but something in it has no effect or is probably not meant.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])+ $name:ident = $text:literal,)+) => {
        /// The kind of a problem. Displays and serialises as its stable kebab-case text.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])+ #[serde(rename = $text)] $name,)+
        }

        impl Code {
            /// Every code there is.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The stable text of the code.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

codes! {
    /// The file is larger than [`crate::FILE_BYTES_MAX`].
    FileTooLarge = "file-too-large",
    /// The bytes are not UTF-8 text.
    NotUtf8 = "not-utf8",
    /// The text holds a control character that YAML and JSON do not allow.
    ControlCharacter = "control-character",
    /// The text is neither YAML nor JSON.
    Syntax = "syntax",
    /// There is nothing in the file.
    EmptyFile = "empty-file",
    /// There is a second YAML document in the file.
    MultipleDocuments = "multiple-documents",
    /// Lists and mappings are nested deeper than [`crate::NESTING_MAX`].
    NestingTooDeep = "nesting-too-deep",
    /// An anchor (`&name`) or alias (`*name`), which are refused.
    AnchorOrAlias = "anchor-or-alias",
    /// A YAML tag (`!name`), which are refused.
    Tag = "tag",
    /// A key of a mapping that is not text.
    KeyNotText = "key-not-text",
    /// A key that stands twice in one mapping.
    DuplicateKey = "duplicate-key",
    /// A number that no 64-bit integer or finite 64-bit float holds.
    NumberOutOfRange = "number-out-of-range",
    /// A key that has no meaning at its place.
    UnknownKey = "unknown-key",
    /// A key that must be there.
    MissingKey = "missing-key",
    /// A value of another type than is needed.
    WrongType = "wrong-type",
    /// A word that is not one of the possible ones.
    UnknownValue = "unknown-value",
    /// A number or length outside its limits.
    OutOfRange = "out-of-range",
    /// A name that does not follow its grammar.
    InvalidName = "invalid-name",
    /// A version or a range of versions that does not follow its grammar.
    InvalidVersion = "invalid-version",
    /// A path or pattern of paths that leaves its folder or is none.
    InvalidPath = "invalid-path",
    /// A place of a package, a URL or a sum that does not follow its grammar.
    InvalidSource = "invalid-source",
    /// A schema that is none.
    InvalidSchema = "invalid-schema",
    /// A schema that nobody brings.
    UnknownSchema = "unknown-schema",
    /// A file that is named and not there.
    MissingFile = "missing-file",
    /// A plugin that is none, or not the one that its package says.
    InvalidPlugin = "invalid-plugin",
    /// A processor in a language that this program cannot run.
    NoHost = "no-host",
    /// A package that a graph needs and that cannot be loaded.
    PackageNotLoaded = "package-not-loaded",
    /// A package for other versions of StreamLib.
    WrongVersion = "wrong-version",
    /// A name that stands twice where it has to be the only one.
    DuplicateName = "duplicate-name",
    /// A duration that does not follow its grammar.
    InvalidDuration = "invalid-duration",
    /// A size that does not follow its grammar.
    InvalidSize = "invalid-size",
    /// A link or an end of one that does not follow its grammar.
    InvalidLink = "invalid-link",
    /// A link that names a processor which is not in the file.
    UnknownProcessor = "unknown-processor",
    /// Two links with the same ends.
    DuplicateLink = "duplicate-link",
    /// Two links that ask for the same lane of one input.
    DuplicateLane = "duplicate-lane",
    /// Keys that contradict each other.
    ConflictingKeys = "conflicting-keys",
    /// A `${` that is not a parameter reference.
    InvalidReference = "invalid-reference",
    /// A reference to, or a value for, a parameter that is not declared.
    UnknownParameter = "unknown-parameter",
    /// A parameter that has no default and was not set.
    ParameterUnset = "parameter-unset",
    /// A value that does not fit the type of its parameter.
    ParameterType = "parameter-type",
    /// A parameter that nothing refers to.
    UnusedParameter = "unused-parameter",
    /// A type of processor that the runtime does not know.
    UnknownType = "unknown-type",
    /// A configuration that its type of processor does not take.
    InvalidConfig = "invalid-config",
    /// A processor that cannot be added for another reason.
    InvalidProcessor = "invalid-processor",
    /// A port that its processor does not have.
    UnknownPort = "unknown-port",
    /// Two ports that cannot be linked: schemas, formats, lanes or a cycle.
    RefusedLink = "refused-link",
    /// Parts that are right one by one and do not go together.
    RefusedGraph = "refused-graph",
    /// A processor that is right and could not be started: a file that is missing, for example.
    StartFailed = "start-failed",
    /// There were more problems than are reported.
    TooManyProblems = "too-many-problems",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Location {
    /// The file's name as it was given to the parser.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in Unicode scalar values, from 1.
    pub column: usize,
    /// How many characters of that line are meant; absent for a point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<usize>,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A source line as it is shown below a message; control characters are replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snippet {
    pub(crate) line: usize,
    pub(crate) text: String,
    /// Characters of `text` before the caret.
    pub(crate) caret_at: usize,
    /// Number of carets, at least 1.
    pub(crate) caret_length: usize,
}

/// One problem of a file.
///
/// `Display` writes `file:line:column: error[code]: message`, the source line with the place
/// underlined, and the hint, without a line break at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Its kind, for programs.
    pub code: Code,
    /// What is wrong, as a phrase.
    pub message: String,
    /// The node it concerns.
    pub path: NodePath,
    /// Where it stands; absent when it does not come from the file (a `--set`, for example).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    #[serde(skip)]
    pub(crate) snippet: Option<Snippet>,
}

impl Diagnostic {
    /// An error without a place. [`crate::Spans::at`] gives it one.
    #[must_use]
    pub fn error(code: Code, path: NodePath, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            path,
            location: None,
            hint: None,
            snippet: None,
        }
    }

    /// A warning without a place.
    #[must_use]
    pub fn warning(code: Code, path: NodePath, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, path, message) }
    }

    /// The same with a hint, if there is one.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<Option<String>>) -> Self {
        self.hint = hint.into();
        self
    }

    pub(crate) fn at(mut self, source: &SourceText, span: &ByteSpan) -> Self {
        self.location = Some(source.location(span));
        self.snippet = Some(source.snippet(span));
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = &self.location {
            write!(f, "{location}: ")?;
        }
        write!(f, "{}[{}]: {}", self.severity, self.code, self.message)?;
        if let Some(snippet) = &self.snippet {
            let gutter = snippet.line.to_string();
            write!(f, "\n{gutter} | {}", snippet.text)?;
            let (margin, indent) = (gutter.len(), snippet.caret_at);
            let carets = "^".repeat(snippet.caret_length);
            write!(f, "\n{:margin$} | {:indent$}{carets}", "", "")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

/// The problems of one file, in its order. `Display` writes them with an empty line between.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// All problems, in the order of the file.
    #[must_use]
    pub fn as_slice(&self) -> &[Diagnostic] {
        &self.0
    }

    /// Whether there is nothing to report.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of the problems is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|d| d.severity == Severity::Error)
    }

    /// Adds a problem and keeps the order of the file; those without a place come last.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let key = place(&diagnostic);
        let at = self.0.partition_point(|d| place(d) <= key);
        self.0.insert(at, diagnostic);
    }

    /// Adds several problems.
    pub fn extend(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        self.0.extend(diagnostics);
        self.0.sort_by_key(place);
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, diagnostic) in self.0.iter().enumerate() {
            let between = if at == 0 { "" } else { "\n\n" };
            write!(f, "{between}{diagnostic}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

fn place(diagnostic: &Diagnostic) -> (usize, usize) {
    diagnostic.location.as_ref().map_or((usize::MAX, usize::MAX), |l| (l.line, l.column))
}

/// Collects the problems of one source while it is read, up to [`DIAGNOSTICS_MAX`].
#[derive(Debug)]
pub(crate) struct Problems<'s> {
    pub(crate) source: &'s SourceText,
    found: Vec<Diagnostic>,
    dropped_errors: usize,
    dropped_warnings: usize,
}

impl<'s> Problems<'s> {
    pub(crate) fn new(source: &'s SourceText) -> Self {
        Self { source, found: Vec::new(), dropped_errors: 0, dropped_warnings: 0 }
    }

    /// Adds an error. It is made only when there is room for it, so that a file with a million
    /// errors costs no more than one with the most that are reported.
    pub(crate) fn error(&mut self, span: &ByteSpan, make: impl FnOnce() -> Diagnostic) {
        if self.found.len() < DIAGNOSTICS_MAX {
            self.found.push(make().at(self.source, span));
        } else {
            self.dropped_errors += 1;
        }
    }

    /// Adds a warning, if there is room for it.
    pub(crate) fn warning(&mut self, span: &ByteSpan, make: impl FnOnce() -> Diagnostic) {
        if self.found.len() < DIAGNOSTICS_MAX {
            self.found.push(make().at(self.source, span));
        } else {
            self.dropped_warnings += 1;
        }
    }

    pub(crate) fn finish(self) -> Diagnostics {
        let mut diagnostics = Diagnostics::default();
        diagnostics.extend(self.found);
        let dropped = self.dropped_errors + self.dropped_warnings;
        if dropped > 0 {
            let message = format!(
                "there are {dropped} more problems; only the first {DIAGNOSTICS_MAX} found are shown"
            );
            let code = Code::TooManyProblems;
            // Warnings alone, however many, do not make a file unusable.
            diagnostics.push(match self.dropped_errors {
                0 => Diagnostic::warning(code, NodePath::root(), message),
                _ => Diagnostic::error(code, NodePath::root(), message),
            });
        }
        diagnostics
    }
}
