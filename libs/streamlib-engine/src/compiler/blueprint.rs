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
use std::time::Duration;

use imbl::OrdMap;
use serde::Serialize;
use streamlib_schema::{Delivery, FormatSet, ProcessorDescriptor};

use super::planner::Basis;
use crate::delegates::SchedulingStrategy;
use crate::graph::ProcessorNode;
use crate::ids::{LinkId, ProcessorId};

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

/// A link of the graph, or the part of one behind a converter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkKey {
    /// The link of the graph.
    pub link: LinkId,
    /// 0 for the link itself, or for its part before the converter; 1 for the part behind it.
    pub part: u8,
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

/// What is decided about a link.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkPlan {
    /// Which link.
    pub key: LinkKey,
    /// Producer and index of its output.
    pub source: (ProcessorId, usize),
    /// Consumer, index of its input, and lane.
    pub target: (ProcessorId, usize, usize),
    /// How frames get across.
    pub carrier: Carrier,
    /// How the consumer wants data.
    pub delivery: Delivery,
    /// Frames that fit, at least 1.
    pub depth: u32,
    /// Why the depth is more than was declared, for the plan's text: `join at both.video_in`.
    pub deepened: Option<String>,
    /// Frames captured longer ago are dropped.
    pub max_age: Option<Duration>,
    /// Closes a cycle: never a trigger, empty on the first call.
    pub feedback: bool,
    /// The source is live: a full lossless link loses the frame instead of holding it up.
    pub live: bool,
    /// What both ends can agree on.
    pub formats: FormatSet,
}

/// How frames get across a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Carrier {
    /// The consumer runs in its producer's worker: no queue.
    Inline,
    /// A bounded queue that is lossless.
    Ring,
    /// A bounded queue that drops its oldest frame.
    Overwrite,
    /// One place for the newest frame.
    Slot,
}

impl Carrier {
    /// The name shown to people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inline => "inline",
            Self::Ring => "ring",
            Self::Overwrite => "overwrite",
            Self::Slot => "slot",
        }
    }
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
