//! The blueprint: everything about a graph that is decided before anything is built. The plan is
//! the difference of two blueprints.
//!
//! A *strand* is what is scheduled: one processor, or several that always run on the same worker
//! one after the other (lightweight processors behind their producer, converters before their
//! consumer). Links inside a strand are `inline`; all others cross.
//!
//! Blueprints share what they have in common: a copy costs nothing, and one with a few plans
//! exchanged costs those plans, whatever the size of the graph.

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
