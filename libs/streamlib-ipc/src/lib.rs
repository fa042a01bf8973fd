//! What crosses between StreamLib's processes: frames, credits, wake-ups and events, over shared
//! memory. The only user of the transport (iceoryx2); it knows no engine and no processor.
//!
//! Guarantees:
//! - a frame is written once, where all its readers read it: sending moves its envelope;
//! - a lossless link never loses a frame while both sides live, and a reader that died, hangs or
//!   was stopped holds nobody up once its seat is revoked;
//! - on every link sent = delivered + dropped + flushed + lost + in flight;
//! - limits are counted and refused by name, nothing is truncated;
//! - what programs that died left behind is gone after the next start of any other.
//!
//! Not offered: noticing a death (that is the supervisor's), formats, and anything between
//! machines.
//!
//! | who | does |
//! |---|---|
//! | runtime | [`Node::host`], [`Port::create`] after a [`PortPlan`], [`Port::revoke`], [`EventWriter`] |
//! | child | [`Node::join`] |
//! | producer | [`PortWriter`]: `room`, `loan`, fill, `send` |
//! | consumer | [`PortReader`]: `read` until empty |
//! | worker of either | [`Doorbell`]: `wait`; the other side has its [`Bell`] |
#![cfg_attr(loom, allow(dead_code, reason = "models use a part of the crate"))]
#![expect(unsafe_code, reason = "this crate maps memory that other processes write")]

mod credit;
#[cfg(not(loom))]
mod domain;
mod doorbell;
mod error;
#[cfg(not(loom))]
mod events;
#[cfg(not(loom))]
mod node;
#[cfg(not(loom))]
mod one_copy;
mod port;
#[cfg(not(loom))]
mod sweep;
mod sync;
mod sys;

pub use credit::SeatState;
#[cfg(not(loom))]
pub use domain::{Domain, Removed};
#[cfg(not(loom))]
pub use doorbell::{Bell, Doorbell};
pub use error::IpcError;
#[cfg(not(loom))]
pub use events::{
    EVENT_HISTORY, EVENTS_BELL, EventFilter, EventReader, EventWriter, MOST_EVENT_BYTES,
    MOST_EVENT_READERS, RuntimeEvent,
};
#[cfg(not(loom))]
pub use node::Node;
pub use port::page::{Revoked, SeatCounters};
pub use port::plan::{
    Delivery, MOST_DEPTH, MOST_SEATS, OnPeerDeath, PortPlan, SPARE_SEATS, SeatPlan, SeatRole,
};
#[cfg(not(loom))]
pub use port::reader::{PortReader, Received};
#[cfg(not(loom))]
pub use port::service::Port;
#[cfg(not(loom))]
pub use port::writer::{NotSent, PortWriter, RefusedLoans};
