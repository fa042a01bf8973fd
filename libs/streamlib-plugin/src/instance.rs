//! A processor as the host holds it: behind a pointer, with its host and whether it panicked.

use streamlib_abi::Status;
use streamlib_abi::plugin::Instance;
use streamlib_processor::Error;

use crate::report::Host;

/// What the pointer leads to.
pub(crate) struct Slot<P> {
    processor: P,
    host: Host,
    has_panicked: bool,
}

impl<P> Slot<P> {
    /// The pointer to a new one, which [`Slot::free`] gets back.
    pub(crate) fn leak(processor: P, host: Host) -> Instance {
        Box::into_raw(Box::new(Self { processor, host, has_panicked: false })).cast()
    }

    /// # Safety
    /// `instance` came from [`Slot::leak`] of the same type and was not freed; nobody else uses it
    /// during `'a`.
    #[inline]
    unsafe fn of<'a>(instance: Instance) -> &'a mut Self {
        // SAFETY: by the caller.
        unsafe { &mut *instance.cast::<Self>() }
    }

    /// Runs `action`, unless the processor panicked before.
    ///
    /// # Safety
    /// As [`Slot::of`].
    #[inline]
    pub(crate) unsafe fn run(
        instance: Instance,
        action: impl FnOnce(&mut P, Host) -> Result<Status, Error>,
    ) -> Status {
        // SAFETY: by the caller.
        let slot = unsafe { Self::of(instance) };
        if slot.has_panicked {
            return slot.refuse();
        }
        slot.call(action)
    }

    /// As [`Slot::run`], also after a panic.
    ///
    /// # Safety
    /// As [`Slot::of`].
    pub(crate) unsafe fn run_always(
        instance: Instance,
        action: impl FnOnce(&mut P, Host) -> Result<Status, Error>,
    ) -> Status {
        // SAFETY: by the caller.
        unsafe { Self::of(instance) }.call(action)
    }

    #[inline]
    fn call(&mut self, action: impl FnOnce(&mut P, Host) -> Result<Status, Error>) -> Status {
        let (processor, host) = (&mut self.processor, self.host);
        let status = host.guard(|| action(processor, host));
        self.has_panicked |= status == Status::PANICKED;
        status
    }

    #[cold]
    fn refuse(&self) -> Status {
        let message = "it panicked before and is called no more; a restart makes it anew";
        self.host.fail(message, &[], None);
        Status::FAILED
    }

    /// Frees it.
    ///
    /// # Safety
    /// As [`Slot::of`]; the pointer is not used any more.
    pub(crate) unsafe fn free(instance: Instance) {
        // SAFETY: by the caller the pointer came from a box, and nobody uses it any more.
        let slot = unsafe { Box::from_raw(instance.cast::<Self>()) };
        slot.host.guard_end(move || drop(slot));
    }
}
