//! The worker pool: strands that are ready, and threads that run them.
//!
//! A worker takes the strand that it made ready itself first (the next of a chain, its data still
//! in the cache), then the queue that all share. A strand stands in a queue at most once, so the
//! shared queue, a few bounded levels, is made larger only when strands are added.
//!
//! Sleeping workers are woken one at a time, and only when there is more than the worker that
//! makes a strand ready will take itself, and soon: before a call that is known to be long it puts
//! what it kept for itself into the shared queue, and after one it goes on with others, if there
//! are any. What is kept by a worker whose call turns out to be long is taken from it.

mod kept;
mod queue;

use std::cell::RefCell;
use std::sync::atomic::{
    AtomicBool, AtomicUsize, Ordering::AcqRel, Ordering::Acquire, Ordering::Relaxed,
    Ordering::Release,
};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use self::kept::Kept;
use self::queue::RunQueue;
use super::doorbell::Doorbell;
use super::strand::Strand;
use super::thread::spawn_ready;
use super::watch::CallWatch;

/// Strands in a row that a worker takes from its own slot before it looks at the shared queue.
const OWN_IN_A_ROW: u32 = 64;

/// See the module.
#[derive(Debug)]
pub(crate) struct WorkerPool {
    queue: RunQueue<Arc<Strand>>,
    workers: Mutex<Vec<Worker>>,
    /// The bells of all workers, for whoever wakes one.
    bells: arc_swap::ArcSwap<Vec<Arc<Doorbell>>>,
    /// Workers that sleep or are about to.
    idle: AtomicUsize,
    /// Rings when strands wait and no worker is free.
    pressure: Arc<Doorbell>,
    closing: AtomicBool,
}

#[derive(Debug)]
struct Worker {
    thread: JoinHandle<()>,
    watch: Arc<CallWatch>,
    bell: Arc<Doorbell>,
    retire: Arc<AtomicBool>,
    kept: Arc<Kept<Strand>>,
}

/// What a worker thread knows of itself.
struct Local {
    pool: *const WorkerPool,
    kept: Arc<Kept<Strand>>,
}

impl Local {
    /// Does something with what the present thread keeps, if it works for `pool`.
    #[inline]
    fn with<R>(pool: &WorkerPool, action: impl FnOnce(&Kept<Strand>) -> R) -> Option<R> {
        LOCAL.with_borrow(|local| match local {
            Some(local) if std::ptr::eq(local.pool, pool) => Some(action(&local.kept)),
            _ => None,
        })
    }
}

thread_local! {
    /// Which pool the present thread works for. Not shared state: each runtime has its own pool,
    /// and a thread works for one.
    static LOCAL: RefCell<Option<Local>> = const { RefCell::new(None) };
}

impl WorkerPool {
    pub(crate) fn new(pressure: Arc<Doorbell>) -> Arc<Self> {
        Arc::new(Self {
            queue: RunQueue::new(),
            pressure,
            workers: Mutex::new(Vec::new()),
            bells: arc_swap::ArcSwap::default(),
            idle: AtomicUsize::new(0),
            closing: AtomicBool::new(false),
        })
    }

    /// Makes room for `strands` strands. Before they are started.
    pub(crate) fn reserve(&self, strands: usize) {
        self.queue.reserve(strands);
    }

    /// Brings the number of workers to at least `count`.
    pub(crate) fn start(self: &Arc<Self>, count: usize) -> std::io::Result<()> {
        self.closing.store(false, Release);
        while self.worker_count() < count {
            self.add_worker()?;
        }
        Ok(())
    }

