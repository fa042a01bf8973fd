//! What happened in a running graph.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How much an event matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventSeverity {
    /// It is as it should be.
    Info,
    /// Something was lost or slow.
    Warning,
    /// Something failed.
    Error,
}

/// Something that happened. Its number is the `id` of the server-sent event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When it happened: ns since the runtime began.
    pub time_ns: u64,
    /// What it is, in snake_case: `processor_failed`. The name of the server-sent event.
    pub kind: String,
    /// How much it matters.
    pub severity: EventSeverity,
    /// The processor that it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processor: Option<String>,
    /// The link that it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<u64>,
    /// What happened, as a phrase.
    pub message: String,
    /// Everything that the runtime knows of it; its form depends on the kind.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub detail: Value,
}

/// Sent instead of events that are no longer kept. It has no number of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lagged {
    /// How many events are missing here.
    pub missed: u64,
}

impl Lagged {
    /// Name of the server-sent event that carries it.
    pub const KIND: &str = "lagged";
}
