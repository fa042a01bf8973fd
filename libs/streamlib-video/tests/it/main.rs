//! The processors of this crate, run in the harness.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

mod allocation;
mod compositor;
mod converting;
mod effects;
mod pattern;
mod png_files;
mod support;
