//! `com.tatolab.scale`.

use serde::{Deserialize, Serialize};
use streamlib_processor::abi::media::{PixelFormat, Rational, Rectangle};
use streamlib_processor::prelude::*;

use super::{check_config, visible_part};
use crate::scale::{Filter, fit};
use crate::{Picture, PictureMut, Scaler, VideoError, colour, effect};

/// Settings of [`Scale`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
pub struct ScaleConfig {
    /// Width of what comes out. 0: what the height asks for, to keep the shape.
    #[config(max = 32768, unit = "pixels")]
    pub width: u32,
    /// Height of what comes out. 0: what the width asks for, to keep the shape.
    #[config(max = 32768, unit = "pixels")]
    pub height: u32,
    /// Keeps the shape of what is shown: where it does not fit, black bars are added. Without it
    /// the picture is stretched to the size.
    pub keep_aspect: bool,
    /// How pixels are weighted.
    pub filter: Filter,
}

impl Default for ScaleConfig {
    fn default() -> Self {
        Self { width: 1280, height: 720, keep_aspect: true, filter: Filter::default() }
    }
}

/// Scales pictures to a size. The visible part is scaled, in its pixel format. With `keep_aspect`
/// the sample aspect ratio is honoured and what comes out has square pixels; for 4:2:0 the bars
/// start at even columns and rows. A size that is derived from the other side is even. Orientation
/// is passed on untouched: width and height are those before turning. A picture that has the size
/// already is passed on as it is. Settings may change while running.
#[processor(name = "com.tatolab.scale", crate = streamlib_processor)]
#[derive(Debug)]
pub struct Scale {
    /// Pictures of any size.
    #[input(formats(video(I420, Nv12, Rgba8, Bgra8, Rgb8, Gray8)))]
    video_in: Input<VideoFrame>,
    /// Pictures of the configured size.
    #[output(formats(video(I420, Nv12, Rgba8, Bgra8, Rgb8, Gray8)))]
    video_out: Output<VideoFrame>,
    #[config]
    config: ScaleConfig,
    scaler: Scaler,
}

/// Where the picture goes.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    size: (u32, u32),
    content: Rectangle,
    sample_aspect: Rational,
}

fn refuse_no_size(config: &ScaleConfig) -> Result<()> {
    check_config(config)?;
    if config.width == 0 && config.height == 0 {
        let problem = "one of width and height must be given".to_owned();
        let error = VideoError::Setting { setting: "width", value: "0".into(), problem };
        return Err(error.into());
    }
    Ok(())
}

fn plan(config: &ScaleConfig, size: (u32, u32), aspect: Rational, format: PixelFormat) -> Plan {
    let known = aspect.is_known();
    let pixel = if known { (u64::from(aspect.num), u64::from(aspect.den)) } else { (1, 1) };
    let shape = (u64::from(size.0) * pixel.0, u64::from(size.1) * pixel.1);
    let even = |side: u32| side.next_multiple_of(2).clamp(2, 32_768);
    let target = match (config.width, config.height) {
        (0, height) => (even(fit(shape, (32_768, height)).0), height),
        (width, 0) => (width, even(fit(shape, (width, 32_768)).1)),
        given => given,
    };
    let whole = Rectangle { x: 0, y: 0, width: target.0, height: target.1 };
    if !config.keep_aspect {
        return Plan { size: target, content: whole, sample_aspect: aspect };
    }
    let sample_aspect = if known { Rational::new(1, 1) } else { aspect };
    if config.width == 0 || config.height == 0 {
        return Plan { size: target, content: whole, sample_aspect };
    }
    let (width, height) = fit(shape, target);
    let mut content =
        Rectangle { x: (target.0 - width) / 2, y: (target.1 - height) / 2, width, height };
    if format.is_420() {
        content.x -= content.x % 2;
        content.y -= content.y % 2;
    }
    Plan { size: target, content, sample_aspect }
}

impl Processor for Scale {
    fn setup(&mut self, _ctx: &mut SetupContext<'_>) -> Result<()> {
        refuse_no_size(&self.config)
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(frame) = self.video_in.read()? else { return Ok(()) };
        let mut format = frame.format();
        let visible = visible_part(&frame);
        let source = Picture::from(&frame).part(visible)?;
        let plan = plan(&self.config, source.size(), format.sample_aspect, format.pixel_format);
        let changes = format.sample_aspect != plan.sample_aspect;
        if (frame.width(), frame.height()) == plan.size && source.size() == plan.size && !changes {
            return Ok(self.video_out.send(frame)?);
        }
        (format.width, format.height) = plan.size;
        format.colour =
            colour::resized(format.pixel_format, format.colour, frame.height(), plan.size.1);
        format.sample_aspect = plan.sample_aspect;
        let mut out = self.video_out.loan_from(&frame, &format)?;
        let mut target = PictureMut::from(&mut out);
        if (plan.content.width, plan.content.height) != plan.size {
            effect::fill_black(&mut target)?;
        }
        let mut content = target.part_mut(plan.content)?;
        self.scaler.scale(&source, &mut content, self.config.filter, format.alpha)?;
        Ok(self.video_out.send(out)?)
    }

    fn update_config(&mut self, config: ScaleConfig) -> Result<()> {
        refuse_no_size(&config)?;
        self.config = config;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(width: u32, height: u32, from: (u32, u32), aspect: (u32, u32), expect: [u32; 6]) {
        let config = ScaleConfig { width, height, ..ScaleConfig::default() };
        let made = plan(&config, from, Rational::new(aspect.0, aspect.1), PixelFormat::I420);
        let Rectangle { x, y, width, height } = made.content;
        assert_eq!([made.size.0, made.size.1, x, y, width, height], expect);
    }

    #[test]
    fn the_shape_is_kept() {
        check(1280, 720, (640, 360), (1, 1), [1280, 720, 0, 0, 1280, 720]);
        check(1280, 720, (640, 480), (0, 0), [1280, 720, 160, 0, 960, 720]);
        check(0, 720, (1920, 1080), (1, 1), [1280, 720, 0, 0, 1280, 720]);
        check(640, 0, (1920, 1080), (1, 1), [640, 360, 0, 0, 640, 360]);
        // PAL wide screen: 720x576 with pixels of 64:45 is 16:9.
        check(1280, 720, (720, 576), (64, 45), [1280, 720, 0, 0, 1280, 720]);
        // An odd bar is moved to an even row.
        check(100, 100, (100, 42), (1, 1), [100, 100, 0, 28, 100, 42]);
    }
}
