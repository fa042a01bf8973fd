//! A frame as it is to be seen: the visible part in RGB, with square pixels, upright.

use streamlib_processor::VideoFrame;
use streamlib_processor::abi::media::{AlphaMode, Colour, Orientation, PixelFormat, Rational};

use crate::error::Result;
use crate::orient::{is_upright, orient, turned_size};
use crate::picture::{Picture, PictureBuf};
use crate::processors::visible_part;
use crate::scale::fit;
use crate::{Converter, Filter, Scaler};

/// Makes frames fit to be seen; keeps the memory that this needs.
#[derive(Debug, Default)]
pub(super) struct Upright {
    converter: Converter,
    scaler: Scaler,
    rgb: PictureBuf,
    scaled: PictureBuf,
    turned: PictureBuf,
}

/// What a picture takes when its pixels are square.
fn square((width, height): (u32, u32), aspect: Rational) -> (u32, u32) {
    if !aspect.is_known() {
        return (width, height);
    }
    let wide = u64::from(width) * u64::from(aspect.num);
    let wide = (wide + u64::from(aspect.den / 2)) / u64::from(aspect.den);
    (u32::try_from(wide).unwrap_or(u32::MAX).clamp(1, 32_768), height)
}

impl Upright {
    /// In its own size, as RGBA8 if the frame has alpha (the second value), else as RGB8.
    pub(super) fn full_size(&mut self, frame: &VideoFrame) -> Result<(Picture<'_>, bool)> {
        let has_alpha = frame.format().alpha != AlphaMode::None;
        let format = if has_alpha { PixelFormat::Rgba8 } else { PixelFormat::Rgb8 };
        let visible = visible_part(frame);
        let size = square((visible.width, visible.height), frame.format().sample_aspect);
        Ok((self.make(frame, format, size)?, has_alpha))
    }

    /// As RGB8, `width` wide once it is upright.
    pub(super) fn within(&mut self, frame: &VideoFrame, width: u32) -> Result<Picture<'_>> {
        let format = frame.format();
        let visible = visible_part(frame);
        let size = square((visible.width, visible.height), format.sample_aspect);
        let shown = turned_size(size, format.orientation);
        let fitted =
            fit((u64::from(shown.0), u64::from(shown.1)), (width, width.saturating_mul(4)));
        self.make(frame, PixelFormat::Rgb8, turned_size(fitted, format.orientation))
    }

    /// `size` is that before turning.
    fn make(
        &mut self,
        frame: &VideoFrame,
        format: PixelFormat,
        size: (u32, u32),
    ) -> Result<Picture<'_>> {
        let source = Picture::from(frame).part(visible_part(frame))?;
        let (alpha, orientation) = (frame.format().alpha, frame.format().orientation);
        self.rgb.reset(format, source.size(), Colour::SRGB);
        self.converter.convert(&source, &mut self.rgb.view_mut())?;
        if alpha == AlphaMode::Premultiplied && format == PixelFormat::Rgba8 {
            straighten(&mut self.rgb);
        }
        if size != source.size() {
            let alpha = if format == PixelFormat::Rgba8 { AlphaMode::Straight } else { alpha };
            self.scaled.reset(format, size, Colour::SRGB);
            let mut scaled = self.scaled.view_mut();
            self.scaler.scale(&self.rgb.view(), &mut scaled, Filter::Lanczos3, alpha)?;
        }
        let scaled = if size == source.size() { &self.rgb } else { &self.scaled };
        if is_upright(orientation) {
            return Ok(scaled.view());
        }
        self.turned.reset(format, turned_size(size, orientation), Colour::SRGB);
        turn(scaled, orientation, &mut self.turned)?;
        Ok(self.turned.view())
    }
}

fn turn(from: &PictureBuf, orientation: Orientation, to: &mut PictureBuf) -> Result<()> {
    orient(&from.view(), orientation, &mut to.view_mut())
}

/// Divides colours by alpha: PNG has straight alpha only.
fn straighten(picture: &mut PictureBuf) {
    for row in picture.view_mut().rows_mut(0) {
        for [r, g, b, a] in row.as_chunks_mut::<4>().0 {
            let alpha = u32::from(*a).max(1);
            for colour in [r, g, b] {
                *colour = ((u32::from(*colour) * 255 + alpha / 2) / alpha).min(255) as u8;
            }
        }
    }
}
