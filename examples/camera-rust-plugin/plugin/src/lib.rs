//! Simple video effects, as a plugin of StreamLib.

use serde::{Deserialize, Serialize};
use streamlib::prelude::*;

/// Settings of [`Grayscale`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
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

/// Takes the colour out of pictures, in place where nobody else holds them. The setting may change
/// while the graph runs.
#[processor(name = "com.tatolab.grayscale_rust")]
#[derive(Debug)]
pub struct Grayscale {
    /// Pictures to change.
    #[input(formats(video(I420)))]
    video_in: Input<VideoFrame>,
    /// The pictures without their colour.
    #[output(same_as = video_in, formats(video(I420)))]
    video_out: Output<VideoFrame>,
    #[config]
    config: GrayscaleConfig,
}

impl Processor for Grayscale {
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(frame) = self.video_in.read()? else { return Ok(()) };
        let mut frame = self.video_out.edit(frame)?;
        for plane in [1, 2] {
            fade(frame.plane_mut(plane), self.config.amount);
        }
        Ok(self.video_out.send(frame)?)
    }
}

/// Moves colour differences towards 128, which is none.
fn fade(plane: &mut [u8], amount: f64) {
    let kept = ((1.0 - amount) * 256.0).round() as i32;
    for sample in plane {
        let colour = i32::from(*sample) - 128;
        *sample = (128 + ((colour * kept) >> 8)).clamp(0, 255) as u8;
    }
}

streamlib::export_plugin!(Grayscale);
