//! What processors run on.

use serde::{Deserialize, Serialize};
use streamlib_schema::{ProcessExecution, ProcessorDescriptor};

use crate::graph::ProcessorNode;

/// What a processor runs on. Orthogonal to [`ProcessExecution`], which says how it works; the few
/// pairs that cannot be are refused by [`check_strategy`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "strategy", rename_all = "snake_case")]
pub enum SchedulingStrategy {
    /// A thread of its own.
    DedicatedThread {
        /// Its priority.
        priority: ThreadPriority,
        /// Its name for debuggers; the processor's name if there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// The runtime's pool: whichever worker is free.
    WorkStealingPool,
    /// The thread that calls `wait()` or `run_on_main()`.
    MainThread,
    /// Inline in whatever produces its input.
    Lightweight,
}

impl std::fmt::Display for SchedulingStrategy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::DedicatedThread { priority: ThreadPriority::Normal, name: None } => {
                f.write_str("thread")
            }
            Self::DedicatedThread { priority, name: None } => write!(f, "thread ({priority})"),
            Self::DedicatedThread { priority, name: Some(name) } => {
                write!(f, "thread `{name}` ({priority})")
            }
            Self::WorkStealingPool => f.write_str("pool"),
            Self::MainThread => f.write_str("main thread"),
            Self::Lightweight => f.write_str("lightweight"),
        }
    }
}

/// The priority of a thread. What the system granted is shown by the inspector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThreadPriority {
    /// Real-time, for audio: late output is audible.
    RealTime,
    /// Above normal.
    High,
    /// Normal.
    #[default]
    Normal,
    /// Below everything else.
    Background,
}

impl std::fmt::Display for ThreadPriority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::RealTime => "real-time",
            Self::High => "high",
            Self::Normal => "normal",
            Self::Background => "background",
        })
    }
}

/// Decides what each processor runs on.
///
/// Called on the committing thread, with a graph that is not yet in force. The same node and
/// descriptor must give the same answer, or plans do not come out as they were shown.
pub trait SchedulerDelegate: Send + Sync {
    /// What `node` runs on. A strategy that the declaration names is not asked for here.
    fn scheduling_strategy(
        &self,
        node: &ProcessorNode,
        descriptor: &ProcessorDescriptor,
    ) -> SchedulingStrategy;
}

/// Reads what the descriptor says the processor needs, and nothing else: main thread first, then
/// real time, then blocking, then cheap; everything else goes to the pool.
#[derive(Debug, Clone, Copy, Default)]
pub struct DefaultScheduler;

impl SchedulerDelegate for DefaultScheduler {
    fn scheduling_strategy(
        &self,
        _node: &ProcessorNode,
        descriptor: &ProcessorDescriptor,
    ) -> SchedulingStrategy {
        let needs = &descriptor.needs;
        let thread = |priority| SchedulingStrategy::DedicatedThread { priority, name: None };
        match () {
            () if needs.main_thread => SchedulingStrategy::MainThread,
            () if needs.real_time => thread(ThreadPriority::RealTime),
            () if needs.blocking => thread(ThreadPriority::Normal),
            () if needs.cheap && !is_continuous(descriptor) => SchedulingStrategy::Lightweight,
            () => SchedulingStrategy::WorkStealingPool,
        }
    }
}

fn is_continuous(descriptor: &ProcessorDescriptor) -> bool {
    matches!(descriptor.execution, ProcessExecution::Continuous { .. })
}

/// Why a processor cannot run on what was chosen for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidStrategy {
    /// Nothing would call it.
    #[error(
        "it makes data on its own schedule, and a lightweight processor is only called by what \
         produces its input; use the pool or a thread"
    )]
    ContinuousLightweight,
    /// It would hold up everything that shares the worker.
    #[error("it declares that it blocks, so it needs a thread of its own; use a dedicated thread")]
    BlockingShared,
    /// The system it talks to allows one thread only.
    #[error("it declares that it needs the main thread; use the main thread")]
    NotOnMainThread,
}

/// Checks that a processor of this description can run on `strategy`.
///
/// # Errors
/// The pair cannot be.
pub fn check_strategy(
    descriptor: &ProcessorDescriptor,
    strategy: &SchedulingStrategy,
) -> Result<(), InvalidStrategy> {
    let needs = &descriptor.needs;
    match strategy {
        strategy if needs.main_thread && *strategy != SchedulingStrategy::MainThread => {
            Err(InvalidStrategy::NotOnMainThread)
        }
        SchedulingStrategy::DedicatedThread { .. } => Ok(()),
        SchedulingStrategy::MainThread if needs.main_thread => Ok(()),
        _ if needs.blocking => Err(InvalidStrategy::BlockingShared),
        SchedulingStrategy::Lightweight if is_continuous(descriptor) => {
            Err(InvalidStrategy::ContinuousLightweight)
        }
        _ => Ok(()),
    }
}
