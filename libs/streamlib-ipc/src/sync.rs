//! Atomics from the standard library or, under `--cfg loom`, from loom, so that the models check
//! the source that runs.

#[cfg(not(loom))]
pub(crate) use std::sync::atomic;

#[cfg(loom)]
pub(crate) use loom::sync::atomic;
