//! The tables between a host and a plugin: processors that are compiled into a library of their
//! own, by whatever compiler.
//!
//! Rules, for both sides:
//! - every struct starts with its size, and only grows at its end; a field behind the size that the
//!   other side states does not exist;
//! - what is lent ([`Lent`], pointers in arguments) is read during the call and copied if it is to
//!   last; who allocates frees;
//! - nothing unwinds across: a function answers with a [`Status`];
//! - a processor's functions are called one at a time, by whichever thread owns it.
//!
//! Descriptors, configurations, formats and state are JSON, as `streamlib-schema` writes it. Ports
//! and calls are those of [`crate::port`] and [`crate::call`], unchanged.

use std::ffi::c_void;

use crate::call::CallState;
use crate::note::AbiNote;
use crate::port::{InputPort, OutputPort};
use crate::status::Status;

/// The symbol of a plugin file under which its [`PluginDeclaration`] stands.
pub const PLUGIN_SYMBOL: &str = "STREAMLIB_PLUGIN";

/// Bytes that are lent for the length of a call.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Lent {
    /// The first byte; not looked at if there is none.
    pub data: *const u8,
    /// How many.
    pub length: usize,
}

impl Lent {
    /// Lends `bytes`. Whoever keeps the value longer than they live must not read it.
    pub const fn new(bytes: &[u8]) -> Self {
        Self { data: bytes.as_ptr(), length: bytes.len() }
    }

    /// What was lent.
    ///
    /// # Safety
    /// The lender's call is not over: `data` has `length` readable bytes, which nobody writes, for
    /// the whole of `'a`.
    pub const unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.length == 0 {
            return &[];
        }
        // SAFETY: by the caller.
        unsafe { std::slice::from_raw_parts(self.data, self.length) }
    }
}

/// Where a function writes bytes of any number.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Sink {
    /// Size of this struct as its maker knows it, in bytes.
    pub size: u32,
    /// Always 0; kept for a later version.
    pub reserved: u32,
    /// What `write` takes as `sink`.
    pub sink: *mut c_void,
    /// Adds a copy of the bytes to what was written before.
    pub write: unsafe extern "C" fn(sink: *mut c_void, bytes: Lent),
}

/// Why a function of a processor failed.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Failure {
    /// Size of this struct as its maker knows it, in bytes.
    pub size: u32,
    /// 1 if it panicked and did not return.
    pub panicked: u32,
    /// What was wrong, where and what to do.
    pub message: Lent,
    /// The errors that led to it, the nearest first.
    pub sources: *const Lent,
    /// How many.
    pub source_count: usize,
    /// Where it panicked, `file:line:column`; empty if it did not, or nobody knows.
    pub location: Lent,
}

crate::media::named_numbers! {
    /// How much what a processor logs matters.
    LogLevel: u32 {
        /// For whoever looks for a defect.
        Debug = 1 => "debug",
        /// Worth knowing.
        Info = 2 => "info",
        /// Something is not as it should be, and it goes on.
        Warning = 3 => "warning",
        /// Something was lost.
        Error = 4 => "error",
    }
}

/// Functions of the host for one processor of a plugin. They may be called until the processor's
/// `destroy` has returned, by the thread that owns the processor.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct PluginHost {
    /// Size of this struct as the host knows it, in bytes.
    pub size: u32,
    /// [`crate::ABI_VERSION_MINOR`] of the host.
    pub abi_minor: u32,
    /// Says why the function under way will answer [`Status::FAILED`] or [`Status::PANICKED`].
    pub fail: unsafe extern "C" fn(host: *mut c_void, failure: *const Failure),
    /// Says something to people; `level` is a [`LogLevel`] number.
    pub log: unsafe extern "C" fn(host: *mut c_void, level: u32, message: Lent),
    /// During `setup`: how long what the source sends will be, stream time, ns.
    pub announce_length: unsafe extern "C" fn(host: *mut c_void, length_ns: u64),
    /// During `setup`: writes the JSON of something that processors share, by its name:
    /// [`RESOURCE_MEDIA`]. `EMPTY` writes nothing: there is none.
    pub resource: unsafe extern "C" fn(host: *mut c_void, name: Lent, sink: *const Sink) -> Status,
}

/// What the processors of a graph agree on where their own settings leave it open:
/// `{"sample_rate": 48000, "channels": 2}`.
pub const RESOURCE_MEDIA: &str = "media";

/// A processor of a plugin, as its functions take it: made by `create`, freed by `destroy`.
pub type Instance = *mut c_void;

