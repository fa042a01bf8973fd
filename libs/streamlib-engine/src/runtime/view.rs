//! What readers see: published after each commit, never locked.

use std::sync::Arc;

use crate::compiler::installation::Installation;
use crate::compiler::{Blueprint, LinkKey};
use crate::execution::ProcessorCell;
use crate::graph::{GraphSnapshot, GraphState};
use crate::ids::ProcessorId;
use crate::link_channel::link::LinkShared;
use crate::maps::SharedMap;

/// The graph as it was declared and as it runs, at one revision.
#[derive(Debug, Default)]
pub(crate) struct View {
    pub(crate) snapshot: GraphSnapshot,
    pub(crate) state: GraphState,
    /// What was decided about the snapshot.
    pub(crate) blueprint: Blueprint,
    pub(crate) cells: SharedMap<ProcessorId, Arc<ProcessorCell>>,
    pub(crate) links: SharedMap<LinkKey, Arc<LinkShared>>,
    pub(crate) abandoned_threads: usize,
}

impl View {
    pub(crate) fn new(
        snapshot: GraphSnapshot,
        state: GraphState,
        blueprint: Blueprint,
        installed: &Installation,
    ) -> Self {
        Self {
            snapshot,
            state,
            blueprint,
            cells: installed.cells.clone(),
            links: installed.links.clone(),
            abandoned_threads: installed.abandoned_threads,
        }
    }
}
