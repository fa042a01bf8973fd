//! Which processors run in each strand, in which order.
//!
//! A strand that lost or got a few members has them taken out of its list and put into it, each
//! right behind the last of its producers. One that differs in more is listed anew in the order of
//! the graph.

use std::collections::{BTreeMap, BTreeSet};

use super::assemble::put;
use super::draft::Draft;
use crate::compiler::blueprint::{Blueprint, StrandPlan};
use crate::delegates::SchedulingStrategy;
use crate::graph::Slot;
use crate::ids::ProcessorId;
use crate::maps::{HashMap, HashSet};

/// From how many members that differ on a strand is listed anew.
const MANY: usize = 64;

/// What differs in a strand.
#[derive(Default)]
struct Edit {
    leave: HashSet<ProcessorId>,
    join: Vec<Slot>,
    /// Members that stay, whose links differ.
    check: Vec<Slot>,
}

impl Draft<'_> {
    /// Plans the strands that differ.
    pub(super) fn put_strands(&self, made: &mut Blueprint) {
        let mut anew = BTreeSet::new();
        for (name, edit) in self.edits() {
            let head = self.snapshot.entry(&name).map(|entry| entry.slot);
            let Some(head) = head.filter(|slot| self.strand(*slot) == *slot) else {
                made.strands.remove(&name);
                continue;
            };
            let old = self.before.strands.get(&name).filter(|_| edit.join.len() <= MANY);
            match old.and_then(|old| self.edited(&old.members, &edit)) {
                Some(members) => put(&mut made.strands, &name, self.strand_plan(head, members)),
                None => {
                    anew.insert(head);
                }
            }
        }
        if !anew.is_empty() {
            self.list_anew(made, &anew);
        }
    }

    /// What differs in each strand that is touched.
    fn edits(&self) -> BTreeMap<ProcessorId, Edit> {
        let mut edits: BTreeMap<ProcessorId, Edit> = BTreeMap::new();
        for id in &self.removed {
            self.leave(&mut edits, id);
        }
        for slot in self.touched.list() {
            let Some(entry) = self.entry(*slot) else { continue };
            let Some(name) = self.strand_name(*slot) else { continue };
            let id = &entry.node.id;
            let stays = self.before.processors.get(id).is_some_and(|old| old.strand == name);
            if stays && self.converters(*slot) == self.old_converters(id) {
                edits.entry(name).or_default().check.push(*slot);
            } else {
                self.leave(&mut edits, id);
                edits.entry(name).or_default().join.push(*slot);
            }
        }
        edits
    }

    /// Takes a processor that was planned out of the strand in which it was.
    fn leave(&self, edits: &mut BTreeMap<ProcessorId, Edit>, id: &ProcessorId) {
        if let Some(old) = self.before.processors.get(id) {
            let edit = edits.entry(old.strand.clone()).or_default();
            edit.leave.extend(self.old_converters(id));
            edit.leave.insert(id.clone());
        }
    }

    /// The converters before a processor, by input and lane.
    fn converters(&self, slot: Slot) -> Vec<ProcessorId> {
        let lanes = self.derived(slot).lanes.iter().flatten().flatten();
        let converters = lanes.filter_map(|lane| lane.converter.as_ref());
        converters.map(|converter| converter.node.id.clone()).collect()
    }

    fn old_converters(&self, id: &ProcessorId) -> Vec<ProcessorId> {
        let plan = self.before.processors.get(id);
        let keys = plan.into_iter().flat_map(|plan| plan.inputs.iter().flatten().flatten());
        let parts = keys.filter(|key| key.part == 1);
        let links = parts.filter_map(|key| self.before.links.get(key));
        links.map(|link| link.source.0.clone()).collect()
    }

    fn strand_plan(&self, head: Slot, members: Vec<ProcessorId>) -> StrandPlan {
        let home = match self.derived(head).strategy.clone() {
            None | Some(SchedulingStrategy::Lightweight) => SchedulingStrategy::WorkStealingPool,
            Some(other) => other,
        };
        StrandPlan { home, members }
    }

    /// The members after a few changes; `None` if their order cannot be kept.
    fn edited(&self, old: &[ProcessorId], edit: &Edit) -> Option<Vec<ProcessorId>> {
        if edit.leave.is_empty() && edit.join.is_empty() && old.len() == 1 {
            return Some(old.to_vec());
        }
        let mut members: Vec<_> = match edit.leave.is_empty() {
            true => old.to_vec(),
            false => old.iter().filter(|id| !edit.leave.contains(*id)).cloned().collect(),
        };
        let mut at = self.places(&members, edit);
        let mut waiting = edit.join.clone();
        while !waiting.is_empty() {
            let ready = |slot: &Slot| {
                self.topology().producers(*slot).all(|(_, from)| !waiting.contains(&from))
            };
            let next = waiting.iter().position(ready)?;
            let slot = waiting.swap_remove(next);
            let mut inserted = self.converters(slot);
            inserted.push(self.topology().id(slot)?.clone());
            let producers = self.topology().producers(slot);
            let place = producers.filter_map(|(_, from)| at.get(&from)).max().map_or(0, |p| p + 1);
            let count = inserted.len();
            members.splice(place..place, inserted);
            at.values_mut().filter(|known| **known >= place).for_each(|known| *known += count);
            at.insert(slot, place + count - 1);
        }
        let in_order = edit.join.iter().chain(&edit.check).all(|slot| {
            let own = at.get(slot);
            let before =
                |(_, other): (_, Slot)| at.get(&other).is_none_or(|other| Some(other) < own);
            let behind =
                |(_, other): (_, Slot)| at.get(&other).is_none_or(|other| Some(other) > own);
            self.topology().producers(*slot).all(before)
                && self.topology().consumers(*slot).all(behind)
        });
        in_order.then_some(members)
    }

    /// Where those members are that the changes have to do with.
    fn places(&self, members: &[ProcessorId], edit: &Edit) -> HashMap<Slot, usize> {
        let mut wanted: HashMap<&ProcessorId, Slot> = HashMap::default();
        for slot in edit.join.iter().chain(&edit.check) {
            let others = self.topology().producers(*slot).chain(self.topology().consumers(*slot));
            for slot in others.map(|(_, other)| other).chain([*slot]) {
                wanted.extend(self.topology().id(slot).map(|id| (id, slot)));
            }
        }
        let known = members.iter().enumerate();
        known.filter_map(|(place, id)| Some((*wanted.get(id)?, place))).collect()
    }

    /// Lists the members of strands in the order of the graph.
    fn list_anew(&self, made: &mut Blueprint, heads: &BTreeSet<Slot>) {
        let computed;
        let order = match &self.order {
            Some(order) => order,
            None => {
                // A snapshot has no cycle.
                computed = self.topology().order().unwrap_or_default();
                &computed
            }
        };
        let mut members: BTreeMap<Slot, Vec<ProcessorId>> = BTreeMap::new();
        for slot in order {
            let head = self.strand(*slot);
            if heads.contains(&head) {
                let list = members.entry(head).or_default();
                list.extend(self.converters(*slot));
                list.extend(self.topology().id(*slot).cloned());
            }
        }
        for (head, members) in members {
            if let Some(name) = self.topology().id(head) {
                put(&mut made.strands, name, self.strand_plan(head, members));
            }
        }
    }
}
