//! Processors in the hands of a controller: the proof that nobody else touches them, as a value.
//!
//! A processor belongs to whoever owns the RUN bit of its strand, or, while it is in none, to the
//! one [`Detached`] that there is of it. [`Open`] is the access that follows from either; it lives
//! as long as its guard is borrowed. A guard that is dropped lets go, so that no release can be
//! forgotten, and the strand is looked at afterwards.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Instant;

use streamlib_abi::port::EndCause;

use super::cell::{Body, Phase, ProcessorCell};
use super::home::Home;
use super::relay::disarm;
use super::step::{close_outputs, discard_input, tell_paused};
use super::strand::Strand;
use crate::ids::ProcessorId;
use crate::link_channel::input::InputCell;
use crate::link_channel::output::OutputCell;
use crate::maps::HashMap;
use crate::pubsub::events::ProcessorState;

/// Exclusive access to one processor.
#[derive(Debug)]
pub(crate) struct Open<'a> {
    cell: &'a Arc<ProcessorCell>,
    exclusive: PhantomData<&'a mut Body>,
}

/// What a processor consists of, each part borrowed alone.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    pub(crate) body: &'a mut Body,
    pub(crate) inputs: &'a mut [InputCell],
    pub(crate) outputs: &'a mut [OutputCell],
}

impl<'a> Open<'a> {
    /// For a guard that owns the processor: frames no longer come to it by hand.
    fn new(cell: &'a Arc<ProcessorCell>) -> Self {
        // SAFETY: by the caller; no method of the processor runs.
        unsafe {
            disarm(cell);
            cell.outputs().iter_mut().for_each(OutputCell::keep_hands_off);
        }
        Self { cell, exclusive: PhantomData }
    }

    /// Which processor.
    pub(crate) fn cell(&self) -> &Arc<ProcessorCell> {
        self.cell
    }

    /// All of it. Between two calls, so that no view of a port is in use.
    pub(crate) fn parts(&mut self) -> Parts<'_> {
        // SAFETY: the guard behind `self` owns the processor, and `self` is borrowed for as long
        // as the parts live; no method of the processor runs, for the guard's holder calls none.
        unsafe {
            Parts {
                body: self.cell.body(),
                inputs: self.cell.inputs(),
                outputs: self.cell.outputs(),
            }
        }
    }

    /// Its instance and what is known of its life.
    pub(crate) fn body(&mut self) -> &mut Body {
        self.parts().body
    }

    /// Binds the ports of the instance.
    pub(crate) fn bind(&mut self) {
        // SAFETY: as in `parts`.
        unsafe { self.cell.bind() };
    }

    /// The ports know their places in `strand`.
    fn settle_ports(&mut self, strand: &Arc<Strand>) {
        // SAFETY: as in `parts`.
        unsafe { self.cell.settle_ports(strand) };
    }

    /// Ends the outputs; what still comes in is discarded.
    pub(crate) fn close(&mut self, cause: EndCause, message: Option<String>) {
        let cell = Arc::clone(self.cell);
        close_outputs(&cell, self.body(), cause, message);
    }

    /// What is linked to nothing that could end it ends by itself, once it has given what it holds
    /// back.
    pub(crate) fn end_source(&mut self, cause: EndCause) {
        let Parts { body, inputs, .. } = self.parts();
        let lanes = || inputs.iter().flat_map(|input| &input.lanes);
        let is_linked = lanes().any(|lane| lane.link.is_some() || !lane.before.is_empty());
        if !is_linked && body.phase == Phase::Running {
            body.phase = Phase::Ending(cause);
            body.wake_at_ns = None;
            self.cell.set_state(ProcessorState::Ending);
        }
    }

    /// Tells the processor that it is paused, or goes on.
    pub(crate) fn tell_paused(&mut self, paused: bool) {
        let cell = Arc::clone(self.cell);
        tell_paused(&cell, self.body(), paused);
    }

    /// Takes apart what is only of use while it may be called: links, buffers, instance. Frames
    /// that wait are counted flushed.
    fn dismantle(&mut self) {
        discard_input(self.cell);
        let parts = self.parts();
        for input in parts.inputs {
            input.lanes.clear();
            input.work = std::ptr::null_mut();
        }
        for output in parts.outputs {
            output.links.clear();
            output.pool = None;
            output.work = std::ptr::null_mut();
        }
        parts.body.phase = Phase::Ended;
        parts.body.instance = None;
    }
}

