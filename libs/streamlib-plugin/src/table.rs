//! The table of a type of processor: each function of the ABI around the method of the trait.
//!
//! Every function keeps to the contract of its field in [`ProcessorVtable`], which its caller keeps
//! to as well: pointers are those of this table's own `create`, what is lent lives during the call,
//! and one function is called at a time.

use std::ffi::c_void;
use std::sync::Arc;

use serde_json::Value;
use streamlib_abi::note::AbiNote;
use streamlib_abi::plugin::{
    Instance, Lent, PluginDeclaration, PluginHost, ProcessorVtable, RESOURCE_MEDIA, Sink,
};
use streamlib_abi::{CallState, InputPort, OutputPort, Status};
use streamlib_processor::schema::Format;
use streamlib_processor::{
    DynProcessor, Error, MediaConfig, Processor, Resources, Result, SetupContext, instantiate,
};

use crate::instance::Slot;
use crate::report::Host;

/// The tables of a plugin's types.
#[derive(Debug)]
pub struct Tables<const N: usize>(pub [&'static ProcessorVtable; N]);

impl<const N: usize> Tables<N> {
    /// What a host finds first.
    pub const fn declaration(
        &'static self,
        note: &'static AbiNote,
        open: unsafe extern "C" fn() -> Status,
    ) -> PluginDeclaration {
        PluginDeclaration {
            size: size_of::<PluginDeclaration>() as u32,
            reserved: 0,
            note,
            open,
            // A reference is a pointer.
            processors: (&raw const self.0).cast(),
            processor_count: N,
        }
    }
}

/// The table of processors of type `P`.
pub const fn vtable<P: Processor>() -> ProcessorVtable {
    ProcessorVtable {
        size: size_of::<ProcessorVtable>() as u32,
        reserved: 0,
        describe: describe::<P>,
        create: create::<P>,
        bind: bind::<P>,
        setup: setup::<P>,
        process: process::<P>,
        teardown: teardown::<P>,
        update_config: update_config::<P>,
        format_changed: format_changed::<P>,
        end_of_stream: end_of_stream::<P>,
        flush: flush::<P>,
        pause: pause::<P>,
        resume: resume::<P>,
        save_state: save_state::<P>,
        restore_state: restore_state::<P>,
        destroy: destroy::<P>,
    }
}

/// A sink that adds to `bytes`, for as long as they live.
pub(crate) fn sink(bytes: &mut Vec<u8>) -> Sink {
    unsafe extern "C" fn write(sink: *mut c_void, bytes: Lent) {
        // SAFETY: `sink` is the vector that the sink was made of; the bytes are lent for this call.
        unsafe { (*sink.cast::<Vec<u8>>()).extend_from_slice(bytes.bytes()) };
    }
    let sink: *mut Vec<u8> = bytes;
    Sink { size: size_of::<Sink>() as u32, reserved: 0, sink: sink.cast(), write }
}

/// Writes `value` as JSON.
///
/// # Safety
/// `sink` is one of the host's, during the call that it was handed to.
unsafe fn write_json(sink: *const Sink, value: &impl serde::Serialize) -> Result<Status> {
    let json = serde_json::to_vec(value)
        .map_err(|error| Error::with_source("what is told to the host cannot be written", error))?;
    // SAFETY: by the caller.
    let Sink { sink, write, .. } = unsafe { *sink };
    // SAFETY: by the caller; the bytes live during the call.
    unsafe { write(sink, Lent::new(&json)) };
    Ok(Status::OK)
}

/// Reads JSON of the host.
///
/// # Safety
/// `json` is lent for the call under way.
unsafe fn read_json<T: serde::de::DeserializeOwned>(json: Lent, what: &str) -> Result<T> {
    // SAFETY: by the caller.
    serde_json::from_slice(unsafe { json.bytes() })
        .map_err(|error| Error::with_source(format!("{what} from the host cannot be read"), error))
}

/// # Safety
/// `text` is lent for the call under way.
unsafe fn read_text<'a>(text: Lent) -> Result<&'a str> {
    // SAFETY: by the caller.
    std::str::from_utf8(unsafe { text.bytes() })
        .map_err(|error| Error::with_source("a name from the host is not UTF-8", error))
}

fn done(result: Result<()>) -> Result<Status> {
    result.map(|()| Status::OK)
}

unsafe extern "C" fn describe<P: Processor>(sink: *const Sink) -> Status {
    // Nobody is there to be told why it failed.
    // SAFETY: the host's sink, during its call.
    let written = std::panic::catch_unwind(|| unsafe { write_json(sink, &P::descriptor()) });
    match written {
        Ok(Ok(status)) => status,
        Ok(Err(_)) => Status::FAILED,
        Err(_) => Status::PANICKED,
    }
}

unsafe extern "C" fn create<P: Processor>(
    table: *const PluginHost,
    host: *mut c_void,
    config: Lent,
    instance: *mut Instance,
) -> Status {
    // SAFETY: by contract both are good until `destroy` has returned.
    let host = unsafe { Host::new(table, host) };
    host.guard(|| {
        // SAFETY: lent for this call.
        let config: Value = unsafe { read_json(config, "the configuration") }?;
        let processor = instantiate::<P>(&config)?;
        // SAFETY: by contract a place for one pointer.
        unsafe { instance.write(Slot::leak(processor, host)) };
        Ok(Status::OK)
    })
}

unsafe extern "C" fn bind<P: Processor>(
    instance: Instance,
    inputs: *const InputPort,
    input_count: usize,
    outputs: *const OutputPort,
    output_count: usize,
) -> Status {
    let action = |processor: &mut P, _| {
        // SAFETY: by contract there are so many, during the call.
        let inputs = unsafe { slice(inputs, input_count) };
        // SAFETY: as above.
        let outputs = unsafe { slice(outputs, output_count) };
        DynProcessor::bind(processor, inputs, outputs);
        Ok(Status::OK)
    };
    // SAFETY: see the module.
    unsafe { Slot::<P>::run(instance, action) }
}

/// # Safety
/// `first` has `count` readable elements during `'a`, or `count` is 0.
unsafe fn slice<'a, T>(first: *const T, count: usize) -> &'a [T] {
    if count == 0 {
        return &[];
    }
    // SAFETY: by the caller.
    unsafe { std::slice::from_raw_parts(first, count) }
}

unsafe extern "C" fn setup<P: Processor>(instance: Instance, name: Lent) -> Status {
    let action = |processor: &mut P, host: Host| {
        // SAFETY: lent for this call.
        let name = unsafe { read_text(name) }?;
        let mut resources = Resources::default();
        if let Some(json) = host.resource(RESOURCE_MEDIA) {
            // SAFETY: the bytes live here.
            let media = unsafe { read_json::<MediaConfig>(Lent::new(&json), "the media settings") };
            resources.insert(Arc::new(media?));
        }
        let mut context = SetupContext::new(name, &resources);
        DynProcessor::setup(processor, &mut context)?;
        if let Some(length_ns) = context.announced_length_ns() {
            host.announce_length(length_ns);
        }
        Ok(Status::OK)
    };
    // SAFETY: see the module.
    unsafe { Slot::<P>::run(instance, action) }
}

unsafe extern "C" fn process<P: Processor>(instance: Instance, call: *mut CallState) -> Status {
    // SAFETY: see the module; the call's state is the processor's alone during the call.
    unsafe { Slot::<P>::run(instance, |it, _| done(DynProcessor::process(it, &mut *call))) }
}

unsafe extern "C" fn end_of_stream<P: Processor>(
    instance: Instance,
    call: *mut CallState,
) -> Status {
    // SAFETY: as in `process`.
    unsafe { Slot::<P>::run(instance, |it, _| done(DynProcessor::end_of_stream(it, &mut *call))) }
}

unsafe extern "C" fn teardown<P: Processor>(instance: Instance) -> Status {
    // SAFETY: see the module.
    unsafe { Slot::<P>::run_always(instance, |it, _| done(DynProcessor::teardown(it))) }
}

unsafe extern "C" fn update_config<P: Processor>(instance: Instance, config: Lent) -> Status {
    let action = |processor: &mut P, _| {
        // SAFETY: lent for this call.
        let config: Value = unsafe { read_json(config, "the configuration") }?;
        done(DynProcessor::update_config(processor, &config))
    };
    // SAFETY: see the module.
    unsafe { Slot::<P>::run(instance, action) }
}

unsafe extern "C" fn format_changed<P: Processor>(
    instance: Instance,
    port: Lent,
    lane: u32,
    format: Lent,
) -> Status {
    let action = |processor: &mut P, _| {
        // SAFETY: lent for this call.
        let port = unsafe { read_text(port) }?;
        // SAFETY: as above.
        let format: Format = unsafe { read_json(format, "a format") }?;
        done(DynProcessor::format_changed(processor, port, lane, &format))
    };
    // SAFETY: see the module.
    unsafe { Slot::<P>::run(instance, action) }
}

unsafe extern "C" fn flush<P: Processor>(instance: Instance) -> Status {
    let action = |processor: &mut P, _| {
        DynProcessor::flush(processor);
        Ok(Status::OK)
    };
    // SAFETY: see the module.
    unsafe { Slot::<P>::run(instance, action) }
}

unsafe extern "C" fn pause<P: Processor>(instance: Instance) -> Status {
    let action = |processor: &mut P, _| {
        DynProcessor::pause(processor);
        Ok(Status::OK)
    };
    // SAFETY: see the module.
    unsafe { Slot::<P>::run(instance, action) }
}

unsafe extern "C" fn resume<P: Processor>(instance: Instance) -> Status {
    let action = |processor: &mut P, _| {
        DynProcessor::resume(processor);
        Ok(Status::OK)
    };
    // SAFETY: see the module.
    unsafe { Slot::<P>::run(instance, action) }
}

unsafe extern "C" fn save_state<P: Processor>(instance: Instance, sink: *const Sink) -> Status {
    let action = |processor: &mut P, _| match DynProcessor::save_state(processor) {
        // SAFETY: the host's sink, during its call.
        Some(state) => unsafe { write_json(sink, &state) },
        None => Ok(Status::EMPTY),
    };
    // SAFETY: see the module.
    unsafe { Slot::<P>::run(instance, action) }
}

unsafe extern "C" fn restore_state<P: Processor>(instance: Instance, state: Lent) -> Status {
    let action = |processor: &mut P, _| {
        // SAFETY: lent for this call.
        let state: Value = unsafe { read_json(state, "the state") }?;
        done(DynProcessor::restore_state(processor, state))
    };
    // SAFETY: see the module.
    unsafe { Slot::<P>::run(instance, action) }
}

unsafe extern "C" fn destroy<P: Processor>(instance: Instance) {
    // SAFETY: see the module; it is the last call.
    unsafe { Slot::<P>::free(instance) };
}
