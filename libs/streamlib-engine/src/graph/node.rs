//! A processor as it is declared.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::delegates::SchedulingStrategy;
use crate::ids::ProcessorId;

/// A processor as it is declared. Absent settings are those of its type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessorNode {
    /// Its name in the graph.
    pub id: ProcessorId,
    /// The name of its type, `com.tatolab.grayscale`.
    pub processor_type: String,
    /// Its configuration as it stands in a file; `null` for every default.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub config: Value,
    /// What it runs on; `None` leaves that to the scheduler delegate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduling: Option<SchedulingStrategy>,
    /// What follows a failure.
    #[serde(default, skip_serializing_if = "RestartPolicy::is_never")]
    pub restart: RestartPolicy,
    /// A call over this is stuck; `None` for the limit that its type declares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_limit: Option<Duration>,
    /// Notes and positions that editors keep here; nothing acts on them.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub annotations: Value,
}

impl ProcessorNode {
    /// A processor with the configuration `config` and everything else as its type declares it.
    pub fn new(id: ProcessorId, processor_type: impl Into<String>, config: Value) -> Self {
        Self {
            id,
            processor_type: processor_type.into(),
            config,
            scheduling: None,
            restart: RestartPolicy::Never,
            call_limit: None,
            annotations: Value::Null,
        }
    }
}

/// What follows the failure of a processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "policy", rename_all = "snake_case")]
pub enum RestartPolicy {
    /// It stays failed.
    #[default]
    Never,
    /// It is made anew after an error or a panic.
    OnFailure {
        /// Wait before the first restart; doubled from one to the next.
        backoff: Duration,
        /// Most restarts, at least 1, before the failure is final; `None` for no limit.
        limit: Option<u32>,
    },
    /// It is made anew whenever it has ended by itself.
    Always {
        /// Wait before the first restart; doubled from one failure to the next.
        backoff: Duration,
        /// Most restarts, at least 1, before the end is final; `None` for no limit.
        limit: Option<u32>,
    },
}

impl RestartPolicy {
    /// True for [`RestartPolicy::Never`].
    pub const fn is_never(&self) -> bool {
        matches!(self, Self::Never)
    }
}
