//! Tests of the engine through its public interface.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure")]

mod clock;
mod declare;
mod delegates;
mod edits;
mod events;
mod failures;
mod flow;
mod graph_properties;
mod graphs;
mod growth;
mod holds;
mod isolation;
mod joins;
mod lifecycle;
mod losses;
mod observability;
mod perception;
mod plans;
mod policies;
mod reentry;
mod rig;
mod running_properties;
mod signals;
mod strategies;
mod support;
mod taps;
mod triggers;
