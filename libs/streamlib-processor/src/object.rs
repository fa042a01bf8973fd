//! The object-safe form of a processor, and how a Rust type becomes one.

use serde_json::Value;
use streamlib_abi::call::CallState;
use streamlib_abi::port::{InputPort, OutputPort};
use streamlib_schema::Format;

use crate::context::{ProcessContext, SetupContext};
use crate::error::{Error, Result};
use crate::processor::Processor;

/// A processor of any type, as engines hold it. Implemented for every [`Processor`], and by hosts
/// for foreign code. Methods mean what those of [`Processor`] mean.
pub trait DynProcessor: Send {
    /// See [`Processor::setup`]; ports are bound before.
    ///
    /// # Errors
    /// As there.
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()>;
    /// Binds the ports, in the order of the descriptor.
    fn bind(&mut self, inputs: &[InputPort], outputs: &[OutputPort]);
    /// See [`Processor::process`].
    ///
    /// # Errors
    /// As there.
    fn process(&mut self, call: &mut CallState) -> Result<()>;
    /// See [`Processor::teardown`].
    ///
    /// # Errors
    /// As there.
    fn teardown(&mut self) -> Result<()>;
    /// See [`Processor::update_config`].
    ///
    /// # Errors
    /// As there; also when `config` is not of the form of the configuration.
    fn update_config(&mut self, config: &Value) -> Result<()>;
    /// See [`Processor::format_changed`].
    ///
    /// # Errors
    /// As there.
    fn format_changed(&mut self, port: &str, lane: u32, format: &Format) -> Result<()>;
    /// See [`Processor::end_of_stream`].
    ///
    /// # Errors
    /// As there.
    fn end_of_stream(&mut self, call: &mut CallState) -> Result<()>;
    /// See [`Processor::flush`].
    fn flush(&mut self);
    /// See [`Processor::pause`].
    fn pause(&mut self);
    /// See [`Processor::resume`].
    fn resume(&mut self);
    /// See [`Processor::save_state`].
    fn save_state(&mut self) -> Option<Value>;
    /// See [`Processor::restore_state`].
    ///
    /// # Errors
    /// As there.
    fn restore_state(&mut self, state: Value) -> Result<()>;
}

/// A processor of any type.
pub type BoxedProcessor = Box<dyn DynProcessor>;

impl std::fmt::Debug for dyn DynProcessor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DynProcessor")
    }
}

impl<P: Processor> DynProcessor for P {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        Processor::setup(self, ctx)
    }

    fn bind(&mut self, inputs: &[InputPort], outputs: &[OutputPort]) {
        crate::processor::ProcessorParts::bind(self, inputs, outputs);
    }

    #[inline]
    fn process(&mut self, call: &mut CallState) -> Result<()> {
        Processor::process(self, &mut ProcessContext::new(call))
    }

    fn teardown(&mut self) -> Result<()> {
        Processor::teardown(self)
    }

    fn update_config(&mut self, config: &Value) -> Result<()> {
        Processor::update_config(self, read_config::<P::Config>(config)?)
    }

    fn format_changed(&mut self, port: &str, lane: u32, format: &Format) -> Result<()> {
        Processor::format_changed(self, port, lane, format)
    }

    fn end_of_stream(&mut self, call: &mut CallState) -> Result<()> {
        Processor::end_of_stream(self, &mut ProcessContext::new(call))
    }

    fn flush(&mut self) {
        Processor::flush(self);
    }

    fn pause(&mut self) {
        Processor::pause(self);
    }

    fn resume(&mut self) {
        Processor::resume(self);
    }

    fn save_state(&mut self) -> Option<Value> {
        Processor::save_state(self)
    }

    fn restore_state(&mut self, state: Value) -> Result<()> {
        Processor::restore_state(self, state)
    }
}

/// Makes a processor of type `P` from a configuration as it stands in a file.
///
/// # Errors
/// The configuration is not of the form of `P::Config`, or `P` refuses it.
pub fn create<P: Processor>(config: &Value) -> Result<BoxedProcessor> {
    Ok(Box::new(instantiate::<P>(config)?))
}

/// As [`create`], unboxed.
///
/// # Errors
/// As there.
pub fn instantiate<P: Processor>(config: &Value) -> Result<P> {
    P::from_config(read_config(config)?)
}

/// Reads a configuration: settings that are not given have their defaults.
fn read_config<C: crate::ProcessorConfig>(config: &Value) -> Result<C> {
    let mut all = serde_json::to_value(C::default()).map_err(|error| {
        Error::with_source("the default configuration cannot be written", error)
    })?;
    match (&mut all, config) {
        (_, Value::Null) => {}
        (Value::Object(all), Value::Object(given)) => {
            all.extend(given.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        _ => return Err(Error::new("the configuration is not valid: it is a map of settings")),
    }
    serde_json::from_value(all)
        .map_err(|error| Error::with_source("the configuration is not valid", error))
}
