//! Processors that look into no frame: for tests, benches and ends of graphs.

use streamlib_processor::prelude::*;

/// Passes frames of every kind on as they are. No settings.
#[processor(name = "com.tatolab.simple_passthrough", needs(cheap), crate = streamlib_processor)]
#[derive(Debug)]
pub struct SimplePassthrough {
    /// Frames of any kind.
    #[input]
    input: Input<AnyFrame>,
    /// The same frames.
    #[output(same_as = input)]
    output: Output<AnyFrame>,
}

impl Processor for SimplePassthrough {
    #[inline]
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        if let Some(frame) = self.input.read()? {
            self.output.send(frame)?;
        }
        Ok(())
    }
}

/// Takes frames of every kind and drops them. No settings.
#[processor(name = "com.tatolab.null_sink", needs(cheap), crate = streamlib_processor)]
#[derive(Debug)]
pub struct NullSink {
    /// Frames of any kind.
    #[input]
    input: Input<AnyFrame>,
}

impl Processor for NullSink {
    #[inline]
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        self.input.read()?;
        Ok(())
    }
}
