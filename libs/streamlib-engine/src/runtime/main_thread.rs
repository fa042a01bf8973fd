//! Processors that need the main thread, in a program that has a main loop of its own: that of a
//! window system.
//!
//! [`Engine::wait`] is such a loop already. Where another has the thread, the waker tells it that
//! there is something to do, and it calls [`Engine::run_on_main`].

use std::sync::atomic::Ordering::Acquire;

use super::engine::Engine;
use crate::error::{Error, Result};
use crate::graph::GraphState;

impl Engine {
    /// Calls the processors that wait for the main thread, on the calling one, and returns. Does
    /// not wait for any to become ready. Does nothing while another thread is in [`Self::wait`].
    ///
    /// False once the graph has come to its end or was asked to stop: [`Self::wait`] takes it down
    /// then, and calls on the same thread what is left to be called.
    ///
    /// # Errors
    /// The graph is not running.
    pub fn run_on_main(&self) -> Result<bool> {
        let shared = &self.shared;
        if self.state() == GraphState::Idle {
            return Err(Error::NotRunning);
        }
        shared.env.main.run_waiting();
        Ok(!shared.env.ends.is_done() && !shared.stop.requested.load(Acquire))
    }

    /// `waker` is called when there is something for [`Self::run_on_main`] to do or to say, and
    /// once now. It takes the place of the one before.
    ///
    /// It is called from any thread, also during [`Self::run_on_main`], and often: it is to note
    /// the fact, to wake its loop, and to return. It must not call the engine.
    pub fn set_main_waker(&self, waker: impl Fn() + Send + Sync + 'static) {
        self.shared.env.main.set_waker(Box::new(waker));
    }
}
