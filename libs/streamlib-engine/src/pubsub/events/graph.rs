//! What happens to a graph.

use serde::Serialize;

use super::names;
use crate::graph::GraphState;
use crate::ids::{LinkId, PortRef, ProcessorId};

/// What happens to a graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "name", rename_all = "snake_case")]
#[non_exhaustive]
pub enum GraphEvent {
    /// A processor is about to be added.
    GraphWillAddProcessor {
        /// Which.
        processor_id: ProcessorId,
        /// Its type.
        processor_type: String,
    },
    /// A processor was added.
    GraphDidAddProcessor {
        /// Which.
        processor_id: ProcessorId,
        /// Its type.
        processor_type: String,
    },
    /// A processor is about to be removed.
    GraphWillRemoveProcessor {
        /// Which.
        processor_id: ProcessorId,
    },
    /// A processor was removed.
    GraphDidRemoveProcessor {
        /// Which.
        processor_id: ProcessorId,
    },
    /// A link is about to be made.
    GraphWillCreateLink {
        /// Which.
        link_id: LinkId,
        /// The output.
        source: PortRef,
        /// The input.
        target: PortRef,
    },
    /// A link was made.
    GraphDidCreateLink {
        /// Which.
        link_id: LinkId,
        /// The output.
        source: PortRef,
        /// The input.
        target: PortRef,
    },
    /// A link is about to be removed.
    GraphWillRemoveLink {
        /// Which.
        link_id: LinkId,
    },
    /// A link was removed.
    GraphDidRemoveLink {
        /// Which.
        link_id: LinkId,
    },
    /// The graph started, stopped or was paused.
    StateChanged {
        /// Before.
        old: GraphState,
        /// Now.
        new: GraphState,
    },
    /// A transaction is in force.
    CommitDone {
        /// The graph's revision now.
        revision: u64,
    },
    /// A transaction was refused or undone; the graph is as before.
    CommitFailed {
        /// The revision that it was planned on.
        base_revision: u64,
        /// Why.
        error: String,
    },
    /// Processors wait for each other and none can go on: the graph fails.
    WatchdogDeadlock {
        /// Who waits, each for the next, the last for the first.
        cycle: Vec<ProcessorId>,
        /// The same for people: who waits on which port.
        message: String,
    },
}

names!(GraphEvent {
    GraphWillAddProcessor => "graph_will_add_processor",
    GraphDidAddProcessor => "graph_did_add_processor",
    GraphWillRemoveProcessor => "graph_will_remove_processor",
    GraphDidRemoveProcessor => "graph_did_remove_processor",
    GraphWillCreateLink => "graph_will_create_link",
    GraphDidCreateLink => "graph_did_create_link",
    GraphWillRemoveLink => "graph_will_remove_link",
    GraphDidRemoveLink => "graph_did_remove_link",
    StateChanged => "state_changed",
    CommitDone => "commit_done",
    CommitFailed => "commit_failed",
    WatchdogDeadlock => "watchdog_deadlock",
});
