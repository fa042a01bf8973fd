//! A graph while it is being changed.

mod links;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use streamlib_schema::{ConfigCheck, ProcessorDescriptor, nearest_name};

use super::inverse::Back;
use super::{Applied, Inverse, Touched};
use crate::delegates::{FactoryDelegate, check_strategy};
use crate::graph::connect::find;
use crate::graph::snapshot::{Claim, Entry, Graph, PortLinks};
use crate::graph::{Change, GraphError, GraphSnapshot, ProcessorNode, RestartPolicy};
use crate::ids::{LinkId, PortRef, ProcessorId};

/// From how many new links on one pass over the graph looks for cycles, instead of one a link.
const ONE_PASS: usize = 8;

pub(super) struct Editor<'a> {
    graph: Graph,
    factory: &'a dyn FactoryDelegate,
    inverse: Inverse,
    touched: Touched,
    connected: Vec<LinkId>,
    /// Links that were made and not yet looked at for cycles.
    unchecked: Vec<(PortRef, PortRef)>,
    one_pass: bool,
    /// How configurations are checked, by type of processor.
    checks: BTreeMap<String, ConfigCheck>,
}

impl<'a> Editor<'a> {
    pub(super) fn new(
        snapshot: &GraphSnapshot,
        factory: &'a dyn FactoryDelegate,
        changes: &[Change],
    ) -> Self {
        let makes_link =
            |change: &&Change| matches!(change, Change::Connect { .. } | Change::Reconnect { .. });
        let mut graph = snapshot.graph().clone();
        graph.revision += 1;
        Self {
            graph,
            factory,
            inverse: Inverse::default(),
            touched: Touched::default(),
            connected: Vec::new(),
            unchecked: Vec::new(),
            one_pass: changes.iter().filter(makes_link).count() >= ONE_PASS,
            checks: BTreeMap::new(),
        }
    }

    pub(super) fn change(&mut self, change: &Change) -> Result<(), GraphError> {
        match change {
            Change::Add { node } => self.add(node),
            Change::Remove { id } => self.remove(id),
            Change::Connect { source, target, options } => self.connect(source, target, options),
            Change::Disconnect { id } => self.disconnect(*id).map(|link| {
                self.inverse.push(Back::Reconnect(link));
            }),
            Change::Reconnect { link } => self.reconnect(link),
            Change::SetConfig { id, config } => {
                let node = ProcessorNode { config: config.clone(), ..self.node(id)? };
                let before = self.exchange(id, node)?;
                self.inverse.push(Back::SetConfig(before));
                Ok(())
            }
            Change::Replace { id, node } => self.replace(id, node),
            Change::Annotate { id, annotations } => {
                let node = ProcessorNode { annotations: annotations.clone(), ..self.node(id)? };
                let before = self.exchange(id, node)?;
                self.inverse.push(Back::Annotate(before));
                Ok(())
            }
        }
    }

    pub(super) fn finish(mut self) -> Result<Applied, GraphError> {
        self.check_cycles()?;
        Ok(Applied {
            snapshot: GraphSnapshot::new(self.graph),
            inverse: self.inverse,
            touched: self.touched,
            connected: self.connected,
        })
    }

    fn node(&self, id: &ProcessorId) -> Result<ProcessorNode, GraphError> {
        Ok((*find(&self.graph, id)?.node).clone())
    }

    fn add(&mut self, node: &ProcessorNode) -> Result<(), GraphError> {
        if self.graph.processors.contains_key(&node.id) {
            return Err(GraphError::IdTaken(node.id.clone()));
        }
        let descriptor = self.check(node)?;
        self.claim(node, &descriptor)?;
        let ports = PortLinks {
            inputs: vec![Vec::new(); descriptor.inputs.len()],
            outputs: vec![Vec::new(); descriptor.outputs.len()],
        };
        let topology = Arc::make_mut(&mut self.graph.topology);
        let slot = topology.add(node.id.clone(), lag(&descriptor));
        let entry =
            Entry { node: Arc::new(node.clone()), descriptor, ports: Arc::new(ports), slot };
        self.graph.processors.insert(node.id.clone(), entry);
        self.inverse.push(Back::Remove(node.id.clone()));
        let was_there = !self.touched.processors.insert(node.id.clone());
        if was_there {
            self.touched.replaced.insert(node.id.clone());
        }
        Ok(())
    }

    fn remove(&mut self, id: &ProcessorId) -> Result<(), GraphError> {
        let entry = find(&self.graph, id)?;
        let inputs = entry.ports.inputs.iter().flatten().flatten();
        let mut links: Vec<_> =
            inputs.chain(entry.ports.outputs.iter().flatten()).copied().collect();
        links.sort_unstable();
        links.dedup(); // a feedback link from a processor to itself
        let mut back = Vec::with_capacity(links.len());
        for link in links {
            back.push(self.disconnect(link)?);
        }
        // The way back is gone backwards: the processor must come before its links.
        back.into_iter().rev().for_each(|link| self.inverse.push(Back::Reconnect(link)));
        if let Some(entry) = self.graph.processors.remove(id) {
            self.release(&entry.node, &entry.descriptor);
            Arc::make_mut(&mut self.graph.topology).remove(entry.slot);
            self.inverse.push(Back::Add(entry.node));
        }
        self.touched.processors.insert(id.clone());
        Ok(())
    }

