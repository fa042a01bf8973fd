//! Carriers, depths, and the plans of processors, links and strands.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use imbl::OrdMap;
use streamlib_schema::Delivery;

use super::draft::{Carries, Converter, Draft};
use crate::compiler::blueprint::{
    Blueprint, Carrier, LinkKey, LinkPlan, ProcessorPlan, StrandPlan,
};
use crate::delegates::SchedulingStrategy;
use crate::graph::{Link, LinkOptions, Slot, SnapshotEntry};
use crate::ids::{LinkId, ProcessorId};

/// How a link delivers.
#[derive(Debug, Clone, Copy)]
struct Policy {
    delivery: Delivery,
    depth: u32,
    max_age: Option<Duration>,
}

impl Draft<'_> {
    /// Makes the blueprint. Plans that are the same as in `before` are shared with it.
    pub(super) fn assemble(&self, before: &Blueprint) -> Blueprint {
        let mut made = Blueprint { revision: self.snapshot.revision(), ..Blueprint::default() };
        let mut members: BTreeMap<Slot, Vec<ProcessorId>> = BTreeMap::new();
        for (slot, entry) in self.in_order() {
            let strand = self.strand(slot);
            let members = members.entry(strand).or_default();
            for (input, lanes) in self.derived[slot.index()].lanes.iter().enumerate() {
                for (lane, carries) in lanes.iter().enumerate() {
                    let Some(carries) = carries else { continue };
                    if let Some(converter) = &carries.converter {
                        members.push(converter.node.id.clone());
                    }
                    self.links(&mut made, entry, (input, lane), carries);
                }
            }
            members.push(entry.node.id.clone());
            made.processors.insert(entry.node.id.clone(), Arc::new(self.processor(slot, entry)));
        }
        for (slot, members) in members {
            let Some(entry) = self.entries[slot.index()] else { continue };
            let home = match self.derived[slot.index()].strategy.clone() {
                None | Some(SchedulingStrategy::Lightweight) => {
                    SchedulingStrategy::WorkStealingPool
                }
                Some(other) => other,
            };
            made.strands.insert(entry.node.id.clone(), Arc::new(StrandPlan { home, members }));
        }
        share(&mut made.processors, &before.processors);
        share(&mut made.links, &before.links);
        share(&mut made.strands, &before.strands);
        made
    }

    fn strand(&self, slot: Slot) -> Slot {
        self.derived[slot.index()].strand.unwrap_or(slot)
    }

    fn strand_name(&self, slot: Slot) -> Option<ProcessorId> {
        self.entries[self.strand(slot).index()].map(|entry| entry.node.id.clone())
    }

    fn processor(&self, slot: Slot, entry: &SnapshotEntry) -> ProcessorPlan {
        let derived = &self.derived[slot.index()];
        let lanes_of = |lanes: &Vec<Option<LinkId>>, carried: &Vec<Option<Carries>>| {
            lanes
                .iter()
                .zip(carried)
                .map(|(id, carries)| {
                    let is_converted = carries.as_ref()?.converter.is_some();
                    Some(LinkKey { link: (*id)?, part: u8::from(is_converted) })
                })
                .collect()
        };
        let inputs = entry.ports.inputs.iter().zip(&derived.lanes);
        let outputs = entry.ports.outputs.iter();
        ProcessorPlan {
            node: Arc::clone(&entry.node),
            descriptor: Arc::clone(&entry.descriptor),
            is_converter: false,
            strategy: derived.strategy.clone().unwrap_or(SchedulingStrategy::WorkStealingPool),
            strand: self.strand_name(slot).unwrap_or_else(|| entry.node.id.clone()),
            inputs: inputs.map(|(lanes, carried)| lanes_of(lanes, carried)).collect(),
            outputs: outputs
                .map(|links| links.iter().map(|link| LinkKey { link: *link, part: 0 }).collect())
                .collect(),
        }
    }

    /// Plans one link of the graph, with its converter.
    fn links(
        &self,
        made: &mut Blueprint,
        consumer: &SnapshotEntry,
        (input, lane): (usize, usize),
        carries: &Carries,
    ) {
        let id = consumer.ports.inputs[input].get(lane).copied().flatten();
        let Some((link, producer, output)) = id.and_then(|id| self.source(id)) else { return };
        let same_strand = self.strand(producer.slot) == self.strand(consumer.slot);
        let policy = policy(&link.options, consumer, input);
        let carrier = match policy.delivery {
            _ if link.options.feedback => Carrier::Slot,
            _ if same_strand => Carrier::Inline,
            Delivery::Lossless => Carrier::Ring,
            Delivery::EverySample => Carrier::Overwrite,
            Delivery::Latest => Carrier::Slot,
        };
        let needed = self.join_depths.get(&link.id).copied().filter(|_| carrier == Carrier::Ring);
        let needed = needed.map(|depth| depth.min(LinkOptions::DEPTH_MAX));
        let deepened = needed.filter(|needed| *needed > policy.depth);
        let source = (producer.node.id.clone(), output);
        let target = (consumer.node.id.clone(), input, lane);
        let plan = LinkPlan {
            key: LinkKey { link: link.id, part: 0 },
            source,
            target,
            carrier,
            delivery: policy.delivery,
            depth: deepened.unwrap_or(policy.depth),
            deepened: deepened.map(|_| format!("join at {}", link.target)),
            max_age: policy.max_age,
            feedback: link.options.feedback,
            live: producer.descriptor.needs.live,
            formats: carries.formats.clone(),
        };
        let plan = match &carries.converter {
            Some(converter) => self.through(made, link, plan, converter, consumer),
            None => plan,
        };
        made.links.insert(plan.key, Arc::new(plan));
    }

    /// Puts a converter into a link: plans it and the part behind it, and gives back the part
    /// before it.
    fn through(
        &self,
        made: &mut Blueprint,
        link: &Link,
        whole: LinkPlan,
        converter: &Converter,
        consumer: &SnapshotEntry,
    ) -> LinkPlan {
        let id = converter.node.id.clone();
        let behind = LinkPlan {
            key: LinkKey { link: link.id, part: 1 },
            source: (id.clone(), 0),
            target: whole.target,
            carrier: Carrier::Inline,
            delivery: Delivery::Lossless,
            depth: 1,
            deepened: None,
            max_age: None,
            feedback: false,
            live: false,
            formats: whole.formats,
        };
        let plan = ProcessorPlan {
            node: Arc::clone(&converter.node),
            descriptor: Arc::clone(&converter.descriptor),
            is_converter: true,
            strategy: SchedulingStrategy::Lightweight,
            strand: self.strand_name(consumer.slot).unwrap_or_else(|| consumer.node.id.clone()),
            inputs: vec![vec![Some(whole.key)]],
            outputs: vec![vec![behind.key]],
        };
        made.links.insert(behind.key, Arc::new(behind));
        made.processors.insert(id.clone(), Arc::new(plan));
        LinkPlan { target: (id, 0, 0), formats: converter.formats.clone(), ..whole }
    }
}

/// What the port declares, with what the link asks for in its place.
fn policy(options: &LinkOptions, consumer: &SnapshotEntry, input: usize) -> Policy {
    let declared = &consumer.descriptor.inputs[input].policy;
    let delivery = match options.feedback {
        true => Delivery::Latest,
        false => options.delivery.unwrap_or(declared.delivery),
    };
    let depth = match (delivery, options.depth) {
        (Delivery::Latest, _) => 1,
        (_, Some(depth)) => depth.max(1),
        (same, None) if same == declared.delivery => declared.depth(),
        (other, None) => other.default_depth(),
    };
    Policy { delivery, depth, max_age: options.max_age.or(declared.max_age) }
}

/// Puts the plans of `before` in the place of equal ones.
fn share<K: Ord + Clone, P: PartialEq>(made: &mut OrdMap<K, Arc<P>>, before: &OrdMap<K, Arc<P>>) {
    for (key, known) in before {
        if let Some(plan) = made.get_mut(key).filter(|plan| *plan == known) {
            *plan = Arc::clone(known);
        }
    }
}
