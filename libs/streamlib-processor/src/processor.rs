//! The trait that authors implement.

use serde_json::Value;
use streamlib_abi::port::{InputPort, OutputPort};
use streamlib_schema::{Format, ProcessorDescriptor};

use crate::config::ProcessorConfig;
use crate::context::{ProcessContext, SetupContext};
use crate::error::Result;

/// What `#[processor]` makes of a struct: its description, its ports and its configuration.
/// Implemented by the macro only. An own [`Processor::from_config`] starts from
/// [`Self::assemble`].
pub trait ProcessorParts: Sized + Send + 'static {
    /// The configuration.
    type Config: ProcessorConfig;

    /// The name in the description.
    const NAME: &'static str;

    /// The version in the description.
    const VERSION: &'static str;

    /// The description. Made anew each time: for registration, not for the frame path.
    fn descriptor() -> ProcessorDescriptor;

    /// The processor with this configuration, unbound ports and default state.
    fn assemble(config: Self::Config) -> Self;

    /// Puts `config` in the place of the present configuration.
    fn set_config(&mut self, config: Self::Config);

    /// Binds the ports, in the order of the descriptor.
    fn bind(&mut self, inputs: &[InputPort], outputs: &[OutputPort]);
}

/// A processor: what happens to frames.
///
/// The engine calls one method at a time, from one thread at a time, not always the same thread.
/// An error or panic in one processor stops that processor and nothing else.
pub trait Processor: ProcessorParts {
    /// Makes the processor. Opens nothing: that is for `setup`.
    ///
    /// # Errors
    /// The configuration cannot work.
    fn from_config(config: Self::Config) -> Result<Self> {
        Ok(Self::assemble(config))
    }

    /// Opens what is needed. Ports are bound; nothing can be sent yet.
    ///
    /// # Errors
    /// Something that is needed cannot be had; the whole change of the graph is then undone.
    fn setup(&mut self, _ctx: &mut SetupContext<'_>) -> Result<()> {
        Ok(())
    }

    /// One call: the trigger holds, and there is room for `max_per_call` frames on every output.
    /// Never waits, unless the processor declares that it blocks.
    ///
    /// # Errors
    /// The processor cannot go on. Its restart policy decides what comes next.
    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()>;

    /// Closes what `setup` opened. Called once, also after a failure.
    ///
    /// # Errors
    /// Something could not be closed; reported, nothing is rolled back.
    fn teardown(&mut self) -> Result<()> {
        Ok(())
    }

    /// Takes a new configuration while running. The default stores it in the `#[config]` field.
    ///
    /// # Errors
    /// The change cannot be made while running; the processor goes on unchanged.
    fn update_config(&mut self, config: Self::Config) -> Result<()> {
        self.set_config(config);
        Ok(())
    }

    /// The next frame of input `port` (its name) will be of this format. Comes before the first
    /// frame of each format.
    ///
    /// # Errors
    /// The format cannot be taken: the processor fails by name.
    fn format_changed(&mut self, _port: &str, _lane: u32, _format: &Format) -> Result<()> {
        Ok(())
    }

    /// All inputs have ended: send what is held back. Called again while it says `ctx.again()`;
    /// then the outputs end.
    ///
    /// # Errors
    /// What is held back cannot be sent.
    fn end_of_stream(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        Ok(())
    }

    /// Frames before the present epoch no longer count: drop what is held back.
    fn flush(&mut self) {}

    /// The graph or this processor is paused.
    fn pause(&mut self) {}

    /// The graph or this processor goes on.
    fn resume(&mut self) {}

    /// State to hand to the processor that replaces this one; `None` for nothing.
    fn save_state(&mut self) -> Option<Value> {
        None
    }

    /// Takes over the state of the processor that this one replaces. Comes after `setup`.
    ///
    /// # Errors
    /// The state is not of a form that this version reads.
    fn restore_state(&mut self, _state: Value) -> Result<()> {
        Ok(())
    }
}
