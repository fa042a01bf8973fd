//! `com.tatolab.crop`.

use serde::{Deserialize, Serialize};
use streamlib_processor::abi::media::{PixelFormat, Rectangle};
use streamlib_processor::prelude::*;

use super::{check_config, visible_part};
use crate::{Picture, PictureMut, VideoError, colour};

/// Settings of [`Crop`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
pub struct CropConfig {
    /// First column of the part. For 4:2:0 (I420, NV12) an odd number is rounded down to even.
    #[config(max = 32767, unit = "pixels")]
    pub x: u32,
    /// First row of the part. For 4:2:0 (I420, NV12) an odd number is rounded down to even.
    #[config(max = 32767, unit = "pixels")]
    pub y: u32,
    /// Width of the part. 0: up to the right edge.
    #[config(max = 32768, unit = "pixels")]
    pub width: u32,
    /// Height of the part. 0: up to the lower edge.
    #[config(max = 32768, unit = "pixels")]
    pub height: u32,
    /// Takes the part from the middle of the picture; `x` and `y` are then not looked at.
    pub centered: bool,
}

/// Cuts a part out of pictures. It is counted in pixels of the visible part, before turning; what
/// would reach over the right or lower edge ends there. For 4:2:0 the part starts at an even column
/// and row (rounded down); its width and height are as configured, also odd ones. A part that lies
/// outside the picture is an error by name. Settings may change while running.
#[processor(name = "com.tatolab.crop", crate = streamlib_processor)]
#[derive(Debug)]
pub struct Crop {
    /// Pictures of any size.
    #[input(formats(video(I420, Nv12, Rgba8, Bgra8, Rgb8, Gray8, Gray16, Rgba64, P010)))]
    video_in: Input<VideoFrame>,
    /// The parts.
    #[output(formats(video(I420, Nv12, Rgba8, Bgra8, Rgb8, Gray8, Gray16, Rgba64, P010)))]
    video_out: Output<VideoFrame>,
    #[config]
    config: CropConfig,
}

/// The part in a picture of this size.
fn part(config: &CropConfig, (width, height): (u32, u32), format: PixelFormat) -> Rectangle {
    let span = |start: u32, size: u32, all: u32| {
        let size = if size == 0 { all } else { size.min(all) };
        let start = if config.centered { (all - size) / 2 } else { start };
        let start = if format.is_420() { start - start % 2 } else { start };
        (start, size.min(all.saturating_sub(start)))
    };
    let (x, width) = span(config.x, config.width, width);
    let (y, height) = span(config.y, config.height, height);
    Rectangle { x, y, width, height }
}

impl Processor for Crop {
    fn setup(&mut self, _ctx: &mut SetupContext<'_>) -> Result<()> {
        check_config(&self.config)
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(frame) = self.video_in.read()? else { return Ok(()) };
        let source = Picture::from(&frame).part(visible_part(&frame))?;
        let part = part(&self.config, source.size(), source.format());
        if part.width == 0 || part.height == 0 {
            let at = (part.x, part.y);
            let size = (self.config.width.max(1), self.config.height.max(1));
            return Err(VideoError::Outside { at, size, picture: source.size() }.into());
        }
        if (part.width, part.height) == (frame.width(), frame.height()) {
            return Ok(self.video_out.send(frame)?);
        }
        let mut format = frame.format();
        (format.width, format.height) = (part.width, part.height);
        format.colour =
            colour::resized(format.pixel_format, format.colour, frame.height(), part.height);
        let mut out = self.video_out.loan_from(&frame, &format)?;
        PictureMut::from(&mut out).copy_from(&source.part(part)?)?;
        Ok(self.video_out.send(out)?)
    }

    fn update_config(&mut self, config: CropConfig) -> Result<()> {
        check_config(&config)?;
        self.config = config;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(config: &CropConfig, format: PixelFormat, expect: [u32; 4]) {
        let Rectangle { x, y, width, height } = part(config, (641, 360), format);
        assert_eq!([x, y, width, height], expect, "{config:?}");
    }

    #[test]
    fn parts_stay_inside_and_start_on_whole_chroma() {
        let all = CropConfig::default();
        check(&all, PixelFormat::I420, [0, 0, 641, 360]);
        let odd = CropConfig { x: 11, y: 7, width: 101, height: 50, ..all };
        check(&odd, PixelFormat::I420, [10, 6, 101, 50]);
        check(&odd, PixelFormat::Rgb8, [11, 7, 101, 50]);
        let over = CropConfig { x: 600, y: 300, width: 100, height: 100, ..all };
        check(&over, PixelFormat::Nv12, [600, 300, 41, 60]);
        let middle = CropConfig { x: 9, width: 101, height: 50, centered: true, ..all };
        check(&middle, PixelFormat::Gray8, [270, 155, 101, 50]);
        check(&middle, PixelFormat::I420, [270, 154, 101, 50]);
        let outside = CropConfig { x: 700, ..all };
        check(&outside, PixelFormat::Gray8, [700, 0, 0, 360]);
    }
}