/// A strand that a controller owns. Dropping it lets the strand run again.
#[derive(Debug)]
#[must_use = "the strand runs again when this is dropped"]
pub(crate) struct HeldStrand {
    strand: Arc<Strand>,
    /// False for a strand that was made and has not got its members yet: nobody runs it.
    is_started: bool,
    /// Members that are not held: their thread is inside a call of one of them.
    absent: Vec<Arc<ProcessorCell>>,
}

impl HeldStrand {
    /// Takes a strand before `deadline`; `None` if its owner does not come back in time.
    pub(crate) fn hold(strand: &Arc<Strand>, deadline: Instant) -> Option<Self> {
        if strand.env().gate.wait_until(deadline, || strand.try_hold()) {
            return Some(Self { strand: Arc::clone(strand), is_started: true, absent: Vec::new() });
        }
        strand.give_up_hold();
        None
    }

    /// Takes the strand that `cell` is in, wherever plans move it meanwhile. `None` if it is in
    /// none, or does not come back before `deadline`.
    pub(crate) fn hold_of(cell: &ProcessorCell, deadline: Instant) -> Option<Self> {
        loop {
            let held = Self::hold(&cell.strand()?, deadline)?;
            if held.owns(cell) {
                return Some(held);
            }
        }
    }

    /// A strand that was just made, by its maker. It runs nothing until all of its members have
    /// joined.
    pub(crate) fn new(strand: Arc<Strand>) -> Self {
        Self { strand, is_started: false, absent: Vec::new() }
    }

    /// A strand of which a call of one of the `absent` members is pinned, without those. Nobody
    /// runs it again: its thread goes on with something else, unless [`Self::give_back`] is called.
    pub(crate) fn around(strand: &Arc<Strand>, absent: Vec<Arc<ProcessorCell>>) -> Self {
        Self { strand: Arc::clone(strand), is_started: true, absent }
    }

    /// The thread that is inside a call of an absent member owns the strand as before.
    fn give_back(&mut self) {
        if !self.absent.is_empty() {
            self.is_started = false;
        }
    }

    pub(crate) fn strand(&self) -> &Arc<Strand> {
        &self.strand
    }

    fn owns(&self, cell: &ProcessorCell) -> bool {
        let is_absent = |absent: &Arc<ProcessorCell>| std::ptr::eq(Arc::as_ptr(absent), cell);
        cell.is_in(&self.strand) && !self.absent.iter().any(is_absent)
    }

    /// One of its processors; `None` for one that is in another strand.
    pub(crate) fn open<'a>(&'a mut self, cell: &'a Arc<ProcessorCell>) -> Option<Open<'a>> {
        self.owns(cell).then(|| Open::new(cell))
    }

    /// The member at `index`, if it is in this strand.
    pub(crate) fn open_at(&mut self, index: usize) -> Option<Open<'_>> {
        let cell = self.strand.members().get(index)?;
        self.owns(cell).then(|| Open::new(cell))
    }

    /// Takes a processor out of its strand.
    fn detach(&mut self, cell: &Arc<ProcessorCell>) -> Option<Detached> {
        if !self.owns(cell) {
            return None;
        }
        cell.set_strand(None);
        Some(Detached { cell: Arc::clone(cell) })
    }

    /// Takes all members out; the strand never runs again.
    pub(crate) fn disband(mut self) -> Vec<Detached> {
        let members = self.strand.members().to_vec();
        self.strand.retire();
        members.iter().filter_map(|cell| self.detach(cell)).collect()
    }

    /// A processor that was in no strand is in this one from now on.
    fn join(&mut self, joining: Detached) {
        joining.cell.set_strand(Some(Arc::clone(&self.strand)));
    }

    /// All members have joined: their ports know their places, and the strand may run.
    fn settle(&mut self) {
        self.is_started = true;
        if let Home::Thread(thread) = &self.strand.home {
            thread.set_strand(&self.strand);
        }
        let strand = Arc::clone(&self.strand);
        let places = strand.members().iter().zip(0..).filter(|(member, _)| self.owns(member));
        places.for_each(|(member, position)| member.set_position(position));
        for index in 0..strand.members().len() {
            let Some(mut member) = self.open_at(index) else { continue };
            member.cell().set_on_boundary(strand.is_boundary(index as u32));
            member.settle_ports(&strand);
        }
    }
}

impl Drop for HeldStrand {
    fn drop(&mut self) {
        if self.is_started {
            self.strand.look_everywhere();
            self.strand.release(true);
        }
    }
}

/// A processor that is in no strand: new, or taken out for good. Dropping it takes it apart.
#[derive(Debug)]
pub(crate) struct Detached {
    cell: Arc<ProcessorCell>,
}

impl Detached {
    /// A processor that nobody else knows yet.
    pub(crate) fn new(cell: Arc<ProcessorCell>) -> Option<Self> {
        (Arc::strong_count(&cell) == 1 && cell.strand().is_none()).then_some(Self { cell })
    }