    pub(crate) fn worker_count(&self) -> usize {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Adds one worker, unless all are to end.
    pub(crate) fn add_worker(self: &Arc<Self>) -> std::io::Result<()> {
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        if self.closing.load(Acquire) {
            return Ok(());
        }
        let (watch, bell) = (CallWatch::new(false), Arc::new(Doorbell::new()));
        let retire = Arc::new(AtomicBool::new(false));
        let kept = Arc::new(Kept::new());
        let (pool, own) = (Arc::clone(self), Arc::clone(&kept));
        let prepare = move || LOCAL.set(Some(Local { pool: &raw const *pool, kept: own }));
        let run = {
            let pool = Arc::clone(self);
            let (watch, bell, retire) = (watch.clone(), bell.clone(), retire.clone());
            move || pool.work(&watch, &bell, &retire)
        };
        let name = format!("streamlib-{}", workers.len());
        // It may go to sleep before this function goes on, so others know its bell before.
        let others = workers.iter().map(|worker| Arc::clone(&worker.bell));
        self.bells.store(Arc::new(others.chain([Arc::clone(&bell)]).collect()));
        let thread = spawn_ready(name, prepare, run)?;
        workers.push(Worker { thread, watch, bell, retire, kept });
        Ok(())
    }

    /// Looks at what each worker is doing.
    pub(crate) fn each_watch(&self, look: impl FnMut(&Arc<CallWatch>)) {
        let workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        workers.iter().map(|worker| &worker.watch).for_each(look);
    }

    /// Lets others have what the worker with this watch kept for itself, if its call `number` is
    /// still going on.
    pub(crate) fn share_of(&self, watch: &Arc<CallWatch>, number: u64) {
        let workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        let worker = workers.iter().find(|worker| Arc::ptr_eq(&worker.watch, watch));
        let Some(worker) = worker.filter(|worker| !worker.kept.is_empty()) else { return };
        let Some(pinned) = watch.calls.pin(number) else { return };
        let strand = worker.kept.take_during_call();
        drop((pinned, workers));
        if let Some(strand) = strand {
            self.queue.push(strand);
            self.wake_one();
        }
    }

    /// True if strands wait and no worker is free to take them.
    pub(crate) fn is_short_of_workers(&self) -> bool {
        self.idle.load(Relaxed) == 0 && !self.queue.is_empty()
    }

    /// Puts a strand into a queue: that of the present worker, unless `behind` others.
    #[inline]
    pub(crate) fn push(&self, strand: Arc<Strand>, behind: bool) {
        let mut strand = Some(strand);
        if !behind {
            Local::with(self, |kept| strand = strand.take().and_then(|strand| kept.put(strand)));
        }
        if let Some(strand) = strand {
            self.queue.push(strand);
            self.wake_one();
        }
    }

    /// Lets other workers have what the present one kept for itself. For a worker that begins a
    /// long call.
    pub(crate) fn share(&self) {
        if let Some(strand) = Local::with(self, Kept::take).flatten() {
            self.queue.push(strand);
            self.wake_one();
        }
    }

    /// True if other strands wait, or the workers are to end. For a worker that runs a strand.
    pub(crate) fn has_others(&self) -> bool {
        let own = || Local::with(self, |kept| !kept.is_empty()).unwrap_or(false);
        !self.queue.is_empty() || own() || self.closing.load(Acquire)
    }

    fn wake_one(&self) {
        // The queue's push is ordered before this by the fence in `ring`; a worker announces
        // itself as idle before it looks at the queue for the last time.
        std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
        if self.idle.load(Relaxed) == 0 {
            self.pressure.ring();
            return;
        }
        if let Some(bell) = self.bells.load().iter().find(|bell| bell.is_parked()) {
            bell.ring();
        }
    }

    fn take(&self, own_in_a_row: &mut u32) -> Option<Arc<Strand>> {
        let own = || Local::with(self, Kept::take).flatten();
        if *own_in_a_row < OWN_IN_A_ROW {
            let own = own();
            if own.is_some() {
                *own_in_a_row += 1;
                return own;
            }
        }
        *own_in_a_row = 0;
        self.queue.pop().or_else(own)
    }

    fn work(&self, watch: &CallWatch, bell: &Doorbell, retire: &AtomicBool) {
        watch.set_thread();
        let mut own_in_a_row = 0;
        let closing = || self.closing.load(Acquire) || retire.load(Acquire);
        while !closing() {
            if let Some(strand) = self.take(&mut own_in_a_row) {
                strand.run(watch);
                continue;
            }
            self.idle.fetch_add(1, AcqRel);
            bell.wait(None, || closing() || !self.queue.is_empty());
            self.idle.fetch_sub(1, AcqRel);
        }
        // What this worker had taken for itself is the others' now.
        self.share();
        LOCAL.take();
    }

    /// Ends all workers. Says how many did not come back within `patience`: those are abandoned.
    pub(crate) fn close(&self, patience: Duration) -> usize {
        self.closing.store(true, Release);
        let workers: Vec<Worker> =
            self.workers.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect();
        workers.iter().for_each(|worker| worker.bell.ring());
        self.bells.store(Arc::default());
        let end = Instant::now() + patience;
        let abandoned = workers.into_iter().filter_map(|worker| {
            worker.retire.store(true, Release);
            worker.bell.ring();
            let left = end.saturating_duration_since(Instant::now());
            let back = worker.thread.thread().id() == std::thread::current().id()
                || join_within(worker.thread, left);
            (!back).then_some(())
        });
        let abandoned = abandoned.count();
        while self.queue.pop().is_some() {}
        abandoned
    }
}

/// Joins `thread` if it ends within `patience`. Checks in growing steps of at most 5 ms: the
/// standard library has no join with a deadline.
pub(crate) fn join_within(thread: JoinHandle<()>, patience: Duration) -> bool {
    let end = Instant::now() + patience;
    let mut step = Duration::from_micros(50);
    while !thread.is_finished() {
        if Instant::now() >= end {
            return false;
        }
        std::thread::park_timeout(step);
        step = (step * 2).min(Duration::from_millis(5));
    }
    // The thread's own panic was reported by the panic hook.
    drop(thread.join());
    true
}
