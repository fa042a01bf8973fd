//! The processors of this crate, run in the harness.
