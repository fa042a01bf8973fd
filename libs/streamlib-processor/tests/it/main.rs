//! Processors that are written with the macros, run in the harness.

#![expect(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod config;
mod descriptor;
mod foreign_blocks;
mod frames;
mod names;
mod processors;
mod refused;
mod running;
mod schemas;
