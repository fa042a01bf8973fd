//! Inspections of the engine as the protocol says them.

use streamlib::StreamRuntime;
use streamlib::engine::graph::GraphSnapshot;
use streamlib::engine::ids::{PortRef, ProcessorId};
use streamlib::engine::observability::{
    GraphHealth, Inspection, LinkSnapshot, OutputSnapshot, ProcessorSnapshot, WaitsFor,
};
use streamlib::engine::pubsub::events::ProcessorState as EngineState;
use streamlib_protocol::{
    CallTimes, Dropped, GraphState, Health, HealthProblem, Inspect, LinkReport, OutputReport,
    PoolReport, Position, ProcessorReport, ProcessorState, Progress, SinkProgress,
};
use streamlib_schema::builtin;

/// Everything that is known of a graph.
pub(super) fn inspect(
    runtime: &StreamRuntime,
    name: &str,
    state: GraphState,
    uptime_ns: u64,
) -> Inspect {
    let Inspection { revision, processors, links, health, .. } = runtime.inspector().inspect();
    Inspect {
        name: name.to_owned(),
        revision,
        state,
        uptime_ns,
        pools: processors.iter().flat_map(pools).collect(),
        health: of_health(&health, &processors),
        processors: processors.into_iter().map(processor).collect(),
        links: links.iter().flat_map(LinkSnapshot::parts).map(link).collect(),
    }
}

/// How far a graph is.
pub(super) fn progress(runtime: &StreamRuntime, state: GraphState, uptime_ns: u64) -> Progress {
    let graph = runtime.snapshot();
    let inspector = runtime.inspector();
    let mut sinks = Vec::new();
    let mut dropped = 0;
    for declared in graph.links() {
        let Some(link) = inspector.link(declared.id) else { continue };
        dropped += link.parts().map(|part| part.counts.dropped).sum::<u64>();
        let target = &declared.target;
        if graph.output_links(&target.processor).next().is_some() {
            continue;
        }
        let arriving = link.parts().last().unwrap_or(&link);
        sinks.push(SinkProgress {
            processor: target.processor.to_string(),
            port: target.port.to_string(),
            kind: kind(&graph, target),
            frames: arriving.counts.delivered,
        });
    }
    let positions = sources(&graph).filter_map(|id| position(&inspector.processor(id)?));
    let position = positions.min_by_key(|position| position.position_ns);
    Progress { state, uptime_ns, position, sinks, dropped }
}

/// Processors to which nothing is linked.
fn sources(graph: &GraphSnapshot) -> impl Iterator<Item = &ProcessorId> {
    let nodes = graph.processors().map(|node| &node.id);
    nodes.filter(|id| graph.input_links(id).next().is_none())
}

/// What an input takes, in a word.
fn kind(graph: &GraphSnapshot, input: &PortRef) -> String {
    let descriptor = graph.descriptor(&input.processor);
    let port = descriptor.and_then(|descriptor| descriptor.input(&input.port));
    let schema = port.map_or("", |port| port.schema.name.as_str());
    match schema {
        builtin::VIDEO_FRAME | builtin::ENCODED_VIDEO_FRAME => "video".to_owned(),
        builtin::AUDIO_FRAME | builtin::ENCODED_AUDIO_FRAME => "audio".to_owned(),
        builtin::DATA_FRAME => "data".to_owned(),
        other => other.rsplit('.').next().unwrap_or_default().to_owned(),
    }
}

fn position(processor: &ProcessorSnapshot) -> Option<Position> {
    Some(Position { position_ns: processor.position_ns?, duration_ns: processor.length_ns })
}

fn of_health(health: &GraphHealth, processors: &[ProcessorSnapshot]) -> Health {
    let failing = processors.iter().filter(|one| health.failing.contains(&one.id));
    let failing = failing.map(|one| HealthProblem {
        subject: one.id.to_string(),
        message: match &one.failure {
            Some(failure) => format!("{}: {failure}", one.state),
            None => one.state.to_string(),
        },
    });
    let abandoned = (health.abandoned_threads > 0).then(|| HealthProblem {
        subject: "threads".to_owned(),
        message: format!(
            "{} did not come back from a call and were left behind",
            health.abandoned_threads
        ),
    });
    Health {
        bottlenecks: health.bottlenecks.iter().map(ToString::to_string).collect(),
        memory_used_bytes: health.memory_used_bytes,
        memory_limit_bytes: health.memory_limit_bytes,
        problems: failing.chain(abandoned).collect(),
    }
}

