//! The changes that can be made to a graph.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Link, LinkOptions, ProcessorNode};
use crate::ids::{LinkId, PortRef, ProcessorId};

/// One change of a graph. Several make a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// Adds a processor.
    Add {
        /// The processor.
        node: ProcessorNode,
    },
    /// Removes a processor with its links.
    Remove {
        /// Which.
        id: ProcessorId,
    },
    /// Links an output to an input. The link gets the next number.
    Connect {
        /// The output.
        source: PortRef,
        /// The input.
        target: PortRef,
        /// What is asked of the link.
        #[serde(default)]
        options: LinkOptions,
    },
    /// Removes a link.
    Disconnect {
        /// Which.
        id: LinkId,
    },
    /// Puts back a link that was removed, with its number and lane: what undoing a removal takes.
    Reconnect {
        /// The link.
        link: Link,
    },
    /// Gives a processor a new configuration, while it runs.
    SetConfig {
        /// Which.
        id: ProcessorId,
        /// All of the new configuration.
        config: Value,
    },
    /// Puts a newly made processor in the place of one; links to ports of the same name stay.
    Replace {
        /// Which.
        id: ProcessorId,
        /// The new declaration; its `id` is `id`.
        node: ProcessorNode,
    },
    /// Replaces the annotations of a processor.
    Annotate {
        /// Which.
        id: ProcessorId,
        /// The new annotations.
        annotations: Value,
    },
}
