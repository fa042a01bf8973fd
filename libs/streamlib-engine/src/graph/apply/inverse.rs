//! The way back from changes, sharing what it can with the graph that they were made to.

use std::sync::Arc;

use crate::graph::{Change, Link, ProcessorNode};
use crate::ids::{LinkId, ProcessorId};

/// The way back from changes that were made. A few words a change: declarations are shared with
/// the graph before.
#[derive(Debug, Clone, Default)]
pub struct Inverse {
    /// The last one is the first to be made.
    steps: Vec<Back>,
}

/// One change back, with the declaration as it was.
#[derive(Debug, Clone)]
pub(super) enum Back {
    Add(Arc<ProcessorNode>),
    Remove(ProcessorId),
    Disconnect(LinkId),
    Reconnect(Arc<Link>),
    SetConfig(Arc<ProcessorNode>),
    Replace(Arc<ProcessorNode>),
    Annotate(Arc<ProcessorNode>),
}

impl Inverse {
    pub(super) fn push(&mut self, step: Back) {
        self.steps.push(step);
    }

    /// True if nothing was changed.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The changes that lead back, in the order in which to apply them.
    pub fn changes(&self) -> Vec<Change> {
        self.steps.iter().rev().map(Back::change).collect()
    }

    /// What was done, for people, the last first: what [`Self::changes`] would undo.
    pub(crate) fn texts(&self) -> impl Iterator<Item = String> {
        self.steps.iter().rev().map(Back::text)
    }
}

impl Back {
    fn change(&self) -> Change {
        match self {
            Self::Add(node) => Change::Add { node: (**node).clone() },
            Self::Remove(id) => Change::Remove { id: id.clone() },
            Self::Disconnect(id) => Change::Disconnect { id: *id },
            Self::Reconnect(link) => Change::Reconnect { link: (**link).clone() },
            Self::SetConfig(node) => {
                Change::SetConfig { id: node.id.clone(), config: node.config.clone() }
            }
            Self::Replace(node) => Change::Replace { id: node.id.clone(), node: (**node).clone() },
            Self::Annotate(node) => {
                Change::Annotate { id: node.id.clone(), annotations: node.annotations.clone() }
            }
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Add(node) => format!("`{}` was removed", node.id),
            Self::Remove(id) => format!("`{id}` was added"),
            Self::Reconnect(link) => {
                format!("the link {} -> {} was removed", link.source, link.target)
            }
            Self::Disconnect(id) => format!("{id} was added"),
            Self::SetConfig(node) => format!("the configuration of `{}` was changed", node.id),
            Self::Replace(node) => format!("`{}` was replaced", node.id),
            Self::Annotate(node) => format!("the notes of `{}` were changed", node.id),
        }
    }
}
