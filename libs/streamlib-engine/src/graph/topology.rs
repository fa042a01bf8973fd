//! Who is linked to whom, for algorithms only. The one file that knows petgraph: a [`Slot`] is
//! what the rest of the engine sees of a node.
//!
//! Copying costs copies of two flat arrays of numbers, so a snapshot of a large graph with one
//! change costs a fraction of a millisecond here. Feedback links are kept but are no edges to any
//! algorithm.

use imbl::Vector;
use petgraph::Direction;
use petgraph::stable_graph::{NodeIndex, StableDiGraph};
use petgraph::visit::{EdgeRef, IntoNodeIdentifiers, NodeIndexable};

use crate::ids::{LinkId, ProcessorId};

/// The place of a processor in a [`Topology`]: small numbers that are used again after a removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Slot(u32);

impl Slot {
    /// The number, for arrays of [`Topology::slots`] elements.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    fn node(self) -> NodeIndex<u32> {
        NodeIndex::new(self.index())
    }

    fn of(node: NodeIndex<u32>) -> Self {
        Self(node.index() as u32)
    }
}

#[derive(Debug, Clone, Copy)]
struct Edge {
    link: LinkId,
    feedback: bool,
}

/// Who is linked to whom.
#[derive(Debug, Clone, Default)]
pub(crate) struct Topology {
    /// The weight of a node is how many frames it holds before one comes out.
    graph: StableDiGraph<u32, Edge, u32>,
    /// By slot; those of free slots are left over.
    ids: Vector<ProcessorId>,
}

impl Topology {
    /// Adds a processor that holds up to `lag` frames before one comes out.
    pub(crate) fn add(&mut self, id: ProcessorId, lag: u32) -> Slot {
        let slot = Slot::of(self.graph.add_node(lag));
        if slot.index() < self.ids.len() {
            self.ids.set(slot.index(), id);
        } else {
            self.ids.push_back(id);
        }
        slot
    }

    /// Removes a processor; its links must be gone.
    pub(crate) fn remove(&mut self, slot: Slot) {
        debug_assert_eq!(self.graph.neighbors_undirected(slot.node()).count(), 0);
        self.graph.remove_node(slot.node());
    }

    /// Sets how many frames a processor holds before one comes out.
    pub(crate) fn set_lag(&mut self, slot: Slot, lag: u32) {
        if let Some(held) = self.graph.node_weight_mut(slot.node()) {
            *held = lag;
        }
    }

    /// Adds a link.
    pub(crate) fn link(&mut self, link: LinkId, source: Slot, target: Slot, feedback: bool) {
        self.graph.add_edge(source.node(), target.node(), Edge { link, feedback });
    }

    /// Removes a link.
    pub(crate) fn unlink(&mut self, link: LinkId, target: Slot) {
        let found = self
            .graph
            .edges_directed(target.node(), Direction::Incoming)
            .find(|edge| edge.weight().link == link)
            .map(|edge| edge.id());
        if let Some(edge) = found {
            self.graph.remove_edge(edge);
        }
    }

    /// An upper bound of the slots' numbers.
    pub(crate) fn slots(&self) -> usize {
        self.graph.node_bound()
    }

    /// How many processors there are.
    pub(crate) fn processor_count(&self) -> usize {
        self.graph.node_count()
    }

    /// How many links there are, feedback links included.
    pub(crate) fn link_count(&self) -> usize {
        self.graph.edge_count()
    }

    /// The processor in a slot.
    pub(crate) fn id(&self, slot: Slot) -> Option<&ProcessorId> {
        self.ids.get(slot.index()).filter(|_| self.graph.contains_node(slot.node()))
    }

    /// How many frames the processor in a slot holds before one comes out.
    pub(crate) fn lag(&self, slot: Slot) -> u32 {
        self.graph.node_weight(slot.node()).copied().unwrap_or(0)
    }

