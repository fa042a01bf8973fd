//! Views of pictures in memory: what pixel functions read and write.
//!
//! A view knows its pixel format, size, colour and where each plane's rows lie. It is checked when
//! it is made, so that rows can be taken without failing. It owns nothing; [`PictureBuf`] does.

use streamlib_processor::abi::media::{Colour, MAX_PLANES, PixelFormat, Rectangle, VideoMeta};
use streamlib_processor::{VideoFrame, frame::VideoFrameMut};

use crate::error::{Result, VideoError};

/// A picture to read.
#[derive(Debug, Clone, Copy)]
pub struct Picture<'a> {
    format: PixelFormat,
    width: u32,
    height: u32,
    colour: Colour,
    planes: [&'a [u8]; MAX_PLANES],
    strides: [usize; MAX_PLANES],
}

/// A picture to write.
#[derive(Debug)]
pub struct PictureMut<'a> {
    format: PixelFormat,
    width: u32,
    height: u32,
    colour: Colour,
    planes: [&'a mut [u8]; MAX_PLANES],
    strides: [usize; MAX_PLANES],
}

/// The rows of every plane fit into `lengths[plane]` bytes.
fn check(
    format: PixelFormat,
    (width, height): (u32, u32),
    lengths: [usize; MAX_PLANES],
    strides: [usize; MAX_PLANES],
) -> Result<()> {
    for plane in 0..format.plane_count() {
        let row = format.row_bytes(plane, width);
        let rows = format.rows(plane, height);
        let (actual, stride) = (lengths[plane], strides[plane]);
        let before_last = stride.saturating_mul(rows.saturating_sub(1));
        let needed = before_last.saturating_add(row);
        if width == 0 || height == 0 || stride < row || actual < needed {
            let error =
                VideoError::PlaneTooSmall { plane, format, width, height, stride, actual, needed };
            return Err(error);
        }
    }
    Ok(())
}

/// The smallest rectangle around `area` that starts on whole chroma samples of `format`.
fn on_chroma(format: PixelFormat, area: Rectangle) -> Rectangle {
    if !format.is_420() {
        return area;
    }
    let (dx, dy) = (area.x % 2, area.y % 2);
    Rectangle { x: area.x - dx, y: area.y - dy, width: area.width + dx, height: area.height + dy }
}

fn inside(picture: (u32, u32), area: Rectangle) -> Result<()> {
    let fits = |start: u32, size: u32, all: u32| {
        size > 0 && start.checked_add(size).is_some_and(|end| end <= all)
    };
    if fits(area.x, area.width, picture.0) && fits(area.y, area.height, picture.1) {
        return Ok(());
    }
    Err(VideoError::Outside { at: (area.x, area.y), size: (area.width, area.height), picture })
}

/// First byte of `area` in plane `plane`.
fn offset(format: PixelFormat, plane: usize, stride: usize, area: Rectangle) -> usize {
    let halved = plane > 0 && format.is_420();
    let row = if halved { area.y / 2 } else { area.y } as usize;
    // `row_bytes` of the columns before: exact, since chroma columns start at even pixels.
    row * stride + format.row_bytes(plane, area.x)
}

impl<'a> Picture<'a> {
    /// A view of planes in memory, plane `i` with rows of `strides[i]` bytes.
    ///
    /// # Errors
    /// A plane is too short for its rows, or width or height is 0.
    pub fn new(
        format: PixelFormat,
        (width, height): (u32, u32),
        colour: Colour,
        planes: [&'a [u8]; MAX_PLANES],
        strides: [usize; MAX_PLANES],
    ) -> Result<Self> {
        check(format, (width, height), planes.map(<[u8]>::len), strides)?;
        Ok(Self { format, width, height, colour, planes, strides })
    }

    /// How samples lie in memory.
    pub fn format(&self) -> PixelFormat {
        self.format
    }

    /// Width and height, pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Bytes of its samples, padding left out.
    pub fn byte_count(&self) -> usize {
        let plane = |plane| {
            let rows = self.format.rows(plane, self.height);
            self.format.row_bytes(plane, self.width) * rows
        };
        (0..self.format.plane_count()).map(plane).sum()
    }

    /// Colour description.
    pub fn colour(&self) -> Colour {
        self.colour
    }

    /// The bytes of a plane from its first row on; the last row may end early.
    pub fn plane(&self, plane: usize) -> &'a [u8] {
        self.planes[plane]
    }

