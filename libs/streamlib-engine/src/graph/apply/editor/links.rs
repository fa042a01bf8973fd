//! Making and removing links.

use std::sync::Arc;

use streamlib_schema::{Delivery, ProcessorDescriptor};

use super::{Back, Editor};
use crate::graph::connect::{check_fit, find, input_index, output_index};
use crate::graph::error::Side;
use crate::graph::snapshot::{Entry, PortLinks};
use crate::graph::{GraphError, Link, LinkOptions, ProcessorNode};
use crate::ids::{LinkId, PortRef, ProcessorId};

impl Editor<'_> {
    pub(super) fn connect(
        &mut self,
        source: &PortRef,
        target: &PortRef,
        options: &LinkOptions,
    ) -> Result<(), GraphError> {
        let id = LinkId(self.graph.next_link);
        self.insert_link(id, source, target, options, options.lane)?;
        self.connected.push(id);
        Ok(())
    }

    pub(super) fn reconnect(&mut self, link: &Link) -> Result<(), GraphError> {
        if self.graph.links.contains_key(&link.id) {
            return Err(GraphError::LinkTaken(link.id));
        }
        self.insert_link(link.id, &link.source, &link.target, &link.options, Some(link.lane))
    }

    fn insert_link(
        &mut self,
        id: LinkId,
        source: &PortRef,
        target: &PortRef,
        options: &LinkOptions,
        lane: Option<u32>,
    ) -> Result<(), GraphError> {
        let next_link = id.0.checked_add(1).ok_or(GraphError::OutOfNumbers)?;
        let producer = find(&self.graph, &source.processor)?;
        let consumer = find(&self.graph, &target.processor)?;
        let output = output_index(&producer.descriptor, source)?;
        let input = input_index(&consumer.descriptor, target)?;
        check_options(source, target, options)?;
        let lane = self.free_lane(source, target, consumer, input, lane)?;
        check_fit(
            source,
            target,
            &producer.descriptor.outputs[output],
            &consumer.descriptor.inputs[input],
            options.convert,
            self.factory,
        )?;
        let (from, to) = (producer.slot, consumer.slot);
        if !options.feedback && !self.one_pass {
            if let Some(mut cycle) = self.graph.topology.path(to, from) {
                cycle.insert(0, source.processor.clone());
                return Err(GraphError::Cycle {
                    from: source.clone(),
                    target: target.clone(),
                    cycle,
                });
            }
        } else if !options.feedback {
            self.unchecked.push((source.clone(), target.clone()));
        }
        Arc::make_mut(&mut self.graph.topology).link(id, from, to, options.feedback);
        self.ports(&source.processor, |ports| {
            let links = &mut ports.outputs[output];
            links.insert(links.partition_point(|other| *other < id), id);
        });
        self.ports(&target.processor, |ports| {
            let lanes = &mut ports.inputs[input];
            lanes.resize(lanes.len().max(lane as usize + 1), None);
            lanes[lane as usize] = Some(id);
        });
        let (source, target, options) = (source.clone(), target.clone(), options.clone());
        self.graph.links.insert(id, Arc::new(Link { id, source, target, lane, options }));
        self.graph.next_link = self.graph.next_link.max(next_link);
        self.touched.links.insert(id);
        self.inverse.push(Back::Disconnect(id));
        Ok(())
    }

    /// The lane that a new link gets.
    fn free_lane(
        &self,
        source: &PortRef,
        target: &PortRef,
        consumer: &Entry,
        input: usize,
        lane: Option<u32>,
    ) -> Result<u32, GraphError> {
        let lanes = &consumer.ports.inputs[input];
        let many = consumer.descriptor.inputs[input].many;
        let link_of = |id: &LinkId| self.graph.links.get(id);
        for link in lanes.iter().flatten().filter_map(link_of) {
            if link.source == *source {
                let (from, target) = (source.clone(), target.clone());
                return Err(GraphError::DuplicateLink { from, target, link: link.id });
            }
            if !many {
                let by = link.source.clone();
                return Err(GraphError::InputTaken { target: target.clone(), by });
            }
        }
        let least = lanes.iter().position(Option::is_none).unwrap_or(lanes.len()) as u32;
        let lane = lane.unwrap_or(least);
        if lane >= if many { LinkOptions::LANES_MAX } else { 1 } {
            return Err(GraphError::NoSuchLane { target: target.clone(), lane, many });
        }
        let taken = lanes.get(lane as usize).and_then(Option::as_ref).and_then(link_of);
        match taken {
            Some(link) => {
                let by = link.source.clone();
                Err(GraphError::LaneTaken { target: target.clone(), lane, by })
            }
            None => Ok(lane),
        }
    }

    pub(super) fn disconnect(&mut self, id: LinkId) -> Result<Arc<Link>, GraphError> {
        let link = self.graph.links.remove(&id).ok_or(GraphError::UnknownLink(id))?;
        self.ports(&link.source.processor, |ports| {
            ports.outputs.iter_mut().for_each(|links| links.retain(|other| *other != id));
        });
        self.ports(&link.target.processor, |ports| {
            for lanes in &mut ports.inputs {
                for lane in lanes.iter_mut().filter(|lane| **lane == Some(id)) {
                    *lane = None;
                }
                while lanes.last() == Some(&None) {
                    lanes.pop();
                }
            }
        });
        if let Some(consumer) = self.graph.processors.get(&link.target.processor) {
            Arc::make_mut(&mut self.graph.topology).unlink(id, consumer.slot);
        }
        self.touched.links.insert(id);
        Ok(link)
    }

    /// The links of a processor's ports after its declaration changed to `node`: those of the
    /// ports of the same names.
    pub(super) fn carry_links(
        &self,
        before: &Entry,
        node: &ProcessorNode,
        descriptor: &Arc<ProcessorDescriptor>,
    ) -> Result<Arc<PortLinks>, GraphError> {
        if Arc::ptr_eq(&before.descriptor, descriptor) {
            return Ok(Arc::clone(&before.ports));
        }
        let mut ports = PortLinks {
            inputs: vec![Vec::new(); descriptor.inputs.len()],
            outputs: vec![Vec::new(); descriptor.outputs.len()],
        };
        let gone = |side, port: &str, link| GraphError::PortGone {
            id: node.id.clone(),
            processor_type: node.processor_type.clone(),
            side,
            port: port.to_owned(),
            link,
        };
        for (port, lanes) in before.descriptor.inputs.iter().zip(&before.ports.inputs) {
            let Some(link) = lanes.iter().flatten().next() else { continue };
            let index = descriptor.inputs.iter().position(|input| input.name == port.name);
            let index = index.ok_or_else(|| gone(Side::Input, &port.name, *link))?;
            if !descriptor.inputs[index].many && lanes.len() > 1 {
                let target = PortRef::new(node.id.clone(), port.name.as_str());
                let lane = lanes.len() as u32 - 1;
                return Err(GraphError::NoSuchLane { target, lane, many: false });
            }
            ports.inputs[index].clone_from(lanes);
        }
        for (port, links) in before.descriptor.outputs.iter().zip(&before.ports.outputs) {
            let Some(link) = links.first() else { continue };
            let index = descriptor.outputs.iter().position(|output| output.name == port.name);
            let index = index.ok_or_else(|| gone(Side::Output, &port.name, *link))?;
            ports.outputs[index].clone_from(links);
        }
        self.check_carried(node, descriptor, &ports)?;
        Ok(Arc::new(ports))
    }

    /// Checks that the links of a changed processor still fit.
    fn check_carried(
        &self,
        node: &ProcessorNode,
        descriptor: &Arc<ProcessorDescriptor>,
        ports: &PortLinks,
    ) -> Result<(), GraphError> {
        let links = ports.inputs.iter().flatten().flatten();
        let links = links.chain(ports.outputs.iter().flatten());
        for link in links.filter_map(|id| self.graph.links.get(id)) {
            let end = |port: &PortRef| match port.processor == node.id {
                true => Ok(Arc::clone(descriptor)),
                false => find(&self.graph, &port.processor).map(|end| Arc::clone(&end.descriptor)),
            };
            let (producer, consumer) = (end(&link.source)?, end(&link.target)?);
            let output = &producer.outputs[output_index(&producer, &link.source)?];
            let input = &consumer.inputs[input_index(&consumer, &link.target)?];
            let convert = link.options.convert;
            check_fit(&link.source, &link.target, output, input, convert, self.factory)?;
        }
        Ok(())
    }

    /// Looks for cycles once, if links were made without looking. The link that is named is the
    /// last one made on the cycle.
    pub(super) fn check_cycles(&mut self) -> Result<(), GraphError> {
        if self.unchecked.is_empty() {
            return Ok(());
        }
        let Err(mut cycle) = self.graph.topology.order() else { return Ok(()) };
        let follows = |source: &PortRef, target: &PortRef| {
            let at = cycle.iter().position(|id| *id == source.processor)?;
            (cycle[(at + 1) % cycle.len()] == target.processor).then_some(at)
        };
        let mut links = self.unchecked.iter().rev();
        let found =
            links.find_map(|(from, to)| Some((from.clone(), to.clone(), follows(from, to)?)));
        let Some((from, target, at)) = found else { return Ok(()) };
        cycle.rotate_left(at);
        cycle.push(from.processor.clone());
        Err(GraphError::Cycle { from, target, cycle })
    }

    fn ports(&mut self, id: &ProcessorId, edit: impl FnOnce(&mut PortLinks)) {
        if let Some(entry) = self.graph.processors.get_mut(id) {
            edit(Arc::make_mut(&mut entry.ports));
        }
        self.touched.processors.insert(id.clone());
    }
}

fn check_options(
    source: &PortRef,
    target: &PortRef,
    options: &LinkOptions,
) -> Result<(), GraphError> {
    let (from, target) = (source.clone(), target.clone());
    let keeps_one = options.feedback || options.delivery == Some(Delivery::Latest);
    match options.depth {
        Some(depth) if depth == 0 || depth > LinkOptions::DEPTH_MAX || keeps_one && depth > 1 => {
            Err(GraphError::Depth { from, target, depth })
        }
        _ if options.feedback && options.delivery.is_some_and(|kind| kind != Delivery::Latest) => {
            Err(GraphError::FeedbackDelivery { from, target })
        }
        _ => Ok(()),
    }
}
