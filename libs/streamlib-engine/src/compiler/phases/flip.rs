//! The second stage: all that is touched is held; ports and strands are swapped.
//!
//! Cannot fail. The ports were given room before; no code of a processor runs.

use std::sync::Arc;

use streamlib_abi::port::EndCause;
use streamlib_schema::ProcessExecution;

use super::room::Rewired;
use super::{Carried, Phases};
use crate::compiler::blueprint::{LinkKey, ProcessorPlan};
use crate::compiler::plan::Step;
use crate::execution::ProcessorCell;
use crate::execution::cell::Phase;
use crate::ids::ProcessorId;
use crate::link_channel::input::{InputCell, Lane};
use crate::link_channel::link::LinkSender;
use crate::link_channel::output::OutputCell;
use crate::maps::HashSet;
use crate::pubsub::events::ProcessorState;

impl Phases<'_> {
    pub(super) fn flip(&mut self, running: bool) {
        let rewired = std::mem::take(&mut self.rewired);
        self.take_over_ports();
        self.move_frames();
        let mut kept = HashSet::default();
        for Rewired { plan, cell, .. } in &rewired {
            self.swap_outputs(plan, cell);
            self.swap_inputs(plan, cell, &mut kept);
        }
        self.take_out_removed(&kept);
        self.end_dropped_links();
        self.old.receivers.drain(..).for_each(|mut receiver| receiver.flush());
        self.gather_for_call();
        self.install();
        self.regroup();
        self.size_pools(&rewired);
        self.activate(&rewired, running);
        self.installed.blueprint = std::mem::take(&mut self.after);
    }

    /// A new instance in the place of an old one gets its ports as they are, with what waits.
    fn take_over_ports(&mut self) {
        for (id, new) in &self.new_cells {
            let Some(old) = self.installed.cells.get(id) else { continue };
            let Some((mut from, mut to)) = self.holdings.open_pair(old) else { continue };
            let (from, to) = (from.parts(), to.parts());
            // Of the two only one is waited for.
            new.set_counted_active(old.set_counted_active(false));
            let is_source = from.inputs.is_empty();
            for input in to.inputs {
                let same = |before: &&mut InputCell| before.name == input.name;
                if let Some(before) = from.inputs.iter_mut().find(same) {
                    std::mem::swap(&mut before.lanes, &mut input.lanes);
                    for lane in &mut input.lanes {
                        lane.forget_leases();
                        lane.links().for_each(|link| link.shared.set_target(new));
                    }
                }
            }
            for output in to.outputs {
                let same = |before: &&mut OutputCell| before.name == output.name;
                if let Some(before) = from.outputs.iter_mut().find(same) {
                    output.take_over(before);
                    if is_source {
                        // Its time begins anew.
                        output.begin_epoch();
                    }
                    output.links.iter().for_each(|link| link.shared.set_source(new));
                }
            }
        }
    }

    /// What waits in a queue that is made anew goes into the new one, as far as there is room, so
    /// that the old one does not count beside it.
    fn move_frames(&mut self) {
        for (key, new) in &mut self.new_links {
            let Some(sender) = &mut new.sender else { continue };
            let (target, input, lane) = &new.shared.plan.target;
            let Some(cell) = self.installed.cells.get(target) else { continue };
            let Some(mut open) = self.holdings.open(cell) else { continue };
            let lane = open.parts().inputs.get_mut(*input).and_then(|i| i.lanes.get_mut(*lane));
            let call = self.pinned.as_ref();
            let lane = lane.filter(|lane| call.is_none_or(|call| !call.sends_into(lane)));
            if let Some(old) = lane.and_then(|lane| lane.link.as_mut())
                && old.shared.key == *key
            {
                sender.move_from(old);
            }
        }
    }

    fn swap_outputs(&mut self, plan: &ProcessorPlan, cell: &Arc<ProcessorCell>) {
        let Some(mut open) = self.holdings.open(cell) else { return };
        for (output, keys) in open.parts().outputs.iter_mut().zip(&plan.outputs) {
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
                let new = self.new_links.get_mut(key).and_then(|new| new.sender.take());
                if let Some(sender) = new {
                    output.add_link(sender);
                }
            }
            let position = |link: &LinkSender| keys.iter().position(|key| *key == link.shared.key);
            output.links.sort_unstable_by_key(position);
        }
    }

    /// Puts new links in the place of the old; `kept` are those that still bring what waits.
    fn swap_inputs(
        &mut self,
        plan: &ProcessorPlan,
        cell: &Arc<ProcessorCell>,
        kept: &mut HashSet<LinkKey>,
    ) {
        let Some(mut open) = self.holdings.open(cell) else { return };
        for (input, lanes) in open.parts().inputs.iter_mut().zip(&plan.inputs) {
            while input.lanes.len() < lanes.len() {
                input.lanes.push(Lane::default());
            }
            for (index, lane) in input.lanes.iter_mut().enumerate() {
                let key: Option<LinkKey> = lanes.get(index).copied().flatten();
                let present = lane.link.as_ref().map(|link| link.shared.key);
                let new = key.and_then(|key| self.new_links.get_mut(&key)?.receiver.take());
                let call = self.pinned.as_mut().filter(|call| call.sends_into(lane));
                if let (Some(call), true) = (call, new.is_some()) {
                    call.desert(std::mem::replace(&mut lane.link, new));
                } else if new.is_some() || key != present {
                    lane.reconnect(new, &mut self.old.receivers);
                    kept.extend(lane.before.iter().map(|link| link.shared.key));
                }
            }
        }
    }

    /// Removed processors run on until they have ended, and sources end now: those that are removed
    /// with them would wait for that. What they still send goes where a consumer waits for it, and
    /// to those that are removed with them; else nowhere.
    fn take_out_removed(&mut self, kept: &HashSet<LinkKey>) {
        let removed = self.plan.retire.iter().filter_map(|step| match step {
            Step::Stop { processor, replaced: false } => Some(processor),
            _ => None,
        });
        for id in removed {
            let Some(cell) = self.installed.cells.remove(id) else { continue };
            if !self.holdings.is_open(&cell) {
                self.end_links_of_stuck(id);
            }
            if let Some(mut open) = self.holdings.open(&cell) {
                for output in open.parts().outputs {
                    let is_used = |link: &mut LinkSender| {
                        let target_goes =
                            !self.after.processors.contains_key(&link.shared.plan.target.0);
                        target_goes || kept.contains(&link.shared.key) && !link.shared.is_inline()
                    };
                    self.old.senders.extend(output.links.extract_if(.., |link| !is_used(link)));
                }
                open.end_source(EndCause::Removed);
            }
            self.old.running.insert(id.clone(), cell);
        }
    }

    /// A removed processor that does not come back from its call keeps its ports. Who waits for it
    /// waits no longer.
    fn end_links_of_stuck(&self, id: &ProcessorId) {
        let plan = self.installed.blueprint.processors.get(id);
        let keys = plan.iter().flat_map(|plan| plan.outputs.iter().flatten());
        let links = keys.filter_map(|key| self.installed.links.get(key));
        links.for_each(|link| link.set_end(EndCause::Removed));
    }

    /// A consumer whose link has no producer any more sees the end after what was sent, unless it
    /// was linked anew: then that is next.
    fn end_dropped_links(&self) {
        self.old.senders.iter().for_each(|sender| sender.shared.set_end(EndCause::Removed));
    }

    fn install(&mut self) {
        for (id, cell) in self.new_cells.drain() {
            if let Some(mut open) = self.holdings.open(&cell) {
                let outputs = open.parts().outputs.iter();
                cell.publish_counters(outputs.map(|output| Arc::clone(&output.counters)).collect());
            }
            if let Some(old) = self.installed.cells.insert(id, cell) {
                let old = self.holdings.detach(&old);
                self.old.cells.extend(old.map(|old| (old.cell().id.clone(), old)));
            }
        }
        for (key, link) in self.new_links.drain() {
            self.installed.links.insert(key, link.shared);
        }
    }

    fn regroup(&mut self) {
        for (id, mut strand) in std::mem::take(&mut self.new_strands) {
            self.holdings.fill(&mut strand);
            let old = self.installed.strands.insert(id.clone(), Arc::clone(strand.strand()));
            self.old.strands.extend(old.map(|old| (id, old)));
            if let Some(strand) = self.leave_to_call(strand) {
                self.holdings.add(strand);
            }
        }
        for mut strand in self.leaving.drain(..) {
            self.holdings.fill(&mut strand);
            self.holdings.add(strand);
        }
        for step in &self.plan.retire {
            if let Step::EndStrand { strand: id } = step {
                let old = self.installed.strands.remove(id);
                self.old.strands.extend(old.map(|old| (id.clone(), old)));
            }
        }
        self.holdings.retire_scattered();
        self.holdings.settle();
    }

    /// Counts who may still do something, and starts what is new. What keeps its ports stays what
    /// it was.
    fn activate(&mut self, rewired: &[Rewired], running: bool) {
        let env = &self.installed.env;
        let now_ns = env.clock.now_ns();
        for Rewired { plan, cell, .. } in rewired {
            let Some(mut open) = self.holdings.open(cell) else { continue };
            let body = open.body();
            if body.phase == Phase::Created && running {
                body.phase = Phase::Running;
                body.next_due_ns = now_ns;
                cell.set_state(ProcessorState::Running);
            }
            let active = body.phase != Phase::Ended && body.phase != Phase::Created && works(plan);
            match (cell.set_counted_active(active), active) {
                (false, true) => env.ends.add_active(1),
                (true, false) => env.ends.remove_active(),
                _ => {}
            }
        }
    }

    /// Lets everything run: the new strands, and those that stay.
    pub(super) fn after_flip(&mut self, running: bool, carried: &mut Carried) {
        let hooks = self.delegates.processor;
        for step in &self.plan.prepare {
            let Step::Create { processor: id, .. } = step else { continue };
            let told = hooks.will_start(id).and_then(|()| hooks.did_start(id));
            if running && let Err(error) = told {
                carried.problems.push(format!("the delegate refused {id}: {error}"));
            }
        }
        self.holdings.let_go();
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
