//! A running graph looked into: counts are exact, times are sampled and say how.
//!
//! One inspection is not one moment: counters are read one after the other while the graph runs,
//! so `sent` may be ahead of what is counted behind it by what happened meanwhile. When nothing
//! moves, `sent = delivered + dropped + flushed + lost + waiting` on every link.

use serde::{Deserialize, Serialize};

use crate::info::GraphState;

/// A running graph looked into.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inspect {
    /// Name of the graph.
    pub name: String,
    /// Revision of the graph in force.
    pub revision: u64,
    /// What it is doing.
    pub state: GraphState,
    /// Time since it was started, ns.
    pub uptime_ns: u64,
    /// Processors, converters that the compiler put in included, by their names.
    pub processors: Vec<ProcessorReport>,
    /// Links, by their numbers.
    pub links: Vec<LinkReport>,
    /// Pools of frame buffers, by their outputs.
    #[serde(default)]
    pub pools: Vec<PoolReport>,
    /// What is wrong or slow.
    #[serde(default)]
    pub health: Health,
}

/// What a processor is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProcessorState {
    /// It is made and not yet started.
    Idle,
    /// It runs, or would if it were given frames.
    Running,
    /// It is paused alone.
    Paused,
    /// It has ended.
    Ended,
    /// It failed and is not called.
    Failed,
    /// It sends what it held back.
    Ending,
    /// One of its calls does not return.
    Stuck,
    /// A state that a later runtime added.
    #[serde(other)]
    Unknown,
}

impl ProcessorState {
    /// The word that is shown and written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Ended => "ended",
            Self::Failed => "failed",
            Self::Ending => "ending",
            Self::Stuck => "stuck",
            Self::Unknown => "unknown",
        }
    }
}

/// A processor looked into.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProcessorReport {
    /// Its name in the graph.
    pub id: String,
    /// Name of its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// What it is doing.
    pub state: ProcessorState,
    /// What it runs on, in words: `pool`, `thread (real-time)`.
    pub strategy: String,
    /// The priority that its thread obtained, in words; absent if it has no thread of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obtained_priority: Option<String>,
    /// The first of the processors that always run on the same worker one after the other, of
    /// which this is one.
    pub strand: String,
    /// Whether the compiler put it into a link to convert formats.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_converter: bool,
    /// Calls of `process`.
    pub calls: u64,
    /// Calls that returned an error or panicked.
    pub errors: u64,
    /// How often it was started again.
    #[serde(default)]
    pub restarts: u64,
    /// How long calls took; absent before the first sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_times: Option<CallTimes>,
    /// Where it is in its medium, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// Its outputs.
    #[serde(default)]
    pub outputs: Vec<OutputReport>,
    /// What it last failed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// What it waits for, in words: `room on video_out since 1.2 s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<String>,
}

/// How long calls took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallTimes {
    /// Half of the sampled calls took this or less, ns.
    pub p50_ns: u64,
    /// Nine in ten took this or less, ns.
    pub p90_ns: u64,
    /// 99 in 100 took this or less, ns.
    pub p99_ns: u64,
    /// The longest sampled call, ns.
    pub max_ns: u64,
    /// Calls that were sampled.
    pub samples: u64,
    /// Which calls were, in words: `every call`, `one call in 64`.
    pub sampling: String,
}

/// Where a processor is in its medium: the newest timestamp that it sent, else that it was sent.
/// Percent and time left are made from it where the length is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Position in the medium, stream time, ns.
    pub position_ns: i64,
    /// Length of the medium, ns; absent for one that has no end or does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ns: Option<u64>,
}

/// An output of a processor, whatever is linked to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputReport {
    /// Name of the port.
    pub port: String,
    /// Frames that it sent.
    pub sent: u64,
    /// Frames dropped because nothing is linked to it.
    #[serde(default)]
    pub unlinked: u64,
    /// Frames dropped because its pool had no buffer left.
    #[serde(default)]
    pub no_buffer: u64,
    /// Frames copied that in the best case need no copy.
    #[serde(default)]
    pub copied: u64,
    /// Bytes of those copies.
    #[serde(default)]
    pub copied_bytes: u64,
    /// Frames of `copied` that were converted to another format.
    #[serde(default)]
    pub converted: u64,
}

