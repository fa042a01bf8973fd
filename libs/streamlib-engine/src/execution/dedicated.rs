//! A thread for one strand.

use std::sync::atomic::{AtomicBool, Ordering::Acquire, Ordering::Release};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use arc_swap::ArcSwapOption;

use super::clock::ClockListener;
use super::doorbell::Doorbell;
use super::strand::Strand;
use super::watch::CallWatch;
use crate::delegates::ThreadPriority;

/// See the module.
#[derive(Debug)]
pub(crate) struct DedicatedThread {
    /// Rings when the strand has something to look at.
    pub(crate) bell: Doorbell,
    /// Rings when a processor that waits inside its call is to come back.
    pub(crate) sleep_bell: Arc<Doorbell>,
    pub(crate) watch: Arc<CallWatch>,
    /// What was obtained of the priority that was asked for.
    obtained: Mutex<String>,
    strand: ArcSwapOption<Strand>,
    closing: AtomicBool,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Looks so many times for something to do before the thread goes to sleep: for less time than a
/// wake costs, for one link that is busy should not put its consumer to sleep after each frame.
const LOOKS: u32 = 100;

fn look_out(strand: &Strand) {
    for _ in 0..LOOKS {
        if strand.is_waiting() {
            return;
        }
        std::hint::spin_loop();
    }
}

impl DedicatedThread {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            bell: Doorbell::new(),
            sleep_bell: Arc::new(Doorbell::new()),
            watch: CallWatch::new(true),
            obtained: Mutex::new(String::new()),
            strand: ArcSwapOption::empty(),
            closing: AtomicBool::new(false),
            thread: Mutex::new(None),
        })
    }

    /// Starts the thread, which runs `strand` until [`Self::close`].
    pub(crate) fn start(
        self: &Arc<Self>,
        strand: &Arc<Strand>,
        name: &str,
        priority: ThreadPriority,
    ) -> std::io::Result<()> {
        self.strand.store(Some(Arc::clone(strand)));
        let listener = ClockListener(Arc::downgrade(&self.sleep_bell));
        strand.env().clock.source().add_listener(listener);
        let this = Arc::clone(self);
        // The system cuts names after 15 bytes.
        let name: String = name.chars().filter(char::is_ascii).take(15).collect();
        // Who has a core of its own for real time must not keep it from others.
        let spins = priority != ThreadPriority::RealTime
            && std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 1);
        let run = move || {
            let obtained = super::sys::apply_priority(priority);
            *this.obtained.lock().unwrap_or_else(PoisonError::into_inner) = obtained;
            this.watch.set_thread();
            while !this.closing.load(Acquire) {
                let Some(strand) = this.strand.load_full() else { return };
                strand.run(&this.watch);
                if spins {
                    look_out(&strand);
                }
                let moved =
                    || !this.strand.load().as_ref().is_some_and(|s| Arc::ptr_eq(s, &strand));
                this.bell
                    .wait(None, || this.closing.load(Acquire) || strand.is_waiting() || moved());
            }
            this.strand.store(None);
        };
        let started = std::thread::Builder::new().name(name).spawn(run);
        let handle = started.inspect_err(|_| self.strand.store(None))?;
        *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(handle);
        Ok(())
    }

    /// Runs another strand from now on. For a plan that holds both.
    pub(crate) fn set_strand(&self, strand: &Arc<Strand>) {
        self.strand.store(Some(Arc::clone(strand)));
        self.bell.ring();
    }

    /// What was obtained of the priority that was asked for; empty until the thread runs.
    pub(crate) fn obtained(&self) -> String {
        self.obtained.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The thread ends when it comes back from the call in which it is.
    pub(crate) fn dismiss(&self) {
        self.closing.store(true, Release);
        self.bell.ring();
    }

    /// Ends the thread. False if it did not come back within `patience`: it is abandoned.
    pub(crate) fn close(&self, patience: Duration) -> bool {
        self.closing.store(true, Release);
        self.bell.ring();
        self.sleep_bell.ring();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(thread) = thread else { return true };
        if thread.thread().id() == std::thread::current().id() {
            return true;
        }
        super::pool::join_within(thread, patience)
    }
}
