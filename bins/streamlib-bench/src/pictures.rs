//! Real stages: pictures of 1920x1080 in I420, each a copy of the same one in a buffer of its own,
//! are changed in place by shipped processors, and read at the end.

use std::hint::black_box;
use std::sync::Arc;

use serde_json::{Value, json};
use streamlib::video::{Grayscale, Invert};
use streamlib_engine::delegates::RegistryBackedFactory;
use streamlib_processor::prelude::*;

use crate::arguments::Chain;
use crate::chain::{self, Parts};
use crate::marks::Marks;
use crate::nulls::Frames;

const WIDTH: u32 = 1920;
const HEIGHT: u32 = 1080;

/// What is done with pictures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Every sample of luma and chroma changes.
    #[default]
    Invert,
    /// Every sample of chroma changes.
    Grayscale,
}

impl Effect {
    /// The effect of that name on the command line.
    pub(crate) fn from_name(name: &str) -> std::result::Result<Self, &'static str> {
        match name {
            "invert" => Ok(Self::Invert),
            "grayscale" => Ok(Self::Grayscale),
            _ => Err("not invert or grayscale"),
        }
    }
}

/// Sends copies of one picture as fast as they are taken.
#[processor(name = "bench.picture_source", execution = continuous, crate = streamlib_processor)]
pub(crate) struct PictureSource {
    #[output(formats(video(I420)))]
    video_out: Output<VideoFrame>,
    #[config]
    config: Frames,
    sent: u64,
    /// What every plane is filled from: as long as the largest.
    samples: Vec<u8>,
    marks: Option<Arc<Marks>>,
}

impl Processor for PictureSource {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.marks = ctx.resource();
        let bytes = WIDTH.next_multiple_of(256) * HEIGHT;
        self.samples = (0..bytes).map(|index| (index % 251) as u8).collect();
        Ok(())
    }

    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        if self.sent == 0
            && let Some(marks) = &self.marks
        {
            marks.first_in();
        }
        let format = VideoFormat::new(PixelFormat::I420, WIDTH, HEIGHT);
        let at_ns = i64::try_from(self.sent * 33_333_333).unwrap_or(i64::MAX);
        let mut picture = self.video_out.loan(&format, at_ns)?;
        for plane in picture.planes_mut() {
            let length = plane.len();
            plane.copy_from_slice(&self.samples[..length]);
        }
        self.video_out.send(picture)?;
        self.sent += 1;
        if self.sent == self.config.frames {
            ctx.finish();
        }
        Ok(())
    }
}

/// Reads pictures.
#[processor(name = "bench.picture_sink", crate = streamlib_processor)]
pub(crate) struct PictureSink {
    #[input(formats(video(I420)))]
    video_in: Input<VideoFrame>,
    #[config]
    config: Frames,
    seen: u64,
    marks: Option<Arc<Marks>>,
}

impl Processor for PictureSink {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.marks = ctx.resource();
        Ok(())
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(frame) = self.video_in.read()? else { return Ok(()) };
        black_box(frame.plane(0).last());
        self.seen += 1;
        if self.seen == self.config.frames
            && let Some(marks) = &self.marks
        {
            marks.last_out();
        }
        Ok(())
    }
}

/// Measures a chain of stages that change pictures.
pub(crate) fn run(arguments: &Chain) -> crate::error::Result<Value> {
    let mut registry = RegistryBackedFactory::new();
    registry.register::<PictureSource>()?;
    registry.register::<PictureSink>()?;
    registry.register::<Invert>()?;
    registry.register::<Grayscale>()?;
    let config = json!({ "frames": arguments.frames });
    let parts = Parts {
        registry,
        source: ("bench.picture_source", config.clone()),
        stage: match arguments.effect {
            Effect::Invert => "com.tatolab.invert",
            Effect::Grayscale => "com.tatolab.grayscale",
        },
        sink: ("bench.picture_sink", config),
        input: "video_in",
        output: "video_out",
    };
    let run = chain::run(arguments, parts)?;
    Ok(run.to_json(arguments.frames))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_effects_are_measured() {
        for effect in [Effect::Invert, Effect::Grayscale] {
            let chain = Chain { stages: 2, frames: 5, effect, ..Chain::default() };
            let measured = run(&chain).unwrap();
            assert!(measured["ns_per_frame"].as_f64() > Some(0.0), "{effect:?}: {measured}");
        }
    }
}
