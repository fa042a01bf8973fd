//! A processor of a plugin, as the engine holds it: the methods of [`DynProcessor`] around the
//! functions of the plugin's table.

use std::ffi::c_void;
use std::panic::resume_unwind;
use std::ptr::NonNull;
use std::sync::Arc;

use serde_json::Value;
use streamlib_abi::plugin::{
    Failure, Instance, Lent, LogLevel, PluginHost, ProcessorVtable, RESOURCE_MEDIA, Sink,
};
use streamlib_abi::{ABI_VERSION_MINOR, CallState, InputPort, OutputPort, Status};
use streamlib_processor::{DynProcessor, Error, MediaConfig, Result, SetupContext};
use streamlib_schema::Format;

use crate::loader::{Log, PluginLog};

/// What a plugin's processor tells its host. Reached by pointer only, from its functions.
struct HostState {
    failure: Option<Told>,
    length_ns: Option<u64>,
    /// During `setup`.
    media: Option<MediaConfig>,
    log: Log,
    plugin: Arc<str>,
}

/// A failure that was told.
struct Told {
    panicked: bool,
    message: String,
    sources: Vec<String>,
    location: String,
}

/// An error with what led to it, which happened elsewhere.
#[derive(Debug)]
struct Foreign {
    message: String,
    source: Option<Box<Foreign>>,
}

impl std::fmt::Display for Foreign {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Foreign {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}

impl Told {
    fn into_error(self) -> Error {
        let chain = self
            .sources
            .into_iter()
            .rev()
            .fold(None, |source, message| Some(Box::new(Foreign { message, source })));
        match chain {
            Some(source) => Error::with_source(self.message, source),
            None => Error::new(self.message),
        }
    }
}

/// The error of a call that answered `status`. A panic goes on in this process as it began in the
/// plugin, so that it is one for whoever watches over processors.
#[cold]
fn error(told: Option<Told>, status: Status) -> Error {
    match told {
        Some(told) if told.panicked => {
            let place = match told.location.as_str() {
                "" => String::new(),
                location => format!(" (at {location})"),
            };
            resume_unwind(Box::new(format!("{}{place}", told.message)));
        }
        Some(told) => told.into_error(),
        None => Error::new(format!("the plugin failed and did not say why ({})", status.0)),
    }
}

/// See the module.
pub(crate) struct PluginProcessor {
    table: &'static ProcessorVtable,
    instance: Instance,
    host: NonNull<HostState>,
}

// SAFETY: a plugin's processor may be called by whichever thread owns it, one at a time, by the
// contract of its table; the host's state is reached from its functions only.
unsafe impl Send for PluginProcessor {}

impl PluginProcessor {
    /// Makes a processor of the type of `table`, whose library is never unloaded.
    pub(crate) fn create(
        table: &'static ProcessorVtable,
        config: &Value,
        log: Log,
        plugin: Arc<str>,
    ) -> Result<Self> {
        let state = HostState { failure: None, length_ns: None, media: None, log, plugin };
        let host = NonNull::from(Box::leak(Box::new(state)));
        let config = config.to_string();
        let mut instance: Instance = std::ptr::null_mut();
        // SAFETY: the table is a loaded plugin's; the host's state lives until `drop`.
        let status = unsafe {
            (table.create)(
                &raw const HOST,
                host.as_ptr().cast(),
                Lent::new(config.as_bytes()),
                &raw mut instance,
            )
        };
        if status.is_ok() {
            return Ok(Self { table, instance, host });
        }
        // There is no processor, and so nobody who knows of the state.
        // SAFETY: it came from a box above.
        let state = unsafe { Box::from_raw(host.as_ptr()) };
        Err(error(state.failure, status))
    }

    fn host(&self) -> *mut HostState {
        self.host.as_ptr()
    }

    #[inline]
    fn answer(&self, status: Status) -> Result<()> {
        if status.is_ok() { Ok(()) } else { Err(self.failed(status)) }
    }

    #[cold]
    fn failed(&self, status: Status) -> Error {
        // SAFETY: no function of the plugin is running, so nobody else uses the state.
        error(unsafe { (*self.host()).failure.take() }, status)
    }

    /// For what cannot be answered with an error: only a panic goes on.
    fn told(&self, status: Status) {
        if status == Status::PANICKED {
            drop(self.failed(status));
        }
    }
}

impl DynProcessor for PluginProcessor {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        let media = ctx.media();
        // SAFETY: no function of the plugin is running.
        unsafe { (*self.host()).media = Some(media) };
        // SAFETY: the instance is this table's and not destroyed; the name lives during the call.
        let status = unsafe { (self.table.setup)(self.instance, Lent::new(ctx.name().as_bytes())) };
        // SAFETY: no function of the plugin is running.
        let length_ns = unsafe {
            let host = &mut *self.host();
            host.media = None;
            host.length_ns.take()
        };
        if let Some(length_ns) = length_ns {
            ctx.announce_length(length_ns);
        }
        self.answer(status)
    }

    fn bind(&mut self, inputs: &[InputPort], outputs: &[OutputPort]) {
        // SAFETY: as in `setup`; the ports live as long as the processor, by the trait's contract.
        let status = unsafe {
            (self.table.bind)(
                self.instance,
                inputs.as_ptr(),
                inputs.len(),
                outputs.as_ptr(),
                outputs.len(),
            )
        };
        self.told(status);
    }

    #[inline]
    fn process(&mut self, call: &mut CallState) -> Result<()> {
        // SAFETY: as in `setup`; the state is this call's.
        let status = unsafe { (self.table.process)(self.instance, call) };
        self.answer(status)
    }

