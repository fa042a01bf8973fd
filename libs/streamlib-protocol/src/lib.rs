//! Control messages between a StreamLib runtime and its clients: types without I/O.
//!
//! A runtime hosts one graph and answers HTTP/1.1 with JSON on a Unix socket. This crate says
//! which paths there are ([`paths`]), what goes in and out, how events are framed ([`sse`]), how
//! a running graph is found ([`discovery`]), what the parent of a runtime is told ([`parent`]),
//! and what the programs' exit codes mean ([`exit`]).
//!
//! | request | body | answer |
//! |---|---|---|
//! | `GET /v1/info` | | [`Info`] |
//! | `GET /v1/snapshot` | | [`Snapshot`]: the graph as it is declared |
//! | `GET /v1/inspect` | | [`Inspect`]: counters, times, pools, health |
//! | `GET /v1/progress` | | [`Progress`]: how far the graph is, cheap to ask often |
//! | `GET /v1/events` | | server-sent events, each an [`Event`], or a [`Lagged`] notice |
//! | `POST /v1/transaction` | [`TransactionRequest`] | [`TransactionReply`] |
//! | `POST /v1/undo` | | [`TransactionReply`]: the last transaction taken back |
//! | `POST /v1/stop` | [`StopRequest`] | [`Accepted`], before the graph has stopped |
//! | `POST /v1/pause`, `/v1/resume` | | [`Accepted`] |
//! | `GET /v1/processors` | | [`ProcessorTypes`]: what graphs can be made of |
//! | `GET /v1/doctor` | | [`DoctorReport`] |
//!
//! What is refused is answered with a status of 400 or more and an [`ErrorBody`].
//!
//! Guarantees:
//! - Answers may get more fields; a client ignores those that it does not know. Requests with an
//!   unknown field are refused, so that a misspelt one is not without effect.
//! - Numbers are JSON numbers, times are in nanoseconds and say so in their names.
//! - Words that a later runtime may add read as `unknown`, never as an error.
//! - Nothing here opens, reads, waits or spawns.

pub mod discovery;
mod doctor;
mod error;
mod event;
pub mod exit;
mod info;
mod inspect;
mod limits;
pub mod parent;
pub mod paths;
mod processors;
mod progress;
mod snapshot;
pub mod sse;
mod transaction;

pub use doctor::{Check, CheckStatus, DoctorReport};
pub use error::{ErrorBody, ErrorCode, Place, Problem, ProblemSeverity};
pub use event::{Event, EventSeverity, Lagged};
pub use info::{Accepted, GraphState, Info, PROTOCOL_VERSION, StopRequest};
pub use inspect::{
    CallTimes, Dropped, Health, HealthProblem, Inspect, LinkReport, OutputReport, PoolReport,
    Position, ProcessorReport, ProcessorState,
};
pub use limits::{
    BODY_BYTES_MAX, CHANGES_MAX, EVENT_BYTES_MAX, EVENT_HISTORY_MAX, HEADER_BYTES_MAX,
    PARENT_MESSAGE_BYTES_MAX, SUBSCRIBERS_MAX,
};
pub use processors::ProcessorTypes;
pub use progress::{Progress, SinkProgress};
pub use snapshot::{DeclaredLink, DeclaredProcessor, Snapshot};
pub use transaction::{Change, ConfigMode, LinkOptions, TransactionReply, TransactionRequest};
