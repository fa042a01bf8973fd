//! The second stage: all that is touched is held; ports and strands are swapped.
//!
//! Cannot fail. Vectors of ports were given room before, so nothing is allocated.

use std::sync::Arc;

use streamlib_abi::port::EndCause;
use streamlib_schema::ProcessExecution;

use super::{Carried, Phases};
use crate::compiler::blueprint::{LinkKey, ProcessorPlan};
use crate::compiler::plan::Step;
use crate::execution::ProcessorCell;
use crate::execution::cell::Phase;
use crate::execution::home::Home;
use crate::execution::strand::Strand;
use crate::ids::ProcessorId;
use crate::link_channel::input::Lane;
use crate::link_channel::link::LinkSender;
use crate::pubsub::events::ProcessorState;

/// How many links away a buffer is thought to travel when pools are sized.
const POOL_REACH: u32 = 16;

impl Phases<'_> {
    /// Room for what the flip takes out and puts in.
    pub(super) fn reserve_old(&mut self) {
        let links = self.installed.links.len() + self.new_links.len();
        self.old.cells.reserve(self.installed.cells.len());
        self.old.senders.reserve(links);
        self.old.receivers.reserve(links);
        self.old.strands.reserve(self.installed.strands.len());
        for id in self.rewired() {
            let (Some(plan), Some(cell)) = (self.after.processors.get(&id), self.cell(&id)) else {
                continue;
            };
            // SAFETY: the strand is held, or the processor is new and in none.
            let (inputs, outputs) = unsafe { (cell.inputs(), cell.outputs()) };
            for (input, lanes) in inputs.iter_mut().zip(&plan.inputs) {
                let more = lanes.len().saturating_sub(input.lanes.len());
                input.lanes.reserve(more);
            }
            for (output, links) in outputs.iter_mut().zip(&plan.outputs) {
                output.links.reserve(links.len());
            }
        }
    }

    /// The processors whose ports change: new ones, replaced ones, and those named by the plan.
    fn rewired(&self) -> Vec<ProcessorId> {
        let named = self.plan.flip.iter().filter_map(|step| match step {
            Step::SwapPorts { processor } => Some(processor),
            _ => None,
        });
        let mut ids: Vec<_> = self.new_cells.keys().chain(named).cloned().collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    pub(super) fn flip(&mut self, running: bool) {
        let rewired = self.rewired();
        self.take_over_ports();
        for id in &rewired {
            let (Some(plan), Some(cell)) =
                (self.after.processors.get(id).cloned(), self.cell(id).cloned())
            else {
                continue;
            };
            self.swap_outputs(&plan, &cell);
            self.swap_inputs(&plan, &cell);
        }
        self.end_dropped_links();
        for (id, cell) in self.new_cells.drain() {
            // SAFETY: the new processor is in no strand that is released yet.
            let outputs = unsafe { cell.outputs() };
            let counters = outputs.iter().map(|output| Arc::clone(&output.counters)).collect();
            self.installed.outputs.insert(id.clone(), counters);
            self.old.cells.extend(self.installed.cells.insert(id, cell));
        }
        for (key, link) in self.new_links.drain() {
            self.installed.links.insert(key, link.shared);
        }
        self.regroup();
        self.size_pools(&rewired);
        self.activate(running);
        self.installed.blueprint = std::mem::take(&mut self.after);
    }

    /// A new instance in the place of an old one gets its ports as they are, with what waits.
    fn take_over_ports(&self) {
        for (id, new) in &self.new_cells {
            let Some(old) = self.installed.cells.get(id) else { continue };
            // SAFETY: the old strand is held, and the new processor is in none.
            let (from, to) =
                unsafe { ((old.inputs(), old.outputs()), (new.inputs(), new.outputs())) };
            for input in to.0 {
                if let Some(before) = from.0.iter_mut().find(|before| before.name == input.name) {
                    std::mem::swap(&mut before.lanes, &mut input.lanes);
                    let lanes = input.lanes.iter().filter_map(|lane| lane.link.as_ref());
                    lanes.for_each(|link| link.shared.set_target(new));
                }
            }
            for output in to.1 {
                if let Some(before) = from.1.iter_mut().find(|before| before.name == output.name) {
                    output.take_over(before);
                    output.links.iter().for_each(|link| link.shared.set_source(new));
                }
            }
        }
    }

    fn swap_outputs(&mut self, plan: &ProcessorPlan, cell: &ProcessorCell) {
        // SAFETY: the strand is held, or the processor is new and in none.
        for (output, keys) in unsafe { cell.outputs() }.iter_mut().zip(&plan.outputs) {
            let mut index = 0;
            while index < output.links.len() {
                let key = output.links[index].shared.key;
                if keys.contains(&key) && !self.new_links.contains_key(&key) {
                    index += 1;
                } else {
                    self.old.senders.push(output.links.swap_remove(index));
                }
            }
            for key in keys {
                output.links.extend(self.new_links.get_mut(key).and_then(|new| new.sender.take()));
            }
            let position = |link: &LinkSender| keys.iter().position(|key| *key == link.shared.key);
            output.links.sort_unstable_by_key(position);
        }
    }

    fn swap_inputs(&mut self, plan: &ProcessorPlan, cell: &ProcessorCell) {
        // SAFETY: the strand is held, or the processor is new and in none.
        for (input, lanes) in unsafe { cell.inputs() }.iter_mut().zip(&plan.inputs) {
            while input.lanes.len() < lanes.len() {
                input.lanes.push(Lane::default());
            }
            for (index, lane) in input.lanes.iter_mut().enumerate() {
                let key: Option<LinkKey> = lanes.get(index).copied().flatten();
                let present = lane.link.as_ref().map(|link| link.shared.key);
                let new = key.and_then(|key| self.new_links.get_mut(&key)?.receiver.take());
                if new.is_some() || key != present {
                    self.old.receivers.extend(lane.reconnect(new));
                }
            }
        }
    }

    /// A consumer whose link has no producer any more sees the end after what was sent, unless it
    /// was linked anew: then that is next.
    fn end_dropped_links(&self) {
        self.old.senders.iter().for_each(|sender| sender.shared.set_end(EndCause::Removed));
    }

    fn regroup(&mut self) {
        for (id, strand) in self.new_strands.drain() {
            if let Some(old) = self.installed.strands.insert(id.clone(), strand) {
                self.old.strands.push((id, old));
            }
        }
        for (id, _) in &self.held {
            if !self.after.strands.contains_key(id)
                && let Some(strand) = self.installed.strands.remove(id)
            {
                self.old.strands.push((id.clone(), strand));
            }
        }
        for strand in self.installed.strands.values() {
            if self.is_touched(strand) {
                settle(strand);
            }
        }
    }

    /// Sizes the pools of what was rewired, and of what sends to it.
    fn size_pools(&self, rewired: &[ProcessorId]) {
        for id in rewired {
            let (Some(plan), Some(cell)) =
                (self.after.processors.get(id), self.installed.cells.get(id))
            else {
                continue;
            };
            // SAFETY: the strand is held or was just made.
            for (index, output) in unsafe { cell.outputs() }.iter_mut().enumerate() {
                let per_call = plan.descriptor.outputs.get(index).map_or(1, |p| p.max_per_call);
                let held = self.after.frames_beyond(plan, index, POOL_REACH);
                output.set_pool_limit(held.saturating_add(per_call).saturating_add(2));
            }
        }
    }

    /// Counts who may still do something, and starts what is new.
    fn activate(&self, running: bool) {
        let ends = &self.installed.env.ends;
        for (id, plan) in &self.after.processors {
            let Some(cell) = self.installed.cells.get(id) else { continue };
            let Some(strand) = cell.strand() else { continue };
            if !self.is_touched(&strand) {
                continue;
            }
            // SAFETY: the strand is held or was just made.
            let body = unsafe { cell.body() };
            if body.phase == Phase::Created && running {
                body.phase = Phase::Running;
                body.next_due_ns = self.installed.env.clock.now_ns();
                cell.set_state(ProcessorState::Running);
            }
            let active = body.phase != Phase::Ended && body.phase != Phase::Created && works(plan);
            match (std::mem::replace(&mut body.counted_active, active), active) {
                (false, true) => ends.add_active(1),
                (true, false) => ends.remove_active(),
                _ => {}
            }
        }
    }

    fn is_touched(&self, strand: &Arc<Strand>) -> bool {
        self.held.iter().any(|(_, held)| Arc::ptr_eq(held, strand))
            || self.plan.steps().any(|step| match step {
                Step::StartStrand { strand: id, .. } | Step::Regroup { strand: id } => {
                    self.installed.strands.get(id).is_some_and(|s| Arc::ptr_eq(s, strand))
                }
                _ => false,
            })
    }

    /// Retires the strands that are gone. Whoever wakes a processor that moved finds its new one;
    /// a notification that came before is made good by the look that each new strand begins with.
    fn leave_strands(&self) {
        for (_, old) in &self.old.strands {
            let moved = |cell: &Arc<ProcessorCell>| {
                self.installed.blueprint.processors.contains_key(&cell.id)
            };
            // One whose processor is removed goes on until that has ended: see `drain`.
            if old.members().iter().any(moved) || old.members().len() > 1 {
                old.retire();
            }
            old.release(true);
        }
    }

    /// Lets everything run: the new strands, and those that stay. Those that are gone are retired;
    /// whoever wakes their processors finds the new ones.
    pub(super) fn after_flip(&mut self, running: bool, carried: &mut Carried) {
        for (id, plan) in &self.installed.blueprint.processors {
            let fresh = self
                .plan
                .prepare
                .iter()
                .any(|step| matches!(step, Step::Create { processor, .. } if processor == id));
            if !fresh {
                continue;
            }
            let hooks = self.delegates.processor;
            let told = hooks.will_start(id).and_then(|()| hooks.did_start(id));
            if running && let Err(error) = told {
                carried.problems.push(format!("the delegate refused {}: {error}", plan.node.id));
            }
        }
        let started: Vec<_> = self
            .plan
            .steps()
            .filter_map(|step| match step {
                Step::StartStrand { strand, .. } | Step::Regroup { strand } => {
                    self.installed.strands.get(strand).cloned()
                }
                _ => None,
            })
            .collect();
        self.leave_strands();
        let old = &self.old.strands;
        let is_kept = |strand: &Arc<Strand>| !old.iter().any(|(_, old)| Arc::ptr_eq(old, strand));
        let kept = self.held.drain(..).map(|(_, strand)| strand).filter(is_kept);
        for strand in kept.chain(started) {
            strand.look_everywhere();
            strand.release(true);
        }
    }
}

