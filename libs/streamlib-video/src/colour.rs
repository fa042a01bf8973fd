//! Which matrix and range a picture is coded with, when its description leaves that open.
//!
//! The rule for what is unknown, used everywhere in this crate:
//! - matrix: BT.601 below 720 lines, BT.709 from 720 lines on;
//! - range: limited for luma and chroma (GRAY8, NV12, I420, P010, GRAY16), full for RGB.
//!
//! RGB is always full range here: a stated limited range of RGB is ignored.

use streamlib_processor::abi::media::{
    ChromaSiting, Colour, ColourRange, MatrixCoefficients, PixelFormat,
};

use crate::error::{Result, VideoError};

/// Lines from which on an unknown matrix is taken for BT.709.
pub const HD_LINES: u32 = 720;

/// True for pixel formats of red, green and blue.
pub fn is_rgb(format: PixelFormat) -> bool {
    matches!(
        format,
        PixelFormat::Rgba8 | PixelFormat::Bgra8 | PixelFormat::Rgb8 | PixelFormat::Rgba64
    )
}

/// How the luma and chroma of a picture are coded, with nothing left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coding {
    /// Weight of red in luma, H.273 table 4.
    pub matrix: MatrixCoefficients,
    /// True for full range.
    pub full: bool,
}

/// The coding of a picture of this format, colour and height.
///
/// # Errors
/// The picture has chroma, and its matrix is none that converts to RGB by weights (`identity`,
/// `ycgco`, `bt2020_cl`).
pub fn coding(format: PixelFormat, colour: Colour, height: u32) -> Result<Coding> {
    use MatrixCoefficients as M;
    let by_height = if height < HD_LINES { M::Smpte170M } else { M::Bt709 };
    let matrix = match colour.matrix {
        M::Unknown => by_height,
        M::Bt470Bg => M::Smpte170M,
        M::Identity | M::Ycgco | M::Bt2020Cl if format.is_420() => {
            return Err(VideoError::Matrix { format, matrix: colour.matrix });
        }
        // Only the range of grey and RGB matters; the matrix is that of the other side.
        M::Identity | M::Ycgco | M::Bt2020Cl => by_height,
        known => known,
    };
    Ok(Coding { matrix, full: is_rgb(format) || colour.range == ColourRange::Full })
}

/// The colour description of what a conversion from `from` to pixel format `to` makes, for a
/// picture of so many lines: everything that a conversion decides is stated.
pub fn converted(from_format: PixelFormat, from: Colour, to: PixelFormat, height: u32) -> Colour {
    let (was_rgb, is_rgb) = (is_rgb(from_format), is_rgb(to));
    if is_rgb {
        let colour = Colour { range: ColourRange::Full, siting: ChromaSiting::Unknown, ..from };
        return Colour { matrix: MatrixCoefficients::Identity, ..colour };
    }
    if !was_rgb {
        // Luma stays as it is.
        return from;
    }
    let matrix =
        if height < HD_LINES { MatrixCoefficients::Smpte170M } else { MatrixCoefficients::Bt709 };
    let siting = if to.is_420() { ChromaSiting::Center } else { ChromaSiting::Unknown };
    Colour { matrix, range: ColourRange::Limited, siting, ..from }
}

/// The colour description of a picture that was made `to` lines high from one of `from` lines: an
/// unknown matrix is stated where the rule above would now say another.
pub fn resized(format: PixelFormat, colour: Colour, from: u32, to: u32) -> Colour {
    let open = colour.matrix == MatrixCoefficients::Unknown && format.is_420();
    match coding(format, colour, from) {
        Ok(coding) if open && (from < HD_LINES) != (to < HD_LINES) => {
            Colour { matrix: coding.matrix, ..colour }
        }
        _ => colour,
    }
}

/// Weights of red and blue in luma, H.273 table 4. Green has the rest.
pub fn luma_weights(matrix: MatrixCoefficients) -> (f64, f64) {
    use MatrixCoefficients as M;
    match matrix {
        M::Bt709 => (0.2126, 0.0722),
        M::Fcc => (0.30, 0.11),
        M::Smpte240M => (0.212, 0.087),
        M::Bt2020Ncl | M::Bt2020Cl => (0.2627, 0.0593),
        _ => (0.299, 0.114),
    }
}
