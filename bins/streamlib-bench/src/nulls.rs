//! Null stages: frames of 64 bytes, each in a buffer of its own from the pool, are passed on by
//! processors that do nothing else, and read at the end. What is left is the engine.

use std::hint::black_box;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use streamlib_engine::delegates::RegistryBackedFactory;
use streamlib_processor::prelude::*;

use crate::arguments::Chain;
use crate::chain::{self, Parts};
use crate::marks::Marks;
use crate::stages::NullStage;

/// 62 characters, which make 64 bytes with the two before them that say so.
const PAYLOAD: &str = "sixty-two characters are sixty-four bytes as a MessagePack str";

/// How many frames there are.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
pub(crate) struct Frames {
    /// Frames from the first to the last.
    pub(crate) frames: u64,
}

/// Sends frames of 64 bytes as fast as they are taken.
#[processor(name = "bench.null_source", execution = continuous, crate = streamlib_processor)]
pub(crate) struct NullSource {
    #[output]
    frame_out: Output<DataFrame>,
    #[config]
    config: Frames,
    sent: u64,
    marks: Option<Arc<Marks>>,
}

impl Processor for NullSource {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.marks = ctx.resource();
        Ok(())
    }

    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        if self.sent == 0
            && let Some(marks) = &self.marks
        {
            marks.first_in();
        }
        let at = Envelope::at(i64::try_from(self.sent).unwrap_or(i64::MAX));
        let frame = self.frame_out.frame(black_box(&PAYLOAD), at)?;
        self.frame_out.send(frame)?;
        self.sent += 1;
        if self.sent == self.config.frames {
            ctx.finish();
        }
        Ok(())
    }
}

/// Reads frames.
#[processor(name = "bench.null_sink", crate = streamlib_processor)]
pub(crate) struct NullSink {
    #[input]
    frame_in: Input<AnyFrame>,
    #[config]
    config: Frames,
    seen: u64,
    marks: Option<Arc<Marks>>,
}

impl Processor for NullSink {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.marks = ctx.resource();
        Ok(())
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(frame) = self.frame_in.read()? else { return Ok(()) };
        black_box(frame.block().bytes().last());
        self.seen += 1;
        if self.seen == self.config.frames
            && let Some(marks) = &self.marks
        {
            marks.last_out();
        }
        Ok(())
    }
}

/// What null stages are made of.
pub(crate) fn parts(frames: u64) -> crate::error::Result<Parts> {
    let mut registry = RegistryBackedFactory::new();
    registry.register::<NullSource>()?;
    registry.register::<NullStage>()?;
    registry.register::<NullSink>()?;
    let config = json!({ "frames": frames });
    Ok(Parts {
        registry,
        source: ("bench.null_source", config.clone()),
        stage: "bench.null_stage",
        sink: ("bench.null_sink", config),
        input: "frame_in",
        output: "frame_out",
    })
}

/// Measures a chain of null stages.
pub(crate) fn run(arguments: &Chain) -> crate::error::Result<Value> {
    let run = chain::run(arguments, parts(arguments.frames)?)?;
    Ok(run.to_json(arguments.frames))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Strategy;

    #[test]
    fn every_strategy_is_measured() {
        for strategy in [Strategy::Inline, Strategy::Pooled, Strategy::Threaded] {
            let chain = Chain { stages: 3, frames: 1000, strategy, ..Chain::default() };
            let measured = run(&chain).unwrap();
            assert!(measured["ns_per_frame"].as_f64() > Some(0.0), "{strategy:?}: {measured}");
        }
    }

    #[test]
    fn the_payload_is_64_bytes() {
        assert_eq!(PAYLOAD.len() + 2, 64);
    }
}
