//! The strands that must run on the thread that waits for the runtime.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;
use std::time::Duration;

use arc_swap::ArcSwapOption;

use super::strand::Strand;
use super::watch::CallWatch;

/// Tells a main loop that is not ours that there is something to do.
type Waker = Box<dyn Fn() + Send + Sync>;

/// See the module. A strand stands in the queue at most once, so the queue grows only while
/// strands are added. Any number of threads may wait; one runs strands.
pub(crate) struct MainQueue {
    state: Mutex<State>,
    changed: Condvar,
    waker: ArcSwapOption<Waker>,
    pub(crate) watch: Arc<CallWatch>,
}

impl std::fmt::Debug for MainQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MainQueue").field("state", &self.state).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct State {
    strands: VecDeque<Arc<Strand>>,
    /// The thread that runs strands, if one has said so.
    turn: Option<ThreadId>,
}

/// While it lives, strands run on the thread that made it and on no other.
#[derive(Debug)]
pub(crate) struct Turn<'a>(Option<&'a MainQueue>);

impl MainQueue {
    pub(crate) fn new() -> Arc<Self> {
        let state = State { strands: VecDeque::with_capacity(64), turn: None };
        let (state, changed) = (Mutex::new(state), Condvar::new());
        let waker = ArcSwapOption::empty();
        Arc::new(Self { state, changed, waker, watch: CallWatch::new(false) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, strand: Arc<Strand>) {
        self.state().strands.push_back(strand);
        self.tell();
    }

    /// Wakes whoever waits, to look at other conditions again.
    pub(crate) fn poke(&self) {
        drop(self.state());
        self.tell();
    }

    fn tell(&self) {
        self.changed.notify_all();
        if let Some(waker) = &*self.waker.load() {
            waker();
        }
    }

    /// From now on `waker` is called, too, when somebody who waits is woken.
    pub(crate) fn set_waker(&self, waker: Waker) {
        self.waker.store(Some(Arc::new(waker)));
        self.tell();
    }

    /// The calling thread is the main one, unless another is already.
    pub(crate) fn take_turn(&self) -> Turn<'_> {
        let mut state = self.state();
        let is_free = state.turn.is_none();
        if is_free {
            state.turn = Some(std::thread::current().id());
        }
        Turn(is_free.then_some(self))
    }

    /// Runs what waits, if it may run on the calling thread.
    pub(crate) fn run_waiting(&self) {
        let _turn = self.take_turn();
        let waiting = self.state().runnable();
        if waiting > 0 {
            self.watch.set_thread();
        }
        for _ in 0..waiting {
            let Some(strand) = self.state().strands.pop_front() else { break };
            strand.run(&self.watch);
        }
    }

    /// Sleeps until something waits that may run here, `is_done`, or `timeout` has passed.
    pub(crate) fn wait(&self, timeout: Option<Duration>, is_done: impl Fn() -> bool) {
        let idle = |state: &mut State| state.runnable() == 0 && !is_done();
        match timeout {
            None => drop(self.changed.wait_while(self.state(), idle)),
            Some(timeout) => {
                drop(self.changed.wait_timeout_while(self.state(), timeout, idle));
            }
        }
    }

    /// Forgets what waits.
    pub(crate) fn clear(&self) {
        self.state().strands.clear();
    }
}

impl State {
    /// How many strands wait that may run on the calling thread.
    fn runnable(&self) -> usize {
        let here = self.turn.is_none_or(|thread| thread == std::thread::current().id());
        if here { self.strands.len() } else { 0 }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(queue) = self.0 {
            queue.state().turn = None;
            queue.changed.notify_all();
        }
    }
}
