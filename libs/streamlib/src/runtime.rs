//! The runtime: an engine with the built-in processors and graph files.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use streamlib_engine::delegates::{FactoryDelegate, ProcessorDelegate, SchedulerDelegate};
use streamlib_engine::execution::Clock;
use streamlib_engine::{CommitMode, Engine, EngineBuilder, GraphOutcome};
use streamlib_host::{PluginError, PluginLoader};
use streamlib_manifest::ResolvedGraph;
use streamlib_package::Home;
use streamlib_processor::MediaConfig;

use crate::graph_file::{self, GraphFileError};
use crate::packages::{LoadPackageError, Packages};

/// Why a runtime could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// The engine's own.
    #[error(transparent)]
    Engine(#[from] streamlib_engine::Error),
    /// The built-in processors do not go together.
    #[error("the built-in processors cannot be registered: {0}")]
    Builtins(#[from] streamlib_engine::delegates::RegisterError),
    /// A graph file cannot be loaded.
    #[error(transparent)]
    GraphFile(#[from] GraphFileError),
    /// A plugin cannot be loaded.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// A plugin has a processor whose name is taken.
    #[error("the plugin `{}` cannot be used: {source}", path.display())]
    PluginNames {
        /// Its file.
        path: PathBuf,
        /// Which name.
        source: streamlib_engine::delegates::RegisterError,
    },
    /// A package cannot be loaded.
    #[error(transparent)]
    Package(#[from] LoadPackageError),
    /// Signals cannot be received.
    #[error("signals of the operating system cannot be received: {0}")]
    Signals(#[source] std::io::Error),
}

/// A graph with the built-in processors. Everything that [`Engine`] does, this does too; clones
/// are the same runtime.
#[derive(Debug, Clone)]
pub struct StreamRuntime {
    engine: Engine,
    pub(crate) plugins: PluginLoader,
    pub(crate) packages: Packages,
}

impl StreamRuntime {
    /// A runtime with defaults.
    ///
    /// # Errors
    /// Its threads cannot be started.
    pub fn new() -> Result<Self, RuntimeError> {
        Self::builder().build()
    }

    /// A runtime to be put together.
    pub fn builder() -> RuntimeBuilder {
        let scalers = crate::writer_scaler::picture_scalers();
        let engine = Engine::builder().with_resource(scalers);
        RuntimeBuilder { engine, plugins: PluginLoader::default(), packages: Packages::default() }
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Adds what a graph file declares, all or nothing.
    ///
    /// # Errors
    /// Something in it cannot be: every problem, with its place in the file.
    pub fn load_graph(&self, graph: &ResolvedGraph) -> Result<(), RuntimeError> {
        graph_file::load(&self.engine, graph)?;
        Ok(())
    }

    /// Waits until the graph has ended, or until SIGINT or SIGTERM comes: then sources end and
    /// what is under way drains; a second signal cuts. Processors that need the main thread run on
    /// the calling one.
    ///
    /// # Errors
    /// The graph is not running, or signals cannot be received.
    pub fn wait_for_signal(&self) -> Result<GraphOutcome, RuntimeError> {
        let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(RuntimeError::Signals)?;
        let handle = signals.handle();
        let engine = self.engine.clone();
        let waiting = std::thread::Builder::new()
            .name("streamlib-signal".to_owned())
            .spawn(move || signals.forever().for_each(|_| engine.request_stop()))
            .map_err(RuntimeError::Signals)?;
        let outcome = self.engine.wait();
        handle.close();
        // The thread's own panic was reported by the panic hook.
        drop(waiting.join());
        Ok(outcome?)
    }
}

impl Deref for StreamRuntime {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        &self.engine
    }
}

/// How a runtime is put together. Everything has a default that works.
#[derive(Debug)]
pub struct RuntimeBuilder {
    engine: EngineBuilder,
    plugins: PluginLoader,
    packages: Packages,
}

macro_rules! forward {
    ($($(#[$doc:meta])+ $name:ident($argument:ident: $type:ty);)+) => { $(
        $(#[$doc])+
        #[must_use]
        pub fn $name(mut self, $argument: $type) -> Self {
            self.engine = self.engine.$name($argument);
            self
        }
    )+ };
}

impl RuntimeBuilder {
    forward! {
        /// Makes processors of types that are not built in.
        with_factory(factory: impl FactoryDelegate + 'static);
        /// Is told about the life of processors.
        with_processor_delegate(delegate: impl ProcessorDelegate + 'static);
        /// Decides what each processor runs on.
        with_scheduler(scheduler: impl SchedulerDelegate + 'static);
        /// When changes that are made one by one take effect.
        with_commit_mode(mode: CommitMode);
        /// The time that the graph runs by.
        with_clock(clock: Arc<dyn Clock>);
        /// What processors agree on where their own settings leave it open. Default: stereo at
        /// 48 kHz.
        with_media_config(media: MediaConfig);
        /// Threads of the worker pool, at least 1. Default: as many as the machine has cores.
        with_workers(workers: usize);
        /// Most bytes that all buffers of the graph may take together. Default: 4 GiB.
        with_memory_budget(bytes: u64);
        /// How long `stop` lets frames drain before it cuts. Default: 5 s.
        with_drain_timeout(timeout: Duration);
    }

    /// Something that processors share, by its type.
    #[must_use]
    pub fn with_resource<T: Send + Sync + 'static>(mut self, resource: Arc<T>) -> Self {
        self.engine = self.engine.with_resource(resource);
        self
    }

    /// Loads the plugins, and hears what they say to people. Default: one that says nothing.
    #[must_use]
    pub fn with_plugin_loader(mut self, plugins: PluginLoader) -> Self {
        self.plugins = plugins;
        self
    }

    /// The StreamLib home, in which packages are installed. Default: `$STREAMLIB_HOME`, else
    /// `$HOME/.streamlib`.
    #[must_use]
    pub fn with_home(mut self, folder: impl Into<PathBuf>) -> Self {
        self.packages = Packages::at(Home::at(folder));
        self
    }

    /// Puts the runtime together. Nothing runs until `start`.
    ///
    /// # Errors
    /// Its threads cannot be started.
    pub fn build(self) -> Result<StreamRuntime, RuntimeError> {
        let engine = self.engine.with_registry(crate::builtins()?).build()?;
        Ok(StreamRuntime { engine, plugins: self.plugins, packages: self.packages })
    }
}
