//! How a refusal looks: a code for programs, a phrase and a hint for people, and every problem
//! with its place when there are several.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::exit;

/// The kind of a refusal, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The request is not what its path takes.
    BadRequest,
    /// There is nothing at this path, or not for this method.
    NoSuchPath,
    /// The request or its body is larger than allowed.
    TooLarge,
    /// A graph or a change of one is wrong.
    InvalidGraph,
    /// A processor, link, type or graph that does not exist was named.
    UnknownName,
    /// The change was planned on another revision than the current one.
    RevisionConflict,
    /// The graph is in a state in which this cannot be done.
    WrongState,
    /// The change was right but could not be carried out; the graph is as before.
    CommitFailed,
    /// Too many clients at once.
    Busy,
    /// The machine lacks something that is needed.
    Environment,
    /// A defect of the runtime itself.
    Internal,
    /// A code that a later runtime added.
    #[serde(other)]
    Unknown,
}

impl ErrorCode {
    /// The HTTP status that goes with it.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::NoSuchPath | Self::UnknownName => 404,
            Self::TooLarge => 413,
            Self::InvalidGraph => 422,
            Self::RevisionConflict | Self::WrongState => 409,
            Self::Busy => 503,
            Self::CommitFailed | Self::Environment | Self::Internal | Self::Unknown => 500,
        }
    }

    /// The exit code of a program that ends because of it.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::BadRequest
            | Self::NoSuchPath
            | Self::TooLarge
            | Self::InvalidGraph
            | Self::UnknownName => exit::USAGE,
            Self::Environment => exit::ENVIRONMENT,
            Self::RevisionConflict
            | Self::WrongState
            | Self::CommitFailed
            | Self::Busy
            | Self::Internal
            | Self::Unknown => exit::FAILED,
        }
    }
}

/// Why something was refused. `Display` writes the message, every problem, and the hint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub struct ErrorBody {
    /// Its kind, for programs.
    pub code: ErrorCode,
    /// What is wrong, as a phrase.
    pub message: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// All problems, where there may be several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
}

impl ErrorBody {
    /// A refusal without hint and problems.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, problems: Vec::new() }
    }

    /// The same with a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same with problems.
    #[must_use]
    pub fn with_problems(mut self, problems: Vec<Problem>) -> Self {
        self.problems = problems;
        self
    }
}

impl fmt::Display for ErrorBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for problem in &self.problems {
            write!(f, "\n\n{problem}")?;
        }
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemSeverity {
    /// It prevents what was asked.
    Error,
    /// It does not, but is probably not meant.
    Warning,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The file's name as it was given.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// How many characters of that line are meant; absent for a point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<usize>,
}

/// One problem of a graph. `Display` writes it as it is shown to people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// How bad it is.
    pub severity: ProblemSeverity,
    /// Its kind in kebab-case, for programs.
    pub code: String,
    /// What is wrong, as a phrase.
    pub message: String,
    /// What it concerns: `processors.movie.config.path`, `links[2]`.
    pub path: String,
    /// Where it stands; absent when it does not come from a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Place>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The whole problem as it is shown to people, with the line of the file. Empty where nobody
    /// had the file at hand.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub shown: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.shown.is_empty() {
            return f.write_str(&self.shown);
        }
        if let Some(Place { file, line, column, .. }) = &self.location {
            write!(f, "{file}:{line}:{column}: ")?;
        }
        let severity = match self.severity {
            ProblemSeverity::Error => "error",
            ProblemSeverity::Warning => "warning",
        };
        write!(f, "{severity}[{}]: {}", self.code, self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}
