//! Pure edits of a graph, all or nothing.

mod editor;
mod inverse;

use std::collections::BTreeSet;

use self::editor::Editor;
pub use self::inverse::Inverse;
use super::{Change, GraphError, GraphSnapshot};
use crate::delegates::FactoryDelegate;
use crate::ids::{LinkId, ProcessorId};

/// What [`apply`] made.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The graph after the changes, one revision later.
    pub snapshot: GraphSnapshot,
    /// The way back.
    pub inverse: Inverse,
    /// What the changes touched.
    pub touched: Touched,
    /// The numbers of the links that were made, in the order of the `Connect` changes.
    pub connected: Vec<LinkId>,
}

/// What changes touched, by name and number, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// Processors whose declaration or links changed, also those that are gone.
    pub processors: BTreeSet<ProcessorId>,
    /// Links that were made or removed.
    pub links: BTreeSet<LinkId>,
    /// Processors in whose place a newly made one comes.
    pub replaced: BTreeSet<ProcessorId>,
}

/// Applies `changes` in their order. Pure: `snapshot` stays as it is, and nothing runs.
///
/// Costs a copy of the topology (well under a millisecond for 50,000 processors) and a few map
/// edits a change; a single new link also a walk over what it can reach.
///
/// # Errors
/// A change cannot be made; then none is.
pub fn apply(
    snapshot: &GraphSnapshot,
    changes: &[Change],
    factory: &dyn FactoryDelegate,
) -> Result<Applied, GraphError> {
    let mut editor = Editor::new(snapshot, factory, changes);
    for change in changes {
        editor.change(change)?;
    }
    editor.finish()
}
