//! What happens to a processor.

use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use streamlib_abi::port::EndCause;
use streamlib_schema::Format;

use super::names;

/// What happens to a processor.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "name", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProcessorEvent {
    /// It is in another state.
    StateChanged {
        /// Before.
        old: ProcessorState,
        /// Now.
        new: ProcessorState,
    },
    /// It took a new configuration.
    ConfigUpdated {
        /// All of it.
        config: Value,
    },
    /// It made a call. Only for observers of the processor, and sampled.
    FrameProcessed {
        /// Timestamp of the frame, stream time, ns.
        timestamp_ns: i64,
        /// How long the call took.
        latency: Duration,
    },
    /// It returned an error or panicked, and does not go on.
    ProcessorFailed {
        /// Why.
        message: String,
        /// True if it did not return but panicked.
        panicked: bool,
    },
    /// A call takes longer than its limit.
    ProcessorStuck {
        /// How long it takes already.
        elapsed: Duration,
        /// The limit.
        limit: Duration,
    },
    /// It was made anew by its restart policy.
    ProcessorRestarted {
        /// How many times so far, from 1.
        attempt: u32,
    },
    /// Frames of another format come in.
    FormatChanged {
        /// The input.
        port: String,
        /// Its lane.
        lane: u32,
        /// The format.
        format: Format,
    },
    /// An output has ended.
    EndOfStream {
        /// The output.
        port: String,
        /// Why.
        #[serde(serialize_with = "as_name")]
        cause: EndCause,
    },
    /// It could not close what it had opened.
    TeardownFailed {
        /// Why.
        message: String,
    },
}

names!(ProcessorEvent {
    StateChanged => "state_changed",
    ConfigUpdated => "config_updated",
    FrameProcessed => "frame_processed",
    ProcessorFailed => "processor_failed",
    ProcessorStuck => "processor_stuck",
    ProcessorRestarted => "processor_restarted",
    FormatChanged => "format_changed",
    EndOfStream => "end_of_stream",
    TeardownFailed => "teardown_failed",
});

/// What a processor does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProcessorState {
    /// Made, not started.
    #[default]
    Idle,
    /// Called when it is ready.
    Running,
    /// Not called until it is resumed.
    Paused,
    /// In a call that takes longer than its limit.
    Stuck,
    /// Its inputs have ended, or it is to stop: it sends what it held back.
    Ending,
    /// Its outputs have ended and it will not be called again.
    Ended,
    /// It failed and is not called.
    Error,
    /// Stopped and torn down.
    Stopped,
}

impl std::fmt::Display for ProcessorState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Idle => "idle",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Stuck => "stuck",
            Self::Ending => "ending",
            Self::Ended => "ended",
            Self::Error => "error",
            Self::Stopped => "stopped",
        })
    }
}

fn as_name<S: Serializer>(cause: &EndCause, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(cause.as_str())
}
