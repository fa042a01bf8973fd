//! Bounds of the control interface. Both sides keep them.

/// Largest body of a request, in bytes.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// Largest head of a request (request line and headers), in bytes.
pub const HEADER_BYTES_MAX: usize = 16 << 10;
/// Most changes in one transaction.
pub const CHANGES_MAX: usize = 10_000;
/// Events that a runtime keeps for clients that come late or fall behind.
pub const EVENT_HISTORY_MAX: usize = 4096;
/// Largest server-sent event, in bytes.
pub const EVENT_BYTES_MAX: usize = 256 << 10;
/// Most clients that follow the events of a runtime at once.
pub const SUBSCRIBERS_MAX: usize = 64;
/// Largest message to the parent of a runtime, in bytes. It holds a whole inspection.
pub const PARENT_MESSAGE_BYTES_MAX: usize = 64 << 20;
