//! What one call of a processor is told and what it asks for in return.
//!
//! The host writes a [`CallState`] before the call and reads the requests after it, so that in
//! steady state a call needs no call back into the host.

use std::ffi::c_void;

use crate::status::Status;

/// What a processor asks of its host during a call, a set of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(transparent)]
pub struct Requests(u32);

impl Requests {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Call again as soon as there is room, whatever comes in: there is more to give.
    pub const AGAIN: Self = Self(1);
    /// The source has no more to give: end the outputs.
    pub const FINISH: Self = Self(1 << 1);
    /// Call again when stream time reaches `wake_at_ns`.
    pub const WAKE_AT: Self = Self(1 << 2);

    /// True if every request of `other` is set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Adds the requests of `other`.
    pub const fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// True if nothing is asked for.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// What one call is told and what it asks for.
#[derive(Debug)]
#[repr(C)]
pub struct CallState {
    /// Size of this struct as the host knows it, in bytes.
    pub size: u32,
    /// Written by the processor: what it asks for.
    pub requests: Requests,
    /// Written by the processor with [`Requests::WAKE_AT`]: when to call again, stream time, ns.
    pub wake_at_ns: i64,
    /// The host's functions.
    pub host: *const HostTable,
    /// What they take as `host`.
    pub host_context: *mut c_void,
}

/// Functions of the host for a processor that is being called.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct HostTable {
    /// Size of this struct as the host knows it, in bytes.
    pub size: u32,
    /// Always 0; kept for a later version.
    pub reserved: u32,
    /// Stream time now by the graph's clock, ns. It stands still while the graph is paused.
    pub now_ns: unsafe extern "C" fn(host: *mut c_void) -> i64,
    /// `CLOCK_MONOTONIC` now, ns: the time base of `capture_time_ns`.
    pub monotonic_ns: unsafe extern "C" fn(host: *mut c_void) -> u64,
    /// Waits until stream time reaches `until_ns`: `OK`; or until the processor is to stop, pause
    /// or be edited: `ENDED`. `INVALID` unless the processor declares that it blocks.
    pub wait_until: unsafe extern "C" fn(host: *mut c_void, until_ns: i64) -> Status,
    /// 1 if the processor is to come back from its call soon.
    pub interrupted: unsafe extern "C" fn(host: *mut c_void) -> u32,
}
