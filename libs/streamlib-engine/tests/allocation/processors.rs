//! A source that loans, stages that pass on, a sink that reads.

use std::sync::Arc;

use streamlib_processor::prelude::*;

use crate::course::{Course, Progress};

/// Loans a small picture for every frame and writes its number into it, until the course is over.
#[processor(name = "test.source", execution = continuous, crate = streamlib_processor)]
pub(crate) struct Source {
    #[output]
    out: Output<VideoFrame>,
    course: Option<Arc<Course>>,
    next: u64,
}

impl Processor for Source {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.course = ctx.resource::<Course>();
        Ok(())
    }

    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(course) = &self.course else { return Err("the test gives a course".into()) };
        if course.is_over() {
            ctx.finish();
        }
        if course.is_over() || !course.is_started() {
            return Ok(());
        }
        let format = VideoFormat::new(PixelFormat::Gray8, 16, 16);
        if self.next == 0 {
            // Buffers are made when they are first needed, as many as the plan allows. Here they
            // are needed at once, so that no later burst makes one more.
            let all: Vec<_> = std::iter::from_fn(|| self.out.loan(&format, 0).ok()).collect();
            assert!(all.len() > 1, "the plan allows {} buffers", all.len());
        }
        let mut picture = self.out.loan(&format, (self.next * 1_000_000) as i64)?;
        picture.plane_mut(0)[..8].copy_from_slice(&self.next.to_le_bytes());
        self.out.send(picture)?;
        self.next += 1;
        Ok(())
    }
}

/// A stage with two inputs, which the trigger under test joins; what comes in at the first is
/// passed on.
macro_rules! stage {
    ($name:ident, $type_name:literal, $($trigger:tt)+) => {
        /// See the macro.
        #[processor(name = $type_name, trigger = $($trigger)+, crate = streamlib_processor)]
        pub(crate) struct $name {
            #[input]
            first: Input<VideoFrame>,
            #[input]
            second: Input<VideoFrame>,
            #[output(same_as = first)]
            out: Output<VideoFrame>,
        }

        impl Processor for $name {
            fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
                drop(self.second.read()?);
                if let Some(frame) = self.first.read()? {
                    self.out.send(frame)?;
                }
                Ok(())
            }
        }
    };
}

stage!(JoinAny, "test.join_any", any);
stage!(JoinPrimary, "test.join_primary", primary(first));
stage!(JoinAligned, "test.join_aligned", aligned(tolerance_ms = 0));

/// Reads the numbers.
#[processor(name = "test.sink", crate = streamlib_processor)]
pub(crate) struct Sink {
    #[input]
    input: Input<VideoFrame>,
    course: Option<Arc<Course>>,
    progress: Progress,
}

impl Processor for Sink {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.course = ctx.resource::<Course>();
        Ok(())
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        if let (Some(frame), Some(course)) = (self.input.read()?, &self.course) {
            let number = frame.plane(0).first_chunk().copied().map(u64::from_le_bytes);
            self.progress.saw(number.unwrap_or_default(), course);
        }
        Ok(())
    }
}
