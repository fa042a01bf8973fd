//! Plugins from outside: what is loaded, what is refused, and that a plugin does what the same
//! processor does when it is built in.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like tests do")]

mod conformance;
mod graph;
mod loading;
mod refusals;
mod support;
