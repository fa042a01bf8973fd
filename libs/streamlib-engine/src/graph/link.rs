//! A link as it is declared.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use streamlib_schema::Delivery;

use crate::ids::{LinkId, PortRef};

/// A link from an output to a lane of an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its number.
    pub id: LinkId,
    /// The output.
    pub source: PortRef,
    /// The input.
    pub target: PortRef,
    /// The lane of the input: 0 unless the input takes many links. Removing another link does not
    /// change it.
    pub lane: u32,
    /// What was asked for.
    #[serde(default)]
    pub options: LinkOptions,
}

/// What is asked of a link. Absent settings are those of the input port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinkOptions {
    /// How frames are delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
    /// Depth of the queue, frames, 1 to [`LinkOptions::DEPTH_MAX`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub depth: Option<u32>,
    /// Frames captured longer ago are dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<Duration>,
    /// The lane of an input that takes many links; `None` for the least that is free.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lane: Option<u32>,
    /// Whether a format converter may be put into the link.
    #[serde(skip_serializing_if = "is_true")]
    pub convert: bool,
    /// Closes a cycle: delivered as `latest`, never a trigger, empty on the first call.
    #[serde(skip_serializing_if = "is_false")]
    pub feedback: bool,
    /// Notes that editors keep here; nothing acts on them.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub annotations: Value,
}

impl LinkOptions {
    /// Largest depth of a link, frames.
    pub const DEPTH_MAX: u32 = 4096;
    /// Most lanes of an input.
    pub const LANES_MAX: u32 = 1024;
}

impl Default for LinkOptions {
    fn default() -> Self {
        Self {
            delivery: None,
            depth: None,
            max_age: None,
            lane: None,
            convert: true,
            feedback: false,
            annotations: Value::Null,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_true(value: &bool) -> bool {
    *value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_false(value: &bool) -> bool {
    !*value
}
