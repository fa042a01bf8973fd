//! Who a runtime is, and the requests that concern its whole graph.

use serde::{Deserialize, Serialize};

/// Version of the control interface. It is raised when an old client could misunderstand a new
/// runtime; new paths and new fields do not raise it.
pub const PROTOCOL_VERSION: u32 = 1;

/// What the graph as a whole is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GraphState {
    /// It is declared and not yet started.
    Idle,
    /// It runs.
    Running,
    /// Its clock stands still.
    Paused,
    /// Its sources have ended and the rest is being drained.
    Stopping,
    /// Everything has ended.
    Ended,
    /// A state that a later runtime added.
    #[serde(other)]
    Unknown,
}

impl GraphState {
    /// The word that is shown and written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Stopping => "stopping",
            Self::Ended => "ended",
            Self::Unknown => "unknown",
        }
    }
}

/// Who a runtime is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    /// Version of the control interface that it speaks, [`PROTOCOL_VERSION`].
    pub protocol: u32,
    /// Version of the program.
    pub version: String,
    /// Number of its process.
    pub pid: u32,
    /// Name under which it is found.
    pub name: String,
    /// The file its graph came from, as an absolute path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// What its graph is doing.
    pub state: GraphState,
    /// Time since the graph was started, ns; 0 before.
    pub uptime_ns: u64,
    /// Revision of the graph in force.
    pub revision: u64,
}

/// Asks the graph to stop. Its sources end, and what is under way is drained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopRequest {
    /// How long frames under way may take, ms; what is left then is cut and counted. 0 cuts at
    /// once. Absent: the setting of the graph.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drain_timeout_ms: Option<u64>,
}

/// What was asked is being done, or is done already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// State of the graph right after.
    pub state: GraphState,
}
