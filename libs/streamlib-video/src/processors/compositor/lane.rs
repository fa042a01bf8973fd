//! One lane of the compositor: its last picture and what drawing it needs.

use streamlib_processor::abi::media::Rectangle;
use streamlib_processor::{Result, VideoFrame};

use crate::orient::{is_upright, orient, turned_size};
use crate::processors::visible_part;
use crate::{Converter, Filter, Picture, PictureBuf, PictureMut, Scaler, effect};

/// Where and how a lane is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drawing {
    pub(super) cell: Rectangle,
    pub(super) opacity: f64,
    pub(super) filter: Filter,
}

/// One lane.
#[derive(Debug, Default)]
pub(super) struct Lane {
    frame: Option<VideoFrame>,
    /// Size with square pixels, upright; kept when the picture is gone, so that the layout stays.
    shown_size: Option<(u32, u32)>,
    converter: Converter,
    scaler: Scaler,
    converted: PictureBuf,
    turned: PictureBuf,
    scaled: PictureBuf,
}

impl Lane {
    pub(super) fn show(&mut self, frame: VideoFrame) {
        let visible = visible_part(&frame);
        let format = frame.format();
        let aspect = format.sample_aspect;
        let mut width = visible.width;
        if aspect.is_known() {
            let wide = u64::from(width) * u64::from(aspect.num) / u64::from(aspect.den);
            width = u32::try_from(wide).unwrap_or(u32::MAX).clamp(1, 32_768);
        }
        self.shown_size = Some(turned_size((width, visible.height), format.orientation));
        self.frame = Some(frame);
    }

    /// Nothing is shown any more, but the place stays.
    pub(super) fn blacken(&mut self) {
        self.frame = None;
    }

    /// The lane is gone.
    pub(super) fn forget(&mut self) {
        self.frame = None;
        self.shown_size = None;
    }

    pub(super) fn frame(&self) -> Option<&VideoFrame> {
        self.frame.as_ref()
    }

    pub(super) fn shown_size(&self) -> Option<(u32, u32)> {
        self.shown_size
    }

    /// Draws the picture into its cell: converted, turned, scaled, blended, as far as that is
    /// needed. Says how many bytes had to be converted to another pixel format.
    pub(super) fn draw(&mut self, target: &mut PictureMut<'_>, drawing: Drawing) -> Result<usize> {
        let Some(frame) = &self.frame else { return Ok(0) };
        let mut converted_bytes = 0;
        let format = frame.format();
        let mut picture = Picture::from(frame).part(visible_part(frame))?;
        if Converter::is_needed(&picture, target) {
            self.converted.reset(target.format(), picture.size(), target.colour());
            let mut made = self.converted.view_mut();
            self.converter.convert(&picture, &mut made)?;
            picture = self.converted.view();
            converted_bytes = picture.byte_count();
        }
        if !is_upright(format.orientation) {
            let size = turned_size(picture.size(), format.orientation);
            self.turned.reset(picture.format(), size, picture.colour());
            orient(&picture, format.orientation, &mut self.turned.view_mut())?;
            picture = self.turned.view();
        }
        let mut cell = target.part_mut(drawing.cell)?;
        if drawing.opacity < 1.0 {
            self.scaled.reset(cell.format(), cell.size(), cell.colour());
            let mut scaled = self.scaled.view_mut();
            self.scaler.scale(&picture, &mut scaled, drawing.filter, format.alpha)?;
            effect::blend(&mut cell, &self.scaled.view(), drawing.opacity)?;
        } else {
            self.scaler.scale(&picture, &mut cell, drawing.filter, format.alpha)?;
        }
        Ok(converted_bytes)
    }
}
