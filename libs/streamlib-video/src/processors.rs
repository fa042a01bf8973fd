//! The processors. Each has its ports, formats, settings, defaults and ranges in its own
//! documentation and in its description.
//!
//! Effects change a picture in place if nobody else holds it, else in a copy, which is counted.
//! They pass on times, trace, orientation and whatever else a picture says about itself.

mod compositor;
mod crop;
mod grayscale;
mod invert;
pub mod plumbing;
mod png_writer;
mod scale;
mod test_pattern;
mod video_converter;

use serde::{Deserialize, Serialize};
use streamlib_processor::abi::media::{PixelFormat, Rectangle};
use streamlib_processor::schema::ConfigField;
use streamlib_processor::{ConfigChoice, Error, ProcessorConfig, Result, VideoFrame};

pub use compositor::{Compositor, CompositorConfig, EndedLane, Layout, Position};
pub use crop::{Crop, CropConfig};
pub use grayscale::{Grayscale, GrayscaleConfig};
pub use invert::Invert;
pub use png_writer::{ContactSheet, PngWriter, PngWriterConfig};
pub use scale::{Scale, ScaleConfig};
pub use test_pattern::{TestPattern, TestPatternConfig};
pub use video_converter::{VideoConverter, VideoConverterConfig};

/// A pixel format that processors of this crate make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ConfigChoice)]
#[serde(rename_all = "lowercase")]
#[config(crate = streamlib_processor)]
pub enum TargetFormat {
    /// Packed red, green, blue, alpha.
    Rgba8,
    /// Packed blue, green, red, alpha.
    Bgra8,
    /// Packed red, green, blue.
    Rgb8,
    /// Luma alone.
    Gray8,
    /// 4:2:0, a plane of luma and one of both chroma.
    Nv12,
    /// 4:2:0, three planes.
    I420,
}

impl From<TargetFormat> for PixelFormat {
    fn from(format: TargetFormat) -> Self {
        match format {
            TargetFormat::Rgba8 => Self::Rgba8,
            TargetFormat::Bgra8 => Self::Bgra8,
            TargetFormat::Rgb8 => Self::Rgb8,
            TargetFormat::Gray8 => Self::Gray8,
            TargetFormat::Nv12 => Self::Nv12,
            TargetFormat::I420 => Self::I420,
        }
    }
}

/// Refuses a configuration with a setting outside its range.
fn check_config<C: ProcessorConfig>(config: &C) -> Result<()> {
    let value = serde_json::to_value(config)
        .map_err(|error| Error::with_source("the configuration cannot be written", error))?;
    match ConfigField::check_all(&C::fields(), &value).first() {
        None => Ok(()),
        Some(problem) => Err(Error::new(format!("the configuration is not valid: {problem}"))),
    }
}

/// The part of a frame that is meant to be seen; all of it if it says nothing.
fn visible_part(frame: &VideoFrame) -> Rectangle {
    let visible = frame.visible();
    if visible.width == 0 || visible.height == 0 {
        return Rectangle { x: 0, y: 0, width: frame.width(), height: frame.height() };
    }
    visible
}
