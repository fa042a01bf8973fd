//! How many buffers each output may have: what its links hold, what its consumers hold, and, since
//! a frame may be passed on, the same of what is a few links further.

use std::sync::Arc;

use super::Phases;
use super::room::Rewired;
use crate::compiler::blueprint::{Blueprint, ProcessorPlan};
use crate::execution::ProcessorCell;
use crate::ids::ProcessorId;
use crate::maps::{HashMap, HashSet};

/// How many links away a buffer is thought to travel.
const REACH: usize = 16;
/// How many links beyond those are counted along, so that what comes later is known already.
const AHEAD: usize = 240;
/// From how many processors on it is worth to count ahead.
const MANY: usize = 64;

/// Frames behind a processor, by how many links further they may be.
type Beyond = [u32; REACH + 1];

impl Phases<'_> {
    /// Decides how many buffers the outputs may have of all processors whose ports change, and of
    /// those whose frames may be passed on to them.
    pub(super) fn limit_pools(&mut self) {
        let upstream = self.upstream();
        let mut count = Count::new(&self.after, self.rewired.len() >= MANY);
        for rewired in &mut self.rewired {
            rewired.pool_limits = count.limits(&rewired.plan);
        }
        self.upstream_limits = upstream
            .into_iter()
            .filter_map(|cell| {
                let limits = count.limits(self.after.processors.get(&cell.id)?);
                Some((cell, limits))
            })
            .collect();
    }

    /// The processors up to so many links before those whose ports change.
    fn upstream(&self) -> Vec<Arc<ProcessorCell>> {
        let mut all: Vec<_> = self.rewired.iter().map(|rewired| &rewired.cell.id).collect();
        let count = all.len();
        let mut seen: HashSet<_> = all.iter().copied().collect();
        let mut from = 0;
        for _ in 0..REACH {
            let plans = all[from..].iter().filter_map(|id| self.after.processors.get(*id));
            let keys = plans.flat_map(|plan| plan.inputs.iter().flatten().flatten());
            let links = keys.filter_map(|key| self.after.links.get(key));
            let before: Vec<_> = links.map(|link| &link.source.0).collect();
            from = all.len();
            all.extend(before.into_iter().filter(|id| seen.insert(id)));
        }
        let cells =
            all.split_off(count).into_iter().map(|id| self.installed.cells.get(id).cloned());
        cells.flatten().collect()
    }

    /// Sizes the pools of what was rewired, and of what is before it, which runs on.
    pub(super) fn size_pools(&mut self, rewired: &[Rewired]) {
        for Rewired { cell, pool_limits, .. } in rewired {
            let Some(mut open) = self.holdings.open(cell) else {
                // What is inside a call that is pinned takes buffers meanwhile.
                let outputs = cell.counters().iter().zip(pool_limits);
                outputs.for_each(|(output, limit)| output.set_planned(*limit));
                continue;
            };
            for (output, limit) in open.parts().outputs.iter_mut().zip(pool_limits) {
                output.set_pool_limit(*limit);
            }
        }
        for (cell, limits) in &self.upstream_limits {
            for (output, limit) in cell.counters().iter().zip(limits) {
                output.set_planned(*limit);
            }
        }
    }
}

/// Counts frames behind outputs, each processor once, so that joins are not counted path by path.
struct Count<'a> {
    blueprint: &'a Blueprint,
    /// How far is looked.
    sight: usize,
    /// What is behind all outputs of a processor, and up to how many links further that is right.
    known: HashMap<&'a ProcessorId, (Beyond, usize)>,
}

impl<'a> Count<'a> {
    fn new(blueprint: &'a Blueprint, many: bool) -> Self {
        let sight = if many { REACH + AHEAD } else { REACH };
        Self { blueprint, sight, known: HashMap::default() }
    }

    /// How many buffers each output of `plan` may have.
    fn limits(&mut self, plan: &ProcessorPlan) -> Vec<u32> {
        let outputs = plan.descriptor.outputs.iter().enumerate();
        let limits = outputs.map(|(index, port)| {
            let held = self.behind_output(plan, index);
            held.saturating_add(port.max_per_call).saturating_add(2)
        });
        limits.collect()
    }

    fn processor(&self, id: &ProcessorId) -> Option<&'a ProcessorPlan> {
        self.blueprint.processors.get(id).map(|plan| &**plan)
    }

    /// How many frames may be behind an output.
    fn behind_output(&mut self, plan: &ProcessorPlan, index: usize) -> u32 {
        let mut behind = [0; REACH + 1];
        self.add_output(plan, index, self.sight, &mut behind);
        behind[REACH]
    }

    /// Adds what is behind an output; gives back up to how many links further that is right.
    fn add_output(
        &mut self,
        plan: &ProcessorPlan,
        index: usize,
        sight: usize,
        behind: &mut Beyond,
    ) -> usize {
        let mut right = usize::MAX;
        for key in plan.outputs.get(index).into_iter().flatten() {
            let Some(link) = self.blueprint.links.get(key) else { continue };
            let Some(target) = self.processor(&link.target.0) else { continue };
            let holds = target.descriptor.inputs.get(link.target.1).map_or(0, |port| port.holds);
            let here = link.depth.saturating_add(holds).saturating_add(1);
            behind.iter_mut().for_each(|frames| *frames = frames.saturating_add(here));
            let Some(left) = sight.checked_sub(1) else {
                right = 0;
                continue;
            };
            let (further, known) = self.behind(target, left);
            right = right.min(known.saturating_add(1));
            for (frames, further) in behind.iter_mut().skip(1).zip(&further) {
                *frames = frames.saturating_add(*further);
            }
        }
        right
    }

    /// What is behind all outputs of a processor, and up to how many links further that is right.
    fn behind(&mut self, plan: &'a ProcessorPlan, sight: usize) -> (Beyond, usize) {
        if let Some(known) = self.known.get(&plan.node.id)
            && known.1 >= sight.min(REACH)
        {
            return *known;
        }
        let (mut behind, mut right) = ([0; REACH + 1], usize::MAX);
        for index in 0..plan.outputs.len() {
            right = right.min(self.add_output(plan, index, sight, &mut behind));
        }
        self.known.insert(&plan.node.id, (behind, right));
        (behind, right)
    }
}
