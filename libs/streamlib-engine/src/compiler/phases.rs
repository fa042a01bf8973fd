//! Carries out a plan: prepare, flip, retire.
//!
//! *Prepare* does all that can fail, beside what runs, and knows how to undo each step; last it
//! holds the strands that are touched. *Flip* swaps ports and strands while all of them are held;
//! it cannot fail and allocates nothing. *Retire* takes the old apart; what goes wrong there is
//! reported and not rolled back. The delegates' will- and did-hooks are called here and nowhere
//! else.

mod drain;
mod flip;
mod pinned;
mod pools;
mod prepare;
mod retire;
mod room;
mod undo;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::pinned::PinnedCall;
use self::room::Rewired;
use super::blueprint::{Blueprint, LinkKey};
use super::installation::Installation;
use super::plan::{Plan, Step};
use crate::delegates::{FactoryDelegate, ProcessorDelegate};
use crate::error::Error;
use crate::execution::ProcessorCell;
use crate::execution::held::{Detached, HeldStrand, Holdings};
use crate::execution::strand::Strand;
use crate::ids::ProcessorId;
use crate::link_channel::link::{LinkReceiver, LinkSender, LinkShared};
use crate::maps::{HashMap, HashSet};
use streamlib_processor::Resources;

/// Who is asked while a plan is carried out.
pub(crate) struct Delegates<'a> {
    pub(crate) factory: &'a dyn FactoryDelegate,
    pub(crate) processor: &'a dyn ProcessorDelegate,
    pub(crate) resources: &'a Resources,
    /// How long to wait for a processor to come back from its call, for one that is removed to
    /// finish, and for a thread to end: for each so long.
    pub(crate) patience: Duration,
    /// Fails the step with this number, for tests of undo and retire.
    pub(crate) fail_at: Option<usize>,
}

/// A plan that is being carried out.
pub(crate) struct Phases<'a> {
    installed: &'a mut Installation,
    delegates: Delegates<'a>,
    plan: &'a Plan,
    after: Blueprint,
    new_cells: HashMap<ProcessorId, Arc<ProcessorCell>>,
    new_links: HashMap<LinkKey, NewLink>,
    new_strands: Vec<(ProcessorId, HeldStrand)>,
    /// Removed processors whose strand goes on without them: alone, until they have ended.
    leaving: Vec<HeldStrand>,
    /// The running strands that are touched, and the new processors.
    holdings: Holdings,
    /// The call whose strand is taken apart while it goes on.
    pinned: Option<PinnedCall<'a>>,
    undo: Vec<undo::Undo>,
    /// The processors whose ports change, the new ones first.
    rewired: Vec<Rewired>,
    /// By output, how many buffers those may have from the flip on that are before them.
    upstream_limits: Vec<(Arc<ProcessorCell>, Vec<u32>)>,
    /// Those of them that were running before.
    swapped: HashSet<ProcessorId>,
    /// Old instances and ends of links that the flip took out, for retire.
    old: Old,
    /// Number of the step that is being carried out, from 1, as in the printed plan.
    step: usize,
}

/// A link that was built and is not connected yet.
struct NewLink {
    sender: Option<LinkSender>,
    receiver: Option<LinkReceiver>,
    shared: Arc<LinkShared>,
}

/// What the flip took out. All have their capacity before the flip.
#[derive(Default)]
struct Old {
    /// Removed processors, which run until they have ended.
    running: HashMap<ProcessorId, Arc<ProcessorCell>>,
    /// Those that nothing calls any more.
    cells: HashMap<ProcessorId, Detached>,
    senders: Vec<LinkSender>,
    receivers: Vec<LinkReceiver>,
    strands: HashMap<ProcessorId, Arc<Strand>>,
}

/// What is reported of a commit that was carried out.
#[derive(Debug, Default)]
pub(crate) struct Carried {
    /// What went wrong while the old was taken apart.
    pub(crate) problems: Vec<String>,
}

impl<'a> Phases<'a> {
    pub(crate) fn new(
        installed: &'a mut Installation,
        delegates: Delegates<'a>,
        plan: &'a Plan,
        after: Blueprint,
        pinned: Option<PinnedCall<'a>>,
    ) -> Self {
        Self {
            pinned,
            installed,
            delegates,
            plan,
            after,
            new_cells: HashMap::default(),
            new_links: HashMap::default(),
            new_strands: Vec::new(),
            leaving: Vec::new(),
            holdings: Holdings::default(),
            undo: Vec::new(),
            rewired: Vec::new(),
            upstream_limits: Vec::new(),
            swapped: HashSet::default(),
            old: Old::default(),
            step: 0,
        }
    }

    /// Carries the plan out. `publish` is called during the flip, when the new graph is in place;
    /// `running` says whether new processors may be called afterwards.
    ///
    /// # Errors
    /// A step of prepare failed; everything is as before.
    pub(crate) fn carry_out(
        mut self,
        running: bool,
        publish: impl FnOnce(&Installation),
    ) -> Result<Carried, Error> {
        let plan = self.plan;
        for step in &plan.prepare {
            self.step += 1;
            // A step that is to fail fails when it is done, so that its own undo is seen, too.
            let result = self.prepare(step).and_then(|()| self.injected_failure(step));
            if let Err(error) = result {
                self.undo();
                return Err(error);
            }
        }
        if let Err(error) = self.prepare_flip() {
            self.undo();
            return Err(error);
        }
        self.flip(running);
        self.let_call_return();
        publish(self.installed);
        self.step += plan.flip.len();
        let mut carried = Carried::default();
        self.after_flip(running, &mut carried);
        for step in &plan.retire {
            self.step += 1;
            if let Err(error) = self.injected_failure(step) {
                carried.problems.push(error.to_string());
            }
            self.retire(step, &mut carried);
        }
        self.drop_old();
        Ok(carried)
    }

    /// Fails the step that a test wants to fail. Strands are started after all other steps, and
    /// fail then: see [`Self::injected_start`].
    fn injected_failure(&self, step: &Step) -> Result<(), Error> {
        match self.delegates.fail_at == Some(self.step) {
            true if matches!(step, Step::StartStrand { .. }) => Ok(()),
            true => Err(Error::Injected { step: self.step, text: step.to_string() }),
            false => Ok(()),
        }
    }

    /// Fails the start of a strand once it was started, if a test wants that: also for one that is
    /// regrouped, which is made anew before the flip.
    fn injected_start(&self, id: &ProcessorId) -> Result<(), Error> {
        let Some(number) = self.delegates.fail_at else { return Ok(()) };
        match self.plan.steps().nth(number.wrapping_sub(1)) {
            Some(step @ (Step::StartStrand { strand, .. } | Step::Regroup { strand }))
                if strand == id =>
            {
                Err(Error::Injected { step: number, text: step.to_string() })
            }
            _ => Ok(()),
        }
    }

    /// The cell that `processor` has after the plan.
    fn cell(&self, processor: &ProcessorId) -> Option<&Arc<ProcessorCell>> {
        self.new_cells.get(processor).or_else(|| self.installed.cells.get(processor))
    }
}
