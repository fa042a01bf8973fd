//! Tests of the crate through its public interface, in one binary.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like tests do")]

mod discovery;
mod json;
mod messages;
mod sse;
