//! Tests of the engine through its public interface.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure")]

use streamlib_testing::LiveAllocator;

/// Tells what was not freed. Each test has a process of its own, which cargo nextest gives it.
#[global_allocator]
static LIVE: LiveAllocator = LiveAllocator::new();

mod apart;
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
mod injection;
mod isolation;
mod joins;
mod lifecycle;
mod losses;
mod observability;
mod perception;
mod plans;
mod policies;
mod reentry;
mod relays;
mod rig;
mod running_properties;
mod signals;
mod strategies;
mod support;
mod taps;
mod triggers;
