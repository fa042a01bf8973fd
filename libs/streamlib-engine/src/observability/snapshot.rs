//! What is seen of a graph: plain values that serialise, in an order that does not change.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use streamlib_schema::{Delivery, Format, FormatSet, Latency};

use crate::compiler::Carrier;
use crate::execution::LatencyStats;
use crate::graph::GraphState;
use crate::ids::{LinkId, PortRef, ProcessorId};
use crate::link_channel::{LinkCounts, PoolState};
use crate::pubsub::events::ProcessorState;

/// A processor as it was at a moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProcessorSnapshot {
    /// Its name in the graph.
    pub id: ProcessorId,
    /// The name of its type.
    pub processor_type: String,
    /// What it is doing. `Idle` for one that is declared and was never started.
    pub state: ProcessorState,
    /// True for one that the compiler put into a link to convert formats.
    pub is_converter: bool,
    /// What it runs on, in words: `pool`, `thread (real-time)`, `lightweight`.
    pub strategy: String,
    /// The priority that its thread obtained, in words; `None` if it has no thread of its own.
    pub obtained_priority: Option<String>,
    /// The strand that it runs in, by that strand's first processor: those of one strand never run
    /// at the same time.
    pub strand: ProcessorId,
    /// Calls of its methods that process: `process` and `end_of_stream`. Exact.
    pub calls: u64,
    /// Calls that returned an error or panicked. Exact.
    pub errors: u64,
    /// How often it was made anew by its restart policy.
    pub restarts: u32,
    /// Frames a second: those that it sent on its busiest output, or, if it sent none, those that
    /// it was given on its busiest input. See [`crate::observability::GraphInspector`] for over
    /// which time.
    pub throughput_fps: f64,
    /// How long its calls take: every call of a processor with its own thread, one call in 64 of
    /// any other; `samples` says how many were measured.
    pub latency: LatencyStats,
    /// Stream time that it declares to add between input and output.
    pub declared_latency: Latency,
    /// Its configuration, as it is declared.
    pub config: Value,
    /// What it said when it failed last.
    pub failure: Option<String>,
    /// What holds it up at this moment, if it is an output without room.
    pub waits_for: Option<WaitsFor>,
    /// The latest timestamp among the frames that it sent, or, if it sent none, that were sent to
    /// it; stream time, ns.
    pub position_ns: Option<i64>,
    /// How long what it sends will be in all, stream time, ns, if it is a source that knows.
    pub length_ns: Option<u64>,
    /// Its outputs, in the order of their declaration.
    pub outputs: Vec<OutputSnapshot>,
}

/// What an output without room waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum WaitsFor {
    /// A place in a link that holds its producer up.
    Room {
        /// Name of the output.
        port: String,
        /// The link that is full.
        link: LinkId,
        /// Who is to take frames from it.
        consumer: ProcessorId,
    },
    /// A buffer of the output's own pool.
    Buffer {
        /// Name of the output.
        port: String,
    },
}

/// An output of a processor, whatever is linked to it. All counts are exact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutputSnapshot {
    /// Name of the port.
    pub port: String,
    /// Frames that were sent on at least one link.
    pub sent: u64,
    /// Frames dropped because nothing is linked.
    pub unlinked: u64,
    /// Frames dropped because no buffer was free. Each leaves a hole in the sequence numbers.
    pub no_buffer: u64,
    /// Frames copied although in the best case they need not be.
    pub copied: u64,
    /// Bytes of those copies.
    pub copied_bytes: u64,
    /// Frames of `copied` that were converted to another format.
    pub converted: u64,
    /// Its buffers; `None` before the first one was made.
    pub pool: Option<PoolState>,
}

