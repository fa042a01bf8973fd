//! The blueprint: everything about a graph that is decided before anything is built. The plan is
//! the difference of two blueprints.
//!
//! A *strand* is what is scheduled: one processor, or several that always run on the same worker
//! one after the other (lightweight processors behind their producer, converters before their
//! consumer). Links inside a strand are `inline`; all others cross.
//!
//! Blueprints share what they have in common: a copy costs nothing, and one with a few plans
//! exchanged costs those plans, whatever the size of the graph.

use std::collections::HashMap;
use std::sync::Arc;

use imbl::OrdMap;
use streamlib_schema::ProcessorDescriptor;

use super::planner::Basis;
use crate::delegates::SchedulingStrategy;
use crate::graph::ProcessorNode;
use crate::ids::ProcessorId;
pub use crate::link_channel::{Carrier, LinkKey, LinkPlan};

/// Everything about a graph that is decided before anything is built.
#[derive(Debug, Clone, Default)]
pub struct Blueprint {
    /// The revision of the graph it was made of.
    pub revision: u64,
    /// The processors, converters included.
    pub processors: OrdMap<ProcessorId, Arc<ProcessorPlan>>,
    /// The links, those to and from converters included.
    pub links: OrdMap<LinkKey, Arc<LinkPlan>>,
    /// The strands, by the processor that each is named after.
    pub strands: OrdMap<ProcessorId, Arc<StrandPlan>>,
    /// What the planner knew, so that the next graph costs what differs.
    pub(crate) basis: Basis,
}

/// What is decided about a processor.
#[derive(Debug, Clone, PartialEq)]
pub struct ProcessorPlan {
    /// As it was declared.
    pub node: Arc<ProcessorNode>,
    /// Its type's description.
    pub descriptor: Arc<ProcessorDescriptor>,
    /// True for a converter that the compiler put in.
    pub is_converter: bool,
    /// What it runs on.
    pub strategy: SchedulingStrategy,
    /// The strand it runs in, by that strand's name.
    pub strand: ProcessorId,
    /// The links of each input, by lane, in the order of the descriptor.
    pub inputs: Vec<Vec<Option<LinkKey>>>,
    /// The links of each output, in the order of the descriptor.
    pub outputs: Vec<Vec<LinkKey>>,
}

/// What is decided about a strand.
#[derive(Debug, Clone, PartialEq)]
pub struct StrandPlan {
    /// What runs it: a strategy other than `Lightweight`.
    pub home: SchedulingStrategy,
    /// Its processors, producers before consumers, converters right before their consumers. The
    /// first one that is no converter gives the strand its name.
    pub members: Vec<ProcessorId>,
}

impl Blueprint {
    /// How many frames of output `index` of `plan` may be held at once by its links, its consumers
    /// and, since a frame may be passed on, by what is up to `reach` links further.
    /// `known` remembers what was counted before, so that joins are not counted path by path.
    pub(crate) fn frames_beyond(
        &self,
        plan: &ProcessorPlan,
        index: usize,
        reach: u32,
        known: &mut HashMap<(ProcessorId, usize, u32), u32>,
    ) -> u32 {
        let place = (plan.node.id.clone(), index, reach);
        if let Some(frames) = known.get(&place) {
            return *frames;
        }
        let mut frames: u32 = 0;
        for key in plan.outputs.get(index).into_iter().flatten() {
            let Some(link) = self.links.get(key) else { continue };
            frames = frames.saturating_add(link.depth);
            let Some(target) = self.processors.get(&link.target.0) else { continue };
            let holds = target.descriptor.inputs.get(link.target.1).map_or(0, |p| p.holds);
            frames = frames.saturating_add(holds).saturating_add(1);
            if reach > 0 {
                for output in 0..target.outputs.len() {
                    let beyond = self.frames_beyond(target, output, reach - 1, known);
                    frames = frames.saturating_add(beyond);
                }
            }
        }
        known.insert(place, frames);
        frames
    }
}
