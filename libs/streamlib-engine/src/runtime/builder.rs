//! How an engine is put together.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use streamlib_processor::{MediaConfig, Resources};

use super::commit_lock::CommitLock;
use super::engine::{Committing, Engine, Settings, Shared};
use super::lifecycle::Alive;
use super::registry::EngineFactory;
use super::view::View;
use crate::compiler::Blueprint;
use crate::compiler::installation::Installation;
use crate::delegates::{
    DefaultProcessorDelegate, DefaultScheduler, FactoryDelegate, ProcessorDelegate,
    RegistryBackedFactory, SchedulerDelegate,
};
use crate::error::{Error, Result};
use crate::execution::clock::GraphClock;
use crate::execution::doorbell::Doorbell;
use crate::execution::env::{Ends, GraphEnv, HoldGate, LinksTold};
use crate::execution::main_queue::MainQueue;
use crate::execution::pool::WorkerPool;
use crate::execution::timer::Timer;
use crate::execution::{Clock, SystemClock};
use crate::graph::PropertyGraph;
use crate::link_channel::format_registry::FormatRegistry;
use crate::link_channel::pool::MemoryBudget;
use crate::observability::Observed;
use crate::pubsub::EventBus;

/// When changes that are made one by one take effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CommitMode {
    /// Each call is a transaction.
    #[default]
    Auto,
    /// Calls are gathered until [`Engine::commit`].
    Manual,
}

/// How an engine is put together. Everything has a default that works.
pub struct EngineBuilder {
    factory: Option<Arc<dyn FactoryDelegate>>,
    registry: RegistryBackedFactory,
    processor_delegate: Arc<dyn ProcessorDelegate>,
    scheduler: Arc<dyn SchedulerDelegate>,
    commit_mode: CommitMode,
    clock: Arc<dyn Clock>,
    resources: Resources,
    settings: Settings,
}

impl std::fmt::Debug for EngineBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EngineBuilder")
            .field("commit_mode", &self.commit_mode)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Default for EngineBuilder {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            factory: None,
            registry: RegistryBackedFactory::new(),
            processor_delegate: Arc::new(DefaultProcessorDelegate),
            scheduler: Arc::new(DefaultScheduler),
            commit_mode: CommitMode::Auto,
            clock: Arc::new(SystemClock::new()),
            resources: Resources::default(),
            settings: Settings {
                workers: cores,
                memory_budget_bytes: 4 << 30,
                link_budget_bytes: 512 << 20,
                drain_timeout: Duration::from_secs(5),
                patience: Duration::from_secs(1),
            },
        }
    }
}

impl EngineBuilder {
    /// Makes processors of types that are not registered.
    #[must_use]
    pub fn with_factory(mut self, factory: impl FactoryDelegate + 'static) -> Self {
        self.factory = Some(Arc::new(factory));
        self
    }

    /// The types that are known from the start.
    #[must_use]
    pub fn with_registry(mut self, registry: RegistryBackedFactory) -> Self {
        self.registry = registry;
        self
    }

    /// Is told about the life of processors.
    #[must_use]
    pub fn with_processor_delegate(mut self, delegate: impl ProcessorDelegate + 'static) -> Self {
        self.processor_delegate = Arc::new(delegate);
        self
    }

    /// Decides what each processor runs on.
    #[must_use]
    pub fn with_scheduler(mut self, scheduler: impl SchedulerDelegate + 'static) -> Self {
        self.scheduler = Arc::new(scheduler);
        self
    }

    /// When changes that are made one by one take effect.
    #[must_use]
    pub fn with_commit_mode(mut self, commit_mode: CommitMode) -> Self {
        self.commit_mode = commit_mode;
        self
    }

