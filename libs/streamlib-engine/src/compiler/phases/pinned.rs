//! Takes a strand apart while its thread is inside a call: the processor that is called stays with
//! the thread, in a strand of its own; all others are held as if the call were over.
//!
//! What the called processor is to have when the call returns is left to its thread, see
//! [`Handover`]. Until then it uses the ends of links that it had, so those of the others that
//! face them are left to it as well.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Phases;
use crate::execution::ProcessorCell;
use crate::execution::dedicated::DedicatedThread;
use crate::execution::handover::Handover;
use crate::execution::held::HeldStrand;
use crate::execution::home::Home;
use crate::execution::pin::Pinned;
use crate::execution::strand::Strand;
use crate::ids::ProcessorId;
use crate::link_channel::input::Lane;
use crate::link_channel::link::{LinkReceiver, LinkSender};

/// A call that goes on while a plan takes the strand of its processor apart.
pub(crate) struct PinnedCall<'a> {
    cell: Arc<ProcessorCell>,
    /// In which it was called.
    strand: Arc<Strand>,
    pinned: Pinned<'a>,
    /// It and its converters: what stays with the thread.
    absent: Vec<Arc<ProcessorCell>>,
    /// New ends for what stays with the thread, with the old ends that face what it has.
    senders: Vec<LinkSender>,
    receivers: Vec<LinkReceiver>,
    rooms: Vec<VecDeque<LinkReceiver>>,
    deserted: Vec<LinkReceiver>,
}

impl<'a> PinnedCall<'a> {
    /// The call of `cell` that is pinned; `None` if it is in no strand.
    pub(crate) fn new(cell: &Arc<ProcessorCell>, pinned: Pinned<'a>) -> Option<Self> {
        Some(Self {
            cell: Arc::clone(cell),
            strand: cell.strand()?,
            pinned,
            absent: Vec::new(),
            senders: Vec::new(),
            receivers: Vec::new(),
            rooms: Vec::new(),
            deserted: Vec::new(),
        })
    }

    fn keeps(&self, id: &ProcessorId) -> bool {
        self.absent.iter().any(|cell| cell.id == *id)
    }

    /// True if what is called may send into the present link of `lane` at any moment.
    pub(super) fn sends_into(&self, lane: &Lane) -> bool {
        lane.link.as_ref().is_some_and(|link| self.keeps(&link.shared.plan.source.0))
    }

    /// An end that faces what is called is left to it.
    pub(super) fn desert(&mut self, end: Option<LinkReceiver>) {
        self.deserted.extend(end);
    }

    /// The thread that makes the call, if it has no other strand than this.
    fn thread(&self) -> Option<&Arc<DedicatedThread>> {
        match &self.strand.home {
            Home::Thread(thread) => Some(thread),
            Home::Pool(_) | Home::Main(_) => None,
        }
    }
}

impl Phases<'_> {
    /// Holds `strand`, if it is the one with the pinned call, without what stays with its thread.
    pub(super) fn hold_around_call(&mut self, strand: &Arc<Strand>) -> bool {
        let Some(call) = self.pinned.as_mut().filter(|call| Arc::ptr_eq(&call.strand, strand))
        else {
            return false;
        };
        let apart = self.after.processors.get(&call.cell.id).map(|plan| &plan.strand);
        let apart = apart.and_then(|strand| self.after.strands.get(strand));
        let stays = |cell: &&Arc<ProcessorCell>| {
            apart.is_some_and(|strand| strand.members.contains(&cell.id))
        };
        call.absent = strand.members().iter().filter(stays).cloned().collect();
        let links = |cell: &Arc<ProcessorCell>| {
            let plan = self.after.processors.get(&cell.id)?;
            let inputs = plan.inputs.iter().flatten().flatten().count();
            Some((inputs, plan.outputs.iter().flatten().count()))
        };
        for (inputs, outputs) in call.absent.iter().filter_map(links) {
            call.receivers.reserve(inputs);
            call.rooms.extend(std::iter::repeat_with(Handover::room).take(inputs));
            call.senders.reserve(outputs);
            call.deserted.reserve(outputs);
        }
        self.holdings.add(HeldStrand::around(strand, call.absent.clone()));
        true
    }

    /// True if this thread is inside the pinned call, and `members` do not stay with it.
    pub(super) fn is_left(&self, thread: &DedicatedThread, members: &[Arc<ProcessorCell>]) -> bool {
        self.pinned.as_ref().is_some_and(|call| {
            let is_same = call.thread().is_some_and(|own| std::ptr::eq(Arc::as_ptr(own), thread));
            is_same && !members.iter().any(|member| Arc::ptr_eq(member, &call.cell))
        })
    }

    /// Gathers the new ends of links for what stays with the thread.
    pub(super) fn gather_for_call(&mut self) {
        let Some(call) = &mut self.pinned else { return };
        for new in self.new_links.values_mut() {
            if call.keeps(&new.shared.plan.source.0) {
                call.senders.extend(new.sender.take());
            }
            if call.keeps(&new.shared.plan.target.0) {
                call.receivers.extend(new.receiver.take());
            }
        }
    }

    /// Leaves `strand` to the thread of the pinned call, if it is of what stays with that. Gives
    /// it back otherwise.
    pub(super) fn leave_to_call(&mut self, strand: HeldStrand) -> Option<HeldStrand> {
        let Some(call) = &mut self.pinned else { return Some(strand) };
        let own = strand.strand();
        if !own.members().iter().any(|member| Arc::ptr_eq(member, &call.cell)) {
            return Some(strand);
        }
        for cell in &call.absent {
            cell.set_strand(Some(Arc::clone(own)));
        }
        call.strand.set_successor(own);
        if let Home::Thread(thread) = &own.home {
            thread.set_strand(own);
        }
        call.pinned.move_to(Handover::new(
            Arc::clone(own),
            std::mem::take(&mut call.senders),
            std::mem::take(&mut call.receivers),
            std::mem::take(&mut call.rooms),
            std::mem::take(&mut call.deserted),
        ));
        // It was never started, so nothing is let go: the thread owns it.
        drop(strand);
        None
    }

    /// The flip is over: the thread may come back. One that is nobody's any more ends then.
    pub(super) fn let_call_return(&mut self) {
        let Some(call) = self.pinned.take() else { return };
        if let Some(thread) = call.thread()
            && !self.installed.homes().any(|home| home.is(thread))
        {
            thread.dismiss();
            self.installed.left_threads.push(Arc::clone(thread));
        }
    }
}
