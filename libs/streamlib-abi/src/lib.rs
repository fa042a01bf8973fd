//! The `repr(C)` vocabulary of StreamLib: what crosses between an engine, a plugin and a child
//! process, and between programming languages.
//!
//! Guarantees:
//! - every type that crosses has a fixed layout, checked by tests in this crate;
//! - every struct except [`Envelope`] starts with its own size, and readers accept longer ones;
//! - reading a block never trusts it: offsets, counts and enumerations are checked ([`BlockView`]);
//! - no engine, no queue, no I/O and no dependency.
//!
//! Not offered: interpretation of pixels or samples, and scheduling.
//!
//! | module | concept |
//! |---|---|
//! | [`media`] | pixel formats, colour, channel layouts, codecs: names and numbers |
//! | [`mod@envelope`] | what belongs to one sending of a frame |
//! | [`mod@block`] | the bytes of a frame, the same on the heap and in shared memory |
//! | [`handle`] | counted handle to a block, with functions for retain and release |
//! | [`port`] | the tables behind input and output ports |
//! | [`call`] | what one call of a processor is told and what it asks for |
//! | [`mod@note`] | the note in a plugin file, readable without loading it |
//! | [`plugin`] | the tables between a host and a plugin |
//! | [`status`] | what a table function answers |

#![expect(unsafe_code, reason = "this crate defines the pointers that cross the ABI")]

pub mod block;
pub mod call;
pub mod envelope;
pub mod handle;
pub mod media;
pub mod note;
pub mod plugin;
pub mod port;
pub mod status;

pub use block::{BlockError, BlockHeader, BlockKind, BlockView, Memory, MemoryKind};
pub use call::{CallState, HostTable, Requests};
pub use envelope::{Envelope, EnvelopeFlags};
pub use handle::{BlockControl, BlockRef, RawFrame};
pub use port::{CopyReason, EndCause, InputPort, InputTable, LaneState, OutputPort, OutputTable};
pub use status::Status;

/// Major version of the ABI. Two sides with different major versions refuse each other.
pub const ABI_VERSION_MAJOR: u32 = 1;
/// Minor version of the ABI. A reader accepts a writer with another minor version.
pub const ABI_VERSION_MINOR: u32 = 0;
