//! What a processor that is to hang waits for.

use std::sync::{Condvar, Mutex};

/// A door that starts closed. What waits at it hangs until the test lets it go on.
#[derive(Debug, Default)]
pub(crate) struct Door {
    open: Mutex<bool>,
    changed: Condvar,
}

impl Door {
    pub(crate) fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.changed.notify_all();
    }

    pub(crate) fn wait(&self) {
        drop(self.changed.wait_while(self.open.lock().unwrap(), |open| !*open));
    }
}
