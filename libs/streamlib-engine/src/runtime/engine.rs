//! The engine's handle, and the calls that each are one transaction.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use serde_json::Value;
use streamlib_processor::{Processor, Resources};

use super::builder::{CommitMode, EngineBuilder};
use super::commit_lock::{CommitLock, Locked};
use super::connect::{LinkSource, LinkTarget, ProcessorHandle};
use super::lifecycle::{Alive, GraphOutcome, StopFlag};
use super::registry::EngineFactory;
use super::transaction::{Committed, Transaction};
use super::view::View;
use crate::compiler::Blueprint;
use crate::compiler::installation::Installation;
use crate::delegates::{
    FactoryDelegate, ProcessorDelegate, RegistryBackedFactory, SchedulerDelegate,
};
use crate::error::{Error, Result};
use crate::execution::env::GraphEnv;
use crate::execution::pool::WorkerPool;
use crate::graph::{
    Change, GraphSnapshot, GraphState, Inverse, LinkOptions, ProcessorNode, PropertyGraph,
};
use crate::ids::{LinkId, PortRef, ProcessorId};
use crate::observability::Inspection;
use crate::pubsub::EventBus;

/// What can be set.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) workers: usize,
    pub(crate) memory_budget_bytes: u64,
    pub(crate) link_budget_bytes: u64,
    pub(crate) drain_timeout: Duration,
    pub(crate) patience: Duration,
}

/// What all handles of an engine share.
pub(crate) struct Shared {
    pub(super) factory: EngineFactory,
    pub(super) processor_delegate: Arc<dyn ProcessorDelegate>,
    pub(super) scheduler: Arc<dyn SchedulerDelegate>,
    pub(super) resources: Resources,
    pub(super) settings: Settings,
    pub(super) commit_mode: CommitMode,
    pub(crate) view: ArcSwap<View>,
    /// How the graph ended that ran last.
    pub(crate) last_run: ArcSwapOption<Inspection>,
    /// One commit at a time.
    pub(super) committing: CommitLock<Committing>,
    pub(super) stop: StopFlag,
    /// The supervisor's thread.
    pub(super) supervisor: Mutex<Option<JoinHandle<()>>>,
    /// True once the engine's own threads are to end.
    pub(super) closing: AtomicBool,
    pub(crate) env: Arc<GraphEnv>,
    pub(super) pool: Arc<WorkerPool>,
}

/// What a commit changes.
pub(super) struct Committing {
    pub(super) graph: PropertyGraph,
    /// What was decided about the declared graph.
    pub(super) declared: Blueprint,
    pub(super) installation: Installation,
    /// The ways back, the last commit's last.
    pub(super) undo: Vec<Inverse>,
    /// Changes that wait for a commit, in [`CommitMode::Manual`].
    pub(super) pending: Vec<Change>,
    /// How the graph ended that ran last.
    pub(super) outcome: Option<GraphOutcome>,
    /// Fails a step of the next plan, for tests.
    pub(super) fail_at: Option<usize>,
}

impl Shared {
    /// The resource of this type that the engine was built with.
    pub(crate) fn resource<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.resources.get()
    }

    pub(super) fn committing(&self) -> Result<Locked<'_, Committing>> {
        self.committing.lock()
    }
}

/// One graph and everything that runs it. Clones are the same engine; the last one that is dropped
/// stops it.
#[derive(Clone)]
pub struct Engine {
    pub(crate) shared: Arc<Shared>,
    /// Ends everything with the last handle.
    pub(super) _alive: Arc<Alive>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let view = self.shared.view.load();
        f.debug_struct("Engine")
            .field("state", &view.state)
            .field("revision", &view.snapshot.revision())
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine with defaults and no registered types.
    ///
    /// # Errors
    /// Its threads cannot be started.
    pub fn new() -> Result<Self> {
        Self::builder().build()
    }

    /// An engine to be put together.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    /// The graph as it was last committed.
    pub fn snapshot(&self) -> GraphSnapshot {
        self.shared.view.load().snapshot.clone()
    }

    /// Whether the graph runs.
    pub fn state(&self) -> GraphState {
        self.shared.view.load().state
    }

    /// What happens, for whoever subscribes.
    pub fn events(&self) -> &EventBus {
        &self.shared.env.bus
    }

    /// Changes which types are registered, all or nothing: an error leaves them as they were. What
    /// is in the graph stays what it is; `replace` makes it anew. Not to be called by `change`
    /// itself.
    ///
    /// # Errors
    /// That of `change`.
    pub fn update_registry<R, E>(
        &self,
        change: impl FnOnce(&mut RegistryBackedFactory) -> std::result::Result<R, E>,
    ) -> std::result::Result<R, E> {
        self.shared.factory.update(change)
    }

    /// The types that can be made.
    pub fn factory(&self) -> &dyn FactoryDelegate {
        &self.shared.factory
    }