    fn teardown(&mut self) -> Result<()> {
        // SAFETY: as in `setup`.
        let status = unsafe { (self.table.teardown)(self.instance) };
        self.answer(status)
    }

    fn update_config(&mut self, config: &Value) -> Result<()> {
        let config = config.to_string();
        // SAFETY: as in `setup`.
        let status =
            unsafe { (self.table.update_config)(self.instance, Lent::new(config.as_bytes())) };
        self.answer(status)
    }

    fn format_changed(&mut self, port: &str, lane: u32, format: &Format) -> Result<()> {
        let format = format.canonical_json();
        let (port, format) = (Lent::new(port.as_bytes()), Lent::new(format.as_bytes()));
        // SAFETY: as in `setup`.
        let status = unsafe { (self.table.format_changed)(self.instance, port, lane, format) };
        self.answer(status)
    }

    fn end_of_stream(&mut self, call: &mut CallState) -> Result<()> {
        // SAFETY: as in `process`.
        let status = unsafe { (self.table.end_of_stream)(self.instance, call) };
        self.answer(status)
    }

    fn flush(&mut self) {
        // SAFETY: as in `setup`.
        self.told(unsafe { (self.table.flush)(self.instance) });
    }

    fn pause(&mut self) {
        // SAFETY: as in `setup`.
        self.told(unsafe { (self.table.pause)(self.instance) });
    }

    fn resume(&mut self) {
        // SAFETY: as in `setup`.
        self.told(unsafe { (self.table.resume)(self.instance) });
    }

    fn save_state(&mut self) -> Option<Value> {
        let mut json = Vec::new();
        let sink = sink(&mut json);
        // SAFETY: as in `setup`; the sink leads to `json`, which lives during the call.
        let status = unsafe { (self.table.save_state)(self.instance, &raw const sink) };
        self.told(status);
        if !status.is_ok() {
            return None;
        }
        let state = serde_json::from_slice(&json);
        state.inspect_err(|error| self.log(&format!("its state is not JSON: {error}"))).ok()
    }

    fn restore_state(&mut self, state: Value) -> Result<()> {
        let state = state.to_string();
        // SAFETY: as in `setup`.
        let status =
            unsafe { (self.table.restore_state)(self.instance, Lent::new(state.as_bytes())) };
        self.answer(status)
    }
}

impl PluginProcessor {
    fn log(&self, message: &str) {
        // SAFETY: no function of the plugin is running.
        unsafe { log_message(&*self.host(), LogLevel::Error, message) };
    }
}

impl Drop for PluginProcessor {
    fn drop(&mut self) {
        // SAFETY: the last call to the instance.
        unsafe { (self.table.destroy)(self.instance) };
        // SAFETY: the state came from a box, and the processor that knew of it is gone.
        drop(unsafe { Box::from_raw(self.host.as_ptr()) });
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

static HOST: PluginHost = PluginHost {
    size: size_of::<PluginHost>() as u32,
    abi_minor: ABI_VERSION_MINOR,
    fail,
    log,
    announce_length,
    resource,
};

/// # Safety
/// The text is lent for the call under way.
unsafe fn text(lent: Lent) -> String {
    // SAFETY: by the caller.
    String::from_utf8_lossy(unsafe { lent.bytes() }).into_owned()
}

unsafe extern "C" fn fail(host: *mut c_void, failure: *const Failure) {
    // SAFETY: by contract one failure, lent for this call.
    let failure = unsafe { &*failure };
    let sources = match failure.source_count {
        0 => &[],
        // SAFETY: by contract so many, lent for this call.
        count => unsafe { std::slice::from_raw_parts(failure.sources, count) },
    };
    // SAFETY: each is lent for this call.
    let told = unsafe {
        Told {
            panicked: failure.panicked != 0,
            message: text(failure.message),
            sources: sources.iter().map(|source| text(*source)).collect(),
            location: text(failure.location),
        }
    };
    // SAFETY: `host` is the state that `create` handed over; its processor is being called.
    unsafe { (*host.cast::<HostState>()).failure = Some(told) };
}

unsafe extern "C" fn log(host: *mut c_void, level: u32, message: Lent) {
    let level = LogLevel::from_number(level).unwrap_or(LogLevel::Error);
    // SAFETY: as in `fail`.
    unsafe { log_message(&*host.cast::<HostState>(), level, &text(message)) };
}

fn log_message(host: &HostState, level: LogLevel, message: &str) {
    let entry = PluginLog { level, plugin: &host.plugin, message };
    let log = std::panic::AssertUnwindSafe(|| (host.log)(entry));
    // A logger that panics is no reason to end the process: nothing unwinds through the plugin.
    drop(std::panic::catch_unwind(log));
}

unsafe extern "C" fn announce_length(host: *mut c_void, length_ns: u64) {
    // SAFETY: as in `fail`.
    unsafe { (*host.cast::<HostState>()).length_ns = Some(length_ns) };
}

unsafe extern "C" fn resource(host: *mut c_void, name: Lent, sink: *const Sink) -> Status {
    // SAFETY: as in `fail`.
    let media = unsafe { (*host.cast::<HostState>()).media };
    // SAFETY: lent for this call.
    let is_media = unsafe { name.bytes() } == RESOURCE_MEDIA.as_bytes();
    let Some(media) = media.filter(|_| is_media) else { return Status::EMPTY };
    let Ok(json) = serde_json::to_vec(&media) else { return Status::INVALID };
    // SAFETY: by contract a sink of the plugin's, during its call.
    let Sink { sink, write, .. } = unsafe { *sink };
    // SAFETY: as above; the bytes live during the call.
    unsafe { write(sink, Lent::new(&json)) };
    Status::OK
}
