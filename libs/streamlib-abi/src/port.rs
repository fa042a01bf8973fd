//! A port is a pointer and a table. The engine fills the table in-process, the child library in a
//! child process; a plugin gets it unchanged. Whoever runs the processor owns its ports: the
//! functions are called from one thread at a time.

use std::ffi::c_void;
use std::mem::MaybeUninit;

use crate::handle::{BlockRef, RawFrame};
use crate::status::Status;

/// State of one lane of an input port, as its processor sees it now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct LaneState {
    /// Size of this struct as its writer knows it, in bytes.
    pub size: u32,
    /// 1 if a link is connected.
    pub linked: u32,
    /// 1 if no frame will come any more and all were taken.
    pub ended: u32,
    /// Why it ended, an [`EndCause`] number; 0 while it has not.
    pub end_cause: u32,
    /// Nothing will come before this stream time, ns (`i64::MIN`: nothing is known).
    pub gap_until_ns: i64,
    /// Frames that this lane did not get since it was linked.
    pub missed: u64,
}

crate::media::named_numbers! {
    /// Why a stream ended.
    EndCause: u32 {
        /// The source had no more to give.
        Finished = 1 => "finished",
        /// The graph was stopped.
        Stopped = 2 => "stopped",
        /// The processor or its link was removed.
        Removed = 3 => "removed",
        /// The processor failed for good.
        Failed = 4 => "failed",
    }
}

/// The functions behind an input port.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct InputTable {
    /// Size of this struct as its maker knows it, in bytes.
    pub size: u32,
    /// Always 0; kept for a later version.
    pub reserved: u32,
    /// How many lanes there are, connected or not. 1 for a port that takes one link.
    pub lanes: unsafe extern "C" fn(port: *mut c_void) -> u32,
    /// Takes the frame that the trigger chose for `lane`. `OK` writes a frame, whose references
    /// then belong to the caller; `EMPTY` and failures write nothing.
    pub read: unsafe extern "C" fn(
        port: *mut c_void,
        lane: u32,
        frame: *mut MaybeUninit<RawFrame>,
    ) -> Status,
    /// Puts back a frame that was read in this call, so that it is given again next time.
    /// On `OK` the frame's references have moved to the port.
    pub unread: unsafe extern "C" fn(port: *mut c_void, lane: u32, frame: *mut RawFrame) -> Status,
    /// Writes the state of `lane`.
    pub state: unsafe extern "C" fn(port: *mut c_void, lane: u32, state: *mut LaneState) -> Status,
}

/// The functions behind an output port.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct OutputTable {
    /// Size of this struct as its maker knows it, in bytes.
    pub size: u32,
    /// Always 0; kept for a later version.
    pub reserved: u32,
    /// Writes a unique block of at least `bytes` bytes from the port's pool.
    pub loan: unsafe extern "C" fn(
        port: *mut c_void,
        bytes: u64,
        block: *mut MaybeUninit<BlockRef>,
    ) -> Status,
    /// Sends a frame on every link. On `OK` and `UNLINKED` its references have moved; on every
    /// other answer the frame is still the caller's and nothing was sent.
    pub send: unsafe extern "C" fn(port: *mut c_void, frame: *mut RawFrame) -> Status,
    /// How many frames may be sent now before the answer would be `FULL`.
    pub room: unsafe extern "C" fn(port: *mut c_void) -> u32,
    /// Announces a format, given as its canonical JSON, and writes its number. The same format
    /// always has the same number in a graph.
    pub announce_format: unsafe extern "C" fn(
        port: *mut c_void,
        json: *const u8,
        json_length: usize,
        format_id: *mut u32,
    ) -> Status,
    /// Says that nothing will be sent with a timestamp before `until_ns`.
    pub gap: unsafe extern "C" fn(port: *mut c_void, until_ns: i64) -> Status,
    /// Starts a new epoch and writes its number.
    pub next_epoch: unsafe extern "C" fn(port: *mut c_void, epoch: *mut u32) -> Status,
    /// Counts a frame that the processor could not make for want of a buffer, using up a
    /// sequence number, so that consumers see the hole.
    pub skip: unsafe extern "C" fn(port: *mut c_void) -> Status,
    /// Counts a copy of `bytes` bytes that had to be made on the way to this port, for a
    /// [`CopyReason`] number.
    pub copied: unsafe extern "C" fn(port: *mut c_void, bytes: u64, reason: u32),
}

crate::media::named_numbers! {
    /// Why content was copied although it need not be in the best case.
    CopyReason: u32 {
        /// Somebody else holds the frame that was to be edited in place.
        Shared = 1 => "shared",
        /// The frame was to leave its process, but its memory belongs to another port.
        Forwarded = 2 => "forwarded",
        /// The format had to be converted.
        Converted = 3 => "converted",
    }
}

/// A bound input port: table and the pointer to hand to its functions.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct InputPort {
    /// The functions.
    pub table: *const InputTable,
    /// What they take as `port`.
    pub port: *mut c_void,
}

/// A bound output port: table and the pointer to hand to its functions.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct OutputPort {
    /// The functions.
    pub table: *const OutputTable,
    /// What they take as `port`.
    pub port: *mut c_void,
}
