//! The client as people use it, by its whole output, with the real runtime and a home of its own.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like tests do")]

mod files;
mod help;
mod home;
mod lives;
mod nothing;
mod runs;
mod serial;
