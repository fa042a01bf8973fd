//! What is wrong or slow in a graph.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::snapshot::GraphHealth;
use crate::compiler::Carrier;
use crate::graph::GraphState;
use crate::ids::ProcessorId;
use crate::link_channel::link::LinkShared;
use crate::pubsub::events::ProcessorState;
use crate::runtime::{Shared, View};

pub(super) fn health(shared: &Shared, view: &View) -> GraphHealth {
    let links = view.links.values().map(|link| link.counters.read().dropped).sum::<u64>();
    let outputs = view.cells.values().flat_map(|cell| cell.counters());
    let no_buffer = outputs.map(|output| output.no_buffer.get()).sum::<u64>();
    let failing = view.cells.iter().filter_map(|(id, cell)| {
        let failing = matches!(cell.state(), ProcessorState::Error | ProcessorState::Stuck);
        failing.then(|| id.clone())
    });
    let failing: BTreeSet<_> = failing.collect();
    let mut health = GraphHealth {
        state: view.state,
        processor_count: view.snapshot.processor_count(),
        link_count: view.snapshot.link_count(),
        dropped_frames: links + no_buffer,
        error_count: view.cells.values().map(|cell| cell.stats.errors.get()).sum(),
        bottlenecks: bottlenecks(view),
        failing: failing.into_iter().collect(),
        memory_used_bytes: shared.env.budget.used_bytes(),
        memory_limit_bytes: shared.env.budget.limit_bytes(),
        abandoned_threads: view.abandoned_threads,
    };
    if view.state == GraphState::Idle
        && let Some(run) = &*shared.last_run.load()
    {
        health.dropped_frames = run.health.dropped_frames;
        health.error_count = run.health.error_count;
        health.failing.clone_from(&run.health.failing);
    }
    health
}

/// The consumers of links that hold their producers up, without those that only pass on that they
/// are held up themselves.
fn bottlenecks(view: &View) -> Vec<ProcessorId> {
    let holding: Vec<&Arc<LinkShared>> = view.links.values().filter(|link| holds(link)).collect();
    let held_up: BTreeSet<&ProcessorId> = holding.iter().map(|link| &link.plan.source.0).collect();
    let consumers: BTreeSet<_> = holding.iter().map(|link| &link.plan.target.0).collect();
    consumers.difference(&held_up).map(|id| (*id).clone()).collect()
}

/// True if the producer waits for the link, or will with its next frame. One that waits is woken
/// when the link is half empty, so the link need not be full any more.
fn holds(link: &LinkShared) -> bool {
    link.plan.carrier == Carrier::Ring
        && link.holds_producer()
        && link.end_cause().is_none()
        && (link.is_waited_for() || link.counters.read().in_flight >= u64::from(link.depth))
}
