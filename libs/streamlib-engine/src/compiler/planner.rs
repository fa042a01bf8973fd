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
mod tables;
mod worklist;

pub(crate) use self::draft::Basis;
use self::draft::{Draft, Stop};
use super::blueprint::Blueprint;
use super::error::PlanError;
use crate::delegates::{FactoryDelegate, SchedulerDelegate};
use crate::graph::GraphSnapshot;
use crate::ids::{LinkId, ProcessorId};

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
    let is_revised = before.basis.snapshot.processor_count() > 0;
    if is_revised && let Some(draft) = Draft::of_what_differs(before, snapshot, scheduler, factory)
    {
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

/// What a running graph turned out to need beside what was declared.
#[derive(Debug, Clone)]
pub(crate) enum Adaptation {
    /// A link is to hold so many frames: its join starves on another.
    Deepen(LinkId, u32),
    /// A processor is to share its strand with nobody: its calls hold the others up.
    SetApart(ProcessorId),
}

/// Decides about the same snapshot again, with one adaptation more. It stays in force for whatever
/// is decided on this basis.
///
/// # Errors
/// As [`revise`].
pub(crate) fn adapt(
    before: &Blueprint,
    adaptation: Adaptation,
    scheduler: &dyn SchedulerDelegate,
    factory: &dyn FactoryDelegate,
) -> Result<Blueprint, PlanError> {
    let snapshot = before.basis.snapshot.clone();
    let mut draft = match Draft::of_what_differs(before, &snapshot, scheduler, factory) {
        Some(draft) => draft,
        None => Draft::of_all(before, &snapshot, scheduler, factory)?,
    };
    match adaptation {
        Adaptation::Deepen(link, depth) => {
            draft.basis.grown.insert(link, depth);
            if let Some((_, consumer, _)) = draft.target(link) {
                draft.dirty.push(consumer.slot);
            }
        }
        Adaptation::SetApart(processor) => {
            if let Some(entry) = snapshot.entry(&processor) {
                let consumers = snapshot.topology().consumers(entry.slot);
                draft.dirty.push(entry.slot);
                draft.dirty.extend(consumers.map(|(_, consumer)| consumer));
            }
            draft.basis.apart.insert(processor);
        }
    }
    decide(draft).map_err(|stop| match stop {
        Stop::Refused(error) => *error,
        Stop::TooMuchDiffers => PlanError::Cycle(Vec::new()),
    })
}

fn decide(mut draft: Draft<'_>) -> Result<Blueprint, Stop> {
    draft.formats()?;
    draft.joins();
    draft.strands()?;
    Ok(draft.assemble())
}
