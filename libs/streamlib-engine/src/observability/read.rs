//! How a processor and a link are read: from the view that the last commit published, and from
//! counters that anyone may read at any time.

use std::sync::Arc;

use super::health::health;
use super::inspector::Looks;
use super::snapshot::{Inspection, LinkSnapshot, OutputSnapshot, ProcessorSnapshot, WaitsFor};
use crate::compiler::{LinkKey, LinkPlan, ProcessorPlan};
use crate::execution::{LatencyStats, ProcessorCell, home::Home};
use crate::graph::GraphState;
use crate::ids::{LinkId, PortRef, ProcessorId};
use crate::link_channel::LinkCounts;
use crate::link_channel::link::LinkShared;
use crate::pubsub::events::ProcessorState;
use crate::runtime::{Shared, View};

/// Reads one view.
pub(super) struct Reader<'a> {
    shared: &'a Shared,
    view: &'a View,
    looks: &'a mut Looks,
    now_ns: u64,
    /// How the graph ended that ran last, while none runs.
    last_run: Option<Arc<Inspection>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(shared: &'a Shared, view: &'a View, looks: &'a mut Looks) -> Self {
        let now_ns = shared.env.clock.monotonic_ns();
        let idle = view.state == GraphState::Idle;
        let last_run = idle.then(|| shared.last_run.load_full()).flatten();
        Self { shared, view, looks, now_ns, last_run }
    }

    /// Forgets what was seen of processors and links that are gone.
    pub(super) fn forget_the_gone(&mut self) {
        let blueprint = &self.view.blueprint;
        self.looks.processors.retain(|id| blueprint.processors.contains_key(id));
        self.looks.links.retain(|key| blueprint.links.contains_key(key));
    }

    pub(super) fn inspect(&mut self) -> Inspection {
        let (view, shared) = (self.view, self.shared);
        let ids = view.blueprint.processors.keys();
        let links = view.blueprint.links.keys().filter(|key| key.part == 0);
        Inspection {
            revision: view.snapshot.revision(),
            state: view.state,
            uptime_ns: u64::try_from(shared.env.clock.now_ns()).unwrap_or(0),
            processors: ids.filter_map(|id| self.processor(id)).collect(),
            links: links.filter_map(|key| self.link(key.link)).collect(),
            health: health(shared, view),
        }
    }

    pub(super) fn processor(&mut self, id: &ProcessorId) -> Option<ProcessorSnapshot> {
        let plan = self.view.blueprint.processors.get(id)?;
        if let Some(ended) = self.ended_processor(plan) {
            return Some(ended);
        }
        let cell = self.view.cells.get(id);
        let outputs = self.outputs(plan);
        let sent = outputs.iter().map(|output| output.sent).max().unwrap_or(0);
        let frames = if sent > 0 { sent } else { self.most_delivered(plan) };
        let throughput_fps = cell.map_or(0.0, |cell| {
            let rates = &mut self.looks.processors;
            rates.look(id.clone(), cell.made_ns, frames, self.now_ns)
        });
        Some(ProcessorSnapshot {
            id: id.clone(),
            processor_type: plan.node.processor_type.clone(),
            state: cell.map_or(ProcessorState::Idle, |cell| cell.state()),
            is_converter: plan.is_converter,
            strategy: plan.strategy.to_string(),
            obtained_priority: cell.and_then(|cell| obtained_priority(cell)),
            strand: plan.strand.clone(),
            calls: cell.map_or(0, |cell| cell.stats.calls.get()),
            errors: cell.map_or(0, |cell| cell.stats.errors.get()),
            restarts: cell.map_or(0, |cell| cell.stats.restarts()),
            throughput_fps,
            latency: cell.map_or_else(LatencyStats::default, |cell| cell.stats.latency()),
            declared_latency: plan.descriptor.latency,
            config: plan.node.config.clone(),
            failure: cell.and_then(|cell| cell.failure()),
            waits_for: self.waits_for(plan, &outputs),
            position_ns: self.position_ns(plan),
            length_ns: cell.and_then(|cell| cell.length_ns()),
            outputs,
        })
    }

    /// As it ended in the graph that ran last.
    fn ended_processor(&self, plan: &ProcessorPlan) -> Option<ProcessorSnapshot> {
        let ended = &self.last_run.as_ref()?.processors;
        let index = ended.binary_search_by(|other| other.id.cmp(&plan.node.id)).ok()?;
        let ended = &ended[index];
        let same = ended.processor_type == plan.node.processor_type;
        same.then(|| ProcessorSnapshot { config: plan.node.config.clone(), ..ended.clone() })
    }

    fn outputs(&self, plan: &ProcessorPlan) -> Vec<OutputSnapshot> {
        let cell = self.view.cells.get(&plan.node.id);
        let ports = plan.descriptor.outputs.iter().enumerate();
        ports
            .map(|(index, port)| {
                let counters = cell.and_then(|cell| cell.counters().get(index));
                let of = |read: fn(&crate::link_channel::output::OutputCounters) -> u64| {
                    counters.map_or(0, |counters| read(counters))
                };
                OutputSnapshot {
                    port: port.name.clone(),
                    sent: of(|counters| counters.sent.get()),
                    unlinked: of(|counters| counters.unlinked.get()),
                    no_buffer: of(|counters| counters.no_buffer.get()),
                    copied: of(|counters| counters.copied.get()),
                    copied_bytes: of(|counters| counters.copied_bytes.get()),
                    converted: of(|counters| counters.converted.get()),
                    pool: counters.and_then(|counters| counters.pool()),
                }
            })
            .collect()
    }

    fn links<'k>(
        &self,
        keys: impl Iterator<Item = &'k LinkKey>,
    ) -> impl Iterator<Item = &'a Arc<LinkShared>> {
        let links = &self.view.links;
        keys.filter_map(move |key| links.get(key))
    }

    fn most_delivered(&self, plan: &ProcessorPlan) -> u64 {
        let links = self.links(plan.inputs.iter().flatten().flatten());
        links.map(|link| link.counters.delivered()).max().unwrap_or(0)
    }

    fn position_ns(&self, plan: &ProcessorPlan) -> Option<i64> {
        let timestamp = |link: &Arc<LinkShared>| link.counters.producer.timestamp_ns();
        let sent = self.links(plan.outputs.iter().flatten()).filter_map(timestamp).max();
        let given = || self.links(plan.inputs.iter().flatten().flatten()).filter_map(timestamp);
        sent.or_else(|| given().max())
    }

    fn waits_for(&self, plan: &ProcessorPlan, outputs: &[OutputSnapshot]) -> Option<WaitsFor> {
        for (keys, output) in plan.outputs.iter().zip(outputs) {
            let mut links = self.links(keys.iter());
            if let Some(link) = links.find(|link| link.holds_producer() && link.is_waited_for()) {
                return Some(WaitsFor::Room {
                    port: output.port.clone(),
                    link: link.key.link,
                    consumer: link.plan.target.0.clone(),
                });
            }
            if output.pool.is_some_and(|pool| pool.waited_for) {
                return Some(WaitsFor::Buffer { port: output.port.clone() });
            }
        }
        None
    }

    pub(super) fn link(&mut self, id: LinkId) -> Option<LinkSnapshot> {
        if let Some(run) = &self.last_run
            && let Ok(index) = run.links.binary_search_by(|other| other.id.cmp(&id))
            && self.view.snapshot.link(id).is_some()
        {
            return Some(run.links[index].clone());
        }
        let mut link = self.part(LinkKey { link: id, part: 0 })?;
        link.behind_converter = self.part(LinkKey { link: id, part: 1 }).map(Box::new);
        Some(link)
    }

    fn part(&mut self, key: LinkKey) -> Option<LinkSnapshot> {
        let view = self.view;
        let plan = view.blueprint.links.get(&key)?;
        let link = view.links.get(&key);
        let counts = link.map_or_else(LinkCounts::default, |link| link.counters.read());
        let producer = link.map(|link| &link.counters.producer);
        let format = producer.and_then(|p| self.shared.env.formats.format(p.format_id()));
        Some(LinkSnapshot {
            id: key.link,
            part: key.part,
            source: self.source(plan)?,
            target: self.target(plan)?,
            lane: u32::try_from(plan.target.2).unwrap_or(u32::MAX),
            carrier: plan.carrier,
            delivery: plan.delivery,
            capacity: link.map_or(plan.depth, |link| link.depth),
            deepened: plan.deepened.clone(),
            max_age: plan.max_age,
            feedback: plan.feedback,
            holds_producer: plan.holds_producer(),
            producer_waits: link.is_some_and(|link| link.is_waited_for()),
            queue_depth: counts.in_flight,
            counts,
            throughput_fps: link.map_or(0.0, |link| {
                let began_ns = link.counters.began_ns.get().copied().unwrap_or(self.now_ns);
                self.looks.links.look(key, began_ns, counts.sent, self.now_ns)
            }),
            formats: plan.formats.clone(),
            format: format.map(|format| (*format).clone()),
            position_ns: producer.and_then(|producer| producer.timestamp_ns()),
            observers: link.map_or(0, |link| link.tap_count()),
            behind_converter: None,
        })
    }

    fn source(&self, plan: &LinkPlan) -> Option<PortRef> {
        let (id, index) = &plan.source;
        let source = self.view.blueprint.processors.get(id)?;
        Some(PortRef::new(id.clone(), source.descriptor.outputs.get(*index)?.name.as_str()))
    }

    fn target(&self, plan: &LinkPlan) -> Option<PortRef> {
        let (id, index, _) = &plan.target;
        let target = self.view.blueprint.processors.get(id)?;
        Some(PortRef::new(id.clone(), target.descriptor.inputs.get(*index)?.name.as_str()))
    }
}

fn obtained_priority(cell: &ProcessorCell) -> Option<String> {
    let strand = cell.strand()?;
    let Home::Thread(thread) = &strand.home else { return None };
    Some(thread.obtained()).filter(|obtained| !obtained.is_empty())
}