/// The functions of one type of processor. They answer `OK`; [`Status::FAILED`] or
/// [`Status::PANICKED`] after a word to [`PluginHost::fail`]. A processor that panicked is called no
/// more, except for `teardown` and `destroy`.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct ProcessorVtable {
    /// Size of this struct as the plugin knows it, in bytes.
    pub size: u32,
    /// Always 0; kept for a later version.
    pub reserved: u32,
    /// Writes the JSON of the type's description.
    pub describe: unsafe extern "C" fn(sink: *const Sink) -> Status,
    /// Makes a processor from the JSON of its configuration. `host` and `table` are good until
    /// `destroy` has returned. Writes `instance` only with `OK`.
    pub create: unsafe extern "C" fn(
        table: *const PluginHost,
        host: *mut c_void,
        config: Lent,
        instance: *mut Instance,
    ) -> Status,
    /// Binds the ports, in the order of the description.
    pub bind: unsafe extern "C" fn(
        instance: Instance,
        inputs: *const InputPort,
        input_count: usize,
        outputs: *const OutputPort,
        output_count: usize,
    ) -> Status,
    /// Opens what is needed; `name` is the processor's in its graph.
    pub setup: unsafe extern "C" fn(instance: Instance, name: Lent) -> Status,
    /// One call.
    pub process: unsafe extern "C" fn(instance: Instance, call: *mut CallState) -> Status,
    /// Closes what `setup` opened.
    pub teardown: unsafe extern "C" fn(instance: Instance) -> Status,
    /// Takes the JSON of a new configuration. Failed: nothing has changed.
    pub update_config: unsafe extern "C" fn(instance: Instance, config: Lent) -> Status,
    /// The next frame of lane `lane` of the input `port` has the format of this JSON.
    pub format_changed:
        unsafe extern "C" fn(instance: Instance, port: Lent, lane: u32, format: Lent) -> Status,
    /// All inputs have ended.
    pub end_of_stream: unsafe extern "C" fn(instance: Instance, call: *mut CallState) -> Status,
    /// What is held back no longer counts.
    pub flush: unsafe extern "C" fn(instance: Instance) -> Status,
    /// The graph or the processor is paused.
    pub pause: unsafe extern "C" fn(instance: Instance) -> Status,
    /// It goes on.
    pub resume: unsafe extern "C" fn(instance: Instance) -> Status,
    /// Writes the JSON of its state for whatever replaces it. `EMPTY` writes nothing.
    pub save_state: unsafe extern "C" fn(instance: Instance, sink: *const Sink) -> Status,
    /// Takes over the state that another one saved.
    pub restore_state: unsafe extern "C" fn(instance: Instance, state: Lent) -> Status,
    /// Frees it. The last call.
    pub destroy: unsafe extern "C" fn(instance: Instance),
}

/// What stands under [`PLUGIN_SYMBOL`]. It and everything it points to lives as long as the process.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct PluginDeclaration {
    /// Size of this struct as the plugin knows it, in bytes.
    pub size: u32,
    /// Always 0; kept for a later version.
    pub reserved: u32,
    /// The note, as it also stands in the file.
    pub note: *const AbiNote,
    /// Called once by whoever loads the file, before every other function.
    pub open: unsafe extern "C" fn() -> Status,
    /// One table for each type of processor, in the order of the note.
    pub processors: *const *const ProcessorVtable,
    /// How many.
    pub processor_count: usize,
}

// SAFETY: the declaration is constant, and so is everything that it points to.
unsafe impl Sync for PluginDeclaration {}
// SAFETY: as above.
unsafe impl Send for PluginDeclaration {}

#[cfg(all(test, target_pointer_width = "64"))]
mod tests {
    use super::*;

    /// Sizes and the places of the last fields: what a file that is compiled today relies on.
    #[test]
    fn the_layouts_stay() {
        use std::mem::offset_of;
        assert_eq!((size_of::<Lent>(), offset_of!(Lent, length)), (16, 8));
        assert_eq!((size_of::<Sink>(), offset_of!(Sink, write)), (24, 16));
        assert_eq!((size_of::<Failure>(), offset_of!(Failure, location)), (56, 40));
        assert_eq!((size_of::<PluginHost>(), offset_of!(PluginHost, resource)), (40, 32));
        assert_eq!(offset_of!(ProcessorVtable, describe), 8);
        assert_eq!(offset_of!(ProcessorVtable, process), 40);
        assert_eq!(size_of::<ProcessorVtable>(), 128);
        assert_eq!(offset_of!(ProcessorVtable, destroy), 120);
        assert_eq!(size_of::<PluginDeclaration>(), 40);
        assert_eq!(offset_of!(PluginDeclaration, processors), 24);
    }
}
