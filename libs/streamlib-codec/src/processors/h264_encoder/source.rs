//! A received picture as the encoder wants it: the visible part, as I420.

use streamlib_abi::media::Rectangle;
use streamlib_processor::prelude::*;

use crate::{CodecError, I420View};

/// The part of a frame that is meant to be seen; all of it if it says nothing.
fn visible_part(frame: &VideoFrame) -> Rectangle {
    match frame.visible() {
        Rectangle { width: 0, .. } | Rectangle { height: 0, .. } => {
            Rectangle { x: 0, y: 0, width: frame.width(), height: frame.height() }
        }
        visible => visible,
    }
}

/// The format of the visible part as I420.
pub(super) fn visible_format(frame: &VideoFrame) -> VideoFormat {
    let Rectangle { width, height, .. } = visible_part(frame);
    VideoFormat { pixel_format: PixelFormat::I420, width, height, ..frame.format() }
}

/// Views pictures as I420.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// Cb and Cr of an NV12 picture, in tight planes.
    chroma: [Vec<u8>; 2],
}

impl Source {
    /// The visible part of `frame`. I420 is viewed where it lies; the chroma of NV12 is copied into
    /// planes of its own.
    ///
    /// Errors: [`CodecError::InvalidInput`] if the visible part starts inside a chroma sample.
    pub(super) fn view<'a>(
        &'a mut self,
        frame: &'a VideoFrame,
    ) -> Result<I420View<'a>, CodecError> {
        let visible = visible_part(frame);
        let (x, y) = (visible.x as usize, visible.y as usize);
        if x % 2 != 0 || y % 2 != 0 {
            return Err(CodecError::InvalidInput {
                given: format!("a picture whose visible part starts at {x},{y}"),
                expected: "a picture whose visible part starts at an even column and row".into(),
            });
        }
        let part = |plane: usize, left: usize, top: usize| {
            frame.plane(plane).get(top * frame.stride(plane) + left..).unwrap_or_default()
        };
        let luma = part(0, x, y);
        let (width, height) = (visible.width, visible.height);
        if frame.pixel_format() == PixelFormat::Nv12 {
            let (columns, rows) = I420View::plane_size(width, height, 1);
            self.split_chroma(part(1, x, y / 2), frame.stride(1), columns, rows);
            let planes = [luma, self.chroma[0].as_slice(), self.chroma[1].as_slice()];
            let strides = [frame.stride(0), columns, columns];
            return Ok(I420View { width, height, planes, strides });
        }
        let planes = [luma, part(1, x / 2, y / 2), part(2, x / 2, y / 2)];
        let strides = [0, 1, 2].map(|plane| frame.stride(plane));
        Ok(I420View { width, height, planes, strides })
    }

    fn split_chroma(&mut self, pairs: &[u8], stride: usize, columns: usize, rows: usize) {
        self.chroma.iter_mut().for_each(|plane| plane.resize(columns * rows, 0));
        let [cb, cr] = &mut self.chroma;
        let targets = cb.chunks_exact_mut(columns).zip(cr.chunks_exact_mut(columns));
        for (row, (cb, cr)) in pairs.chunks(stride.max(1)).zip(targets) {
            for ((pair, cb), cr) in row.as_chunks::<2>().0.iter().zip(cb).zip(cr) {
                [*cb, *cr] = *pair;
            }
        }
    }
}
