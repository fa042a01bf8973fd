//! The place for the one strand that a worker keeps for itself.
//!
//! Between calls it is the worker's alone. During a call the worker may put something there, and
//! whoever has pinned the call, so that it cannot end meanwhile, may take it away.

use std::sync::Arc;
use std::sync::atomic::{
    AtomicPtr, Ordering::AcqRel, Ordering::Acquire, Ordering::Relaxed, Ordering::Release,
};

/// See the module. Holds one counted reference, or null.
#[derive(Debug)]
pub(super) struct Kept<T>(AtomicPtr<T>);

/// Takes over the reference that a pointer stands for.
fn own<T>(pointer: *mut T) -> Option<Arc<T>> {
    // SAFETY: every pointer that is not null came from `Arc::into_raw`, and whoever gets it back
    // has put another one in its place.
    (!pointer.is_null()).then(|| unsafe { Arc::from_raw(pointer) })
}

impl<T> Kept<T> {
    pub(super) fn new() -> Self {
        Self(AtomicPtr::new(std::ptr::null_mut()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.load(Relaxed).is_null()
    }

    /// Keeps `value`; gives back what was kept before. For the worker.
    #[inline]
    pub(super) fn put(&self, value: Arc<T>) -> Option<Arc<T>> {
        let value = Arc::into_raw(value).cast_mut();
        if self.is_empty() {
            // Nobody else puts anything there.
            self.0.store(value, Release);
            return None;
        }
        own(self.0.swap(value, AcqRel))
    }

    /// Takes what is kept. For the worker, between calls.
    #[inline]
    pub(super) fn take(&self) -> Option<Arc<T>> {
        let kept = self.0.load(Relaxed);
        if !kept.is_null() {
            self.0.store(std::ptr::null_mut(), Relaxed);
        }
        own(kept)
    }

    /// Takes what is kept. For whoever has pinned the worker's call.
    pub(super) fn take_during_call(&self) -> Option<Arc<T>> {
        own(self.0.swap(std::ptr::null_mut(), Acquire))
    }
}

impl<T> Drop for Kept<T> {
    fn drop(&mut self) {
        drop(self.take());
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn every_reference_comes_back_once() {
        let values = [Arc::new(0), Arc::new(1), Arc::new(2)];
        let kept = Kept::new();
        assert!(kept.put(Arc::clone(&values[0])).is_none() && !kept.is_empty());
        assert_eq!(kept.put(Arc::clone(&values[1])).as_deref(), Some(&0));
        assert_eq!(kept.take().as_deref(), Some(&1));
        assert!(kept.take().is_none() && kept.take_during_call().is_none());
        assert!(kept.put(Arc::clone(&values[2])).is_none());
        assert_eq!(kept.take_during_call().as_deref(), Some(&2));
        assert!(kept.put(Arc::clone(&values[0])).is_none());
        drop(kept);
        assert!(values.iter().all(|value| Arc::strong_count(value) == 1));
    }
}