    /// Bytes from one row of a plane to the next.
    pub fn stride(&self, plane: usize) -> usize {
        self.strides[plane]
    }

    /// The rows of a plane, each without padding.
    pub fn rows(&self, plane: usize) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let row = self.format.row_bytes(plane, self.width);
        let rows = self.format.rows(plane, self.height);
        self.planes[plane].chunks(self.strides[plane].max(1)).take(rows).map(move |r| &r[..row])
    }

    /// True if every row of every plane has its full stride, the last one too.
    pub(crate) fn is_whole(&self) -> bool {
        (0..self.format.plane_count()).all(|plane| {
            let rows = self.format.rows(plane, self.height);
            self.planes[plane].len() >= self.strides[plane] * rows
        })
    }

    /// A part of the picture. For 4:2:0 it starts at even columns and rows: an odd `x` or `y` is
    /// rounded down and the part grows by one.
    ///
    /// # Errors
    /// The part is empty or does not lie inside the picture.
    pub fn part(&self, area: Rectangle) -> Result<Self> {
        inside((self.width, self.height), area)?;
        let area = on_chroma(self.format, area);
        let mut part = Self { width: area.width, height: area.height, ..*self };
        for plane in 0..self.format.plane_count() {
            let start = offset(self.format, plane, self.strides[plane], area);
            part.planes[plane] = &self.planes[plane][start..];
        }
        Ok(part)
    }
}

impl<'a> From<&'a VideoFrame> for Picture<'a> {
    fn from(frame: &'a VideoFrame) -> Self {
        Self {
            format: frame.pixel_format(),
            width: frame.width(),
            height: frame.height(),
            colour: frame.meta().colour(),
            planes: [0, 1, 2, 3].map(|plane| frame.plane(plane)),
            strides: [0, 1, 2, 3].map(|plane| frame.stride(plane)),
        }
    }
}

impl<'a> From<&'a mut VideoFrameMut> for PictureMut<'a> {
    fn from(frame: &'a mut VideoFrameMut) -> Self {
        let format = frame.format();
        let strides = [0, 1, 2, 3].map(|plane| frame.stride(plane));
        Self {
            format: format.pixel_format,
            width: format.width,
            height: format.height,
            colour: format.colour,
            planes: frame.planes_mut(),
            strides,
        }
    }
}

impl<'a> PictureMut<'a> {
    /// A view of planes in memory, plane `i` with rows of `strides[i]` bytes.
    ///
    /// # Errors
    /// A plane is too short for its rows, or width or height is 0.
    pub fn new(
        format: PixelFormat,
        (width, height): (u32, u32),
        colour: Colour,
        planes: [&'a mut [u8]; MAX_PLANES],
        strides: [usize; MAX_PLANES],
    ) -> Result<Self> {
        let lengths = [0, 1, 2, 3].map(|plane: usize| planes[plane].len());
        check(format, (width, height), lengths, strides)?;
        Ok(Self { format, width, height, colour, planes, strides })
    }

    /// How samples lie in memory.
    pub fn format(&self) -> PixelFormat {
        self.format
    }

    /// Width and height, pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Colour description.
    pub fn colour(&self) -> Colour {
        self.colour
    }

    /// Bytes from one row of a plane to the next.
    pub fn stride(&self, plane: usize) -> usize {
        self.strides[plane]
    }

    /// The bytes of a plane from its first row on; the last row may end early.
    pub fn plane_mut(&mut self, plane: usize) -> &mut [u8] {
        self.planes[plane]
    }

    /// The bytes of all planes; those that the pixel format does not have are empty.
    pub fn planes_mut(&mut self) -> [&mut [u8]; MAX_PLANES] {
        self.planes.each_mut().map(|plane| &mut **plane)
    }

    /// The rows of a plane, each without padding.
    pub fn rows_mut(&mut self, plane: usize) -> impl Iterator<Item = &mut [u8]> {
        let row = self.format.row_bytes(plane, self.width);
        let rows = self.format.rows(plane, self.height);
        let stride = self.strides[plane].max(1);
        self.planes[plane].chunks_mut(stride).take(rows).map(move |r| &mut r[..row])
    }

    /// True if every row of every plane has its full stride, the last one too.
    pub(crate) fn is_whole(&self) -> bool {
        self.as_picture().is_whole()
    }

    /// The same for reading.
    pub fn as_picture(&self) -> Picture<'_> {
        Picture {
            format: self.format,
            width: self.width,
            height: self.height,
            colour: self.colour,
            planes: self.planes.each_ref().map(|plane| &**plane),
            strides: self.strides,
        }
    }

