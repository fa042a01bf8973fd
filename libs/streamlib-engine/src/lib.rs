//! The engine of StreamLib: a graph of processors, declared, compiled, run, observed and edited
//! while it runs.
//!
//! ```text
//! declare  ->  plan  ->  apply  ->  run  ->  observe
//! graph/       compiler/            execution/  observability/
//! ```
//!
//! Guarantees: a bad change is refused before anything runs; a change that cannot be made leaves
//! everything as it was; on the frame path there is no lock, no allocation and no log; two engines
//! in one process do not see each other. Not offered: built-in processors, other processes,
//! networks. The crate `streamlib` adds the first.

#![cfg_attr(loom, allow(dead_code, unused_imports, reason = "models use a part of the crate"))]
#![expect(unsafe_code, reason = "link_channel and execution share ports by the RUN bit")]

pub mod compiler;
pub mod delegates;
mod error;
pub mod execution;
pub mod graph;
pub mod ids;
pub mod link_channel;
mod maps;
pub mod observability;
pub mod pubsub;
mod runtime;
mod sync;

pub use error::{Error, Result};
pub use runtime::{
    CommitMode, Committed, Engine, EngineBuilder, GraphOutcome, LinkSource, LinkTarget,
    ProcessorHandle, SourcePort, TargetPort, Transaction,
};
