//! Pictures.

mod loan;

use streamlib_abi::media::{
    AlphaMode, FieldOrder, MAX_PLANES, PixelFormat, PlaneLayout, Rectangle, VideoMeta,
};
use streamlib_abi::{BlockError, BlockRef, RawFrame};
use streamlib_schema::{VideoFormat, builtin};

use super::{FrameType, frame_common};

pub use loan::VideoFrameMut;

/// Largest width and height, pixels.
const MAX_SIDE: u32 = 32_768;

/// A picture that was received.
#[derive(Debug, Clone)]
pub struct VideoFrame {
    raw: RawFrame,
}

frame_common!(VideoFrame);

impl FrameType for VideoFrame {
    const SCHEMA: &'static str = builtin::VIDEO_FRAME;

    fn from_raw(raw: RawFrame) -> Result<Self, BlockError> {
        check(&raw.block)?;
        Ok(Self { raw })
    }

    fn from_raw_unchecked(raw: RawFrame) -> Self {
        Self { raw }
    }

    fn into_raw(self) -> RawFrame {
        self.raw
    }
}

/// Everything the accessors rely on.
fn check(block: &BlockRef) -> Result<(), BlockError> {
    let view = block.view()?;
    let meta: &VideoMeta = view.meta()?;
    let format = PixelFormat::from_number(meta.pixel_format)
        .ok_or(BlockError::Inconsistent("the pixel format is not known"))?;
    let side = 1..=MAX_SIDE;
    if !side.contains(&meta.width) || !side.contains(&meta.height) {
        return Err(BlockError::Inconsistent("width and height are not 1 to 32,768"));
    }
    if !is_inside(meta.visible, meta.width, meta.height) {
        return Err(BlockError::Inconsistent("the visible part lies outside the picture"));
    }
    if meta.plane_count as usize != format.plane_count() {
        return Err(BlockError::Inconsistent("the planes are not those of the pixel format"));
    }
    let pixels = view.memory(0).unwrap_or_default().len() as u64;
    for (index, plane) in meta.planes[..format.plane_count()].iter().enumerate() {
        let rows = format.rows(index, meta.height) as u64;
        let row = format.row_bytes(index, meta.width) as u64;
        let inside = plane_end(plane).is_some_and(|end| end <= pixels);
        if u64::from(plane.rows) != rows || u64::from(plane.stride) < row || !inside {
            return Err(BlockError::Inconsistent("a plane does not fit its memory"));
        }
    }
    let order = order_in_memory(meta);
    for pair in order[..format.plane_count()].windows(2) {
        let end = plane_end(&meta.planes[pair[0]]).unwrap_or(u64::MAX);
        if meta.planes[pair[1]].offset < end {
            return Err(BlockError::Inconsistent("planes lie over each other"));
        }
    }
    Ok(())
}

fn is_inside(part: Rectangle, width: u32, height: u32) -> bool {
    let fits = |start: u32, length: u32, side| start.checked_add(length).is_some_and(|e| e <= side);
    fits(part.x, part.width, width) && fits(part.y, part.height, height)
}

/// Where a plane ends in its memory; `None` if no memory is that long.
fn plane_end(plane: &PlaneLayout) -> Option<u64> {
    plane.offset.checked_add(u64::from(plane.stride) * u64::from(plane.rows))
}

/// The planes' numbers in the order in which they lie in memory; unused ones last.
fn order_in_memory(meta: &VideoMeta) -> [usize; MAX_PLANES] {
    let mut order = [0, 1, 2, 3];
    let used = meta.plane_count as usize;
    order.sort_unstable_by_key(|&index| (index >= used, meta.planes[index].offset));
    order
}

fn format_of(meta: &VideoMeta) -> VideoFormat {
    VideoFormat {
        pixel_format: PixelFormat::from_number(meta.pixel_format).unwrap_or(PixelFormat::Gray8),
        width: meta.width,
        height: meta.height,
        frame_rate: meta.frame_rate,
        sample_aspect: meta.sample_aspect,
        colour: meta.colour(),
        orientation: meta.orientation,
        alpha: AlphaMode::from_number(meta.alpha.into()).unwrap_or(AlphaMode::None),
        field_order: FieldOrder::from_number(meta.field_order.into())
            .unwrap_or(FieldOrder::Unknown),
    }
}

impl VideoFrame {
    /// The fixed metadata.
    pub fn meta(&self) -> &VideoMeta {
        let view = self.raw.block.view().expect("the block was checked when it was received");
        view.meta().expect("the block was checked when it was received")
    }

    /// Pixel format, size, rate and colour.
    pub fn format(&self) -> VideoFormat {
        format_of(self.meta())
    }

    /// How samples lie in memory.
    pub fn pixel_format(&self) -> PixelFormat {
        PixelFormat::from_number(self.meta().pixel_format)
            .expect("the block was checked when it was received")
    }

    /// Width, pixels.
    pub fn width(&self) -> u32 {
        self.meta().width
    }

    /// Height, pixels.
    pub fn height(&self) -> u32 {
        self.meta().height
    }

    /// The part that is meant to be seen.
    pub fn visible(&self) -> Rectangle {
        self.meta().visible
    }

    /// The bytes of plane `index`, rows of [`Self::stride`] bytes; empty if there is no such plane.
    pub fn plane(&self, index: usize) -> &[u8] {
        let meta = self.meta();
        if index >= meta.plane_count as usize {
            return &[];
        }
        let view = self.raw.block.view().expect("the block was checked when it was received");
        let plane = &meta.planes[index];
        let start = plane.offset as usize;
        let size = plane.stride as usize * plane.rows as usize;
        &view.memory(0).unwrap_or_default()[start..start + size]
    }

    /// Bytes from one row of plane `index` to the next; 0 if there is no such plane.
    pub fn stride(&self, index: usize) -> usize {
        let meta = self.meta();
        if index < meta.plane_count as usize { meta.planes[index].stride as usize } else { 0 }
    }
}