    /// A part of the picture; see [`Picture::part`].
    ///
    /// # Errors
    /// The part is empty or does not lie inside the picture.
    pub fn part_mut(&mut self, area: Rectangle) -> Result<PictureMut<'_>> {
        inside((self.width, self.height), area)?;
        let area = on_chroma(self.format, area);
        let (format, strides, colour) = (self.format, self.strides, self.colour);
        let mut planes = self.planes_mut();
        for plane in 0..format.plane_count() {
            let start = offset(format, plane, strides[plane], area);
            planes[plane] = &mut std::mem::take(&mut planes[plane])[start..];
        }
        let (width, height) = (area.width, area.height);
        Ok(PictureMut { format, width, height, colour, planes, strides })
    }

    /// Copies a picture of the same pixel format and size, byte by byte.
    ///
    /// # Errors
    /// Pixel formats or sizes differ.
    pub fn copy_from(&mut self, source: &Picture<'_>) -> Result<()> {
        if source.format != self.format {
            return Err(VideoError::NoConversion { from: source.format, to: self.format });
        }
        if source.size() != self.size() {
            return Err(VideoError::SizesDiffer { from: source.size(), to: self.size() });
        }
        for plane in 0..self.format.plane_count() {
            for (to, from) in self.rows_mut(plane).zip(source.rows(plane)) {
                to.copy_from_slice(from);
            }
        }
        Ok(())
    }
}

/// A picture with its memory, which is used again for the next one: it allocates only to
/// grow. At first it has no pixels and no memory.
#[derive(Debug)]
pub struct PictureBuf {
    bytes: Vec<u8>,
    meta: VideoMeta,
    format: PixelFormat,
}

impl Default for PictureBuf {
    fn default() -> Self {
        let format = PixelFormat::Gray8;
        let (meta, _) = VideoMeta::packed(format, 0, 0, 32);
        Self { bytes: Vec::new(), meta, format }
    }
}

impl PictureBuf {
    /// Makes it a picture of this format with undefined content.
    pub fn reset(&mut self, format: PixelFormat, (width, height): (u32, u32), colour: Colour) {
        let (meta, size) = VideoMeta::packed(format, width.max(1), height.max(1), 32);
        self.meta = meta.with_colour(colour);
        self.format = format;
        if self.bytes.len() < size {
            self.bytes.resize(size, 0);
        }
    }

    fn strides(&self) -> [usize; MAX_PLANES] {
        self.meta.planes.map(|plane| plane.stride as usize)
    }

    /// The picture for reading.
    pub fn view(&self) -> Picture<'_> {
        let planes = self.meta.planes.map(|plane| {
            let start = plane.offset as usize;
            &self.bytes[start..start + plane.stride as usize * plane.rows as usize]
        });
        Picture {
            format: self.format,
            width: self.meta.width,
            height: self.meta.height,
            colour: self.meta.colour(),
            planes,
            strides: self.strides(),
        }
    }

    /// The picture for writing.
    pub fn view_mut(&mut self) -> PictureMut<'_> {
        let (meta, strides) = (self.meta, self.strides());
        let mut planes: [&mut [u8]; MAX_PLANES] = Default::default();
        let mut rest = self.bytes.as_mut_slice();
        let mut start = 0;
        for (plane, layout) in planes.iter_mut().zip(meta.planes).take(meta.plane_count as usize) {
            let (_, from_plane) = rest.split_at_mut(layout.offset as usize - start);
            let size = layout.stride as usize * layout.rows as usize;
            let (this, after) = from_plane.split_at_mut(size);
            *plane = this;
            rest = after;
            start = layout.offset as usize + size;
        }
        PictureMut {
            format: self.format,
            width: meta.width,
            height: meta.height,
            colour: meta.colour(),
            planes,
            strides,
        }
    }
}