    pub(crate) fn cell(&self) -> &Arc<ProcessorCell> {
        &self.cell
    }

    pub(crate) fn open(&mut self) -> Open<'_> {
        Open::new(&self.cell)
    }
}

impl Drop for Detached {
    fn drop(&mut self) {
        if self.cell.strand().is_none() {
            self.open().dismantle();
        }
    }
}

/// All that a plan holds: the strands that it touches, and the processors that it makes.
#[derive(Debug, Default)]
pub(crate) struct Holdings {
    /// By the address of the strand.
    strands: HashMap<usize, HeldStrand>,
    fresh: HashMap<ProcessorId, Detached>,
}

fn address(strand: &Arc<Strand>) -> usize {
    Arc::as_ptr(strand) as usize
}

impl Holdings {
    /// A strand is held from now on.
    pub(crate) fn add(&mut self, held: HeldStrand) {
        self.strands.insert(address(held.strand()), held);
    }

    /// A processor was made.
    pub(crate) fn add_fresh(&mut self, fresh: Detached) {
        self.fresh.insert(fresh.cell.id.clone(), fresh);
    }

    pub(crate) fn is_held(&self, strand: &Arc<Strand>) -> bool {
        self.strands.contains_key(&address(strand))
    }

    /// True if [`Self::open`] opens it.
    pub(crate) fn is_open(&self, cell: &Arc<ProcessorCell>) -> bool {
        match cell.strand() {
            Some(strand) => self.is_held(&strand),
            None => self.fresh.contains_key(&cell.id),
        }
    }

    /// A processor that is new, or in a strand that is held.
    pub(crate) fn open<'a>(&'a mut self, cell: &'a Arc<ProcessorCell>) -> Option<Open<'a>> {
        match cell.strand() {
            Some(strand) => self.strands.get_mut(&address(&strand))?.open(cell),
            None => {
                let fresh = self.fresh.get_mut(&cell.id)?;
                Arc::ptr_eq(&fresh.cell, cell).then(|| fresh.open())
            }
        }
    }

    /// A running processor and the new one that takes its place.
    pub(crate) fn open_pair<'a>(
        &'a mut self,
        old: &'a Arc<ProcessorCell>,
    ) -> Option<(Open<'a>, Open<'a>)> {
        let old_strand = old.strand()?;
        let fresh = self.fresh.get_mut(&old.id)?;
        let old = self.strands.get_mut(&address(&old_strand))?.open(old)?;
        Some((old, fresh.open()))
    }

    /// Moves processors, new ones and those of strands that are held, into a new strand.
    pub(crate) fn fill(&mut self, strand: &mut HeldStrand) {
        let new = Arc::clone(&strand.strand);
        for cell in new.members() {
            let old = cell.strand_address();
            if old.is_some_and(|old| self.strands.contains_key(&old)) {
                // Out of a strand that is held into one that is not started: in one step, which is
                // what moving a large strand costs.
                cell.set_strand(Some(Arc::clone(&new)));
            } else if let Some(fresh) = self.detach(cell) {
                strand.join(fresh);
            }
        }
    }

    /// Takes a processor out of its strand, or out of the new ones.
    pub(crate) fn detach(&mut self, cell: &Arc<ProcessorCell>) -> Option<Detached> {
        match cell.strand() {
            Some(strand) => self.strands.get_mut(&address(&strand))?.detach(cell),
            None => {
                let is_same = |fresh: &Detached| Arc::ptr_eq(&fresh.cell, cell);
                self.fresh
                    .get(&cell.id)
                    .is_some_and(is_same)
                    .then(|| self.fresh.remove(&cell.id))?
            }
        }
    }

    /// Strands that lost members to others never run again: whoever wakes those members finds the
    /// others.
    pub(crate) fn retire_scattered(&mut self) {
        self.strands.retain(|_, held| {
            let is_whole = held.strand.members().iter().all(|member| held.owns(member));
            if !is_whole {
                held.strand.retire();
            }
            is_whole
        });
    }

    /// Ports of all members of what is held know their places.
    pub(crate) fn settle(&mut self) {
        self.strands.values_mut().for_each(HeldStrand::settle);
    }

    /// Strands that are held around a call are their threads' again.
    pub(crate) fn give_back(&mut self) {
        self.strands.values_mut().for_each(HeldStrand::give_back);
    }

    /// Lets everything run, and takes apart new processors that are in no strand.
    pub(crate) fn let_go(&mut self) {
        self.strands.clear();
        self.fresh.clear();
    }
}
