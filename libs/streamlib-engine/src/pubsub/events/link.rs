//! What happens to a link.

use serde::Serialize;

use super::names;

/// What happens to a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "name", rename_all = "snake_case")]
#[non_exhaustive]
pub enum LinkEvent {
    /// A frame was sent. Only for observers of the link.
    DataPushed {
        /// Timestamp of the frame, stream time, ns.
        timestamp_ns: i64,
        /// Its content, bytes: samples, pixels, packet or body.
        size: u64,
    },
    /// There is no room for another frame. Only for observers of the link.
    QueueFull {
        /// True if a frame was dropped because of it.
        dropped: bool,
    },
    /// The last frame was taken. Only for observers of the link.
    QueueEmpty {},
    /// A live source lost frames here, because it cannot be held up.
    LiveOverrun {
        /// Frames lost since the last such event.
        lost: u64,
    },
    /// The link got deeper, because its join starved on another.
    LinkGrown {
        /// Depth before, frames.
        from: u32,
        /// Depth now, frames.
        to: u32,
    },
    /// A join that takes every frame could not use some.
    Unmatched {
        /// Frames dropped since the last such event.
        dropped: u64,
    },
}

names!(LinkEvent {
    DataPushed => "data_pushed",
    QueueFull => "queue_full",
    QueueEmpty => "queue_empty",
    LiveOverrun => "live_overrun",
    LinkGrown => "link_grown",
    Unmatched => "unmatched",
});
