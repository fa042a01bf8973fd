//! Conversion between pixel formats.
//!
//! Guarantees: every pair of RGBA8, BGRA8, RGB8, GRAY8, NV12 and I420, of every size and stride;
//! P010, GRAY16 and RGBA64 to each of those. Matrix and range of both sides are honoured, what is
//! unknown follows [`crate::colour`]. No value is off by more than 2 from the exact one (3 where
//! the way leads over RGB). Nothing is allocated once the scratch has grown to the largest size.
//!
//! Not guaranteed: chroma siting (chroma is averaged over four pixels and repeated for four, which
//! is exact for siting `center`), primaries and transfer (they are not touched), and alpha towards
//! formats that have none (it is dropped; towards formats that have it, it becomes opaque). Luma
//! below black (codes under 16 of limited range) may be taken for black on the way to RGB.

mod planes;
mod rgb;

use streamlib_processor::abi::media::PixelFormat;

use crate::colour::{Coding, coding, is_rgb};
use crate::error::{Result, VideoError};
use crate::picture::{Picture, PictureBuf, PictureMut};

/// Converts pictures; keeps the memory that this needs.
#[derive(Debug, Default)]
pub struct Converter {
    narrow: PictureBuf,
    whole: PictureBuf,
    rgb: PictureBuf,
    target: PictureBuf,
}

/// True if there is a conversion.
pub fn can_convert(from: PixelFormat, to: PixelFormat) -> bool {
    from == to || to.bit_depth() == 8
}

/// The 8-bit format with the same planes as a 16-bit one.
fn narrowed(format: PixelFormat) -> Option<PixelFormat> {
    match format {
        PixelFormat::P010 => Some(PixelFormat::Nv12),
        PixelFormat::Gray16 => Some(PixelFormat::Gray8),
        PixelFormat::Rgba64 => Some(PixelFormat::Rgba8),
        _ => None,
    }
}

/// Converts once; see [`Converter::convert`], which keeps its memory for the next time.
///
/// # Errors
/// As there.
pub fn convert(source: &Picture<'_>, target: &mut PictureMut<'_>) -> Result<()> {
    Converter::default().convert(source, target)
}

impl Converter {
    /// True unless the code values of `source` mean the same in `target`: a copy will do.
    pub fn is_needed(source: &Picture<'_>, target: &PictureMut<'_>) -> bool {
        source.format() != target.format() || !codings_agree(source, target)
    }

    /// Fills `target` with `source`, in the pixel format and colour of `target`.
    ///
    /// # Errors
    /// The sizes differ, there is no conversion between the formats, or a matrix is not known.
    pub fn convert(&mut self, source: &Picture<'_>, target: &mut PictureMut<'_>) -> Result<()> {
        if source.size() != target.size() {
            return Err(VideoError::SizesDiffer { from: source.size(), to: target.size() });
        }
        if !can_convert(source.format(), target.format()) {
            let (from, to) = (source.format(), target.format());
            return Err(VideoError::NoConversion { from, to });
        }
        if !Self::is_needed(source, target) {
            return target.copy_from(source);
        }
        // The conversion library takes planes of whole rows only.
        if !target.is_whole() {
            let mut whole = std::mem::take(&mut self.target);
            whole.reset(target.format(), target.size(), target.colour());
            let done = self.fill_whole(source, &mut whole.view_mut());
            let done = done.and_then(|()| target.copy_from(&whole.view()));
            self.target = whole;
            return done;
        }
        self.fill_whole(source, target)
    }

    fn fill_whole(&mut self, source: &Picture<'_>, target: &mut PictureMut<'_>) -> Result<()> {
        if let Some(format) = narrowed(source.format()) {
            let mut narrow = std::mem::take(&mut self.narrow);
            narrow.reset(format, source.size(), source.colour());
            planes::narrow(source, coding_of(source)?.full, &mut narrow.view_mut());
            let done = self.eight_bit(&narrow.view(), target);
            self.narrow = narrow;
            return done;
        }
        if source.is_whole() {
            return self.eight_bit(source, target);
        }
        let mut whole = std::mem::take(&mut self.whole);
        whole.reset(source.format(), source.size(), source.colour());
        let done = whole.view_mut().copy_from(source);
        let done = done.and_then(|()| self.eight_bit(&whole.view(), target));
        self.whole = whole;
        done
    }

    fn eight_bit(&mut self, source: &Picture<'_>, target: &mut PictureMut<'_>) -> Result<()> {
        let from = coding_of(source)?;
        let to = coding(target.format(), target.colour(), target.size().1)?;
        match (is_rgb(source.format()), is_rgb(target.format())) {
            (true, true) => rgb::shuffle(source, target),
            (true, false) => rgb::from_rgb(source, target, to),
            (false, true) => rgb::to_rgb(source, target, from),
            (false, false) if one_is_grey(source, target) || from.matrix == to.matrix => {
                planes::luma_and_chroma(source, target, from.full, to.full);
                Ok(())
            }
            (false, false) => {
                let mut rgb = std::mem::take(&mut self.rgb);
                rgb.reset(PixelFormat::Rgba8, source.size(), source.colour());
                let done = rgb::to_rgb(source, &mut rgb.view_mut(), from)
                    .and_then(|()| rgb::from_rgb(&rgb.view(), target, to));
                self.rgb = rgb;
                done
            }
        }
    }
}

fn coding_of(picture: &Picture<'_>) -> Result<Coding> {
    coding(picture.format(), picture.colour(), picture.size().1)
}

fn one_is_grey(source: &Picture<'_>, target: &PictureMut<'_>) -> bool {
    source.format() == PixelFormat::Gray8 || target.format() == PixelFormat::Gray8
}

/// True if the same code values mean the same on both sides.
fn codings_agree(source: &Picture<'_>, target: &PictureMut<'_>) -> bool {
    if is_rgb(source.format()) || source.colour() == target.colour() {
        return true;
    }
    let to = coding(target.format(), target.colour(), target.size().1);
    match (coding_of(source), to) {
        (Ok(from), Ok(to)) => {
            from.full == to.full && (from.matrix == to.matrix || !source.format().is_420())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
