//! Threads that are ready when they are there.

use std::sync::{Arc, Barrier};
use std::thread::{Builder, JoinHandle};

use arc_swap::ArcSwap;

/// Starts a thread, which calls `prepare` and then `run`. Returns after `prepare`: what a thread
/// allocates for itself when it starts never falls between frames.
///
/// # Errors
/// The system starts no more threads.
pub(crate) fn spawn_ready(
    name: String,
    prepare: impl FnOnce() + Send + 'static,
    run: impl FnOnce() + Send + 'static,
) -> std::io::Result<JoinHandle<()>> {
    let ready = Arc::new(Barrier::new(2));
    let told = Arc::clone(&ready);
    let thread = Builder::new().name(name).spawn(move || {
        // The first look at any `ArcSwap` gives the thread a place to look from.
        drop(ArcSwap::from_pointee(()).load());
        prepare();
        told.wait();
        drop(told);
        run();
    })?;
    ready.wait();
    Ok(thread)
}
