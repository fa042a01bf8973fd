//! One commit: apply, decide, plan, carry out, publish.

use std::sync::Arc;
use std::sync::atomic::Ordering::Acquire;

use super::engine::{Committing, Engine, Shared};
use super::transaction::Committed;
use super::view::View;
use crate::compiler::installation::Installation;
use crate::compiler::phases::{Delegates, Phases, PinnedCall};
use crate::compiler::{Blueprint, LinkKey, Plan, plan, revise};
use crate::error::{Error, Result};
use crate::execution::ProcessorCell;
use crate::graph::{Applied, Change, GraphSnapshot, GraphState, Inverse, apply};
use crate::ids::ProcessorId;
use crate::pubsub::EventKind;
use crate::pubsub::events::{GraphEvent, ProcessorState, RuntimeEvent};

/// Commits that can be taken back.
const UNDO_DEPTH: usize = 100;

impl Shared {
    pub(super) fn dry_run(
        &self,
        changes: &[Change],
        base_revision: Option<u64>,
    ) -> Result<(Plan, GraphSnapshot)> {
        let committing = self.committing()?;
        let (applied, _, plan) = self.decide(&committing, changes, base_revision)?;
        Ok((plan, applied.snapshot))
    }

    /// Everything that can be said before anything is built.
    fn decide(
        &self,
        committing: &Committing,
        changes: &[Change],
        base_revision: Option<u64>,
    ) -> Result<(Applied, Blueprint, Plan)> {
        let snapshot = committing.graph.snapshot();
        if let Some(planned) = base_revision.filter(|planned| *planned != snapshot.revision()) {
            return Err(Error::Outdated {
                planned,
                present: snapshot.revision(),
                difference: changes_since(committing, planned),
            });
        }
        let applied = apply(snapshot, changes, &self.factory)?;
        let scheduler = &*self.scheduler;
        let after = revise(&committing.declared, &applied.snapshot, scheduler, &self.factory)?;
        let plan = plan(&committing.declared, &after, &applied);
        Ok((applied, after, plan))
    }

    pub(super) fn commit(
        &self,
        changes: &[Change],
        base_revision: Option<u64>,
    ) -> Result<Committed> {
        let mut committing = self.committing()?;
        let result = self.commit_locked(&mut committing, changes, base_revision);
        match result {
            Ok((committed, inverse)) => {
                committing.undo.push(inverse);
                let surplus = committing.undo.len().saturating_sub(UNDO_DEPTH);
                committing.undo.drain(..surplus);
                self.tell_committed(&committed, changes);
                Ok(committed)
            }
            Err(error) => {
                let base_revision = committing.graph.snapshot().revision();
                let event = GraphEvent::CommitFailed { base_revision, error: error.to_string() };
                self.env.publish(EventKind::Graph { event });
                Err(error)
            }
        }
    }

    pub(super) fn undo(&self) -> Result<Committed> {
        let mut committing = self.committing()?;
        let inverse = committing.undo.last().ok_or(Error::NothingToUndo)?.changes();
        let (committed, _) = self.commit_locked(&mut committing, &inverse, None)?;
        committing.undo.pop();
        self.tell_committed(&committed, &inverse);
        Ok(committed)
    }

    fn commit_locked(
        &self,
        committing: &mut Committing,
        changes: &[Change],
        base_revision: Option<u64>,
    ) -> Result<(Committed, Inverse)> {
        let (applied, after, plan) = self.decide(committing, changes, base_revision)?;
        let runs = committing.graph.state() != GraphState::Idle;
        let problems = if runs {
            self.carry_out(committing, &plan, after.clone(), &applied.snapshot)?
        } else {
            Vec::new()
        };
        committing.graph.commit(&applied.snapshot);
        committing.declared = after;
        self.publish_view(committing);
        let revision = applied.snapshot.revision();
        let committed = Committed { revision, plan, connected: applied.connected, problems };
        Ok((committed, applied.inverse))
    }

    /// Carries a plan out; what is installed follows `after` afterwards. Readers see it from the
    /// flip on, unless it takes the whole graph down: then they see what ran until that is over.
    pub(super) fn carry_out(
        &self,
        committing: &mut Committing,
        plan: &Plan,
        after: Blueprint,
        snapshot: &GraphSnapshot,
    ) -> Result<Vec<String>> {
        self.carry_out_around(committing, plan, after, snapshot, None)
    }

