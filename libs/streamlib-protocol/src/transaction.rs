//! Changes of a running graph: all of a transaction, or nothing.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use streamlib_schema::Delivery;

/// Changes that take effect together or not at all.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransactionRequest {
    /// The changes in their order, at most [`crate::CHANGES_MAX`].
    pub changes: Vec<Change>,
    /// Only plans: the answer says what would be done.
    #[serde(default)]
    pub dry_run: bool,
    /// The revision that the changes were made for. Another one in force refuses them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_revision: Option<u64>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// Changes the configuration of a processor while it runs.
    SetConfig {
        /// Its name.
        processor: String,
        /// The settings.
        config: Map<String, Value>,
        /// What becomes of settings that are not named.
        #[serde(default)]
        mode: ConfigMode,
    },
    /// Adds a processor.
    Add {
        /// Its name.
        processor: String,
        /// Name of its type.
        #[serde(rename = "type")]
        type_name: String,
        /// Its settings.
        #[serde(default)]
        config: Map<String, Value>,
    },
    /// Removes a processor with its links.
    Remove {
        /// Its name.
        processor: String,
    },
    /// Links an output to an input.
    Connect {
        /// The output, `movie.video`.
        from: String,
        /// The input, `gray.video_in`.
        to: String,
        /// What is asked of the link.
        #[serde(default)]
        options: LinkOptions,
    },
    /// Removes a link.
    Disconnect {
        /// The output.
        from: String,
        /// The input.
        to: String,
    },
    /// Puts a newly made processor in the place of one; links to ports of the same names stay.
    Replace {
        /// The name of both.
        processor: String,
        /// Name of the new one's type.
        #[serde(rename = "type")]
        type_name: String,
        /// The new one's settings.
        #[serde(default)]
        config: Map<String, Value>,
    },
}

/// What becomes of settings that a change does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfigMode {
    /// They stay.
    #[default]
    Merge,
    /// They get their defaults.
    Replace,
}

/// What is asked of a link. What is absent is as the input declares it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkOptions {
    /// How frames are delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
    /// Frames that fit, 1 to 4096.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depth: Option<u32>,
    /// Frames that were captured longer ago are dropped, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_ms: Option<u64>,
    /// Lane of the input; the least that is free when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<u32>,
    /// Whether a format converter may be put into the link; absent means yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub convert: Option<bool>,
    /// Whether the link closes a cycle.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub feedback: bool,
}

/// What a transaction did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionReply {
    /// Revision of the graph in force afterwards.
    pub revision: u64,
    /// Whether it was carried out; false for a dry run.
    pub committed: bool,
    /// The steps of the plan, one line each.
    pub plan: Vec<String>,
    /// What could not be torn down cleanly after the change was in force.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}