/// True if the processor is one of those for which a graph runs: a source, or one that is linked.
fn works(plan: &ProcessorPlan) -> bool {
    match plan.descriptor.execution {
        ProcessExecution::Continuous { .. } => true,
        ProcessExecution::Reactive => plan.inputs.iter().flatten().any(Option::is_some),
        ProcessExecution::Manual => false,
    }
}

/// The members of `strand` run in it from now on, and its inline links know their positions.
fn settle(strand: &Arc<Strand>) {
    if let Home::Thread(thread) = &strand.home {
        thread.set_strand(strand);
    }
    for (index, cell) in strand.members().iter().enumerate() {
        cell.set_on_boundary(strand.is_boundary(index as u32));
        // SAFETY: the plan owns the strand, and the one that the processor was in before.
        let (inputs, outputs) = unsafe { (cell.inputs(), cell.outputs()) };
        for output in outputs {
            output.work = strand.work_list();
            for link in &mut output.links {
                let target = &link.shared.plan.target.0;
                link.inline_index = strand.position(target);
            }
        }
        for lane in inputs.iter_mut().flat_map(|input| &mut input.lanes) {
            if let Some(link) = &lane.link {
                lane.producer_index = strand.position(&link.shared.plan.source.0);
            }
        }
        cell.set_strand(Some(Arc::clone(strand)));
    }
}
