//! Decides everything about a graph that can be decided before anything is built.
//!
//! The passes, each with one file:
//! 1. *formats*: what both ends of each link can agree on, with what is tied to them before and
//!    behind; where there is nothing, a converter becomes a stage of the link.
//! 2. *joins*: how much deeper a link into a join must be so that its other paths can fill.
//! 3. *strands*: which processors always run one after the other on the same worker.
//! 4. *assemble* and *members*: carriers, depths, and the plans of processors, links and strands.
//!
//! Each pass starts from the processors whose declaration or links differ, and goes on to those
//! whose neighbours came out different. So one edit costs what it touches. A graph that is new, or
//! differs in much, is gone through in its order, which costs one visit a processor and link. Only
//! joins look further, within a limit.

mod assemble;
mod draft;
mod formats;
mod joins;
mod members;
mod strands;
mod worklist;

pub(crate) use self::draft::Basis;
use self::draft::{Draft, Stop};
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
/// out is what [`blueprint`] gives, and shares with `before` all plans that are the same; only the
/// order of members of a strand that do not depend on each other may be another.
///
/// # Errors
/// The parts do not go together; see [`PlanError`].
pub fn revise(
    before: &Blueprint,
    snapshot: &GraphSnapshot,
    scheduler: &dyn SchedulerDelegate,
    factory: &dyn FactoryDelegate,
) -> Result<Blueprint, PlanError> {
    if let Some(draft) = Draft::of_what_differs(before, snapshot, scheduler, factory) {
        match decide(draft) {
            Ok(after) => return Ok(after),
            Err(Stop::Refused(error)) => return Err(*error),
            Err(Stop::TooMuchDiffers) => {}
        }
    }
    match decide(Draft::of_all(before, snapshot, scheduler, factory)?) {
        Ok(after) => Ok(after),
        Err(Stop::Refused(error)) => Err(*error),
        // A pass in the order of the graph visits everything once: it has no limit to reach.
        Err(Stop::TooMuchDiffers) => Err(PlanError::Cycle(Vec::new())),
    }
}

fn decide(mut draft: Draft<'_>) -> Result<Blueprint, Stop> {
    draft.formats()?;
    draft.joins();
    draft.strands()?;
    Ok(draft.assemble())
}
