//! What the passes of the planner know.

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::ordmap::DiffItem;
use imbl::{OrdMap, OrdSet, Vector};
use streamlib_schema::{FormatSet, ProcessorDescriptor};

use super::tables::{Derivations, Ends, Tables};
use super::worklist::{Marks, Worklist};
use crate::compiler::blueprint::Blueprint;
use crate::compiler::error::PlanError;
use crate::delegates::{FactoryDelegate, SchedulerDelegate, SchedulingStrategy};
use crate::graph::{GraphSnapshot, Link, ProcessorNode, Slot, SnapshotEntry, Topology};
use crate::ids::{LinkId, ProcessorId};

/// Where more than one in `FEW` processors differ, and more than `FEW_AT_LEAST`, everything is gone
/// through in order.
const FEW: usize = 8;
const FEW_AT_LEAST: usize = 16;

/// Why a draft came to nothing.
pub(super) enum Stop {
    /// The parts do not go together.
    Refused(Box<PlanError>),
    /// More follows from what differs than going through everything costs.
    TooMuchDiffers,
}

/// What was decided about a graph, besides what its blueprint says. Shared with the next one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Basis {
    pub(super) snapshot: GraphSnapshot,
    /// By slot.
    pub(super) derived: Vector<Arc<Derived>>,
    /// Processors with two or more links that count.
    pub(super) joins: OrdSet<Slot>,
    /// How deep a lossless link into a join must be at least, frames.
    pub(super) join_depths: OrdMap<LinkId, u32>,
    /// How deep a link became while it ran, because its join starved on another, frames.
    pub(super) grown: OrdMap<LinkId, u32>,
    /// Processors that share their strand with nobody, because their calls took long.
    pub(super) apart: OrdSet<ProcessorId>,
}

impl Basis {
    /// True if the processor shares its strand with nobody, because its calls took long.
    pub(crate) fn is_apart(&self, processor: &ProcessorId) -> bool {
        self.apart.contains(processor)
    }
}

/// What was decided about a processor.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Derived {
    /// By input: what it takes, given what is behind the outputs tied to it.
    pub(super) takes: Vec<FormatSet>,
    /// By output: what it can make, given what is behind it.
    pub(super) wants: Vec<FormatSet>,
    /// By output: what it makes, given what is behind it and what comes in.
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
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Carries {
    /// Formats in which frames arrive.
    pub(super) formats: FormatSet,
    /// The converter before the input, if there is one.
    pub(super) converter: Option<Box<Converter>>,
}

/// A converter that becomes a stage of a link.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Converter {
    pub(super) node: Arc<ProcessorNode>,
    pub(super) descriptor: Arc<ProcessorDescriptor>,
    /// Formats in which frames come to it.
    pub(super) formats: FormatSet,
}

/// A graph while everything about it is decided.
pub(super) struct Draft<'a> {
    pub(super) before: &'a Blueprint,
    pub(super) snapshot: &'a GraphSnapshot,
    pub(super) scheduler: &'a dyn SchedulerDelegate,
    pub(super) factory: &'a dyn FactoryDelegate,
    pub(super) basis: Basis,
    /// Becomes that of the basis at the end.
    pub(super) derivations: Derivations,
    /// Everything by slot and number, if all is gone through.
    tables: Option<Tables<'a>>,
    /// All processors in the order of the graph, if all are gone through.
    pub(super) order: Option<Vec<Slot>>,
    /// Where the passes start: processors whose declaration or links differ.
    pub(super) dirty: Vec<Slot>,
    /// Processors that are gone.
    pub(super) removed: Vec<&'a ProcessorId>,
    /// Slots that are no longer those of the processors that had them; others may have them now.
    pub(super) freed: Vec<Slot>,
    /// Links that are gone or differ, as they were.
    pub(super) old_links: Vec<&'a Arc<Link>>,
    /// Processors whose plans, or whose links' plans, may differ.
    pub(super) touched: Marks,
    /// What is wrong with the links into a processor.
    pub(super) errors: BTreeMap<Slot, PlanError>,
}

impl<'a> Draft<'a> {
    /// A draft that starts from what differs; `None` if that is much.
    pub(super) fn of_what_differs(
        before: &'a Blueprint,
        snapshot: &'a GraphSnapshot,
        scheduler: &'a dyn SchedulerDelegate,
        factory: &'a dyn FactoryDelegate,
    ) -> Option<Self> {
        let few = (snapshot.processor_count() / FEW).max(FEW_AT_LEAST);
        let mut derived = before.basis.derived.clone();
        let missing = snapshot.topology().slots().saturating_sub(derived.len());
        derived.extend(std::iter::repeat_n(Arc::default(), missing));
        let derivations = Derivations::Revised(derived);
        let mut draft = Self::new(before, snapshot, scheduler, factory, derivations);
        for item in before.basis.snapshot.graph().processors.diff(&snapshot.graph().processors) {
            match item {
                DiffItem::Add(_, entry) => draft.forget(entry),
                DiffItem::Update { old: (_, old), new: (_, new) } if old.slot != new.slot => {
                    draft.forget(new);
                }
                DiffItem::Update { new: (_, entry), .. } => draft.dirty.push(entry.slot),
                DiffItem::Remove(..) => {}
            }
            if draft.dirty.len() > few {
                return None;
            }
        }
        Some(draft)
    }

