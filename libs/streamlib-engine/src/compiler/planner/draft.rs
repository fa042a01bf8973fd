//! What the passes of the planner know, by slot.

use std::collections::HashMap;
use std::sync::Arc;

use streamlib_schema::{FormatSet, ProcessorDescriptor};

use crate::compiler::error::PlanError;
use crate::delegates::{FactoryDelegate, SchedulerDelegate, SchedulingStrategy};
use crate::graph::{GraphSnapshot, Link, ProcessorNode, Slot, SnapshotEntry, Topology};
use crate::ids::LinkId;

pub(super) struct Draft<'a> {
    pub(super) snapshot: &'a GraphSnapshot,
    pub(super) scheduler: &'a dyn SchedulerDelegate,
    pub(super) factory: &'a dyn FactoryDelegate,
    /// The processors by slot; `None` for slots that nobody has.
    pub(super) entries: Vec<Option<&'a SnapshotEntry>>,
    /// Producers before consumers.
    pub(super) order: Vec<Slot>,
    /// By slot.
    pub(super) derived: Vec<Derived>,
    /// How much deeper than nothing a lossless link into a join must be, frames.
    pub(super) join_depths: HashMap<LinkId, u32>,
}

/// What was decided about a processor so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Derived {
    /// By input: what it takes, given what is behind the outputs tied to it.
    pub(super) takes: Vec<FormatSet>,
    /// By output: what it makes, given what is behind and, once settled, before it.
    pub(super) makes: Vec<FormatSet>,
    /// By input and lane: what the link carries.
    pub(super) lanes: Vec<Vec<Option<Carries>>>,
    /// True if its inputs are late by different numbers of frames, so frames must wait in a link.
    pub(super) waits_in_links: bool,
    /// What it runs on.
    pub(super) strategy: Option<SchedulingStrategy>,
    /// The strand it runs in, by the processor that the strand is named after.
    pub(super) strand: Option<Slot>,
}

/// What a link carries.
#[derive(Debug, Clone)]
pub(super) struct Carries {
    /// Formats in which frames arrive.
    pub(super) formats: FormatSet,
    /// The converter before the input, if there is one.
    pub(super) converter: Option<Box<Converter>>,
}

/// A converter that becomes a stage of a link.
#[derive(Debug, Clone)]
pub(super) struct Converter {
    pub(super) node: Arc<ProcessorNode>,
    pub(super) descriptor: Arc<ProcessorDescriptor>,
    /// Formats in which frames come to it.
    pub(super) formats: FormatSet,
}

impl<'a> Draft<'a> {
    pub(super) fn new(
        snapshot: &'a GraphSnapshot,
        scheduler: &'a dyn SchedulerDelegate,
        factory: &'a dyn FactoryDelegate,
    ) -> Result<Self, PlanError> {
        let topology = snapshot.topology();
        let order = topology.order().map_err(PlanError::Cycle)?;
        let mut entries = vec![None; topology.slots()];
        for entry in snapshot.entries() {
            entries[entry.slot.index()] = Some(entry);
        }
        Ok(Self {
            snapshot,
            scheduler,
            factory,
            derived: vec![Derived::default(); topology.slots()],
            entries,
            order,
            join_depths: HashMap::new(),
        })
    }

    pub(super) fn topology(&self) -> &'a Topology {
        self.snapshot.topology()
    }

    /// The processors with their slots, producers before consumers.
    pub(super) fn in_order(&self) -> Vec<(Slot, &'a SnapshotEntry)> {
        let known = |slot: &Slot| Some((*slot, self.entries[slot.index()]?));
        self.order.iter().filter_map(known).collect()
    }

    /// The link with this number and the slot and output of its producer.
    pub(super) fn source(&self, id: LinkId) -> Option<(&'a Arc<Link>, &'a SnapshotEntry, usize)> {
        let link = self.snapshot.link(id)?;
        let entry = self.snapshot.entry(&link.source.processor)?;
        let outputs = &entry.descriptor.outputs;
        let output = outputs.iter().position(|output| output.name == *link.source.port)?;
        Some((link, entry, output))
    }

    /// The link with this number and the slot and input of its consumer.
    pub(super) fn target(&self, id: LinkId) -> Option<(&'a Arc<Link>, &'a SnapshotEntry, usize)> {
        let link = self.snapshot.link(id)?;
        let entry = self.snapshot.entry(&link.target.processor)?;
        let inputs = &entry.descriptor.inputs;
        let input = inputs.iter().position(|input| input.name == *link.target.port)?;
        Some((link, entry, input))
    }
}