    /// The time that the graph runs by.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Something that processors share, by its type.
    #[must_use]
    pub fn with_resource<T: Send + Sync + 'static>(mut self, resource: Arc<T>) -> Self {
        self.resources.insert(resource);
        self
    }

    /// What processors agree on where their own settings leave it open. Default: stereo at 48 kHz.
    #[must_use]
    pub fn with_media_config(self, media: MediaConfig) -> Self {
        self.with_resource(Arc::new(media))
    }

    /// Threads of the worker pool, at least 1. Default: as many as the machine has cores.
    #[must_use]
    pub fn with_workers(mut self, workers: usize) -> Self {
        self.settings.workers = workers.max(1);
        self
    }

    /// Most bytes that all buffers of the graph may take together. Default: 4 GiB.
    #[must_use]
    pub fn with_memory_budget(mut self, bytes: u64) -> Self {
        self.settings.memory_budget_bytes = bytes;
        self
    }

    /// Most bytes of frames that may wait in one link that grows because its join starves on
    /// another; see `LinkCounts::grown`. Beyond, the graph fails with the names of those that wait
    /// for each other. Default: 512 MiB.
    #[must_use]
    pub fn with_link_budget(mut self, bytes: u64) -> Self {
        self.settings.link_budget_bytes = bytes;
        self
    }

    /// How long `stop` lets frames drain before it cuts. Default: 5 s.
    #[must_use]
    pub fn with_drain_timeout(mut self, timeout: Duration) -> Self {
        self.settings.drain_timeout = timeout;
        self
    }

    /// How long a commit, a pause and a step wait for a processor that they touch to come back from
    /// its call, and a commit for each that it removes to finish with what had reached it. What
    /// does not come back fails the commit, unless it is removed: then it is left behind, and
    /// reported. Default: 1 s.
    #[must_use]
    pub fn with_commit_patience(mut self, patience: Duration) -> Self {
        self.settings.patience = patience;
        self
    }

    /// Puts the engine together. Nothing runs until [`Engine::start`].
    ///
    /// # Errors
    /// The threads of the engine cannot be started.
    pub fn build(self) -> Result<Engine> {
        let supervisor = Arc::new(Doorbell::new());
        let main = MainQueue::new();
        let env = Arc::new(GraphEnv {
            clock: GraphClock::new(self.clock),
            timer: Timer::new(),
            formats: Arc::new(FormatRegistry::default()),
            budget: Arc::new(MemoryBudget::new(self.settings.memory_budget_bytes)),
            bus: EventBus::new(),
            observed: Observed::default(),
            gate: HoldGate::default(),
            main: Arc::clone(&main),
            ends: Ends::default(),
            supervisor: Arc::clone(&supervisor),
            stalls: LinksTold::default(),
            losses: LinksTold::default(),
            paused: AtomicBool::new(false),
            cut: AtomicBool::new(false),
        });
        env.ends.ring(&main);
        env.timer.start(&env).map_err(Error::Threads)?;
        let pool = WorkerPool::new(supervisor);
        let shared = Arc::new(Shared {
            factory: EngineFactory::new(self.registry, self.factory),
            processor_delegate: self.processor_delegate,
            scheduler: self.scheduler,
            resources: self.resources,
            settings: self.settings,
            commit_mode: self.commit_mode,
            view: ArcSwap::from_pointee(View::default()),
            last_run: ArcSwapOption::empty(),
            committing: CommitLock::new(Committing {
                graph: PropertyGraph::new(),
                declared: Blueprint::default(),
                installation: Installation::new(Arc::clone(&env), Arc::clone(&pool)),
                undo: Vec::new(),
                pending: Vec::new(),
                outcome: None,
                fail_at: None,
            }),
            stop: super::lifecycle::StopFlag::default(),
            supervisor: Mutex::new(None),
            closing: AtomicBool::new(false),
            env,
            pool,
        });
        // From here on whatever was started ends with the handle.
        let engine =
            Engine { shared: Arc::clone(&shared), _alive: Arc::new(Alive(Arc::clone(&shared))) };
        let thread = super::supervisor::start(&shared).map_err(Error::Threads)?;
        *shared.supervisor.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        Ok(engine)
    }
}
