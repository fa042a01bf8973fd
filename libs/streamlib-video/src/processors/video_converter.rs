//! `com.tatolab.video_converter`.

use serde::{Deserialize, Serialize};
use streamlib_processor::CopyReason;
use streamlib_processor::abi::media::AlphaMode;
use streamlib_processor::prelude::*;

use super::{TargetFormat, check_config};
use crate::{Converter, Picture, PictureMut, colour};

/// Settings of [`VideoConverter`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
pub struct VideoConverterConfig {
    /// Pixel format of what comes out.
    pub pixel_format: TargetFormat,
}

impl Default for VideoConverterConfig {
    fn default() -> Self {
        Self { pixel_format: TargetFormat::I420 }
    }
}

/// Converts pictures to a pixel format; the links of a graph use it where two ends have none in
/// common. Matrix and range of the picture are honoured. A matrix that is not known is BT.601 below
/// 720 lines and BT.709 from 720 lines on, a range that is not known is limited for luma and
/// chroma; what RGB is converted to gets that matrix in limited range, and says so. 16-bit formats
/// are brought to 8 bits. Alpha that the target cannot hold is dropped. A picture that has the
/// format already is passed on as it is. Settings may change while running.
#[processor(name = "com.tatolab.video_converter", crate = streamlib_processor)]
#[derive(Debug)]
pub struct VideoConverter {
    /// Pictures of any pixel format.
    #[input(formats(video(I420, Nv12, Rgba8, Bgra8, Rgb8, Gray8, P010, Gray16, Rgba64)))]
    video_in: Input<VideoFrame>,
    /// Pictures of the configured pixel format.
    #[output(formats(video(I420, Nv12, Rgba8, Bgra8, Rgb8, Gray8)))]
    video_out: Output<VideoFrame>,
    #[config]
    config: VideoConverterConfig,
    converter: Converter,
}

impl Processor for VideoConverter {
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(frame) = self.video_in.read()? else { return Ok(()) };
        let mut format = frame.format();
        let target = self.config.pixel_format.into();
        if format.pixel_format == target {
            return Ok(self.video_out.send(frame)?);
        }
        format.colour =
            colour::converted(format.pixel_format, format.colour, target, format.height);
        format.pixel_format = target;
        if !matches!(target, PixelFormat::Rgba8 | PixelFormat::Bgra8) {
            format.alpha = AlphaMode::None;
        }
        let mut out = self.video_out.loan_from(&frame, &format)?;
        out.set_visible(frame.visible())?;
        self.converter.convert(&Picture::from(&frame), &mut PictureMut::from(&mut out))?;
        let bytes = Picture::from(&frame).byte_count();
        self.video_out.count_copy(bytes, CopyReason::Converted);
        Ok(self.video_out.send(out)?)
    }

    fn update_config(&mut self, config: VideoConverterConfig) -> Result<()> {
        check_config(&config)?;
        self.config = config;
        Ok(())
    }
}
