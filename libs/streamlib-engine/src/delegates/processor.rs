//! What happens around the life of processors.

use serde_json::Value;
use streamlib_processor::{DynProcessor, Error};
use streamlib_schema::ProcessorDescriptor;

use crate::graph::ProcessorNode;
use crate::ids::ProcessorId;

/// Called around the life of processors, by `compiler/phases.rs` only, on the committing thread.
///
/// An error of a `will_` method, or of `did_create`, refuses the change, which is then undone. An
/// error of another `did_` method is reported; what happened stays.
pub trait ProcessorDelegate: Send + Sync {
    /// Before a processor is made.
    ///
    /// # Errors
    /// It shall not be made.
    fn will_create(&self, _node: &ProcessorNode) -> Result<(), Error> {
        Ok(())
    }

    /// After a processor was made, before it is set up.
    ///
    /// # Errors
    /// It shall not be used.
    fn did_create(
        &self,
        _node: &ProcessorNode,
        _descriptor: &ProcessorDescriptor,
        _processor: &dyn DynProcessor,
    ) -> Result<(), Error> {
        Ok(())
    }

    /// Before a processor is first called.
    ///
    /// # Errors
    /// It shall not start.
    fn will_start(&self, _id: &ProcessorId) -> Result<(), Error> {
        Ok(())
    }

    /// After a processor may be called.
    ///
    /// # Errors
    /// Reported.
    fn did_start(&self, _id: &ProcessorId) -> Result<(), Error> {
        Ok(())
    }

    /// Before a processor is stopped.
    ///
    /// # Errors
    /// Reported; it is stopped all the same.
    fn will_stop(&self, _id: &ProcessorId) -> Result<(), Error> {
        Ok(())
    }

    /// After a processor was stopped and torn down.
    ///
    /// # Errors
    /// Reported.
    fn did_stop(&self, _id: &ProcessorId) -> Result<(), Error> {
        Ok(())
    }

    /// Before a processor gets a new configuration.
    ///
    /// # Errors
    /// It shall keep the one it has.
    fn will_update_config(&self, _id: &ProcessorId, _config: &Value) -> Result<(), Error> {
        Ok(())
    }

    /// After a processor took a new configuration.
    ///
    /// # Errors
    /// Reported.
    fn did_update_config(&self, _id: &ProcessorId, _config: &Value) -> Result<(), Error> {
        Ok(())
    }
}

/// Does nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct DefaultProcessorDelegate;

impl ProcessorDelegate for DefaultProcessorDelegate {}
