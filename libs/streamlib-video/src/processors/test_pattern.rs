//! `com.tatolab.test_pattern`.

use serde::{Deserialize, Serialize};
use streamlib_processor::abi::media::{
    AlphaMode, ChromaSiting, Colour, ColourPrimaries, ColourRange, FieldOrder, MatrixCoefficients,
    Rational, TransferCharacteristics,
};
use streamlib_processor::prelude::*;

use super::{TargetFormat, check_config};
use crate::colour::{HD_LINES, is_rgb};
use crate::pattern::{Pattern, draw_number, fill_white};
use crate::{PictureMut, VideoError};

/// Settings of [`TestPattern`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
pub struct TestPatternConfig {
    /// Width; the frame number needs 256.
    #[config(min = 256, max = 32768, unit = "pixels")]
    pub width: u32,
    /// Height; the frame number needs 32.
    #[config(min = 32, max = 32768, unit = "pixels")]
    pub height: u32,
    /// Frames a second, as numerator and denominator: `[30000, 1001]` is 29.97.
    #[config(min = 1)]
    pub frame_rate: Vec<u32>,
    /// Pixel format of what comes out.
    pub pixel_format: TargetFormat,
    /// How many pictures are made before the stream ends. 0: no end.
    pub frames: u64,
    /// Makes each picture when its time has come. Without it they come as fast as they are taken.
    pub real_time: bool,
    /// Every so many pictures, the first included, is white all over and bears no number: the
    /// picture's side of a flash-and-beep test. 0: never.
    pub flash_every_frames: u32,
}

impl Default for TestPatternConfig {
    fn default() -> Self {
        Self {
            width: 1280,
            height: 720,
            frame_rate: vec![30, 1],
            pixel_format: TargetFormat::I420,
            frames: 0,
            real_time: false,
            flash_every_frames: 0,
        }
    }
}

/// Makes a test picture: moving colour bars and a frame number that a machine reads back
/// (`streamlib_video::frame_number`: 16 blocks from the top left corner, least significant bit
/// leftmost, their inverse below). Pictures start at stream time 0 and last `1 / frame_rate`.
/// Settings may change while running; the frame number and the time go on.
#[processor(name = "com.tatolab.test_pattern", execution = continuous, crate = streamlib_processor)]
#[derive(Debug)]
pub struct TestPattern {
    /// The test pictures.
    #[output(formats(video(I420, Nv12, Rgba8, Bgra8, Rgb8, Gray8)))]
    video_out: Output<VideoFrame>,
    #[config]
    config: TestPatternConfig,
    pattern: Pattern,
    number: u64,
    /// Stream time at which the present frame rate began, and the frame that began it.
    rate_since: (i64, u64),
}

fn rate(config: &TestPatternConfig) -> Option<Rational> {
    match config.frame_rate[..] {
        [num, den] if num > 0 && den > 0 => Some(Rational::new(num, den)),
        _ => None,
    }
}

fn usable(config: &TestPatternConfig) -> Result<()> {
    check_config(config)?;
    if rate(config).is_none() {
        let problem = "it is a numerator and a denominator, both from 1 on, as in [30000, 1001]";
        return Err(VideoError::Setting {
            setting: "frame_rate",
            value: format!("{:?}", config.frame_rate),
            problem: problem.to_owned(),
        }
        .into());
    }
    Ok(())
}

fn colour_of(format: PixelFormat, height: u32) -> Colour {
    if is_rgb(format) {
        return Colour::SRGB;
    }
    let (matrix, primaries) = if height < HD_LINES {
        (MatrixCoefficients::Smpte170M, ColourPrimaries::Smpte170M)
    } else {
        (MatrixCoefficients::Bt709, ColourPrimaries::Bt709)
    };
    Colour {
        primaries,
        transfer: TransferCharacteristics::Bt709,
        matrix,
        range: ColourRange::Limited,
        siting: if format.is_420() { ChromaSiting::Center } else { ChromaSiting::Unknown },
    }
}

impl TestPattern {
    /// When frame `number` starts, ns.
    fn start_ns(&self, number: u64) -> i64 {
        let (since_ns, first) = self.rate_since;
        let rate = rate(&self.config).unwrap_or(Rational::new(30, 1));
        let passed = rate.frame_start_ns(number.saturating_sub(first)).unwrap_or(i64::MAX);
        since_ns.saturating_add(passed)
    }

    fn format(&self) -> VideoFormat {
        let pixel_format = self.config.pixel_format.into();
        VideoFormat {
            frame_rate: rate(&self.config).unwrap_or(Rational::UNKNOWN),
            sample_aspect: Rational::new(1, 1),
            colour: colour_of(pixel_format, self.config.height),
            field_order: FieldOrder::Progressive,
            alpha: AlphaMode::None,
            ..VideoFormat::new(pixel_format, self.config.width, self.config.height)
        }
    }
}

impl Processor for TestPattern {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        if let (1.., Ok(length_ns)) =
            (self.config.frames, u64::try_from(self.start_ns(self.config.frames)))
        {
            ctx.announce_length(length_ns);
        }
        usable(&self.config)
    }

    fn process(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        if self.config.frames > 0 && self.number >= self.config.frames {
            ctx.finish();
            return Ok(());
        }
        let start_ns = self.start_ns(self.number);
        if self.config.real_time && ctx.now_ns() < start_ns {
            ctx.wake_at(start_ns);
            return Ok(());
        }
        let mut frame = self.video_out.loan(&self.format(), start_ns)?;
        let duration = self.start_ns(self.number + 1).saturating_sub(start_ns);
        frame.envelope_mut().set_duration_ns(u64::try_from(duration).ok());
        frame.envelope_mut().set_capture_time_ns(Some(ctx.monotonic_ns()));
        let mut picture = PictureMut::from(&mut frame);
        let flash = u64::from(self.config.flash_every_frames);
        if flash > 0 && self.number.is_multiple_of(flash) {
            fill_white(&mut picture)?;
        } else {
            self.pattern.draw(&mut picture, self.number)?;
            draw_number(&mut picture, self.number as u16)?;
        }
        self.video_out.send(frame)?;
        self.number += 1;
        if self.number == self.config.frames {
            ctx.finish();
        }
        Ok(())
    }

    fn update_config(&mut self, config: TestPatternConfig) -> Result<()> {
        usable(&config)?;
        self.rate_since = (self.start_ns(self.number), self.number);
        self.config = config;
        Ok(())
    }
}
