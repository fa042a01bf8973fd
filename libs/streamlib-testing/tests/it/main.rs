//! Tests of the tools that tests share. The binary's own allocator is the one under test, so each
//! test needs a process of its own, which cargo nextest gives it.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure")]

mod allocation;
