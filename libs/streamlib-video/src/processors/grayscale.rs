//! `com.tatolab.grayscale`.

use serde::{Deserialize, Serialize};
use streamlib_processor::prelude::*;

use super::check_config;
use crate::PictureMut;
use crate::effect;

/// Settings of [`Grayscale`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
pub struct GrayscaleConfig {
    /// How much of the colour is taken away: 0 none, 1 all.
    #[config(min = 0.0, max = 1.0)]
    pub amount: f64,
}

impl Default for GrayscaleConfig {
    fn default() -> Self {
        Self { amount: 1.0 }
    }
}

/// Takes the colour out of pictures. Luma stays as it is; the pixel format stays too. In place
/// where nobody else holds the picture. Settings may change while running.
#[processor(name = "com.tatolab.grayscale", crate = streamlib_processor)]
#[derive(Debug)]
pub struct Grayscale {
    /// Pictures to change.
    #[input(formats(video(I420, Nv12, Rgba8, Bgra8, Rgb8, Gray8)))]
    video_in: Input<VideoFrame>,
    /// The pictures without their colour.
    #[output(same_as = video_in, formats(video(I420, Nv12, Rgba8, Bgra8, Rgb8, Gray8)))]
    video_out: Output<VideoFrame>,
    #[config]
    config: GrayscaleConfig,
}

impl Processor for Grayscale {
    fn setup(&mut self, _ctx: &mut SetupContext<'_>) -> Result<()> {
        check_config(&self.config)
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(frame) = self.video_in.read()? else { return Ok(()) };
        if self.config.amount == 0.0 || frame.pixel_format() == PixelFormat::Gray8 {
            return Ok(self.video_out.send(frame)?);
        }
        let mut frame = self.video_out.edit(frame)?;
        effect::grayscale(&mut PictureMut::from(&mut frame), self.config.amount)?;
        Ok(self.video_out.send(frame)?)
    }

    fn update_config(&mut self, config: GrayscaleConfig) -> Result<()> {
        check_config(&config)?;
        self.config = config;
        Ok(())
    }
}
