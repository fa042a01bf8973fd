//! Processors that are written with the macros, run in the harness.

mod descriptor;
mod processors;
