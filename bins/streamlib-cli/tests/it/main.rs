//! The client as people use it, by its whole output, with the real runtime and a home of its own.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like tests do")]

mod bad_graphs;
mod bad_media;
mod bad_places;
mod files;
mod help;
mod home;
mod lives;
mod nothing;
mod packages;
mod plugins;
mod runs;
mod schemas;
mod sentences;
mod serial;
