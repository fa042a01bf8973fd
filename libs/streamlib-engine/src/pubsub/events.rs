//! The events.

mod graph;
mod link;
mod processor;
mod runtime;

use serde::Serialize;

pub use graph::GraphEvent;
pub use link::LinkEvent;
pub use processor::{ProcessorEvent, ProcessorState};
pub use runtime::RuntimeEvent;

use crate::ids::{LinkId, ProcessorId};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// Its number at its bus, from 0, without holes at the bus. Two events of different threads
    /// at the same moment may arrive in either order.
    pub sequence: u64,
    /// When, by the machine's monotonic clock, ns.
    pub time_ns: u64,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened, and to what.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum EventKind {
    /// To the runtime.
    Runtime {
        /// What.
        event: RuntimeEvent,
    },
    /// To the graph.
    Graph {
        /// What.
        event: GraphEvent,
    },
    /// To a processor.
    Processor {
        /// Which.
        processor: ProcessorId,
        /// What.
        event: ProcessorEvent,
    },
    /// To a link.
    Link {
        /// Which.
        link: LinkId,
        /// What.
        event: LinkEvent,
    },
}

impl EventKind {
    /// The parts of its topic: `processor`, `movie`, `processor_failed`. The name of a converter
    /// is two parts, so what is subscribed to a processor hears of the converters before it.
    pub(super) fn topic<R>(&self, with: impl FnOnce(&mut dyn Iterator<Item = &str>) -> R) -> R {
        match self {
            Self::Runtime { event } => with(&mut ["runtime", event.name()].into_iter()),
            Self::Graph { event } => with(&mut ["graph", event.name()].into_iter()),
            Self::Processor { processor, event } => with(
                &mut std::iter::once("processor")
                    .chain(processor.as_str().split('.'))
                    .chain([event.name()]),
            ),
            Self::Link { link, event } => {
                let number = link.0.to_string();
                with(&mut ["link", &number, event.name()].into_iter())
            }
        }
    }
}

/// Gives each variant the name that it has in topics and JSON.
macro_rules! names {
    ($type:ident { $($variant:ident => $name:literal),+ $(,)? }) => {
        impl $type {
            /// Its name in topics and JSON.
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $name,)+
                }
            }
        }
    };
}
use names;
