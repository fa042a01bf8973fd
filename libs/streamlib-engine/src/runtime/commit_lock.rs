//! One commit at a time, and none from inside of another.
//!
//! Code of processors and delegates runs while a commit holds the lock: `setup` and `teardown`, and
//! the hooks. A call of the engine from there, on the same thread, would wait for itself; it is
//! refused instead. What such code starts on another thread waits as everybody does.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::ThreadId;

use crate::error::{Error, Result};

/// See the module.
#[derive(Debug)]
pub(super) struct CommitLock<T> {
    value: Mutex<T>,
    /// The thread that holds the lock. Never locked for longer than a look.
    owner: Mutex<Option<ThreadId>>,
}

/// The right to commit.
#[derive(Debug)]
pub(super) struct Locked<'a, T> {
    value: MutexGuard<'a, T>,
    owner: &'a Mutex<Option<ThreadId>>,
}

impl<T> CommitLock<T> {
    pub(super) fn new(value: T) -> Self {
        Self { value: Mutex::new(value), owner: Mutex::new(None) }
    }

    /// Refuses a caller that is called by a commit.
    pub(super) fn refuse_inside(&self) -> Result<()> {
        let owner = self.owner.lock().unwrap_or_else(PoisonError::into_inner);
        match *owner == Some(std::thread::current().id()) {
            true => Err(Error::InsideCommit),
            false => Ok(()),
        }
    }

    /// Waits for a commit under way.
    ///
    /// # Errors
    /// The caller is called by that commit.
    pub(super) fn lock(&self) -> Result<Locked<'_, T>> {
        self.refuse_inside()?;
        Ok(self.own(self.value.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// `None` if somebody commits.
    ///
    /// # Errors
    /// As [`Self::lock`].
    pub(super) fn try_lock(&self) -> Result<Option<Locked<'_, T>>> {
        self.refuse_inside()?;
        Ok(match self.value.try_lock() {
            Ok(value) => Some(self.own(value)),
            Err(TryLockError::Poisoned(poisoned)) => Some(self.own(poisoned.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        })
    }

    fn own<'a>(&'a self, value: MutexGuard<'a, T>) -> Locked<'a, T> {
        let owner = Some(std::thread::current().id());
        *self.owner.lock().unwrap_or_else(PoisonError::into_inner) = owner;
        Locked { value, owner: &self.owner }
    }
}

impl<T> Deref for Locked<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Locked<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T> Drop for Locked<'_, T> {
    fn drop(&mut self) {
        // Before the lock itself is given up: the next owner writes its own name.
        *self.owner.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