    /// A draft that goes through everything.
    pub(super) fn of_all(
        before: &'a Blueprint,
        snapshot: &'a GraphSnapshot,
        scheduler: &'a dyn SchedulerDelegate,
        factory: &'a dyn FactoryDelegate,
    ) -> Result<Self, PlanError> {
        let order = snapshot.topology().order().map_err(PlanError::Cycle)?;
        let mut derived = Vec::new();
        derived.resize_with(snapshot.topology().slots(), Derived::default);
        let derivations = Derivations::Anew(derived);
        let mut draft = Self::new(before, snapshot, scheduler, factory, derivations);
        draft.basis.joins = OrdSet::new();
        draft.basis.join_depths = OrdMap::new();
        draft.tables = Some(Tables::new(snapshot));
        draft.dirty.clone_from(&order);
        draft.order = Some(order);
        Ok(draft)
    }

    fn new(
        before: &'a Blueprint,
        snapshot: &'a GraphSnapshot,
        scheduler: &'a dyn SchedulerDelegate,
        factory: &'a dyn FactoryDelegate,
        derivations: Derivations,
    ) -> Self {
        let old = before.basis.snapshot.graph();
        let (mut removed, mut freed) = (Vec::new(), Vec::new());
        for item in old.processors.diff(&snapshot.graph().processors) {
            match item {
                DiffItem::Remove(id, entry) => {
                    removed.push(id);
                    freed.push(entry.slot);
                }
                DiffItem::Update { old: (_, old), new: (_, new) } if old.slot != new.slot => {
                    freed.push(old.slot);
                }
                DiffItem::Update { .. } | DiffItem::Add(..) => {}
            }
        }
        let old_links = old.links.diff(&snapshot.graph().links);
        let old_links = old_links.filter_map(|item| match item {
            DiffItem::Remove(_, link) | DiffItem::Update { old: (_, link), .. } => Some(link),
            DiffItem::Add(..) => None,
        });
        let basis = Basis {
            snapshot: snapshot.clone(),
            derived: Vector::new(),
            joins: before.basis.joins.clone(),
            join_depths: before.basis.join_depths.clone(),
            grown: before.basis.grown.clone(),
            apart: before.basis.apart.clone(),
        };
        Self {
            removed,
            freed,
            old_links: old_links.collect(),
            touched: Marks::new(snapshot.topology().slots()),
            before,
            snapshot,
            scheduler,
            factory,
            basis,
            derivations,
            tables: None,
            order: None,
            dirty: Vec::new(),
            errors: BTreeMap::new(),
        }
    }

    /// A processor in a slot that another may have had.
    fn forget(&mut self, entry: &SnapshotEntry) {
        *self.derived_mut(entry.slot) = Derived::default();
        self.dirty.push(entry.slot);
    }

    pub(super) fn topology(&self) -> &'a Topology {
        self.snapshot.topology()
    }

    /// The processor in a slot.
    pub(super) fn entry(&self, slot: Slot) -> Option<&'a SnapshotEntry> {
        match &self.tables {
            Some(tables) => tables.entry(slot),
            None => self.snapshot.entry(self.topology().id(slot)?),
        }
    }

    pub(super) fn derived(&self, slot: Slot) -> &Derived {
        self.derivations.get(slot)
    }

    pub(super) fn derived_mut(&mut self, slot: Slot) -> &mut Derived {
        self.derivations.get_mut(slot)
    }

    /// An empty list that gives out as many visits as going through everything takes a few times
    /// over, or any number if everything is gone through.
    pub(super) fn worklist(&self) -> Worklist {
        let slots = self.topology().slots();
        let visits = if self.order.is_some() { usize::MAX } else { 4 * slots + 64 };
        Worklist::new(slots, visits)
    }

    /// The link with this number, with its ends.
    pub(super) fn ends(&self, id: LinkId) -> Option<Ends<'a>> {
        match &self.tables {
            Some(tables) => tables.ends(self.snapshot, id),
            None => Ends::find(self.snapshot, id),
        }
    }

    /// The link with this number with its producer and that one's output.
    pub(super) fn source(&self, id: LinkId) -> Option<(&'a Arc<Link>, &'a SnapshotEntry, usize)> {
        let Ends { link, source, .. } = self.ends(id)?;
        Some((link, source.0, source.1))
    }

    /// The link with this number with its consumer and that one's input.
    pub(super) fn target(&self, id: LinkId) -> Option<(&'a Arc<Link>, &'a SnapshotEntry, usize)> {
        let Ends { link, target, .. } = self.ends(id)?;
        Some((link, target.0, target.1))
    }
}
