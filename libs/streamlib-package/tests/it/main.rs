//! Integration tests of the package crate, in one binary.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like tests do")]

mod cache;
mod fetching;
mod folder;
mod hostile;
mod killed;
mod packing;
mod resolve;
mod sentences;
mod server;
mod signing;
mod store;
mod support;
mod tls;
