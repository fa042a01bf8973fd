//! The StreamLib engine: graph, compiler, execution, observability.
pub mod ids;
pub mod graph;
pub mod delegates;
pub mod pubsub;
pub mod compiler;
