//! Exit codes of the programs `streamlib` and `streamlib-runtime`.

/// All went well. A graph that was stopped by `streamlib stop` ended well.
pub const OK: u8 = 0;
/// The graph ran and failed, or a running graph refused what was asked.
pub const FAILED: u8 = 1;
/// What was given is wrong: the command line, a graph file, a name.
pub const USAGE: u8 = 2;
/// The machine lacks something: a program, a folder that can be written, a socket.
pub const ENVIRONMENT: u8 = 3;
/// Interrupted by Ctrl-C or a request of the system to end. What was written is finished.
pub const INTERRUPTED: u8 = 130;
