//! The processors that the tests run, written as an author writes them.

use serde::{Deserialize, Serialize};
use streamlib_processor::prelude::*;

/// Passes pictures on as they are.
#[processor(name = "com.example.passthrough", needs(cheap), crate = streamlib_processor)]
pub(crate) struct Passthrough {
    /// Pictures.
    #[input]
    video_in: Input<VideoFrame>,
    /// The same pictures.
    #[output(same_as = video_in)]
    video_out: Output<VideoFrame>,
}

impl Processor for Passthrough {
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        if let Some(frame) = self.video_in.read()? {
            self.video_out.send(frame)?;
        }
        Ok(())
    }
}

/// Settings of [`Brighten`].
#[derive(Debug, Clone, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
pub(crate) struct BrightenConfig {
    /// What is added to every byte.
    #[config(max = 100)]
    pub(crate) amount: u8,
}

impl Default for BrightenConfig {
    fn default() -> Self {
        Self { amount: 1 }
    }
}

/// Makes pictures brighter, in place where nobody else holds them.
///
/// Bytes that would be over 255 stay at 255.
#[processor(
    name = "com.example.brighten",
    version = "1.2.0",
    latency(max_ns = 1_000),
    crate = streamlib_processor
)]
pub(crate) struct Brighten {
    #[input(formats(video(Gray8, Rgb8)), delivery = latest, max_age_ms = 100)]
    video_in: Input<VideoFrame>,
    #[output(same_as = video_in, formats(video(Gray8, Rgb8)))]
    video_out: Output<VideoFrame>,
    #[config]
    config: BrightenConfig,
    /// State: how many pictures were changed.
    changed: u64,
}

impl Processor for Brighten {
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(frame) = self.video_in.read()? else { return Ok(()) };
        let mut picture = self.video_out.edit(frame)?;
        for byte in picture.plane_mut(0) {
            *byte = byte.saturating_add(self.config.amount);
        }
        self.changed += 1;
        self.video_out.send(picture)?;
        Ok(())
    }

    fn save_state(&mut self) -> Option<serde_json::Value> {
        Some(self.changed.into())
    }
}
