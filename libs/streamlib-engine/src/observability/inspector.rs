//! Who looks into a graph.

use std::sync::{Arc, Mutex, PoisonError};

use super::health::health;
use super::rate::Rates;
use super::read::Reader;
use super::snapshot::{
    GraphHealth, GraphTopology, Inspection, LinkSnapshot, ProcessorSnapshot, TopologyLink,
    TopologyProcessor,
};
use crate::compiler::LinkKey;
use crate::graph::GraphSnapshot;
use crate::ids::{LinkId, ProcessorId};
use crate::runtime::{Engine, Shared, View};

/// What an inspector saw the last times, for frames a second.
#[derive(Debug, Default)]
pub(super) struct Looks {
    pub(super) processors: Rates<ProcessorId>,
    pub(super) links: Rates<LinkKey>,
}

/// Looks into a graph, whether it runs or not, from any thread, without holding it up. A handle of
/// the engine, as a clone of [`Engine`] is; clones share what they saw.
///
/// `throughput_fps` of a processor or link is over the time since this inspector looked at it
/// before, if that was at least 0.25 s ago, else since one look before that; at the first look,
/// and once the graph has stopped, it is the mean since the processor or link was made. Time is
/// that of the engine's clock, also while the graph is paused.
#[derive(Debug, Clone)]
pub struct GraphInspector {
    engine: Engine,
    looks: Arc<Mutex<Looks>>,
}

impl Engine {
    /// An inspector of this engine's graph.
    pub fn inspector(&self) -> GraphInspector {
        GraphInspector { engine: self.clone(), looks: Arc::default() }
    }
}

impl GraphInspector {
    /// The engine that is looked into.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    fn read<R>(&self, read: impl FnOnce(&mut Reader<'_>) -> R) -> R {
        let shared = &*self.engine.shared;
        let view = shared.view.load_full();
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        read(&mut Reader::new(shared, &view, &mut looks))
    }

    /// The processor called `id`, converters included; `None` if there is none.
    pub fn processor(&self, id: &ProcessorId) -> Option<ProcessorSnapshot> {
        self.read(|reader| reader.processor(id))
    }

    /// The link with this number; `None` if there is none.
    pub fn link(&self, id: LinkId) -> Option<LinkSnapshot> {
        self.read(|reader| reader.link(id))
    }

    /// Who is linked to whom, as it is declared.
    pub fn topology(&self) -> GraphTopology {
        topology(&self.engine.snapshot())
    }

    /// What is wrong or slow.
    pub fn health(&self) -> GraphHealth {
        let shared = &*self.engine.shared;
        let view = shared.view.load();
        health(shared, &view)
    }

    /// Everything at once.
    pub fn inspect(&self) -> Inspection {
        self.read(|reader| {
            reader.forget_the_gone();
            reader.inspect()
        })
    }
}

/// The graph of `view`, which has been taken down since: its counters as they ended.
pub(crate) fn last_run(shared: &Shared, view: &View) -> Inspection {
    Reader::new(shared, view, &mut Looks::default()).inspect()
}

fn topology(snapshot: &GraphSnapshot) -> GraphTopology {
    let processors = snapshot.processors().map(|node| {
        let descriptor = snapshot.descriptor(&node.id);
        TopologyProcessor {
            id: node.id.clone(),
            processor_type: node.processor_type.clone(),
            inputs: descriptor
                .map(|d| d.inputs.iter().map(|port| port.name.clone()).collect())
                .unwrap_or_default(),
            outputs: descriptor
                .map(|d| d.outputs.iter().map(|port| port.name.clone()).collect())
                .unwrap_or_default(),
        }
    });
    let links = snapshot.links().map(|link| TopologyLink {
        id: link.id,
        source: link.source.clone(),
        target: link.target.clone(),
        lane: link.lane,
    });
    GraphTopology {
        revision: snapshot.revision(),
        processors: processors.collect(),
        links: links.collect(),
    }
}
