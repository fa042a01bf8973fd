//! Events of a runtime for other processes: one service, whatever their topics.
//!
//! Guarantees: a subscription exists when [`EventReader::open`] returns: it gets every event that
//! is published after that and as many before as it asks for, in order; what did not fit its queue
//! is counted as missed. Publishing never waits and is no part of a frame's way. An event that is
//! too large is refused and counted.
//!
//! A reader's bell is one of a few that all readers of the runtime share out between them, so that
//! publishing rings those and needs no list of who is there.

pub(crate) mod filter;
mod reader;
mod writer;

pub use filter::EventFilter;
pub use reader::{EventReader, RuntimeEvent};
pub use writer::EventWriter;

use iceoryx2::prelude::ZeroCopySend;
use iceoryx2::service::port_factory::publish_subscribe::PortFactory;

use crate::node::Service;
use crate::{IpcError, Node};

/// The most bytes that an event has, topic and body together.
pub const MOST_EVENT_BYTES: usize = 4096;
/// How many processes may read the events of a runtime at the same time.
pub const MOST_EVENT_READERS: usize = 8;
/// How many events are kept for readers that come later, and fit the queue of each.
pub const EVENT_HISTORY: usize = 128;
/// The bell that a new reader rings, so that it gets its history at once: whoever has the
/// [`EventWriter`] waits for it and calls [`EventWriter::attend`].
pub const EVENTS_BELL: &str = "events";

#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
struct EventHeader {
    /// Number of this event, without holes.
    sequence: u64,
    /// Bytes of the topic, at the start of the payload.
    topic: u32,
    reserved: u32,
}

// SAFETY: `repr(C)` without padding, integers only.
unsafe impl ZeroCopySend for EventHeader {
    // SAFETY: the name stands for the layout above.
    unsafe fn type_name() -> &'static str {
        "streamlib.event.1"
    }
}

type Factory = PortFactory<Service, [u8], EventHeader>;

fn open(node: &Node) -> Result<Factory, IpcError> {
    let name = node.service_name("events")?;
    let open = || {
        node.transport()
            .service_builder(&name)
            .publish_subscribe::<[u8]>()
            .user_header::<EventHeader>()
            .enable_safe_overflow(true)
            .history_size(EVENT_HISTORY)
            .subscriber_max_buffer_size(EVENT_HISTORY)
            .subscriber_max_borrowed_samples(1)
            .max_publishers(1)
            .max_subscribers(MOST_EVENT_READERS)
            .max_nodes(2 * MOST_EVENT_READERS + 8)
            .open_or_create()
    };
    node.make(open).map_err(|error| IpcError::transport("open events of", node.runtime(), error))
}

fn bell_name(reader: usize) -> String {
    format!("events-{reader}")
}
