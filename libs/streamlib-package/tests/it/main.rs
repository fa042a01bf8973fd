//! Integration tests.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like tests do")]

mod hostile;
mod packing;
mod sentences;
mod support;
