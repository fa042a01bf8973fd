//! Carriers, depths, and the plans of processors, links and strands.

use std::sync::Arc;
use std::time::Duration;

use imbl::OrdMap;
use streamlib_schema::Delivery;

use super::draft::{Basis, Carries, Converter, Draft};
use super::formats::converter_id;
use crate::compiler::blueprint::{Blueprint, Carrier, LinkKey, LinkPlan, ProcessorPlan};
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
    /// Makes the blueprint: that of before, with the plans of all that is touched made anew.
    pub(super) fn assemble(mut self) -> Blueprint {
        self.dirty.iter().for_each(|slot| {
            self.touched.insert(*slot);
        });
        let mut made = Blueprint {
            revision: self.snapshot.revision(),
            basis: Basis::default(),
            ..self.before.clone()
        };
        for id in &self.removed {
            made.processors.remove(*id);
        }
        for link in &self.old_links {
            forget_link(&mut made, link);
        }
        for slot in self.touched.list() {
            let Some(entry) = self.entry(*slot) else { continue };
            put(&mut made.processors, &entry.node.id, self.processor(*slot, entry));
            self.links_of(&mut made, *slot, entry);
        }
        self.put_strands(&mut made);
        made.basis = Basis { derived: self.derivations.into_shared(), ..self.basis };
        made
    }

    /// Plans the links into and out of a processor. A link between two that are touched is left
    /// to its consumer.
    fn links_of(&self, made: &mut Blueprint, slot: Slot, entry: &SnapshotEntry) {
        for (input, lanes) in self.derived(slot).lanes.iter().enumerate() {
            for (lane, carries) in lanes.iter().enumerate() {
                if let Some(carries) = carries {
                    self.links(made, entry, (input, lane), carries);
                }
            }
        }
        for (link, consumer, input) in
            entry.ports.outputs.iter().flatten().filter_map(|id| self.target(*id))
        {
            let lanes = self.derived(consumer.slot).lanes.get(input);
            let carries = lanes.and_then(|lanes| lanes.get(link.lane as usize)?.as_ref());
            if let Some(carries) = carries.filter(|_| !self.touched.contains(consumer.slot)) {
                self.links(made, consumer, (input, link.lane as usize), carries);
            }
        }
    }

    pub(super) fn strand(&self, slot: Slot) -> Slot {
        self.derived(slot).strand.unwrap_or(slot)
    }

    pub(super) fn strand_name(&self, slot: Slot) -> Option<ProcessorId> {
        self.topology().id(self.strand(slot)).cloned()
    }

    fn processor(&self, slot: Slot, entry: &SnapshotEntry) -> ProcessorPlan {
        let derived = self.derived(slot);
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
        let needed =
            self.basis.join_depths.get(&link.id).copied().filter(|_| carrier == Carrier::Ring);
        let needed = needed.map(|depth| depth.min(LinkOptions::DEPTH_MAX));
        let deepened = needed.filter(|needed| *needed > policy.depth);
        let queued = matches!(carrier, Carrier::Ring | Carrier::Inline);
        let grown = self.basis.grown.get(&link.id).copied().filter(|_| queued);
        let source = (producer.node.id.clone(), output);
        let target = (consumer.node.id.clone(), input, lane);
        let plan = LinkPlan {
            key: LinkKey { link: link.id, part: 0 },
            source,
            target,
            carrier,
            delivery: policy.delivery,
            depth: grown.max(deepened).unwrap_or(policy.depth),
            deepened: match grown > deepened {
                true => Some(format!("grown, for the join at {} starves", link.target)),
                false => deepened.map(|_| format!("join at {}", link.target)),
            },
            max_age: policy.max_age,
            feedback: link.options.feedback,
            live: producer.descriptor.needs.live,
            formats: carries.formats.clone(),
        };
        let plan = match &carries.converter {
            Some(converter) => self.through(made, link, plan, converter, consumer),
            None => {
                if !self.before.links.is_empty() {
                    forget_converter(made, link);
                }
                plan
            }
        };
        put(&mut made.links, &plan.key.clone(), plan);
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
        put(&mut made.links, &behind.key.clone(), behind);
        put(&mut made.processors, &id, plan);
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

/// Puts a plan in its place, unless an equal one is there.
pub(super) fn put<K: Ord + Clone, P: PartialEq>(plans: &mut OrdMap<K, Arc<P>>, key: &K, plan: P) {
    if plans.get(key).is_none_or(|known| **known != plan) {
        plans.insert(key.clone(), Arc::new(plan));
    }
}

/// Takes out what was planned for a link that is gone.
fn forget_link(made: &mut Blueprint, link: &Link) {
    made.links.remove(&LinkKey { link: link.id, part: 0 });
    forget_converter(made, link);
}

/// Takes out what was planned for the converter in a link, if there was one.
fn forget_converter(made: &mut Blueprint, link: &Link) {
    if made.links.remove(&LinkKey { link: link.id, part: 1 }).is_some() {
        made.processors.remove(&converter_id(link));
    }
}