/// A link as it was at a moment, or the part of one behind a converter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LinkSnapshot {
    /// Its number.
    pub id: LinkId,
    /// 0 for the link itself, or for its part before a converter; 1 for the part behind it.
    pub part: u8,
    /// Where its frames come from: the declared output, or that of the converter.
    pub source: PortRef,
    /// Where its frames go: the declared input, or that of the converter.
    pub target: PortRef,
    /// Lane of the input.
    pub lane: u32,
    /// How frames get across.
    pub carrier: Carrier,
    /// How the consumer wants them.
    pub delivery: Delivery,
    /// Frames that fit.
    pub capacity: u32,
    /// Why it is deeper than was declared, for people: `join at both.video_in`.
    pub deepened: Option<String>,
    /// Frames captured longer ago are dropped.
    pub max_age: Option<Duration>,
    /// Closes a cycle.
    pub feedback: bool,
    /// True if it holds its producer up when it is full.
    pub holds_producer: bool,
    /// True while its producer waits for room in it: from when it is full until it is half empty.
    pub producer_waits: bool,
    /// Frames that were sent and have neither been given to the consumer nor dropped. One of them
    /// may be out of the queue, at the front of its input, so this can be `capacity` and one more.
    pub queue_depth: u64,
    /// Exact counts.
    pub counts: LinkCounts,
    /// Frames sent a second. See [`crate::observability::GraphInspector`] for over which time.
    pub throughput_fps: f64,
    /// What both ends can agree on.
    pub formats: FormatSet,
    /// Format of the frame that was sent last, if it has one.
    pub format: Option<Format>,
    /// Timestamp of the frame that was sent last, stream time, ns.
    pub position_ns: Option<i64>,
    /// Taps and observers of it.
    pub observers: usize,
    /// The part behind the converter, whose `source` names it; `None` if there is no converter.
    pub behind_converter: Option<Box<Self>>,
}

impl LinkSnapshot {
    /// This part and the one behind the converter, if there is one.
    pub fn parts(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(self.behind_converter.as_deref())
    }
}

/// Who is linked to whom, as it is declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GraphTopology {
    /// The graph's revision.
    pub revision: u64,
    /// The processors, in the order of their names.
    pub processors: Vec<TopologyProcessor>,
    /// The links, in the order of their numbers.
    pub links: Vec<TopologyLink>,
}

/// A processor in a [`GraphTopology`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TopologyProcessor {
    /// Its name.
    pub id: ProcessorId,
    /// The name of its type.
    pub processor_type: String,
    /// Names of its inputs.
    pub inputs: Vec<String>,
    /// Names of its outputs.
    pub outputs: Vec<String>,
}

/// A link in a [`GraphTopology`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TopologyLink {
    /// Its number.
    pub id: LinkId,
    /// The output.
    pub source: PortRef,
    /// The input.
    pub target: PortRef,
    /// Lane of the input.
    pub lane: u32,
}

/// What is wrong or slow in a graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GraphHealth {
    /// Whether it runs.
    pub state: GraphState,
    /// Processors that are declared.
    pub processor_count: usize,
    /// Links that are declared.
    pub link_count: usize,
    /// Frames that links dropped, for whatever reason, and frames for which there was no buffer.
    /// Frames of outputs without links do not count.
    pub dropped_frames: u64,
    /// Calls that returned an error or panicked.
    pub error_count: u64,
    /// Processors that others wait for: each is the consumer of a link that holds its producer up,
    /// and is itself held up by none. In the order of their names.
    pub bottlenecks: Vec<ProcessorId>,
    /// Processors in the state `Error` or `Stuck`, in the order of their names.
    pub failing: Vec<ProcessorId>,
    /// Bytes of all frame buffers.
    pub memory_used_bytes: u64,
    /// Most bytes that they may take.
    pub memory_limit_bytes: u64,
    /// Threads that did not come back from a call and were left behind.
    pub abandoned_threads: usize,
}

/// Everything that can be seen of a graph.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inspection {
    /// The graph's revision.
    pub revision: u64,
    /// Whether it runs.
    pub state: GraphState,
    /// Time since it was started, ns; of a graph that has stopped: how long it ran. 0 before.
    pub uptime_ns: u64,
    /// The processors, converters included, in the order of their names.
    pub processors: Vec<ProcessorSnapshot>,
    /// The links, in the order of their numbers.
    pub links: Vec<LinkSnapshot>,
    /// What is wrong or slow.
    pub health: GraphHealth,
}
