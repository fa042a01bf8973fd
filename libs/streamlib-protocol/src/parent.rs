//! What a runtime tells the program that started it.
//!
//! The parent gives the runtime one end of a socket as its standard input. The runtime writes one
//! line of JSON a message: first [`ParentMessage::Ready`] or [`ParentMessage::Failed`], and after
//! `Ready`, at the very end, [`ParentMessage::Ended`]. When the parent's end closes, the parent is
//! gone, and the runtime stops its graph in order. Nothing is ever written to standard output,
//! which a processor might use.

use serde::{Deserialize, Serialize};

use crate::error::ErrorBody;
use crate::inspect::Inspect;

/// A message to the parent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "snake_case")]
pub enum ParentMessage {
    /// The graph was started and the socket listens.
    Ready {
        /// Path of the socket.
        socket: String,
        /// Name under which the graph is found.
        name: String,
    },
    /// The graph could not be started.
    Failed {
        /// Why.
        error: ErrorBody,
    },
    /// The graph has ended.
    Ended {
        /// How, with the last inspection.
        report: Box<Report>,
    },
}

impl ParentMessage {
    /// The message as one line, with the line's end.
    ///
    /// # Errors
    /// JSON cannot hold it. No message of this crate is so.
    pub fn to_line(&self) -> serde_json::Result<String> {
        let mut line = serde_json::to_string(self)?;
        line.push('\n');
        Ok(line)
    }

    /// Reads a line.
    ///
    /// # Errors
    /// It is not such a message.
    pub fn from_line(line: &str) -> serde_json::Result<Self> {
        serde_json::from_str(line.trim_end())
    }
}

/// How a run of a graph ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// How it ended.
    pub outcome: Outcome,
    /// How each processor ended that was in the graph.
    pub ends: Vec<ProcessorEnd>,
    /// The last look into it.
    pub inspect: Inspect,
}

/// How a run of a graph ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Its sources had no more.
    Finished,
    /// It was asked to stop.
    Stopped,
    /// It was asked to stop by a signal (Ctrl-C).
    Interrupted,
    /// At least one processor failed.
    Failed,
}

impl Outcome {
    /// The exit code of a program that ran the graph ([`crate::exit`]).
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Finished | Self::Stopped => crate::exit::OK,
            Self::Interrupted => crate::exit::INTERRUPTED,
            Self::Failed => crate::exit::FAILED,
        }
    }
}

/// How a processor ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessorEnd {
    /// Its name.
    pub processor: String,
    /// `finished`, `stopped`, `removed` or `failed`.
    pub cause: String,
    /// Why, where there is more to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl ProcessorEnd {
    /// Whether it failed.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        self.cause == "failed"
    }
}