    fn replace(&mut self, id: &ProcessorId, node: &ProcessorNode) -> Result<(), GraphError> {
        if node.id != *id {
            return Err(GraphError::IdMismatch { id: id.clone(), other: node.id.clone() });
        }
        let before = self.exchange(id, node.clone())?;
        self.touched.replaced.insert(id.clone());
        self.inverse.push(Back::Replace(before));
        Ok(())
    }

    /// Puts `node` in the place of the declaration that has its name; gives back the old one.
    fn exchange(
        &mut self,
        id: &ProcessorId,
        node: ProcessorNode,
    ) -> Result<Arc<ProcessorNode>, GraphError> {
        let before = find(&self.graph, id)?.clone();
        let descriptor = self.check(&node)?;
        let ports = self.carry_links(&before, &node, &descriptor)?;
        self.release(&before.node, &before.descriptor);
        self.claim(&node, &descriptor)?;
        if lag(&descriptor) != lag(&before.descriptor) {
            Arc::make_mut(&mut self.graph.topology).set_lag(before.slot, lag(&descriptor));
        }
        let entry = Entry { node: Arc::new(node), descriptor, ports, slot: before.slot };
        self.graph.processors.insert(id.clone(), entry);
        self.touched.processors.insert(id.clone());
        Ok(before.node)
    }

    /// Everything about a declaration that can be checked without its neighbours.
    fn check(&mut self, node: &ProcessorNode) -> Result<Arc<ProcessorDescriptor>, GraphError> {
        let Some(descriptor) = self.factory.descriptor(&node.processor_type) else {
            let names = self.factory.type_names();
            let near = nearest_name(&node.processor_type, names.iter().map(String::as_str));
            return Err(GraphError::UnknownType {
                id: node.id.clone(),
                processor_type: node.processor_type.clone(),
                near: near.map(str::to_owned),
            });
        };
        if !self.checks.contains_key(&node.processor_type) {
            let check = ConfigCheck::new(&descriptor.config);
            self.checks.insert(node.processor_type.clone(), check);
        }
        let problems = self.checks[&node.processor_type].check(&node.config);
        if !problems.is_empty() {
            return Err(GraphError::BadConfig {
                id: node.id.clone(),
                processor_type: node.processor_type.clone(),
                problems,
            });
        }
        let limit = match node.restart {
            RestartPolicy::Never => None,
            RestartPolicy::OnFailure { limit, .. } | RestartPolicy::Always { limit, .. } => limit,
        };
        if limit == Some(0) {
            return Err(GraphError::RestartLimit(node.id.clone()));
        }
        if let Some(strategy) = &node.scheduling {
            check_strategy(&descriptor, strategy).map_err(|reason| GraphError::Strategy {
                id: node.id.clone(),
                strategy: strategy.to_string(),
                reason,
            })?;
        }
        Ok(descriptor)
    }

    /// Notes that `node` holds what only one can hold.
    fn claim(
        &mut self,
        node: &ProcessorNode,
        descriptor: &ProcessorDescriptor,
    ) -> Result<(), GraphError> {
        let Some(claim) = claim_of(node, descriptor) else { return Ok(()) };
        if let Some(holder) = self.graph.claims.get(&claim) {
            let (field, value) = claim;
            let holder = holder.clone();
            return Err(GraphError::Held { id: node.id.clone(), field, value, holder });
        }
        self.graph.claims.insert(claim, node.id.clone());
        Ok(())
    }

    fn release(&mut self, node: &ProcessorNode, descriptor: &ProcessorDescriptor) {
        if let Some(claim) = claim_of(node, descriptor) {
            self.graph.claims.remove(&claim);
        }
    }
}

/// What `node` holds that only one processor can hold: the field and its value, given or default.
fn claim_of(node: &ProcessorNode, descriptor: &ProcessorDescriptor) -> Option<Claim> {
    let field = descriptor.exclusive.as_ref()?;
    let default = descriptor.config.iter().find(|known| known.name == *field);
    let value = node.config.get(field).or(default.and_then(|known| known.default.as_ref()))?;
    (*value != Value::Null).then(|| (field.clone(), value.to_string()))
}

/// How many frames a processor may hold before one comes out: what its inputs declare to hold, or
/// its declared latency at 60 frames a second, whichever is more. The true rate is not known
/// before the first frame; a link that turns out too short grows.
fn lag(descriptor: &ProcessorDescriptor) -> u32 {
    let holds = descriptor.inputs.iter().map(|input| input.holds).max().unwrap_or(0);
    let latency = u128::from(descriptor.latency.max_ns) * 60;
    holds.max(u32::try_from(latency.div_ceil(1_000_000_000)).unwrap_or(u32::MAX))
}
