//! Pictures.

use streamlib_abi::block::{BlockHeader, BlockKind};
use streamlib_abi::media::{AlphaMode, FieldOrder, MAX_PLANES, PixelFormat, Rectangle, VideoMeta};
use streamlib_abi::port::CopyReason;
use streamlib_abi::{BlockError, BlockRef, Envelope, RawFrame};
use streamlib_schema::{Format, VideoFormat, builtin};

use super::{FrameType, derived, frame_common};
use crate::error::{Error, Result};
use crate::ports::Output;

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
    if meta.plane_count as usize != format.plane_count() {
        return Err(BlockError::Inconsistent("the planes are not those of the pixel format"));
    }
    let pixels = view.memory(0).unwrap_or_default().len() as u64;
    for (index, plane) in meta.planes[..format.plane_count()].iter().enumerate() {
        let rows = format.rows(index, meta.height) as u64;
        let row = format.row_bytes(index, meta.width) as u64;
        let size = u64::from(plane.stride).saturating_mul(rows);
        let inside = plane.offset.checked_add(size).is_some_and(|end| end <= pixels);
        if u64::from(plane.rows) != rows || u64::from(plane.stride) < row || !inside {
            return Err(BlockError::Inconsistent("a plane does not fit its memory"));
        }
    }
    Ok(())
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

/// A picture to be filled: its holder's alone.
#[derive(Debug)]
pub struct VideoFrameMut {
    envelope: Envelope,
    block: BlockRef,
    header: BlockHeader,
    meta: VideoMeta,
}

impl VideoFrameMut {
    fn new(block: BlockRef, header: BlockHeader, meta: VideoMeta, envelope: Envelope) -> Self {
        Self { envelope, block, header, meta }
    }

    /// What belongs to this sending.
    pub fn envelope_mut(&mut self) -> &mut Envelope {
        &mut self.envelope
    }

    /// Pixel format, size, rate and colour.
    pub fn format(&self) -> VideoFormat {
        format_of(&self.meta)
    }

    /// Width, pixels.
    pub fn width(&self) -> u32 {
        self.meta.width
    }

    /// Height, pixels.
    pub fn height(&self) -> u32 {
        self.meta.height
    }

    /// Bytes from one row of plane `index` to the next; 0 if there is no such plane.
    pub fn stride(&self, index: usize) -> usize {
        self.meta.planes.get(index).map_or(0, |plane| plane.stride as usize)
    }

    /// All planes for writing, rows of [`Self::stride`] bytes; planes that the pixel format does
    /// not have are empty.
    pub fn planes_mut(&mut self) -> [&mut [u8]; MAX_PLANES] {
        let meta = self.meta;
        let bytes = self.block.bytes_mut().expect("a loaned block is its holder's alone");
        let mut rest = self.header.memory_mut(bytes, 0).expect("laid out when it was loaned");
        let mut planes = [(); MAX_PLANES].map(|()| Default::default());
        let mut start = 0;
        for (plane, layout) in planes.iter_mut().zip(&meta.planes[..meta.plane_count as usize]) {
            let skipped = layout.offset as usize - start;
            let size = layout.stride as usize * layout.rows as usize;
            let (_, from_plane) = rest.split_at_mut(skipped);
            let (this, after) = from_plane.split_at_mut(size);
            *plane = this;
            rest = after;
            start = layout.offset as usize + size;
        }
        planes
    }

    /// Plane `index` for writing; empty if there is no such plane.
    pub fn plane_mut(&mut self, index: usize) -> &mut [u8] {
        self.planes_mut().into_iter().nth(index).unwrap_or_default()
    }
}

impl From<VideoFrameMut> for VideoFrame {
    fn from(frame: VideoFrameMut) -> Self {
        Self { raw: RawFrame { envelope: frame.envelope, block: frame.block } }
    }
}

impl Output<VideoFrame> {
    /// A picture to be filled, with undefined content.
    ///
    /// # Errors
    /// There is no free buffer (not for the first `max_per_call` frames of a call), the format has
    /// a size outside 1 to 32,768, or the memory budget does not allow it.
    pub fn loan(&mut self, format: &VideoFormat, timestamp_ns: i64) -> Result<VideoFrameMut> {
        self.loan_with(format, Envelope::at(timestamp_ns))
    }

    /// A picture to be filled, of the format and with the times of `frame`.
    ///
    /// # Errors
    /// As [`Self::loan`].
    pub fn loan_like(&mut self, frame: &VideoFrame) -> Result<VideoFrameMut> {
        self.loan_with(&frame.format(), derived(frame.envelope()))
    }

    /// A picture to be filled, with the times of `source` and the format `format`.
    ///
    /// # Errors
    /// As [`Self::loan`].
    pub fn loan_from(
        &mut self,
        source: &VideoFrame,
        format: &VideoFormat,
    ) -> Result<VideoFrameMut> {
        self.loan_with(format, derived(source.envelope()))
    }

    /// A picture to be filled, sent with `envelope`'s times.
    ///
    /// # Errors
    /// As [`Self::loan`].
    pub fn loan_with(
        &mut self,
        format: &VideoFormat,
        mut envelope: Envelope,
    ) -> Result<VideoFrameMut> {
        let side = 1..=MAX_SIDE;
        if !side.contains(&format.width) || !side.contains(&format.height) {
            return Err(Error::new(format!(
                "a picture of {}x{} pixels cannot be made: width and height are 1 to {MAX_SIDE}",
                format.width, format.height
            )));
        }
        let (meta, bytes) = format.meta();
        let header = BlockHeader::layout(
            BlockKind::Video,
            builtin::id(builtin::VIDEO_FRAME),
            size_of::<VideoMeta>(),
            0,
            &[bytes],
        )?;
        let mut block = self.loan_block(header.total_size as usize)?;
        let target = block.bytes_mut().ok_or("the host loaned a block that it still holds")?;
        header.write(target)?;
        header.write_meta(target, &meta)?;
        envelope.format_id = self.video_format_id(format)?;
        Ok(VideoFrameMut::new(block, header, meta, envelope))
    }

    /// The same picture for writing: in place if nobody else holds it, else a copy, counted.
    ///
    /// # Errors
    /// As [`Self::loan`], when a copy has to be made.
    pub fn edit(&mut self, mut frame: VideoFrame) -> Result<VideoFrameMut> {
        if frame.raw.block.is_unique() && frame.raw.block.bytes_mut().is_some() {
            let (header, meta) = {
                let view = frame.raw.block.view()?;
                (*view.header(), *frame.meta())
            };
            let envelope = frame.raw.envelope;
            return Ok(VideoFrameMut::new(frame.raw.block, header, meta, envelope));
        }
        let mut copy = self.loan_like(&frame)?;
        copy.envelope.flags = frame.raw.envelope.flags;
        let mut copied = 0;
        let strides = [0, 1, 2, 3].map(|index| copy.stride(index));
        for (index, target) in copy.planes_mut().into_iter().enumerate() {
            let row = frame.pixel_format().row_bytes(index, frame.width());
            let to = target.chunks_exact_mut(strides[index].max(1));
            let from = frame.plane(index).chunks_exact(frame.stride(index).max(1));
            for (to, from) in to.zip(from) {
                to[..row].copy_from_slice(&from[..row]);
                copied += row;
            }
        }
        self.count_copy(copied, CopyReason::Shared);
        Ok(copy)
    }

    fn video_format_id(&mut self, format: &VideoFormat) -> Result<u32> {
        self.format_id(
            |announced| matches!(announced, Format::Video(video) if video == format),
            || Format::Video(format.clone()),
        )
    }
}
