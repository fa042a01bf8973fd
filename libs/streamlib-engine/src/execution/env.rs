//! What every processor of a running graph shares.

use std::collections::BTreeMap;
use std::sync::atomic::{
    AtomicBool, AtomicUsize, Ordering::AcqRel, Ordering::Acquire, Ordering::Release,
};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_queue::ArrayQueue;
use streamlib_abi::port::EndCause;

use super::clock::GraphClock;
use super::doorbell::Doorbell;
use super::main_queue::MainQueue;
use super::timer::Timer;
use crate::ids::ProcessorId;
use crate::link_channel::LinkKey;
use crate::link_channel::format_registry::FormatRegistry;
use crate::link_channel::pool::MemoryBudget;
use crate::maps::HashMap;
use crate::observability::Observed;
use crate::pubsub::{EventBus, EventKind};

/// What every processor of a running graph shares.
#[derive(Debug)]
pub(crate) struct GraphEnv {
    pub(crate) clock: GraphClock,
    pub(crate) timer: Arc<Timer>,
    pub(crate) formats: Arc<FormatRegistry>,
    pub(crate) budget: Arc<MemoryBudget>,
    pub(crate) bus: EventBus,
    pub(crate) observed: Observed,
    pub(crate) gate: HoldGate,
    /// Strands for the thread that waits for the runtime.
    pub(crate) main: Arc<MainQueue>,
    pub(crate) ends: Ends,
    /// Rings when the supervisor is to look: a failure, or a pool without free workers.
    pub(crate) supervisor: Arc<Doorbell>,
    /// Links that are full while their joins starve on others, for the supervisor.
    pub(crate) stalls: LinksTold,
    /// Links that lost frames of a source that is live, or for which a join that takes every frame
    /// found no match, for the supervisor.
    pub(crate) losses: LinksTold,
    /// True while the whole graph is paused.
    pub(crate) paused: AtomicBool,
    /// True once the drain time of a stop is over: calls are to come back at once.
    pub(crate) cut: AtomicBool,
}

impl GraphEnv {
    /// Publishes what happened now.
    pub(crate) fn publish(&self, kind: EventKind) {
        self.bus.publish(self.clock.monotonic_ns(), kind);
    }
}

/// Links of which the frame path has something to tell.
#[derive(Debug)]
pub(crate) struct LinksTold {
    told: ArrayQueue<LinkKey>,
    /// True if there was no place for one.
    missed: AtomicBool,
}

impl Default for LinksTold {
    fn default() -> Self {
        Self { told: ArrayQueue::new(256), missed: AtomicBool::new(false) }
    }
}

impl LinksTold {
    /// Tells of a link. Never waits.
    pub(crate) fn tell(&self, link: LinkKey) {
        if self.told.push(link).is_err() {
            self.missed.store(true, Release);
        }
    }

    /// True if none was told.
    pub(crate) fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// The next one that was told.
    pub(crate) fn take(&self) -> Option<LinkKey> {
        self.told.pop()
    }

    /// True if some were not noted since the last call of this: all links are to be looked at.
    pub(crate) fn take_missed(&self) -> bool {
        self.missed.load(Acquire) && self.missed.swap(false, AcqRel)
    }
}

/// Where a controller waits for owners of strands to let go.
#[derive(Debug, Default)]
pub(crate) struct HoldGate {
    generation: Mutex<u64>,
    changed: Condvar,
}

impl HoldGate {
    /// Tells the controller that a strand was let go.
    pub(crate) fn tell(&self) {
        *self.generation.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.changed.notify_all();
    }

    /// Tries `attempt` at once and after each [`Self::tell`], until it is true or `deadline`.
    pub(crate) fn wait_until(&self, deadline: Instant, mut attempt: impl FnMut() -> bool) -> bool {
        loop {
            let before = *self.generation.lock().unwrap_or_else(PoisonError::into_inner);
            if attempt() {
                return true;
            }
            let guard = self.generation.lock().unwrap_or_else(PoisonError::into_inner);
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            // A short bound, because an owner may let go between its look at HOLD and its release.
            let bound = left.min(Duration::from_millis(50));
            let waiting = |generation: &mut u64| *generation == before;
            drop(self.changed.wait_timeout_while(guard, bound, waiting));
        }
    }
}

/// How one processor ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessorEnd {
    /// Which processor.
    pub processor: ProcessorId,
    /// Why.
    pub cause: EndCause,
    /// What it said, if it failed.
    pub message: Option<String>,
}

/// How processors ended, the last end of each.
#[derive(Debug, Default)]
struct EndList {
    next: u64,
    by_number: BTreeMap<u64, ProcessorEnd>,
    numbers: HashMap<ProcessorId, u64>,
}

impl EndList {
    fn put(&mut self, end: ProcessorEnd) {
        if let Some(earlier) = self.numbers.insert(end.processor.clone(), self.next) {
            self.by_number.remove(&earlier);
        }
        self.by_number.insert(self.next, end);
        self.next += 1;
    }

    fn in_order(&self) -> Vec<ProcessorEnd> {
        self.by_number.values().cloned().collect()
    }
}

/// Counts the processors that may still do something, and keeps how the others ended.
#[derive(Debug, Default)]
pub(crate) struct Ends {
    active: AtomicUsize,
    /// Those of the active ones that do not end by themselves: they are not waited for.
    endless: AtomicUsize,
    list: Mutex<EndList>,
    all_ended: Condvar,
    /// Rings too when the last one has ended, for a thread that runs strands while it waits.
    bell: OnceLock<Arc<MainQueue>>,
}

impl Ends {
    /// The queue whose bell is to ring when the last processor has ended.
    pub(crate) fn ring(&self, main: &Arc<MainQueue>) {
        self.bell.get_or_init(|| Arc::clone(main));
    }

    pub(crate) fn add_active(&self, count: usize) {
        self.active.fetch_add(count, AcqRel);
    }

    pub(crate) fn remove_active(&self) {
        let list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        self.leave(&list);
    }

    fn leave(&self, _list: &EndList) {
        self.active.fetch_sub(1, AcqRel);
        if self.is_done() {
            self.tell();
        }
    }

    fn tell(&self) {
        self.all_ended.notify_all();
        if let Some(main) = self.bell.get() {
            main.poke();
        }
    }

    /// A processor has ended; `active` says whether it was counted by [`Self::add_active`].
    pub(crate) fn ended(&self, end: ProcessorEnd, active: bool) {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        list.put(end);
        self.all_ended.notify_all();
        if active {
            self.leave(&list);
        }
    }

    /// True if no processor will do anything any more.
    pub(crate) fn is_done(&self) -> bool {
        self.active.load(Acquire) <= self.endless.load(Acquire)
    }

    /// So many of the active processors do not end by themselves.
    pub(crate) fn set_endless(&self, count: usize) {
        let list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        self.endless.store(count, Release);
        if self.is_done() {
            self.tell();
        }
        drop(list);
    }

    /// Waits until a processor has ended and `done` is true, or for `timeout`.
    pub(crate) fn wait_change(&self, timeout: Duration, done: impl Fn() -> bool) {
        let list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.all_ended.wait_timeout_while(list, timeout, |_| !done()));
    }

    /// Wakes whoever waits, to look again at other conditions.
    pub(crate) fn poke(&self) {
        let _list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        self.tell();
    }

    pub(crate) fn list(&self) -> Vec<ProcessorEnd> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner).in_order()
    }

    pub(crate) fn clear(&self) {
        *self.list.lock().unwrap_or_else(PoisonError::into_inner) = EndList::default();
        self.active.store(0, Release);
        self.endless.store(0, Release);
    }
}
