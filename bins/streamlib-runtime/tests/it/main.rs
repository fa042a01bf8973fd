//! The program as other programs use it: its answers, its parent, its signals, its socket.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like tests do")]

mod answers;
mod hosted;
mod in_tokio;
mod life;
