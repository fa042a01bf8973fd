//! What always holds between the parts of a graph.

use std::collections::HashSet;
use std::sync::Arc;

use super::{InvariantError, PropertyGraph};
use crate::graph::snapshot::{Entry, Graph};
use crate::graph::{GraphSnapshot, Link, ProcessorNode};
use crate::ids::{LinkId, ProcessorId};

type Checked = Result<(), InvariantError>;

fn check(holds: bool, text: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(InvariantError(text())) }
}

impl PropertyGraph {
    /// Checks that the world, the id maps and the snapshot agree, and that the snapshot agrees
    /// with itself: ports and links name each other, lanes are where links say, the topology has
    /// the same links and no cycle. Looks at everything: for tests and debug builds.
    ///
    /// # Errors
    /// Something disagrees.
    pub fn check_invariants(&self) -> Checked {
        let graph = self.snapshot.graph();
        check(self.processors.len() == graph.processors.len(), || "processor count".to_owned())?;
        check(self.links.len() == graph.links.len(), || "link count".to_owned())?;
        let entities = self.processors.len() + self.links.len();
        check(self.world.len() as usize == entities, || "entity count".to_owned())?;
        for (id, entry) in &graph.processors {
            let entity = self.processors.get(id).copied();
            let node = entity.and_then(|entity| self.world.get::<&Arc<ProcessorNode>>(entity).ok());
            let same = node.is_some_and(|node| Arc::ptr_eq(&node, &entry.node));
            check(same, || format!("the entity of processor `{id}`"))?;
        }
        for (id, link) in &graph.links {
            let entity = self.links.get(id).copied();
            let known = entity.and_then(|entity| self.world.get::<&Arc<Link>>(entity).ok());
            let same = known.is_some_and(|known| Arc::ptr_eq(&known, link));
            check(same, || format!("the entity of {id}"))?;
        }
        self.snapshot.check_invariants()
    }
}

impl GraphSnapshot {
    /// Checks that the snapshot agrees with itself. See [`PropertyGraph::check_invariants`].
    ///
    /// # Errors
    /// Something disagrees.
    pub fn check_invariants(&self) -> Checked {
        let graph = self.graph();
        let mut in_ports = 0;
        for (id, entry) in &graph.processors {
            in_ports += check_processor(graph, id, entry)?;
        }
        check(in_ports == 2 * graph.links.len(), || "a link is missing at a port".to_owned())?;
        for (id, link) in &graph.links {
            check(link.id == *id && id.0 < graph.next_link, || format!("the number of {id}"))?;
        }
        check_topology(graph)?;
        for ((field, value), holder) in &graph.claims {
            let known = graph.processors.contains_key(holder);
            check(known, || format!("{field} {value} is held by `{holder}`, which is gone"))?;
        }
        Ok(())
    }
}

/// Checks one processor and gives back how many ends of links its ports name.
fn check_processor(
    graph: &Graph,
    id: &ProcessorId,
    entry: &Entry,
) -> Result<usize, InvariantError> {
    check(entry.node.id == *id, || format!("the name of `{id}`"))?;
    check(graph.topology.id(entry.slot) == Some(id), || format!("the slot of `{id}`"))?;
    let (inputs, outputs) = (&entry.descriptor.inputs, &entry.descriptor.outputs);
    let counts =
        entry.ports.inputs.len() == inputs.len() && entry.ports.outputs.len() == outputs.len();
    check(counts, || format!("the ports of `{id}`"))?;
    let mut ends = 0;
    for (port, lanes) in inputs.iter().zip(&entry.ports.inputs) {
        check(lanes.last() != Some(&None), || format!("`{id}.{}` ends in a gap", port.name))?;
        check(port.many || lanes.len() <= 1, || format!("the lanes of `{id}.{}`", port.name))?;
        for (lane, link_id) in lanes.iter().enumerate() {
            let Some(link_id) = link_id else { continue };
            ends += 1;
            let fits = graph.links.get(link_id).is_some_and(|link| {
                link.target.processor == *id
                    && *link.target.port == *port.name
                    && link.lane as usize == lane
            });
            check(fits, || format!("`{id}.{}` names {link_id}", port.name))?;
        }
    }
    for (port, links) in outputs.iter().zip(&entry.ports.outputs) {
        for link_id in links {
            ends += 1;
            let fits = graph.links.get(link_id).is_some_and(|link| {
                link.source.processor == *id && *link.source.port == *port.name
            });
            check(fits, || format!("`{id}.{}` names {link_id}", port.name))?;
        }
    }
    Ok(ends)
}

fn check_topology(graph: &Graph) -> Checked {
    let topology = &graph.topology;
    let counts = topology.processor_count() == graph.processors.len()
        && topology.link_count() == graph.links.len();
    check(counts, || "the topology's counts".to_owned())?;
    let mut seen: HashSet<LinkId> = HashSet::new();
    for (id, source, target) in topology.links() {
        check(seen.insert(id), || format!("{id} is twice in the topology"))?;
        let fits = graph.links.get(&id).is_some_and(|link| {
            topology.id(source) == Some(&link.source.processor)
                && topology.id(target) == Some(&link.target.processor)
        });
        check(fits, || format!("the ends of {id} in the topology"))?;
    }
    check(topology.order().is_ok(), || "the topology has a cycle".to_owned())
}