fn processor(one: ProcessorSnapshot) -> ProcessorReport {
    ProcessorReport {
        id: one.id.to_string(),
        state: match one.state {
            EngineState::Idle => ProcessorState::Idle,
            EngineState::Running => ProcessorState::Running,
            EngineState::Paused => ProcessorState::Paused,
            EngineState::Stuck => ProcessorState::Stuck,
            EngineState::Ending => ProcessorState::Ending,
            EngineState::Ended | EngineState::Stopped => ProcessorState::Ended,
            EngineState::Error => ProcessorState::Failed,
        },
        call_times: call_times(&one),
        position: position(&one),
        outputs: one.outputs.iter().map(output).collect(),
        waits_for: one.waits_for.as_ref().map(waits_for),
        type_name: one.processor_type,
        strategy: one.strategy,
        obtained_priority: one.obtained_priority,
        strand: one.strand.to_string(),
        is_converter: one.is_converter,
        calls: one.calls,
        errors: one.errors,
        restarts: one.restarts.into(),
        last_error: one.failure,
    }
}

fn call_times(one: &ProcessorSnapshot) -> Option<CallTimes> {
    let times = one.latency;
    let nanoseconds =
        |time: std::time::Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    (times.samples > 0).then(|| CallTimes {
        p50_ns: nanoseconds(times.p50),
        p90_ns: nanoseconds(times.p90),
        p99_ns: nanoseconds(times.p99),
        max_ns: nanoseconds(times.max),
        samples: times.samples,
        sampling: match one.obtained_priority {
            Some(_) => "every call".to_owned(),
            None => "one call in 64".to_owned(),
        },
    })
}

fn output(output: &OutputSnapshot) -> OutputReport {
    OutputReport {
        port: output.port.clone(),
        sent: output.sent,
        unlinked: output.unlinked,
        no_buffer: output.no_buffer,
        copied: output.copied,
        copied_bytes: output.copied_bytes,
        converted: output.converted,
    }
}

fn waits_for(waits_for: &WaitsFor) -> String {
    match waits_for {
        WaitsFor::Room { port, consumer, .. } => format!("{consumer} to take from {port}"),
        WaitsFor::Buffer { port } => format!("a free buffer of {port}"),
    }
}

fn pools(one: &ProcessorSnapshot) -> impl Iterator<Item = PoolReport> {
    one.outputs.iter().filter_map(|output| {
        let pool = output.pool?;
        Some(PoolReport {
            port: format!("{}.{}", one.id, output.port),
            buffer_bytes: pool.buffer_bytes,
            buffers: pool.buffers.into(),
            in_use: pool.buffers.saturating_sub(pool.free).into(),
            limit: pool.limit.into(),
        })
    })
}

fn link(part: &LinkSnapshot) -> LinkReport {
    let counts = part.counts;
    LinkReport {
        id: part.id.0,
        part: part.part,
        from: part.source.to_string(),
        to: part.target.to_string(),
        lane: part.lane,
        carrier: part.carrier.as_str().to_owned(),
        delivery: part.delivery.as_str().to_owned(),
        depth: part.capacity,
        deepened: part.deepened.clone(),
        format: part.format.as_ref().map(ToString::to_string),
        sent: counts.sent,
        delivered: counts.delivered,
        dropped: Dropped {
            superseded: counts.superseded,
            overflow: counts.overflow,
            stuck: counts.stuck,
            live_overrun: counts.live_overrun,
            too_old: counts.too_old,
            unmatched: counts.unmatched,
        },
        flushed: counts.flushed,
        lost: counts.lost,
        waiting: part.queue_depth,
        high_water: counts.high_water,
        converted: part.behind_converter.as_ref().map_or(0, |behind| behind.counts.sent),
        bytes: counts.bytes,
    }
}