    /// Changes that are made together or not at all.
    pub fn transaction(&self) -> Transaction<'_> {
        Transaction::new(self)
    }

    /// Adds a processor of type `P`, which is registered if it was not, under a name made from its
    /// type. Waits for a commit under way.
    ///
    /// # Errors
    /// The configuration is not valid, or the change cannot be made.
    pub fn add_processor<P: Processor>(&self, config: P::Config) -> Result<ProcessorHandle<P>> {
        let mut transaction = self.transaction();
        let handle = transaction.add_processor::<P>(config)?;
        self.submit(transaction)?;
        Ok(handle)
    }

    /// Adds a processor of a registered type under this name.
    ///
    /// # Errors
    /// The type is not known, the configuration is not valid, or the change cannot be made.
    pub fn add_processor_by_name(
        &self,
        id: &str,
        processor_type: &str,
        config: Value,
    ) -> Result<ProcessorId> {
        let id = ProcessorId::new(id)?;
        self.add_node(ProcessorNode::new(id.clone(), processor_type, config))?;
        Ok(id)
    }

    /// Adds a processor as it is declared.
    ///
    /// # Errors
    /// As [`Self::add_processor_by_name`].
    pub fn add_node(&self, node: ProcessorNode) -> Result<()> {
        self.submit_one(Change::Add { node }).map(drop)
    }

    /// Connects an output to an input. Two processors are connected by the one pair of their ports
    /// that goes together.
    ///
    /// # Errors
    /// There is no such port, no such pair or more than one, the input is taken, formats have
    /// nothing in common, or the change cannot be made.
    pub fn connect<S, T>(&self, source: S, target: T) -> Result<LinkId>
    where
        S: LinkSource,
        T: LinkTarget,
        S::Frame: streamlib_processor::names::ConnectsTo<T::Frame>,
    {
        self.connect_with(source, target, LinkOptions::default())
    }

    /// Connects an output to an input with a policy of its own.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub fn connect_with<S, T>(&self, source: S, target: T, options: LinkOptions) -> Result<LinkId>
    where
        S: LinkSource,
        T: LinkTarget,
        S::Frame: streamlib_processor::names::ConnectsTo<T::Frame>,
    {
        let (source, target) = self.ports(&source.source(), &target.target())?;
        let committed = self.submit_one(Change::Connect { source, target, options })?;
        Ok(committed.connected.first().copied().unwrap_or(LinkId(0)))
    }

    fn ports(
        &self,
        source: &super::connect::End,
        target: &super::connect::End,
    ) -> Result<(PortRef, PortRef)> {
        let committing = self.shared.committing()?;
        let mut snapshot = committing.graph.snapshot().clone();
        if !committing.pending.is_empty() {
            let pending = &committing.pending;
            snapshot = crate::graph::apply(&snapshot, pending, &self.shared.factory)?.snapshot;
        }
        drop(committing);
        Ok(super::connect::resolve(&snapshot, source, target, &self.shared.factory)?)
    }

    /// Removes a link.
    ///
    /// # Errors
    /// There is none, or the change cannot be made.
    pub fn disconnect(&self, link: LinkId) -> Result<()> {
        self.submit_one(Change::Disconnect { id: link }).map(drop)
    }

    /// Removes a processor with its links.
    ///
    /// # Errors
    /// There is none, or the change cannot be made.
    pub fn remove_processor(&self, id: impl AsRef<ProcessorId>) -> Result<()> {
        self.submit_one(Change::Remove { id: id.as_ref().clone() }).map(drop)
    }

    /// Gives a processor another configuration, while it runs.
    ///
    /// # Errors
    /// There is no such processor, the configuration is not valid, or the processor refuses it.
    pub fn update_config(&self, id: impl AsRef<ProcessorId>, config: Value) -> Result<()> {
        self.submit_one(Change::SetConfig { id: id.as_ref().clone(), config }).map(drop)
    }

    /// Puts another processor in the place of one, with its links.
    ///
    /// # Errors
    /// There is no such processor, the ports do not fit, or the change cannot be made.
    pub fn replace(&self, id: impl AsRef<ProcessorId>, node: ProcessorNode) -> Result<()> {
        self.submit_one(Change::Replace { id: id.as_ref().clone(), node }).map(drop)
    }

    fn submit_one(&self, change: Change) -> Result<Committed> {
        let mut transaction = self.transaction();
        transaction.push(change);
        self.submit(transaction)
    }

    fn submit(&self, transaction: Transaction<'_>) -> Result<Committed> {
        match self.shared.commit_mode {
            CommitMode::Auto => transaction.commit(),
            CommitMode::Manual => {
                let changes = transaction.into_changes();
                let mut committing = self.shared.committing()?;
                let before = committing.pending.len();
                committing.pending.extend(changes);
                let (snapshot, pending) = (committing.graph.snapshot(), &committing.pending);
                let checked = crate::graph::apply(snapshot, pending, &self.shared.factory);
                match checked {
                    Ok(applied) => Ok(Committed::pending(applied)),
                    Err(error) => {
                        committing.pending.truncate(before);
                        Err(error.into())
                    }
                }
            }
        }
    }

    /// Commits what was gathered in [`CommitMode::Manual`].
    ///
    /// # Errors
    /// A change cannot be made; then none is, and all of them are given up.
    pub fn commit(&self) -> Result<Committed> {
        let changes = std::mem::take(&mut self.shared.committing()?.pending);
        self.transaction().with(changes).commit()
    }

    /// Goes back to the declaration before the last commit. What has flowed is not undone.
    ///
    /// # Errors
    /// There is nothing to undo, or the change back cannot be made.
    pub fn undo(&self) -> Result<Committed> {
        self.shared.undo()
    }

    /// Attaches a component of the user's to a processor, in the place of one of the same type.
    ///
    /// # Errors
    /// There is no such processor.
    pub fn insert_component<C: Send + Sync + 'static>(
        &self,
        id: &ProcessorId,
        component: C,
    ) -> Result<()> {
        let mut committing = self.shared.committing()?;
        match committing.graph.insert(id, component) {
            Ok(_) => Ok(()),
            Err(_) => Err(Error::NoSuchProcessor(id.clone(), String::new())),
        }
    }

    /// Reads a component of the user's that is attached to a processor. `None` if there is none, and
    /// during a commit that calls this.
    pub fn with_component<C: Send + Sync + 'static, R>(
        &self,
        id: &ProcessorId,
        read: impl FnOnce(&C) -> R,
    ) -> Option<R> {
        let committing = self.shared.committing().ok()?;
        committing.graph.get::<C>(id).map(|component| read(&component))
    }
}
