//! Decides everything about a graph that can be decided before anything is built.
//!
//! The passes, each with one file:
//! 1. *formats*: what both ends of each link can agree on, with what is tied to them before and
//!    behind; where there is nothing, a converter becomes a stage of the link.
//! 2. *joins*: how much deeper a link into a join must be so that its other paths can fill.
//! 3. *strands*: which processors always run one after the other on the same worker.
//! 4. *assemble*: carriers, depths, and the plans of processors, links and strands.
//!
//! All passes work on arrays by slot, in the order of the graph, so a pass costs one visit a
//! processor and link; only joins look further, within a limit.

mod assemble;
mod draft;
mod formats;
mod joins;
mod strands;

use self::draft::Draft;
use super::blueprint::Blueprint;
use super::error::PlanError;
use crate::delegates::{FactoryDelegate, SchedulerDelegate};
use crate::graph::GraphSnapshot;

/// Decides everything about `snapshot`.
///
/// # Errors
/// The parts do not go together; see [`PlanError`].
pub fn blueprint(
    snapshot: &GraphSnapshot,
    scheduler: &dyn SchedulerDelegate,
    factory: &dyn FactoryDelegate,
) -> Result<Blueprint, PlanError> {
    revise(&Blueprint::default(), snapshot, scheduler, factory)
}

/// Decides everything about `snapshot`, given what was decided about an earlier one. What comes
/// out equals what [`blueprint`] gives, and shares with `before` all plans that are the same.
///
/// # Errors
/// The parts do not go together; see [`PlanError`].
pub fn revise(
    before: &Blueprint,
    snapshot: &GraphSnapshot,
    scheduler: &dyn SchedulerDelegate,
    factory: &dyn FactoryDelegate,
) -> Result<Blueprint, PlanError> {
    let mut draft = Draft::new(snapshot, scheduler, factory)?;
    draft.formats()?;
    draft.joins();
    draft.strands()?;
    Ok(draft.assemble(before))
}
