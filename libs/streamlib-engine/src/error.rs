//! Why the engine could not do what it was asked to.

use std::time::Duration;

use crate::compiler::PlanError;
use crate::graph::GraphError;
use crate::ids::{LinkId, PortRef, ProcessorId};

/// Why the engine could not do what it was asked to. Nothing was changed, unless it says so.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A change of the graph is not possible.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The parts of the graph do not go together.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A picture or sound could not be taken from the graph.
    #[error(transparent)]
    Sample(#[from] crate::observability::SampleError),
    /// A type could not be registered.
    #[error("the type cannot be registered: {0}")]
    Register(#[source] Box<crate::delegates::RegisterError>),
    /// A processor could not be made.
    #[error("processor `{processor}` cannot be created: {source}")]
    Create {
        /// Which.
        processor: ProcessorId,
        /// Why.
        source: streamlib_processor::Error,
    },
    /// A processor could not be set up.
    #[error("processor `{processor}` cannot be set up: {source}")]
    SetUp {
        /// Which.
        processor: ProcessorId,
        /// Why.
        source: streamlib_processor::Error,
    },
    /// A processor could not be torn down to make room for its replacement.
    #[error("processor `{processor}` cannot be torn down: {source}")]
    TearDown {
        /// Which.
        processor: ProcessorId,
        /// Why.
        source: streamlib_processor::Error,
    },
    /// A processor did not take its new configuration.
    #[error(
        "processor `{processor}` refuses the new configuration and goes on unchanged: {source}"
    )]
    UpdateConfig {
        /// Which.
        processor: ProcessorId,
        /// Why.
        source: streamlib_processor::Error,
    },
    /// A processor did not take over the state of the one that it replaces.
    #[error("the new `{processor}` does not take over the state of the old one: {source}")]
    HandOver {
        /// Which.
        processor: ProcessorId,
        /// Why.
        source: streamlib_processor::Error,
    },
    /// A processor did not come back from its call in time.
    #[error(
        "`{strand}` did not come back from its call within {patience:?}, so the graph was not \
         changed; try again, or remove the processor"
    )]
    Busy {
        /// The strand, by its first processor.
        strand: ProcessorId,
        /// How long it was waited for.
        patience: Duration,
    },
    /// A thread could not be started.
    #[error("no thread can be started for `{strand}`: {source}")]
    StartThread {
        /// The strand, by its first processor, or what else the thread is for.
        strand: ProcessorId,
        /// Why.
        source: std::io::Error,
    },
    /// The engine's own threads could not be started.
    #[error("the engine cannot start its threads: {0}")]
    Threads(#[source] std::io::Error),
    /// The plan names something that is not in its blueprint: a defect of the engine.
    #[error("the plan names {what}, which it did not decide about; please report this")]
    NotPlanned {
        /// What.
        what: String,
    },
    /// The graph has changed since the change was planned.
    #[error(
        "the change was planned on revision {planned}, but the graph is at revision {present}: \
         {difference}"
    )]
    Outdated {
        /// The revision that the change names.
        planned: u64,
        /// The present one.
        present: u64,
        /// What changed in between.
        difference: String,
    },
    /// There is nothing to undo.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// There is no such processor.
    #[error("there is no processor `{0}`{1}")]
    NoSuchProcessor(ProcessorId, String),
    /// A processor that decides itself when it is called.
    #[error("processor `{0}` is not stepped by hand: only those with manual execution are")]
    NotManual(ProcessorId),
    /// There is no such link.
    #[error("there is no {0}")]
    NoSuchLink(LinkId),
    /// There is no such port.
    #[error("there is no output `{0}`")]
    NoSuchPort(PortRef),
    /// The name is not one for a processor.
    #[error(transparent)]
    BadName(#[from] crate::ids::BadProcessorId),
    /// What was asked for needs a graph that runs.
    #[error("the graph is not running; start it first")]
    NotRunning,
    /// What was asked for needs a graph that does not run.
    #[error("the graph is running already")]
    AlreadyRunning,
    /// The engine was called by code that runs because of a change of the graph.
    #[error(
        "the graph is being changed by the very call that leads here, which would wait for itself; \
         in `setup`, `teardown` and delegates, change the graph from another thread, later"
    )]
    InsideCommit,
    /// A failure that a test asked for.
    #[error("step {step} was made to fail: {text}")]
    Injected {
        /// Number of the step.
        step: usize,
        /// The step.
        text: String,
    },
}

/// Result of what the engine does.
pub type Result<T, E = Error> = std::result::Result<T, E>;

#[cfg(test)]
mod tests;
