//! The engine: one graph and everything that runs it.
//!
//! [`Engine`] is a handle; clones are the same engine. Methods may be called from any thread,
//! inside or outside of an asynchronous program; those that wait say so.

mod builder;
mod calls;
mod commit;
mod commit_lock;
mod connect;
mod control;
mod engine;
mod growth;
mod lifecycle;
mod losses;
mod main_thread;
mod registry;
mod supervisor;
mod transaction;
mod view;
mod waits;

pub use builder::{CommitMode, EngineBuilder};
pub use connect::{LinkSource, LinkTarget, ProcessorHandle, SourcePort, TargetPort};
pub use engine::Engine;
pub(crate) use engine::Shared;
pub use lifecycle::GraphOutcome;
pub use transaction::{Committed, Transaction};
pub(crate) use view::View;
