//! Pictures to be filled.

use streamlib_abi::block::{BlockHeader, BlockKind};
use streamlib_abi::media::{MAX_PLANES, PixelFormat, Rectangle, VideoMeta};
use streamlib_abi::port::CopyReason;
use streamlib_abi::{BlockRef, Envelope, RawFrame};
use streamlib_schema::{Format, VideoFormat, builtin};

use super::{MAX_SIDE, VideoFrame, format_of, is_inside, order_in_memory};
use crate::error::{Error, Result};
use crate::frame::derived;
use crate::ports::Output;

/// A picture to be filled: its holder's alone.
#[derive(Debug)]
pub struct VideoFrameMut {
    envelope: Envelope,
    block: BlockRef,
    header: BlockHeader,
    meta: VideoMeta,
}

impl VideoFrameMut {
    /// What belongs to this sending.
    pub fn envelope_mut(&mut self) -> &mut Envelope {
        &mut self.envelope
    }

    /// Pixel format, size, rate and colour.
    pub fn format(&self) -> VideoFormat {
        format_of(&self.meta)
    }

    /// How samples lie in memory.
    pub fn pixel_format(&self) -> PixelFormat {
        PixelFormat::from_number(self.meta.pixel_format)
            .expect("the format was checked when the picture was loaned")
    }

    /// Width, pixels.
    pub fn width(&self) -> u32 {
        self.meta.width
    }

    /// Height, pixels.
    pub fn height(&self) -> u32 {
        self.meta.height
    }

    /// The part that is meant to be seen.
    pub fn visible(&self) -> Rectangle {
        self.meta.visible
    }

    /// Says which part is meant to be seen.
    ///
    /// # Errors
    /// The part lies outside the picture.
    pub fn set_visible(&mut self, visible: Rectangle) -> Result<()> {
        let (width, height) = (self.width(), self.height());
        if !is_inside(visible, width, height) {
            let Rectangle { x, y, width: columns, height: rows } = visible;
            return Err(Error::new(format!(
                "{columns}x{rows} pixels from {x},{y} on are not a part of a picture of \
                 {width}x{height} pixels"
            )));
        }
        self.meta.visible = visible;
        let bytes = self.block.bytes_mut().expect("a loaned block is its holder's alone");
        Ok(self.header.write_meta(bytes, &self.meta)?)
    }

    /// Bytes from one row of plane `index` to the next; 0 if there is no such plane.
    pub fn stride(&self, index: usize) -> usize {
        if index < self.meta.plane_count as usize {
            self.meta.planes[index].stride as usize
        } else {
            0
        }
    }

    /// All planes for writing, rows of [`Self::stride`] bytes; planes that the pixel format does
    /// not have are empty.
    pub fn planes_mut(&mut self) -> [&mut [u8]; MAX_PLANES] {
        let meta = self.meta;
        let bytes = self.block.bytes_mut().expect("a loaned block is its holder's alone");
        let mut rest = self.header.memory_mut(bytes, 0).expect("laid out when it was loaned");
        let mut planes = [(); MAX_PLANES].map(|()| Default::default());
        let mut start = 0;
        for index in &order_in_memory(&meta)[..meta.plane_count as usize] {
            let layout = &meta.planes[*index];
            let size = layout.stride as usize * layout.rows as usize;
            let (_, from_plane) = rest.split_at_mut(layout.offset as usize - start);
            let (plane, after) = from_plane.split_at_mut(size);
            planes[*index] = plane;
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

    /// A picture to be filled, of the format, with the times and the visible part of `frame`.
    ///
    /// # Errors
    /// As [`Self::loan`].
    pub fn loan_like(&mut self, frame: &VideoFrame) -> Result<VideoFrameMut> {
        let mut picture = self.loan_with(&frame.format(), derived(frame.envelope()))?;
        picture.set_visible(frame.visible())?;
        Ok(picture)
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
    pub fn loan_with(&mut self, format: &VideoFormat, envelope: Envelope) -> Result<VideoFrameMut> {
        self.loan_with_extra(format, envelope, &[])
    }

    /// The same with MessagePack metadata.
    fn loan_with_extra(
        &mut self,
        format: &VideoFormat,
        mut envelope: Envelope,
        extra: &[u8],
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
            extra.len(),
            &[bytes],
        )?;
        let mut block = self.loan_block(header.total_size as usize)?;
        let target = block.bytes_mut().ok_or("the host loaned a block that it still holds")?;
        header.write(target)?;
        header.write_meta(target, &meta)?;
        header.extra_mut(target)?.copy_from_slice(extra);
        envelope.format_id = self.video_format_id(format)?;
        Ok(VideoFrameMut { envelope, block, header, meta })
    }

    /// The same picture for writing, with all its marks: in place if nobody else holds it, else a
    /// copy, counted.
    ///
    /// # Errors
    /// As [`Self::loan`], when a copy has to be made.
    pub fn edit(&mut self, mut frame: VideoFrame) -> Result<VideoFrameMut> {
        let format = frame.format();
        if frame.raw.block.bytes_mut().is_none() {
            return self.copy(&frame, &format);
        }
        let RawFrame { mut envelope, block } = frame.raw;
        let view = block.view()?;
        let (header, meta) = (*view.header(), *view.meta()?);
        envelope.format_id = self.video_format_id(&format)?;
        Ok(VideoFrameMut { envelope, block, header, meta })
    }

    fn copy(&mut self, frame: &VideoFrame, format: &VideoFormat) -> Result<VideoFrameMut> {
        let extra = frame.raw.block.view()?.extra();
        let mut copy = self.loan_with_extra(format, frame.raw.envelope, extra)?;
        copy.set_visible(frame.visible())?;
        let mut copied = extra.len();
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
