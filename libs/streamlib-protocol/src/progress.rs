//! How far a running graph is: little enough to be asked several times a second.
//!
//! It holds totals only. Rates, percent and time left are the client's to make, from two answers
//! and its own clock.

use serde::{Deserialize, Serialize};

use crate::info::GraphState;
use crate::inspect::Position;

/// How far a running graph is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What the graph is doing.
    pub state: GraphState,
    /// Time since it was started, ns.
    pub uptime_ns: u64,
    /// Where the source is that is least far, of those that say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// Inputs of processors that pass nothing on: what the graph has produced.
    pub sinks: Vec<SinkProgress>,
    /// Frames dropped on all links together.
    pub dropped: u64,
}

/// What has arrived at the end of the graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SinkProgress {
    /// The processor.
    pub processor: String,
    /// Its input.
    pub port: String,
    /// What it takes, compressed or not: `video`, `audio` or `data`; else the last part of its
    /// schema's name.
    pub kind: String,
    /// Frames that it was given.
    pub frames: u64,
}
