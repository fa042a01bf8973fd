//! The hosted graph, answered from the engine: the only module that knows `streamlib`.

mod declared;
mod events;
mod inspect;
mod refusals;
mod transactions;

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use streamlib::StreamRuntime;
use streamlib::engine::graph::GraphState as EngineState;
use streamlib_manifest::Diagnostics;
use streamlib_protocol::parent::ProcessorEnd;
use streamlib_protocol::{
    ErrorBody, ErrorCode, GraphState, Inspect, ProcessorTypes, Progress, Snapshot,
    TransactionReply, TransactionRequest,
};

use crate::event_log::EventLog;
use crate::hosted::HostedGraph;
use crate::load::Loaded;
use crate::{packages, plugins, types};

pub(crate) use declared::of_file;

/// Longer than any graph drains: [`crate::stopping`] keeps the limit.
const NO_LIMIT: Duration = Duration::from_secs(365 * 24 * 3600);

/// One graph and what runs it.
pub(crate) struct EngineGraph {
    runtime: StreamRuntime,
    name: String,
    started: OnceLock<Instant>,
    ended: OnceLock<Instant>,
    is_stopping: AtomicBool,
    /// Changes in force since the file was loaded. What the file says is not taken back. Locked
    /// while one is made, so that the number is that of the engine's history.
    changes: Mutex<u64>,
}

/// What was found in a graph file that has errors, and what can be said besides about the part of
/// it that can be read.
pub(crate) fn with_more(known: Diagnostics, loaded: &Loaded) -> Diagnostics {
    // One that cannot even be made says so when a graph without errors is to be run.
    let Ok(runtime) = StreamRuntime::new() else { return known };
    if plugins::load(&runtime, &loaded.plugins).is_err() {
        return known;
    }
    let of_packages = packages::problem(&runtime, loaded);
    if of_packages.has_errors() {
        // Without them, types would be said to be missing that are not.
        let mut all = known;
        all.extend(of_packages);
        return all;
    }
    let more = streamlib::graph_file::check(runtime.engine(), &loaded.graph);
    refusals::with_more(known, &more, loaded)
}

impl EngineGraph {
    /// A runtime with the settings of a graph, which is not in it yet.
    pub(crate) fn build(loaded: &Loaded, name: &str) -> Result<Arc<Self>, ErrorBody> {
        let mut builder = StreamRuntime::builder()
            .with_drain_timeout(NO_LIMIT)
            .with_plugin_loader(plugins::loader());
        if let Some(bytes) = loaded.graph.settings.memory_budget_bytes {
            builder = builder.with_memory_budget(bytes);
        }
        let runtime = builder.build().map_err(|error| refusals::runtime(&error))?;
        plugins::load(&runtime, &loaded.plugins)?;
        packages::load(&runtime, loaded)?;
        Ok(Arc::new(Self {
            runtime,
            name: name.to_owned(),
            started: OnceLock::new(),
            ended: OnceLock::new(),
            is_stopping: AtomicBool::new(false),
            changes: Mutex::new(0),
        }))
    }

    /// Everything that is wrong with a graph, without running it.
    pub(crate) fn check(&self, loaded: &Loaded) -> Result<(), ErrorBody> {
        let found = streamlib::graph_file::check(self.runtime.engine(), &loaded.graph);
        if found.is_empty() { Ok(()) } else { Err(refusals::graph_file(&found, loaded)) }
    }

    /// Builds the graph and starts it.
    pub(crate) fn start(&self, loaded: &Loaded) -> Result<(), ErrorBody> {
        self.runtime.load_graph(&loaded.graph).map_err(|error| match error {
            streamlib::RuntimeError::GraphFile(error) => {
                refusals::graph_file(&error.problems, loaded)
            }
            error => refusals::runtime(&error),
        })?;
        let begin = Instant::now();
        self.runtime.start().map_err(|error| refusals::start(&error, loaded))?;
        // Only the first start counts, and there is no second one.
        self.started.get_or_init(|| begin);
        Ok(())
    }

    /// Adds the events of the graph to a log, from now to its end.
    pub(crate) fn forward_events(&self, log: &Arc<EventLog>) -> io::Result<()> {
        events::forward(&self.runtime, Arc::clone(log))
    }

    /// Runs the graph on this thread until it has ended.
    pub(crate) fn wait(&self) -> Result<Vec<ProcessorEnd>, ErrorBody> {
        let outcome = self.runtime.wait();
        self.ended.get_or_init(Instant::now);
        let outcome = outcome.map_err(|error| refusals::engine(&error))?;
        let ends = outcome.ends.iter().map(|end| ProcessorEnd {
            processor: end.processor.to_string(),
            cause: end.cause.as_str().to_owned(),
            message: end.message.clone(),
        });
        Ok(ends.collect())
    }
}

impl HostedGraph for EngineGraph {
    fn state(&self) -> GraphState {
        match self.runtime.state() {
            _ if self.ended.get().is_some() => GraphState::Ended,
            EngineState::Running | EngineState::Paused
                if self.is_stopping.load(Ordering::Relaxed) =>
            {
                GraphState::Stopping
            }
            EngineState::Idle => GraphState::Idle,
            EngineState::Running => GraphState::Running,
            EngineState::Paused => GraphState::Paused,
        }
    }

    fn uptime_ns(&self) -> u64 {
        let Some(started) = self.started.get() else { return 0 };
        let until = self.ended.get().copied().unwrap_or_else(Instant::now);
        u64::try_from(until.saturating_duration_since(*started).as_nanos()).unwrap_or(u64::MAX)
    }

    fn types(&self) -> ProcessorTypes {
        types::of(&self.runtime)
    }

    fn snapshot(&self) -> Snapshot {
        declared::of_snapshot(&self.name, &self.runtime.snapshot())
    }

    fn inspect(&self) -> Inspect {
        inspect::inspect(&self.runtime, &self.name, self.state(), self.uptime_ns())
    }

    fn progress(&self) -> Progress {
        inspect::progress(&self.runtime, self.state(), self.uptime_ns())
    }

    fn transaction(&self, request: TransactionRequest) -> Result<TransactionReply, ErrorBody> {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let reply = transactions::transaction(&self.runtime, request)?;
        *changes += u64::from(reply.committed);
        Ok(reply)
    }

    fn undo(&self) -> Result<TransactionReply, ErrorBody> {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(fewer) = changes.checked_sub(1) else {
            let message = "there is nothing to undo: the graph is as its file declares it";
            return Err(ErrorBody::new(ErrorCode::WrongState, message));
        };
        let committed = self.runtime.undo().map_err(|error| refusals::engine(&error))?;
        *changes = fewer;
        Ok(transactions::reply(committed))
    }

    fn pause(&self) -> Result<(), ErrorBody> {
        if self.is_stopping.load(Ordering::Relaxed) {
            let message = "the graph is stopping and cannot be paused";
            return Err(ErrorBody::new(ErrorCode::WrongState, message));
        }
        self.runtime.pause().map_err(|error| refusals::engine(&error))
    }

    fn resume(&self) -> Result<(), ErrorBody> {
        self.runtime.resume().map_err(|error| refusals::engine(&error))
    }

    fn request_stop(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
        self.runtime.request_stop();
    }

    fn cut(&self) {
        // A second request is how the engine is told to cut.
        self.runtime.request_stop();
    }
}
