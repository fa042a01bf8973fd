//! How errors and panics are told to the host.

use std::any::Any;
use std::cell::RefCell;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::Once;

use streamlib_abi::Status;
use streamlib_abi::plugin::{Failure, Lent, LogLevel, PluginHost};
use streamlib_processor::Error;

thread_local! {
    /// What the last panic of this thread said, and where it was.
    static LAST_PANIC: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
}

/// The first function that a host calls: panics will be told with their place.
///
/// # Safety
/// Safe to call at any time; it has the type of a table's function.
pub unsafe extern "C" fn open() -> Status {
    static ONCE: Once = Once::new();
    let opened = catch_unwind(|| {
        ONCE.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                note_panic(panic);
                before(panic);
            }));
        });
    });
    if opened.is_ok() { Status::OK } else { Status::PANICKED }
}

fn note_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let said = message(panic.payload());
    // A thread that ends has no place for it any more, and nobody who asks.
    let _noted = LAST_PANIC.try_with(|last| last.replace(Some((said, place))));
}

/// The text of a panic.
fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "no message".to_owned())
}

/// What a panic said, and where it was if that is known.
struct Panic {
    message: String,
    location: String,
}

impl Panic {
    fn new(payload: Box<dyn Any + Send>) -> Self {
        let message = message(payload.as_ref());
        let last = LAST_PANIC.try_with(RefCell::take).ok().flatten();
        // One that was passed on from elsewhere was not seen by the hook.
        let location = last.filter(|(said, _)| *said == message).map(|(_, place)| place);
        // What was thrown may throw again when it is dropped; the second one is left alone.
        if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(again);
        }
        Self { message, location: location.unwrap_or_default() }
    }
}

/// The host of one processor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Host {
    table: *const PluginHost,
    host: *mut c_void,
}

impl Host {
    /// # Safety
    /// Both are as `create` gets them, and used no longer than until `destroy` has returned.
    pub(crate) unsafe fn new(table: *const PluginHost, host: *mut c_void) -> Self {
        Self { table, host }
    }

    fn table(&self) -> &PluginHost {
        // SAFETY: by the contract of `new`.
        unsafe { &*self.table }
    }

    /// Runs `action`; tells the host of an error or a panic and answers which it was.
    #[inline]
    pub(crate) fn guard(self, action: impl FnOnce() -> Result<Status, Error>) -> Status {
        match catch_unwind(AssertUnwindSafe(action)) {
            Ok(Ok(status)) => status,
            Ok(Err(error)) => self.failed(error),
            Err(payload) => self.panicked(payload),
        }
    }

    #[cold]
    fn failed(self, error: Error) -> Status {
        // What led to the error is of foreign types, whose texts may panic.
        let said = catch_unwind(AssertUnwindSafe(|| {
            let sources: Vec<String> = error.sources().map(ToString::to_string).collect();
            self.fail(error.message(), &sources, None);
            drop(error);
        }));
        match said {
            Ok(()) => Status::FAILED,
            Err(payload) => self.panicked(payload),
        }
    }

    #[cold]
    fn panicked(self, payload: Box<dyn Any + Send>) -> Status {
        let panic = Panic::new(payload);
        self.fail(&panic.message, &[], Some(&panic.location));
        Status::PANICKED
    }

    /// Says why the function under way fails; `panic` is the place of a panic.
    pub(crate) fn fail(self, message: &str, sources: &[String], panic: Option<&str>) {
        let sources: Vec<Lent> =
            sources.iter().map(|source| Lent::new(source.as_bytes())).collect();
        let failure = Failure {
            size: size_of::<Failure>() as u32,
            panicked: panic.is_some().into(),
            message: Lent::new(message.as_bytes()),
            sources: sources.as_ptr(),
            source_count: sources.len(),
            location: Lent::new(panic.unwrap_or_default().as_bytes()),
        };
        // SAFETY: the host's function with its own argument; everything lent lives during the call.
        unsafe { (self.table().fail)(self.host, &raw const failure) };
    }

    /// Runs what nobody can be answered from; a panic is logged.
    pub(crate) fn guard_end(self, action: impl FnOnce()) {
        let Err(payload) = catch_unwind(AssertUnwindSafe(action)) else { return };
        let Panic { message, location } = Panic::new(payload);
        let text = format!("a processor panicked when it was dropped, at {location}: {message}");
        let level = LogLevel::Warning.number();
        // SAFETY: as in `fail`.
        unsafe { (self.table().log)(self.host, level, Lent::new(text.as_bytes())) };
    }

    /// Tells how long what is sent will be.
    pub(crate) fn announce_length(self, length_ns: u64) {
        // SAFETY: the host's function with its own argument.
        unsafe { (self.table().announce_length)(self.host, length_ns) };
    }

    /// The JSON of something shared.
    pub(crate) fn resource(self, name: &str) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let sink = crate::table::sink(&mut bytes);
        let name = Lent::new(name.as_bytes());
        // SAFETY: as in `fail`; the sink leads to `bytes`, which live during the call.
        let status = unsafe { (self.table().resource)(self.host, name, &raw const sink) };
        status.is_ok().then_some(bytes)
    }
}
