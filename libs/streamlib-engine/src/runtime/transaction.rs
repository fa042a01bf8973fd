//! Changes that are made together or not at all.

use serde_json::Value;
use streamlib_processor::Processor;

use super::connect::ProcessorHandle;
use super::engine::Engine;
use crate::compiler::Plan;
use crate::error::{Error, Result};
use crate::graph::{Applied, Change, GraphSnapshot, LinkOptions, ProcessorNode};
use crate::ids::{LinkId, PortRef, ProcessorId};

/// Changes that are made together or not at all. Nothing happens until [`Self::commit`].
#[derive(Debug)]
#[must_use = "a transaction does nothing until it is committed"]
pub struct Transaction<'a> {
    engine: &'a Engine,
    changes: Vec<Change>,
    base_revision: Option<u64>,
}

/// A transaction that was carried out.
#[derive(Debug, Clone)]
pub struct Committed {
    /// The graph's revision afterwards.
    pub revision: u64,
    /// What was done.
    pub plan: Plan,
    /// The numbers of the links that were made, in the order of the changes.
    pub connected: Vec<LinkId>,
    /// What went wrong while the old was taken apart. The commit stands.
    pub problems: Vec<String>,
}

impl Committed {
    /// Changes that were checked, and wait for a commit.
    pub(super) fn pending(applied: Applied) -> Self {
        Self {
            revision: applied.snapshot.revision(),
            plan: Plan::default(),
            connected: applied.connected,
            problems: Vec::new(),
        }
    }
}

impl<'a> Transaction<'a> {
    pub(super) fn new(engine: &'a Engine) -> Self {
        Self { engine, changes: Vec::new(), base_revision: None }
    }

    /// The same with these changes behind its own.
    pub fn with(mut self, changes: impl IntoIterator<Item = Change>) -> Self {
        self.changes.extend(changes);
        self
    }

    /// Adds one change.
    pub fn push(&mut self, change: Change) {
        self.changes.push(change);
    }

    pub(super) fn into_changes(self) -> Vec<Change> {
        self.changes
    }

    /// Makes the commit fail if the graph is not at this revision any more.
    pub fn planned_on(mut self, revision: u64) -> Self {
        self.base_revision = Some(revision);
        self
    }

    /// Adds a processor of type `P`, which is registered if it was not, under a name made from its
    /// type: `grayscale`, `grayscale_2`.
    ///
    /// # Errors
    /// The configuration cannot be written, or another type has the same name.
    pub fn add_processor<P: Processor>(&mut self, config: P::Config) -> Result<ProcessorHandle<P>> {
        let shared = &self.engine.shared;
        shared.factory.register::<P>().map_err(|error| Error::Register(Box::new(error)))?;
        let type_name = P::descriptor().name;
        let id = self.free_name(type_name.rsplit('.').next().unwrap_or("processor"))?;
        let config = serde_json::to_value(config).map_err(|error| Error::Create {
            processor: id.clone(),
            source: streamlib_processor::Error::with_source("its configuration", error),
        })?;
        self.push(Change::Add { node: ProcessorNode::new(id.clone(), type_name, config) });
        Ok(ProcessorHandle::new(id))
    }

    /// Adds a processor of a registered type under a name made from its type.
    ///
    /// # Errors
    /// The last part of the type's name is no name for a processor.
    pub fn add_processor_by_type(
        &mut self,
        processor_type: &str,
        config: Value,
    ) -> Result<ProcessorId> {
        let id = self.free_name(processor_type.rsplit('.').next().unwrap_or("processor"))?;
        self.push(Change::Add { node: ProcessorNode::new(id.clone(), processor_type, config) });
        Ok(id)
    }

    fn free_name(&self, base: &str) -> Result<ProcessorId> {
        let committing = self.engine.shared.committing()?;
        let taken = |id: &ProcessorId| {
            let added = |change: &Change| matches!(change, Change::Add { node } if node.id == *id);
            committing.graph.snapshot().processor(id).is_some()
                || committing.pending.iter().chain(&self.changes).any(added)
        };
        let mut id = ProcessorId::new(base)?;
        let mut number = 2;
        while taken(&id) {
            id = ProcessorId::new(format!("{base}_{number}"))?;
            number += 1;
        }
        Ok(id)
    }

    /// Connects an output to an input.
    pub fn connect(&mut self, source: PortRef, target: PortRef, options: LinkOptions) {
        self.push(Change::Connect { source, target, options });
    }

    /// Removes a link.
    pub fn disconnect(&mut self, link: LinkId) {
        self.push(Change::Disconnect { id: link });
    }

    /// Removes a processor with its links.
    pub fn remove(&mut self, id: impl AsRef<ProcessorId>) {
        self.push(Change::Remove { id: id.as_ref().clone() });
    }

    /// Gives a processor another configuration.
    pub fn set_config(&mut self, id: impl AsRef<ProcessorId>, config: Value) {
        self.push(Change::SetConfig { id: id.as_ref().clone(), config });
    }

    /// What the commit would do, without doing it, and the graph that it would lead to.
    ///
    /// # Errors
    /// As [`Self::commit`], as far as it shows before anything is built.
    pub fn dry_run(&self) -> Result<(Plan, GraphSnapshot)> {
        self.engine.shared.dry_run(&self.changes, self.base_revision)
    }

    /// Makes the changes, while everything that they do not touch runs on. Waits for a commit
    /// under way, and up to a second for the processors that it touches to come back from their
    /// calls.
    ///
    /// # Errors
    /// A change cannot be made; then none is, and everything runs on as before.
    pub fn commit(self) -> Result<Committed> {
        self.engine.shared.commit(&self.changes, self.base_revision)
    }
}
