//! Why a graph cannot be planned.

use crate::delegates::InvalidStrategy;
use crate::graph::NoCommonFormat;
use crate::ids::{PortRef, ProcessorId};

/// Why a graph cannot be planned, though each of its parts is valid: what is wrong, where, and
/// what to do. What runs was not touched.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The ends of a link share no format, all links before and behind it considered.
    #[error("{0}")]
    NoCommonFormat(Box<NoCommonFormat>),
    /// The scheduler delegate chose what cannot be.
    #[error("processor `{id}` cannot run on `{strategy}`, which the scheduler chose: {reason}")]
    Strategy {
        /// The processor.
        id: ProcessorId,
        /// What was chosen.
        strategy: String,
        /// Why not.
        reason: InvalidStrategy,
    },
    /// The factory names a converter that it cannot make.
    #[error(
        "the factory converts formats for `{target}` with `{processor_type}`, \
         which is no processor type with one input and one output; register it"
    )]
    Converter {
        /// The input.
        target: PortRef,
        /// The converter's type.
        processor_type: String,
    },
    /// The graph has a cycle. [`crate::graph::apply`] refuses these, so the snapshot is not from
    /// there.
    #[error("the graph has a cycle: {}; declare one of its links `feedback`", names(.0))]
    Cycle(Vec<ProcessorId>),
}

fn names(cycle: &[ProcessorId]) -> String {
    cycle.iter().map(ProcessorId::as_str).collect::<Vec<_>>().join(" -> ")
}