    /// The processors without links into them, feedback links left out.
    pub(crate) fn without_producers(&self) -> impl Iterator<Item = Slot> + '_ {
        let all = self.graph.node_identifiers().map(Slot::of);
        all.filter(|slot| self.producers(*slot).next().is_none())
    }

    /// The links of a processor's inputs with their producers, feedback links left out.
    pub(crate) fn producers(&self, slot: Slot) -> impl Iterator<Item = (LinkId, Slot)> + '_ {
        self.graph
            .edges_directed(slot.node(), Direction::Incoming)
            .filter(|edge| !edge.weight().feedback)
            .map(|edge| (edge.weight().link, Slot::of(edge.source())))
    }

    /// The links of a processor's outputs with their consumers, feedback links left out.
    pub(crate) fn consumers(&self, slot: Slot) -> impl Iterator<Item = (LinkId, Slot)> + '_ {
        self.graph
            .edges_directed(slot.node(), Direction::Outgoing)
            .filter(|edge| !edge.weight().feedback)
            .map(|edge| (edge.weight().link, Slot::of(edge.target())))
    }

    /// Every link with its ends, feedback links included.
    pub(crate) fn links(&self) -> impl Iterator<Item = (LinkId, Slot, Slot)> + '_ {
        self.graph.edge_indices().filter_map(|edge| {
            let (source, target) = self.graph.edge_endpoints(edge)?;
            Some((self.graph.edge_weight(edge)?.link, Slot::of(source), Slot::of(target)))
        })
    }

    /// A way from `from` to `to` along links, both included; `None` if there is none. Visits only
    /// what can be reached from `from`.
    pub(crate) fn path(&self, from: Slot, to: Slot) -> Option<Vec<ProcessorId>> {
        let mut came_from = vec![None; self.slots()];
        let mut stack = vec![from];
        came_from[from.index()] = Some(from);
        while let Some(slot) = stack.pop() {
            if slot == to {
                return Some(self.walk_back(&came_from, from, to));
            }
            for (_, next) in self.consumers(slot) {
                if came_from[next.index()].is_none() {
                    came_from[next.index()] = Some(slot);
                    stack.push(next);
                }
            }
        }
        None
    }

    fn walk_back(&self, came_from: &[Option<Slot>], from: Slot, to: Slot) -> Vec<ProcessorId> {
        let mut path = Vec::new();
        let mut at = to;
        loop {
            path.extend(self.id(at).cloned());
            match came_from[at.index()] {
                Some(previous) if at != from => at = previous,
                _ => break,
            }
        }
        path.reverse();
        path
    }

    /// Every processor, producers before consumers; equal choices in the order of their slots.
    ///
    /// # Errors
    /// There is a cycle; its processors, in the order of the links.
    pub(crate) fn order(&self) -> Result<Vec<Slot>, Vec<ProcessorId>> {
        let mut waiting_for = vec![0_u32; self.slots()];
        for edge in self.graph.edge_indices() {
            let forward = self.graph.edge_weight(edge).is_some_and(|edge| !edge.feedback);
            if let Some((_, target)) = self.graph.edge_endpoints(edge).filter(|_| forward) {
                waiting_for[target.index()] += 1;
            }
        }
        let all = self.graph.node_identifiers().map(Slot::of);
        let mut order: Vec<_> = all.filter(|slot| waiting_for[slot.index()] == 0).collect();
        let mut next = 0;
        while let Some(&slot) = order.get(next) {
            next += 1;
            for (_, consumer) in self.consumers(slot) {
                waiting_for[consumer.index()] -= 1;
                if waiting_for[consumer.index()] == 0 {
                    order.push(consumer);
                }
            }
        }
        if order.len() == self.processor_count() {
            Ok(order)
        } else {
            Err(self.cycle(&waiting_for))
        }
    }

    /// A cycle among the processors that still wait for a producer.
    fn cycle(&self, waiting_for: &[u32]) -> Vec<ProcessorId> {
        let waits = |slot: &Slot| waiting_for[slot.index()] > 0;
        let Some(mut at) = self.graph.node_identifiers().map(Slot::of).find(waits) else {
            return Vec::new();
        };
        let mut seen_at = vec![None; self.slots()];
        let mut walk = Vec::new();
        while seen_at[at.index()].is_none() {
            seen_at[at.index()] = Some(walk.len());
            walk.push(at);
            match self.producers(at).map(|(_, producer)| producer).find(waits) {
                Some(producer) => at = producer,
                None => break,
            }
        }
        let from = seen_at[at.index()].unwrap_or(0);
        walk[from..].iter().rev().filter_map(|slot| self.id(*slot).cloned()).collect()
    }
}
