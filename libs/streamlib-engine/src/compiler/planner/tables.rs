//! What the passes look up while everything is gone through: arrays by slot and by number, where a
//! graph that is revised has maps.

use std::sync::Arc;

use imbl::Vector;

use super::draft::Derived;
use crate::graph::{GraphSnapshot, Link, Slot, SnapshotEntry};
use crate::ids::LinkId;

/// What was decided about each processor, by slot.
pub(super) enum Derivations {
    /// Everything is decided anew.
    Anew(Vec<Derived>),
    /// Shared with what was decided before, but for what differs.
    Revised(Vector<Arc<Derived>>),
}

impl Derivations {
    pub(super) fn get(&self, slot: Slot) -> &Derived {
        match self {
            Self::Anew(all) => &all[slot.index()],
            Self::Revised(all) => &all[slot.index()],
        }
    }

    pub(super) fn get_mut(&mut self, slot: Slot) -> &mut Derived {
        match self {
            Self::Anew(all) => &mut all[slot.index()],
            Self::Revised(all) => Arc::make_mut(&mut all[slot.index()]),
        }
    }

    /// In the form that the next draft revises.
    pub(super) fn into_shared(self) -> Vector<Arc<Derived>> {
        match self {
            Self::Anew(all) => all.into_iter().map(Arc::new).collect(),
            Self::Revised(all) => all,
        }
    }
}

/// A link with its ends.
#[derive(Clone, Copy)]
pub(super) struct Ends<'a> {
    pub(super) link: &'a Arc<Link>,
    /// The producer and the index of its output.
    pub(super) source: (&'a SnapshotEntry, usize),
    /// The consumer and the index of its input.
    pub(super) target: (&'a SnapshotEntry, usize),
}

impl<'a> Ends<'a> {
    fn new(
        link: &'a Arc<Link>,
        producer: &'a SnapshotEntry,
        consumer: &'a SnapshotEntry,
    ) -> Option<Self> {
        let mut outputs = producer.descriptor.outputs.iter();
        let output = outputs.position(|output| output.name == *link.source.port)?;
        let mut inputs = consumer.descriptor.inputs.iter();
        let input = inputs.position(|input| input.name == *link.target.port)?;
        Some(Self { link, source: (producer, output), target: (consumer, input) })
    }

    /// The link with this number, by names.
    pub(super) fn find(snapshot: &'a GraphSnapshot, id: LinkId) -> Option<Self> {
        let link = snapshot.link(id)?;
        let producer = snapshot.entry(&link.source.processor)?;
        Self::new(link, producer, snapshot.entry(&link.target.processor)?)
    }
}

/// All processors and links of a snapshot, without names.
pub(super) struct Tables<'a> {
    /// By slot.
    entries: Vec<Option<&'a SnapshotEntry>>,
    /// By number, from the first on; empty if there are many numbers without a link.
    ends: Vec<Option<Ends<'a>>>,
    first_link: u64,
}

impl<'a> Tables<'a> {
    pub(super) fn new(snapshot: &'a GraphSnapshot) -> Self {
        let topology = snapshot.topology();
        let mut entries = vec![None; topology.slots()];
        for entry in snapshot.entries() {
            entries[entry.slot.index()] = Some(entry);
        }
        let links = &snapshot.graph().links;
        let first_link = links.keys().next().map_or(0, |id| id.0);
        let last_link = links.keys().next_back().map_or(0, |id| id.0);
        let numbers = usize::try_from(last_link - first_link).unwrap_or(usize::MAX);
        let mut tables = Self { entries, ends: Vec::new(), first_link };
        if numbers / 4 > links.len() {
            return tables;
        }
        let mut by_number: Vec<Option<&Arc<Link>>> = vec![None; numbers + 1];
        for (id, link) in links {
            by_number[(id.0 - first_link) as usize] = Some(link);
        }
        tables.ends.resize(numbers + 1, None);
        for (id, source, target) in topology.links() {
            let at = (id.0 - first_link) as usize;
            let (producer, consumer) = (tables.entry(source), tables.entry(target));
            if let (Some(link), Some(producer), Some(consumer)) =
                (by_number[at], producer, consumer)
            {
                tables.ends[at] = Ends::new(link, producer, consumer);
            }
        }
        tables
    }

    /// The processor in a slot.
    pub(super) fn entry(&self, slot: Slot) -> Option<&'a SnapshotEntry> {
        self.entries[slot.index()]
    }

    /// The link with this number.
    pub(super) fn ends(&self, snapshot: &'a GraphSnapshot, id: LinkId) -> Option<Ends<'a>> {
        match self.ends.is_empty() {
            true => Ends::find(snapshot, id),
            false => *self.ends.get(usize::try_from(id.0.checked_sub(self.first_link)?).ok()?)?,
        }
    }
}
