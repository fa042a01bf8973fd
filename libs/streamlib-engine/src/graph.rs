//! What is wanted: processors, links, and the changes that are made to them.
//!
//! - [`GraphSnapshot`]: an immutable graph, cheap to share and to copy with one change.
//! - [`Change`] and [`apply`]: pure edits, all or nothing. A bad port, configuration, format or
//!   schema is refused here, with a hint.
//! - [`PropertyGraph`]: the snapshot that is in force with everything that is attached to its
//!   processors and links.
//!
//! Nothing here runs, waits or does I/O. What a change costs in a running graph is the compiler's
//! matter.

mod apply;
mod change;
mod connect;
mod endless;
mod error;
mod link;
mod node;
mod property_graph;
mod snapshot;
mod topology;

pub use apply::{Applied, Inverse, Touched, apply};
pub use change::Change;
pub use connect::choose_ports;
pub use error::{GraphError, NoCommonFormat, SchemaMismatch, Side};
pub use link::{Link, LinkOptions};
pub use node::{ProcessorNode, RestartPolicy};
pub use property_graph::{GraphState, InvariantError, NotInGraph, PropertyGraph};
pub(crate) use snapshot::Entry as SnapshotEntry;
pub use snapshot::GraphSnapshot;
pub(crate) use topology::{Slot, Topology};