/// A link looked into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkReport {
    /// Its number.
    pub id: u64,
    /// 0 for the link itself, or for its part before a converter; 1 for the part behind it.
    #[serde(default)]
    pub part: u8,
    /// The output, `movie.video`.
    pub from: String,
    /// The input, `gray.video_in`.
    pub to: String,
    /// Lane of the input.
    pub lane: u32,
    /// How frames get across: `inline`, `ring`, `overwrite`, `slot`, `shared`.
    pub carrier: String,
    /// How the consumer wants them: `lossless`, `every_sample`, `latest`.
    pub delivery: String,
    /// Frames that fit.
    pub depth: u32,
    /// Why it is deeper than was declared, in words: `join at both.video_in`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deepened: Option<String>,
    /// What the frames are, when one has passed: `I420 1280x720`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Frames that the producer sent.
    pub sent: u64,
    /// Frames that the consumer was given.
    pub delivered: u64,
    /// Frames dropped, by reason.
    pub dropped: Dropped,
    /// Frames discarded by a flush, a removal or a stop.
    #[serde(default)]
    pub flushed: u64,
    /// Frames lost with a process that died.
    #[serde(default)]
    pub lost: u64,
    /// Frames still in the link.
    pub waiting: u64,
    /// Most frames that waited at once.
    pub high_water: u64,
    /// Frames that the converter of this link changed.
    #[serde(default)]
    pub converted: u64,
    /// Bytes of the blocks that were sent.
    pub bytes: u64,
}

impl LinkReport {
    /// Name of the processor that sends. A converter's name has dots itself.
    #[must_use]
    pub fn source_processor(&self) -> &str {
        processor_of(&self.from)
    }

    /// Name of the processor that receives.
    #[must_use]
    pub fn target_processor(&self) -> &str {
        processor_of(&self.to)
    }
}

fn processor_of(end: &str) -> &str {
    end.rsplit_once('.').map_or(end, |(processor, _port)| processor)
}

/// Frames that a link dropped, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Dropped {
    /// A newer frame took their place.
    pub superseded: u64,
    /// The queue was full and gave up its oldest.
    pub overflow: u64,
    /// The queue was full and the consumer does not come back from a call.
    pub stuck: u64,
    /// The queue was full and the source is live.
    pub live_overrun: u64,
    /// They were captured longer ago than the link allows.
    pub too_old: u64,
    /// No frame of the other lanes went with them.
    pub unmatched: u64,
}

impl Dropped {
    /// All reasons together.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.superseded
            .saturating_add(self.overflow)
            .saturating_add(self.stuck)
            .saturating_add(self.live_overrun)
            .saturating_add(self.too_old)
            .saturating_add(self.unmatched)
    }

    /// Each reason that happened, in words, with its number.
    pub fn reasons(&self) -> impl Iterator<Item = (&'static str, u64)> {
        [
            ("superseded", self.superseded),
            ("overflow", self.overflow),
            ("stuck", self.stuck),
            ("live overrun", self.live_overrun),
            ("too old", self.too_old),
            ("unmatched", self.unmatched),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
    }
}

/// A pool of frame buffers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolReport {
    /// The output that takes its buffers from it.
    pub port: String,
    /// Bytes of one buffer.
    pub buffer_bytes: u64,
    /// Buffers that there are.
    pub buffers: u64,
    /// Buffers that somebody holds.
    pub in_use: u64,
    /// Most buffers that there may be.
    pub limit: u64,
}

/// What is wrong or slow.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Health {
    /// Processors that others wait for and that wait for none themselves.
    pub bottlenecks: Vec<String>,
    /// Bytes of all frame buffers.
    pub memory_used_bytes: u64,
    /// Most bytes that they may take.
    pub memory_limit_bytes: u64,
    /// Everything that is not as it should be.
    pub problems: Vec<HealthProblem>,
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthProblem {
    /// The processor or link that it concerns.
    pub subject: String,
    /// What it is, as a phrase.
    pub message: String,
}
