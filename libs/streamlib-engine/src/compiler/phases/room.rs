//! What the flip needs to have at hand: who gets other ports, and room for what it puts in and
//! takes out. Made in prepare, so that the flip looks nothing up and allocates nothing for it.

use std::sync::Arc;

use super::Phases;
use crate::compiler::blueprint::ProcessorPlan;
use crate::compiler::plan::Step;
use crate::execution::ProcessorCell;
use crate::ids::ProcessorId;
use crate::link_channel::input::Lane;

/// A processor whose ports change.
#[derive(Debug)]
pub(super) struct Rewired {
    /// As it is after the plan.
    pub(super) plan: Arc<ProcessorPlan>,
    /// What runs after the plan.
    pub(super) cell: Arc<ProcessorCell>,
    /// By output: how many buffers its pool may have.
    pub(super) pool_limits: Vec<u32>,
}

/// Links that the flip may take out.
#[derive(Default)]
struct TakenOut {
    senders: usize,
    receivers: usize,
}

impl Phases<'_> {
    /// The processors whose ports change: new ones, and those that the plan names.
    pub(super) fn find_rewired(&mut self) {
        let created = self.plan.prepare.iter().filter_map(|step| match step {
            Step::Create { processor, replaces: false, .. } => Some(processor),
            _ => None,
        });
        let named = self.plan.flip.iter().filter_map(|step| match step {
            Step::SwapPorts { processor } => Some(processor),
            _ => None,
        });
        let rewired = created.chain(named).filter_map(|id| {
            let (plan, cell) = (self.after.processors.get(id)?, self.cell(id)?);
            Some(Rewired {
                plan: Arc::clone(plan),
                cell: Arc::clone(cell),
                pool_limits: Vec::new(),
            })
        });
        self.rewired = rewired.collect();
        self.swapped = self
            .rewired
            .iter()
            .filter(|rewired| self.installed.cells.contains_key(&rewired.plan.node.id))
            .map(|rewired| rewired.plan.node.id.clone())
            .collect();
        self.limit_pools();
    }

    /// Room for what the flip takes out and puts in.
    pub(super) fn reserve(&mut self) {
        let mut out = TakenOut::default();
        for index in 0..self.rewired.len() {
            self.reserve_ports(index, &mut out);
        }
        let (mut gone, mut strands) = (0, self.new_strands.len());
        for step in &self.plan.retire {
            match step {
                Step::Stop { processor, .. } => {
                    let plan = self.installed.blueprint.processors.get(processor);
                    out.senders += plan.map_or(0, |plan| plan.outputs.iter().flatten().count());
                    gone += 1;
                }
                Step::EndStrand { .. } => strands += 1,
                _ => {}
            }
        }
        self.old.running.reserve(gone);
        self.old.cells.reserve(gone);
        self.old.senders.reserve(out.senders);
        self.old.receivers.reserve(out.receivers);
        self.old.strands.reserve(strands);
    }

    /// Room in the ports of a processor, and in those of the instance that it replaces: the new
    /// one goes on with the lanes and links of the old.
    fn reserve_ports(&mut self, index: usize, out: &mut TakenOut) {
        let Rewired { plan, cell, .. } = &self.rewired[index];
        let old = self.installed.cells.get(&cell.id).filter(|old| !Arc::ptr_eq(old, cell));
        for cell in [Some(cell), old].into_iter().flatten() {
            let Some(mut open) = self.holdings.open(cell) else { continue };
            let parts = open.parts();
            for (input, lanes) in parts.inputs.iter_mut().zip(&plan.inputs) {
                input.lanes.reserve_exact(lanes.len().saturating_sub(input.lanes.len()));
                for lane in input.lanes.iter_mut().filter(|lane| lane.link.is_some()) {
                    lane.before.reserve(1);
                    out.receivers += Lane::links(lane).count();
                }
            }
            for (output, links) in parts.outputs.iter_mut().zip(&plan.outputs) {
                output.links.reserve_exact(links.len());
                out.senders += output.links.len();
            }
        }
    }

    /// True if the ports of a running processor stay as they are.
    pub(super) fn keeps_ports(&self, processor: &ProcessorId) -> bool {
        self.installed.cells.contains_key(processor) && !self.swapped.contains(processor)
    }
}
