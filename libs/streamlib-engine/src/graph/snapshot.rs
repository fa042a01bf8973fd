//! An immutable graph.

use std::sync::Arc;

use imbl::OrdMap;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use streamlib_schema::ProcessorDescriptor;

use super::{Link, ProcessorNode, Slot, Topology};
use crate::ids::{LinkId, PortRef, ProcessorId};

/// A processor in a snapshot.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) node: Arc<ProcessorNode>,
    pub(crate) descriptor: Arc<ProcessorDescriptor>,
    pub(crate) ports: Arc<PortLinks>,
    pub(crate) slot: Slot,
}

/// The same parts, not only equal ones: what costs nothing to tell when graphs are compared.
impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.node, &other.node)
            && Arc::ptr_eq(&self.descriptor, &other.descriptor)
            && Arc::ptr_eq(&self.ports, &other.ports)
            && self.slot == other.slot
    }
}

/// The links of a processor's ports, in the order of its descriptor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct PortLinks {
    /// By input, then by lane. The last lane of an input has a link; earlier ones may not.
    pub(crate) inputs: Vec<Vec<Option<LinkId>>>,
    /// By output, in the order of their numbers.
    pub(crate) outputs: Vec<Vec<LinkId>>,
}

/// What only one processor may hold: the name of a configuration field and its value as JSON.
pub(crate) type Claim = (String, String);

/// What a snapshot holds; the maps share their unchanged parts with those of other snapshots.
#[derive(Debug, Clone, Default)]
pub(crate) struct Graph {
    pub(crate) revision: u64,
    pub(crate) next_link: u64,
    pub(crate) processors: OrdMap<ProcessorId, Entry>,
    pub(crate) links: OrdMap<LinkId, Arc<Link>>,
    pub(crate) claims: OrdMap<Claim, ProcessorId>,
    pub(crate) topology: Arc<Topology>,
}

/// An immutable graph: processors in the order of their names, links in the order of their
/// numbers. Copies share everything; a copy with one change shares all but that change, whatever
/// the size of the graph.
#[derive(Debug, Clone, Default)]
pub struct GraphSnapshot(Arc<Graph>);

impl GraphSnapshot {
    /// The graph without processors, revision 0.
    pub fn empty() -> Self {
        Self::default()
    }

    pub(crate) fn new(graph: Graph) -> Self {
        Self(Arc::new(graph))
    }

    pub(crate) fn graph(&self) -> &Graph {
        &self.0
    }

    pub(crate) fn topology(&self) -> &Topology {
        &self.0.topology
    }

    pub(crate) fn entry(&self, id: &ProcessorId) -> Option<&Entry> {
        self.0.processors.get(id)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.0.processors.values()
    }

    /// How many transactions led here.
    pub fn revision(&self) -> u64 {
        self.0.revision
    }

    /// How many processors there are.
    pub fn processor_count(&self) -> usize {
        self.0.processors.len()
    }

    /// How many links there are.
    pub fn link_count(&self) -> usize {
        self.0.links.len()
    }

    /// The processors, in the order of their names.
    pub fn processors(&self) -> impl Iterator<Item = &Arc<ProcessorNode>> {
        self.0.processors.values().map(|entry| &entry.node)
    }

    /// The links, in the order of their numbers.
    pub fn links(&self) -> impl Iterator<Item = &Arc<Link>> {
        self.0.links.values()
    }

    /// The processor called `id`.
    pub fn processor(&self, id: &ProcessorId) -> Option<&Arc<ProcessorNode>> {
        self.entry(id).map(|entry| &entry.node)
    }

    /// The description of the type of the processor called `id`.
    pub fn descriptor(&self, id: &ProcessorId) -> Option<&Arc<ProcessorDescriptor>> {
        self.entry(id).map(|entry| &entry.descriptor)
    }

    /// The link with this number.
    pub fn link(&self, id: LinkId) -> Option<&Arc<Link>> {
        self.0.links.get(&id)
    }

    /// The links of an output, in the order of their numbers.
    pub fn links_from<'a>(
        &'a self,
        port: &PortRef,
    ) -> impl Iterator<Item = &'a Arc<Link>> + use<'a> {
        let links = self.entry(&port.processor).and_then(|entry| {
            let outputs = &entry.descriptor.outputs;
            let index = outputs.iter().position(|output| output.name == *port.port)?;
            entry.ports.outputs.get(index)
        });
        links.into_iter().flatten().filter_map(|id| self.link(*id))
    }

    /// The links of an input, in the order of its lanes.
    pub fn links_to<'a>(&'a self, port: &PortRef) -> impl Iterator<Item = &'a Arc<Link>> + use<'a> {
        let lanes = self.entry(&port.processor).and_then(|entry| {
            let inputs = &entry.descriptor.inputs;
            let index = inputs.iter().position(|input| input.name == *port.port)?;
            entry.ports.inputs.get(index)
        });
        lanes.into_iter().flatten().flatten().filter_map(|id| self.link(*id))
    }

    /// The links of all inputs of a processor, by input and lane.
    pub fn input_links<'a>(
        &'a self,
        id: &ProcessorId,
    ) -> impl Iterator<Item = &'a Arc<Link>> + use<'a> {
        let lanes = self.entry(id).map(|entry| entry.ports.inputs.iter().flatten().flatten());
        lanes.into_iter().flatten().filter_map(|id| self.link(*id))
    }

    /// The links of all outputs of a processor, by output.
    pub fn output_links<'a>(
        &'a self,
        id: &ProcessorId,
    ) -> impl Iterator<Item = &'a Arc<Link>> + use<'a> {
        let links = self.entry(id).map(|entry| entry.ports.outputs.iter().flatten());
        links.into_iter().flatten().filter_map(|id| self.link(*id))
    }

    /// True if both declare the same processors and links, whatever their revisions.
    pub fn same_declaration(&self, other: &Self) -> bool {
        let (a, b) = (&self.0, &other.0);
        a.links == b.links
            && a.claims == b.claims
            && a.processors.len() == b.processors.len()
            && a.processors.iter().zip(b.processors.iter()).all(|((a_id, a), (b_id, b))| {
                a_id == b_id
                    && a.node == b.node
                    && a.descriptor == b.descriptor
                    && a.ports == b.ports
            })
    }
}

/// A graph as JSON: revision, processors and links, with the names of ports as `movie.video`.
impl Serialize for GraphSnapshot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let links: Vec<_> = self.links().map(|link| LinkText::of(link)).collect();
        let processors: Vec<_> = self.processors().map(|node| &**node).collect();
        let mut graph = serializer.serialize_struct("GraphSnapshot", 3)?;
        graph.serialize_field("revision", &self.revision())?;
        graph.serialize_field("processors", &processors)?;
        graph.serialize_field("links", &links)?;
        graph.end()
    }
}

#[derive(Serialize)]
struct LinkText<'a> {
    id: LinkId,
    from: String,
    to: String,
    lane: u32,
    #[serde(flatten)]
    options: &'a super::LinkOptions,
}

impl<'a> LinkText<'a> {
    fn of(link: &'a Link) -> Self {
        Self {
            id: link.id,
            from: link.source.to_string(),
            to: link.target.to_string(),
            lane: link.lane,
            options: &link.options,
        }
    }
}
