//! Effects on the colours of a picture, in place: fill, grey, inverse, blend.
//!
//! They work on RGBA8, BGRA8, RGB8, GRAY8, NV12 and I420 directly, honour range and matrix, and
//! leave alpha as it is.

use streamlib_processor::abi::media::{AlphaMode, PixelFormat};

use crate::colour::{coding, luma_weights};
use crate::error::{Result, VideoError};
use crate::picture::{Picture, PictureMut};

/// Code values of the neutral chroma, 8 bits.
const NEUTRAL: u8 = 128;

fn refused<T>(action: &'static str, format: PixelFormat) -> Result<T> {
    Err(VideoError::Format { action, format })
}

fn is_full(picture: &PictureMut<'_>) -> Result<bool> {
    Ok(coding(picture.format(), picture.colour(), picture.size().1)?.full)
}

/// `from` moved towards `to` by `weight` of 256, rounded.
#[inline]
fn mix(from: u8, to: u8, weight: u32) -> u8 {
    ((u32::from(from) * (256 - weight) + u32::from(to) * weight + 128) >> 8) as u8
}

/// A share of 0 to 1 as a number of 256ths.
fn weight_of(share: f64) -> u32 {
    (share.clamp(0.0, 1.0) * 256.0).round() as u32
}

/// Makes every pixel black and opaque.
///
/// # Errors
/// The pixel format has more than 8 bits.
pub fn fill_black(picture: &mut PictureMut<'_>) -> Result<()> {
    let format = picture.format();
    let black = match format {
        PixelFormat::Gray8 | PixelFormat::Nv12 | PixelFormat::I420 => {
            // A matrix that cannot be converted has a black all the same.
            if is_full(picture).unwrap_or(false) { 0 } else { 16 }
        }
        PixelFormat::Rgba8 | PixelFormat::Bgra8 => {
            for row in picture.rows_mut(0) {
                row.as_chunks_mut::<4>().0.fill([0, 0, 0, 255]);
            }
            return Ok(());
        }
        PixelFormat::Rgb8 => 0,
        other => return refused("filling with black", other),
    };
    picture.rows_mut(0).for_each(|row| row.fill(black));
    for plane in 1..format.plane_count() {
        picture.rows_mut(plane).for_each(|row| row.fill(NEUTRAL));
    }
    Ok(())
}

/// Takes away `amount` (0 to 1) of the colour: 0 leaves the picture as it is, 1 leaves luma alone.
/// For RGB, luma is that of the picture's matrix, BT.601 or BT.709 if it states none.
///
/// # Errors
/// The pixel format has more than 8 bits.
pub fn grayscale(picture: &mut PictureMut<'_>, amount: f64) -> Result<()> {
    let weight = weight_of(amount);
    let format = picture.format();
    match format {
        _ if weight == 0 => {}
        PixelFormat::Gray8 => {}
        PixelFormat::Nv12 | PixelFormat::I420 => {
            for plane in 1..format.plane_count() {
                for row in picture.rows_mut(plane) {
                    if weight == 256 {
                        row.fill(NEUTRAL);
                    } else {
                        row.iter_mut().for_each(|value| *value = mix(*value, NEUTRAL, weight));
                    }
                }
            }
        }
        PixelFormat::Rgba8 | PixelFormat::Bgra8 | PixelFormat::Rgb8 => {
            let (red, blue) =
                luma_weights(coding(format, picture.colour(), picture.size().1)?.matrix);
            let part = |share: f64| (share * 65_536.0).round() as u32;
            let mut parts = [part(red), 65_536 - part(red) - part(blue), part(blue)];
            if format == PixelFormat::Bgra8 {
                parts.reverse();
            }
            for row in picture.rows_mut(0) {
                if format == PixelFormat::Rgb8 {
                    grey_pixels::<3>(row, parts, weight);
                } else {
                    grey_pixels::<4>(row, parts, weight);
                }
            }
        }
        other => return refused("greyscale", other),
    }
    Ok(())
}

fn grey_pixels<const N: usize>(row: &mut [u8], parts: [u32; 3], weight: u32) {
    for pixel in row.as_chunks_mut::<N>().0 {
        let colour = [pixel[0], pixel[1], pixel[2]].map(u32::from);
        let sum = colour[0] * parts[0] + colour[1] * parts[1] + colour[2] * parts[2];
        let luma = ((sum + 32_768) >> 16) as u8;
        for value in &mut pixel[..3] {
            *value = mix(*value, luma, weight);
        }
    }
}

/// Turns every colour into its opposite: white to black, red to cyan. Premultiplied colours are
/// inverted against their alpha.
///
/// # Errors
/// The pixel format has more than 8 bits.
pub fn invert(picture: &mut PictureMut<'_>, alpha: AlphaMode) -> Result<()> {
    let format = picture.format();
    match format {
        PixelFormat::Gray8 | PixelFormat::Nv12 | PixelFormat::I420 => {
            // White and black change places: 235 and 16, or 255 and 0.
            let sum = if is_full(picture).unwrap_or(false) { 255_u8 } else { 251 };
            for row in picture.rows_mut(0) {
                row.iter_mut().for_each(|luma| *luma = sum.saturating_sub(*luma));
            }
            for plane in 1..format.plane_count() {
                for row in picture.rows_mut(plane) {
                    // 256 - value; 0, which stands outside the range, becomes 255.
                    row.iter_mut().for_each(|value| *value = 255 - value.saturating_sub(1));
                }
            }
        }
        PixelFormat::Rgb8 => {
            for row in picture.rows_mut(0) {
                row.iter_mut().for_each(|value| *value = 255 - *value);
            }
        }
        PixelFormat::Rgba8 | PixelFormat::Bgra8 => {
            let premultiplied = alpha == AlphaMode::Premultiplied;
            for row in picture.rows_mut(0) {
                for [a, b, c, opacity] in row.as_chunks_mut::<4>().0 {
                    let white = if premultiplied { *opacity } else { 255 };
                    *a = white.saturating_sub(*a);
                    *b = white.saturating_sub(*b);
                    *c = white.saturating_sub(*c);
                }
            }
        }
        other => return refused("inverting", other),
    }
    Ok(())
}

/// Lays `over` on `picture`, which has the same pixel format, size and coding, with an opacity of
/// 0 to 1. Alpha of RGBA is not looked at: it moves like a colour.
///
/// # Errors
/// Pixel formats or sizes differ, or there are more than 8 bits.
pub fn blend(picture: &mut PictureMut<'_>, over: &Picture<'_>, opacity: f64) -> Result<()> {
    let weight = weight_of(opacity);
    if picture.format().bit_depth() != 8 {
        return refused("blending", picture.format());
    }
    if weight == 256 || picture.format() != over.format() || picture.size() != over.size() {
        // Copies, or says what differs.
        return picture.copy_from(over);
    }
    for plane in 0..picture.format().plane_count() {
        for (to, from) in picture.rows_mut(plane).zip(over.rows(plane)) {
            for (to, from) in to.iter_mut().zip(from) {
                *to = mix(*to, *from, weight);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
