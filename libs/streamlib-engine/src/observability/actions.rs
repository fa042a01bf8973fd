//! What an agent does to a graph: transactions, and no other way.

use serde_json::Value;

use crate::error::Result;
use crate::graph::{Change, LinkOptions};
use crate::ids::{LinkId, PortRef, ProcessorId};
use crate::runtime::{Committed, Engine};

/// What an agent does to a graph. Each call is one transaction, in force when it returns; several
/// changes that belong together are a [`crate::Transaction`].
pub trait AgentActions: Send + Sync {
    /// Gives a processor another configuration, while it runs.
    ///
    /// # Errors
    /// There is no such processor, the configuration is not valid, or the processor refuses it.
    fn update_config(&self, id: &ProcessorId, config: Value) -> Result<()>;

    /// Adds a processor of a registered type under a name made from its type.
    ///
    /// # Errors
    /// The type is not known, the configuration is not valid, or the change cannot be made.
    fn add_processor(&self, processor_type: &str, config: Value) -> Result<ProcessorId>;

    /// Removes a processor with its links.
    ///
    /// # Errors
    /// There is none, or the change cannot be made.
    fn remove_processor(&self, id: &ProcessorId) -> Result<()>;

    /// Connects an output to an input.
    ///
    /// # Errors
    /// There is no such port, the input is taken, formats have nothing in common, or the change
    /// cannot be made.
    fn connect(&self, from: PortRef, to: PortRef) -> Result<LinkId>;

    /// Removes a link.
    ///
    /// # Errors
    /// There is none, or the change cannot be made.
    fn disconnect(&self, link: LinkId) -> Result<()>;
}

impl Engine {
    fn act(&self, change: Change) -> Result<Committed> {
        self.transaction().with([change]).commit()
    }
}

impl AgentActions for Engine {
    fn update_config(&self, id: &ProcessorId, config: Value) -> Result<()> {
        self.act(Change::SetConfig { id: id.clone(), config }).map(drop)
    }

    fn add_processor(&self, processor_type: &str, config: Value) -> Result<ProcessorId> {
        let mut transaction = self.transaction();
        let id = transaction.add_processor_by_type(processor_type, config)?;
        transaction.commit()?;
        Ok(id)
    }

    fn remove_processor(&self, id: &ProcessorId) -> Result<()> {
        self.act(Change::Remove { id: id.clone() }).map(drop)
    }

    fn connect(&self, source: PortRef, target: PortRef) -> Result<LinkId> {
        let options = LinkOptions::default();
        let committed = self.act(Change::Connect { source, target, options })?;
        Ok(committed.connected.first().copied().unwrap_or(LinkId(0)))
    }

    fn disconnect(&self, link: LinkId) -> Result<()> {
        self.act(Change::Disconnect { id: link }).map(drop)
    }
}
