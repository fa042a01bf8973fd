//! Atomics and threads, from the standard library or, under `--cfg loom`, from loom, so that the
//! models beside each lock-free part check the source that runs.

#[cfg(not(loom))]
pub(crate) use std::{
    sync::{Mutex, atomic},
    thread::{Thread, current, park, park_timeout},
};

#[cfg(loom)]
pub(crate) use loom::{
    sync::{Mutex, atomic},
    thread::{Thread, current, park},
};

/// A bounded queue for any number of threads. In models it is a queue behind a lock: crossbeam's
/// is taken as proven.
#[cfg(not(loom))]
pub(crate) use crossbeam_queue::ArrayQueue as Queue;

/// As crossbeam's `ArrayQueue`.
#[cfg(loom)]
#[derive(Debug)]
pub(crate) struct Queue<T> {
    places: usize,
    waiting: Mutex<std::collections::VecDeque<T>>,
}

#[cfg(loom)]
impl<T> Queue<T> {
    pub(crate) fn new(places: usize) -> Self {
        Self { places, waiting: Mutex::default() }
    }

    fn with<R>(&self, action: impl FnOnce(&mut std::collections::VecDeque<T>) -> R) -> R {
        action(&mut self.waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    pub(crate) fn push(&self, value: T) -> Result<(), T> {
        self.with(|waiting| match waiting.len() < self.places {
            true => Ok(waiting.push_back(value)),
            false => Err(value),
        })
    }

    pub(crate) fn force_push(&self, value: T) -> Option<T> {
        self.with(|waiting| {
            let oldest = if waiting.len() == self.places { waiting.pop_front() } else { None };
            waiting.push_back(value);
            oldest
        })
    }

    pub(crate) fn pop(&self) -> Option<T> {
        self.with(std::collections::VecDeque::pop_front)
    }

    pub(crate) fn len(&self) -> usize {
        self.with(|waiting| waiting.len())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn capacity(&self) -> usize {
        self.places
    }
}

/// loom has no time: a timed wait is an untimed one, so that a lost wake shows as a deadlock.
#[cfg(loom)]
pub(crate) fn park_timeout(_timeout: std::time::Duration) {
    park();
}

/// A cell whose users prove exclusivity themselves, checked by loom in models.
#[derive(Debug, Default)]
pub(crate) struct Exclusive<T> {
    #[cfg(not(loom))]
    value: std::cell::UnsafeCell<T>,
    #[cfg(loom)]
    value: loom::cell::UnsafeCell<T>,
}

// SAFETY: access goes through `with_mut`, whose callers promise to be alone.
unsafe impl<T: Send> Sync for Exclusive<T> {}
// SAFETY: the value may move to another thread if its type may.
unsafe impl<T: Send> Send for Exclusive<T> {}

impl<T> Exclusive<T> {
    pub(crate) fn new(value: T) -> Self {
        #[cfg(not(loom))]
        return Self { value: std::cell::UnsafeCell::new(value) };
        #[cfg(loom)]
        return Self { value: loom::cell::UnsafeCell::new(value) };
    }

    /// Where the value is.
    #[cfg(not(loom))]
    pub(crate) fn pointer(&self) -> *mut T {
        self.value.get()
    }

    /// Where the value is.
    #[cfg(loom)]
    pub(crate) fn pointer(&self) -> *mut T {
        self.value.with_mut(|value| value)
    }

    /// # Safety
    /// Nobody else uses the value during `action`.
    #[inline]
    pub(crate) unsafe fn with_mut<R>(&self, action: impl FnOnce(&mut T) -> R) -> R {
        #[cfg(not(loom))]
        // SAFETY: by the caller.
        return action(unsafe { &mut *self.value.get() });
        #[cfg(loom)]
        // SAFETY: by the caller, and checked by loom.
        return self.value.with_mut(|value| action(unsafe { &mut *value }));
    }
}