    /// As [`Self::carry_out`], where a strand is taken apart of which a call is pinned.
    pub(super) fn carry_out_around(
        &self,
        committing: &mut Committing,
        plan: &Plan,
        after: Blueprint,
        snapshot: &GraphSnapshot,
        pinned: Option<PinnedCall<'_>>,
    ) -> Result<Vec<String>> {
        let fail_at = committing.fail_at.take();
        let delegates = Delegates {
            factory: &self.factory,
            processor: &*self.processor_delegate,
            resources: &self.resources,
            patience: self.settings.patience,
            fail_at,
        };
        let state = committing.graph.state();
        let declared = after.clone();
        let goes_down = after.processors.is_empty();
        let publish = |installed: &Installation| {
            if !goes_down {
                let view = View::new(snapshot.clone(), state, declared, installed);
                self.view.store(Arc::new(view));
            }
        };
        // What does not end by itself may be another set at any moment from here on.
        self.env.ends.set_endless(0);
        let phases = Phases::new(&mut committing.installation, delegates, plan, after, pinned);
        let carried = phases.carry_out(true, publish);
        let present = if carried.is_ok() { snapshot } else { committing.graph.snapshot() };
        self.env.ends.set_endless(count_endless(&committing.installation, present));
        let carried = carried?;
        for message in &carried.problems {
            let event = RuntimeEvent::RetireProblem { message: message.clone() };
            self.env.publish(EventKind::Runtime { event });
        }
        Ok(carried.problems)
    }

    /// Puts a new instance in the place of one that failed, as it is declared. False if that is
    /// not there any more.
    pub(super) fn restart(&self, failed: &Arc<ProcessorCell>) -> Result<bool> {
        let mut committing = self.committing()?;
        let present = committing.installation.cells.get(&failed.id);
        let is_present = present.is_some_and(|cell| Arc::ptr_eq(cell, failed));
        let runs = committing.graph.state() != GraphState::Idle;
        if !runs || !is_present || !failed.awaits_restart.load(Acquire) {
            return Ok(false);
        }
        let (snapshot, declared) =
            (committing.graph.snapshot().clone(), committing.declared.clone());
        let mut applied = super::lifecycle::whole(&snapshot);
        applied.touched.replaced.insert(failed.id.clone());
        let plan = plan(&declared, &declared, &applied);
        self.carry_out(&mut committing, &plan, declared, &snapshot)?;
        self.publish_view(&committing);
        Ok(true)
    }

    /// Takes those apart that were removed while they were in a call, and have come back.
    pub(super) fn take_apart_left(&self, committing: &mut Committing) {
        if committing.installation.left_behind.is_empty() {
            return;
        }
        for message in committing.installation.take_apart_left(&*self.processor_delegate) {
            self.env.publish(EventKind::Runtime { event: RuntimeEvent::RetireProblem { message } });
        }
    }

    pub(super) fn publish_view(&self, committing: &Committing) {
        let (snapshot, state) = (committing.graph.snapshot().clone(), committing.graph.state());
        let declared = committing.declared.clone();
        let view = Arc::new(View::new(snapshot, state, declared, &committing.installation));
        self.view.store(Arc::clone(&view));
        self.env.observed.follow(&view);
        // What it waits for may be possible now, and what failed meanwhile is in this view.
        self.env.supervisor.ring();
    }

    fn tell_committed(&self, committed: &Committed, changes: &[Change]) {
        for change in changes {
            let event = match change {
                Change::Add { node } => GraphEvent::GraphDidAddProcessor {
                    processor_id: node.id.clone(),
                    processor_type: node.processor_type.clone(),
                },
                Change::Remove { id } => {
                    GraphEvent::GraphDidRemoveProcessor { processor_id: id.clone() }
                }
                Change::Disconnect { id } => GraphEvent::GraphDidRemoveLink { link_id: *id },
                _ => continue,
            };
            self.env.publish(EventKind::Graph { event });
        }
        let event = GraphEvent::CommitDone { revision: committed.revision };
        self.env.publish(EventKind::Graph { event });
    }
}

/// How many of the processors that are counted as active do not end by themselves: they do not keep
/// a graph from ending whose sources have ended. What still waits in them is drained by the stop.
fn count_endless(installed: &Installation, snapshot: &GraphSnapshot) -> usize {
    let state = |id: &ProcessorId| installed.cells.get(id).map(|cell| cell.state());
    let endless = snapshot.endless(|id| state(id) == Some(ProcessorState::Ending));
    let converters = endless.links.iter().filter_map(|link| {
        let behind = installed.blueprint.links.get(&LinkKey { link: *link, part: 1 })?;
        Some(&behind.source.0)
    });
    let waits = |id: &&ProcessorId| {
        state(id).is_some_and(|it| !matches!(it, ProcessorState::Ended | ProcessorState::Error))
    };
    endless.processors.iter().chain(converters).filter(waits).count()
}

/// What changed since revision `planned`, for people.
fn changes_since(committing: &Committing, planned: u64) -> String {
    let present = committing.graph.snapshot().revision();
    if planned > present {
        return "that revision does not exist yet".to_owned();
    }
    let count = usize::try_from(present - planned).unwrap_or(usize::MAX);
    let back = committing.undo.iter().rev().take(count);
    let texts: Vec<String> = back.flat_map(Inverse::texts).collect();
    if texts.is_empty() { "the graph was changed since".to_owned() } else { texts.join(", ") }
}

impl Engine {
    /// Makes the next plan fail at the step with this number (as printed), for tests of undo.
    #[doc(hidden)]
    pub fn fail_at_step(&self, step: Option<usize>) {
        if let Ok(mut committing) = self.shared.committing() {
            committing.fail_at = step;
        }
    }
}
