//! The graph as it is declared: what a graph file says, with the parameters put in, and what was
//! changed since.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use streamlib_schema::Delivery;

/// The graph as it is declared.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Snapshot {
    /// Name of the graph.
    pub name: String,
    /// How many transactions led here.
    pub revision: u64,
    /// The processors. Those of a file are in its order, those of a running graph in the order
    /// of their names.
    pub processors: Vec<DeclaredProcessor>,
    /// The links, in the order of lanes.
    pub links: Vec<DeclaredLink>,
}

/// A processor as it is declared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeclaredProcessor {
    /// Its name in the graph.
    pub id: String,
    /// Name of its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Its configuration, without what its type leaves at the default.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub config: Value,
    /// What it shall run on, in words; absent where that is left to the runtime.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduling: Option<String>,
    /// A note of who made the graph.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A link as it is declared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeclaredLink {
    /// Its number; absent where the graph does not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// The output, `movie.video`.
    pub from: String,
    /// The input, `gray.video_in`.
    pub to: String,
    /// Lane of the input; absent where it was left open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<u32>,
    /// How frames are delivered; absent for what the input declares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
    /// Frames that fit; absent for what the input declares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depth: Option<u32>,
    /// Whether it closes a cycle.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub feedback: bool,
}
