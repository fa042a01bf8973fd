//! Time: the machine's monotonic clock or a test's, and a graph's own time on top of it.

use std::sync::atomic::{
    AtomicI64, AtomicU64, Ordering::AcqRel, Ordering::Acquire, Ordering::Release,
};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use super::doorbell::Doorbell;

/// A source of monotonic time. Tests replace it.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Monotonic time, ns: `CLOCK_MONOTONIC` where the system has it.
    fn monotonic_ns(&self) -> u64;

    /// How long a thread may sleep that wants to wake in `duration` by this clock; `None`: until
    /// it is told that the clock moved.
    fn sleep_for(&self, duration: Duration) -> Option<Duration>;

    /// Adds a thread to tell when the clock moves by itself.
    fn add_listener(&self, listener: ClockListener);
}

/// A thread to tell when a clock moves.
#[derive(Debug, Clone)]
pub struct ClockListener(pub(crate) Weak<Doorbell>);

impl ClockListener {
    /// False once the thread has gone: then the listener may be forgotten.
    pub fn is_listening(&self) -> bool {
        self.0.strong_count() > 0
    }

    /// Tells the thread to look at the clock again.
    pub fn notify(&self) {
        if let Some(bell) = self.0.upgrade() {
            bell.ring();
        }
    }
}

/// The machine's monotonic clock.
#[derive(Debug)]
pub struct SystemClock {
    #[cfg(not(unix))]
    start: std::time::Instant,
}

impl SystemClock {
    /// The machine's monotonic clock.
    pub fn new() -> Self {
        Self {
            #[cfg(not(unix))]
            start: std::time::Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn monotonic_ns(&self) -> u64 {
        #[cfg(unix)]
        return super::sys::monotonic_ns();
        #[cfg(not(unix))]
        return u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    }

    fn sleep_for(&self, duration: Duration) -> Option<Duration> {
        Some(duration)
    }

    fn add_listener(&self, _listener: ClockListener) {}
}

/// A clock that stands still until it is moved: for tests.
#[derive(Debug, Default)]
pub struct VirtualClock {
    now_ns: AtomicU64,
    listeners: Mutex<Vec<ClockListener>>,
}

impl VirtualClock {
    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        let by_ns = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        self.now_ns.fetch_add(by_ns, AcqRel);
        let listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.iter().for_each(ClockListener::notify);
    }
}

impl Clock for VirtualClock {
    fn monotonic_ns(&self) -> u64 {
        self.now_ns.load(Acquire)
    }

    fn sleep_for(&self, _duration: Duration) -> Option<Duration> {
        None
    }

    fn add_listener(&self, listener: ClockListener) {
        let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.retain(ClockListener::is_listening);
        listeners.push(listener);
    }
}

/// Stream time of a graph: starts at 0 with the graph, stands still while the graph is paused.
#[derive(Debug)]
pub(crate) struct GraphClock {
    clock: Arc<dyn Clock>,
    /// Monotonic time of stream time 0, ns; moved on by pauses.
    base_ns: AtomicI64,
    /// Stream time while stopped or paused, ns; `i64::MIN` while the clock runs.
    frozen_ns: AtomicI64,
}

impl GraphClock {
    /// Stands at 0 until [`Self::run`].
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, base_ns: AtomicI64::new(0), frozen_ns: AtomicI64::new(0) }
    }

    pub(crate) fn monotonic_ns(&self) -> u64 {
        self.clock.monotonic_ns()
    }

    pub(crate) fn source(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    fn signed_now(&self) -> i64 {
        i64::try_from(self.clock.monotonic_ns()).unwrap_or(i64::MAX)
    }

    /// Stream time now, ns.
    pub(crate) fn now_ns(&self) -> i64 {
        match self.frozen_ns.load(Acquire) {
            i64::MIN => self.signed_now() - self.base_ns.load(Acquire),
            frozen => frozen,
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.frozen_ns.load(Acquire) == i64::MIN
    }

    /// Goes on from where it stands.
    pub(crate) fn run(&self) {
        let frozen = self.frozen_ns.load(Acquire);
        if frozen != i64::MIN {
            self.base_ns.store(self.signed_now() - frozen, Release);
            self.frozen_ns.store(i64::MIN, Release);
        }
    }

    /// Stands still from now on.
    pub(crate) fn freeze(&self) {
        if self.is_running() {
            self.frozen_ns.store(self.now_ns(), Release);
        }
    }

    /// Stands at 0 again.
    pub(crate) fn reset(&self) {
        self.frozen_ns.store(0, Release);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_pause_takes_no_stream_time() {
        let source = Arc::new(VirtualClock::default());
        let clock = GraphClock::new(Arc::clone(&source) as Arc<dyn Clock>);
        let mut times = Vec::new();
        let mut step = |action: &dyn Fn()| {
            action();
            source.advance(Duration::from_nanos(10));
            times.push(clock.now_ns());
        };
        step(&|| {});
        step(&|| clock.run());
        step(&|| clock.freeze());
        step(&|| {});
        step(&|| clock.run());
        assert_eq!(times, [0, 10, 10, 10, 20]);
    }
}
