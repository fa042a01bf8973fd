//! Conversions from and to RGB: calls of the `yuv` crate, which has SIMD code for x86 and ARM and
//! picks it at run time; and between the orders of RGB. Planes have whole rows.

use streamlib_processor::abi::media::{MatrixCoefficients, PixelFormat};
use yuv::{
    BufferStoreMut, YuvBiPlanarImage, YuvBiPlanarImageMut, YuvConversionMode, YuvError,
    YuvGrayImage, YuvGrayImageMut, YuvPlanarImage, YuvPlanarImageMut, YuvRange, YuvStandardMatrix,
};

use crate::colour::Coding;
use crate::error::{Result, VideoError};
use crate::picture::{Picture, PictureMut};

const MODE: YuvConversionMode = YuvConversionMode::Balanced;

fn library(coding: Coding) -> (YuvRange, YuvStandardMatrix) {
    let range = if coding.full { YuvRange::Full } else { YuvRange::Limited };
    let matrix = match coding.matrix {
        MatrixCoefficients::Bt709 => YuvStandardMatrix::Bt709,
        MatrixCoefficients::Fcc => YuvStandardMatrix::Fcc,
        // The library's built-in weights for SMPTE 240M are off (0.8.20); computed ones are right.
        MatrixCoefficients::Smpte240M => YuvStandardMatrix::Custom(0.212, 0.087),
        MatrixCoefficients::Bt2020Ncl => YuvStandardMatrix::Bt2020,
        _ => YuvStandardMatrix::Bt601,
    };
    (range, matrix)
}

fn checked(picture: &Picture<'_>, done: Result<(), YuvError>) -> Result<()> {
    let (width, height) = picture.size();
    done.map_err(|error| VideoError::Library {
        action: "converted",
        format: picture.format(),
        width,
        height,
        reason: error.to_string(),
    })
}

fn impossible(source: &Picture<'_>, target: PixelFormat) -> Result<()> {
    Err(VideoError::NoConversion { from: source.format(), to: target })
}

/// Between RGBA8, BGRA8 and RGB8. Not the library's, which allocates in each call.
pub(super) fn shuffle(source: &Picture<'_>, target: &mut PictureMut<'_>) -> Result<()> {
    use PixelFormat::{Bgra8, Rgb8, Rgba8};
    let (from, to) = (source.format(), target.format());
    for (to_row, from_row) in target.rows_mut(0).zip(source.rows(0)) {
        match (from, to) {
            (Rgba8, Bgra8) | (Bgra8, Rgba8) => {
                pixels(from_row, to_row, |[a, b, c, alpha]: [u8; 4]| [c, b, a, alpha]);
            }
            (Rgba8, Rgb8) => pixels(from_row, to_row, |[r, g, b, _]: [u8; 4]| [r, g, b]),
            (Bgra8, Rgb8) => pixels(from_row, to_row, |[b, g, r, _]: [u8; 4]| [r, g, b]),
            (Rgb8, Rgba8) => pixels(from_row, to_row, |[r, g, b]: [u8; 3]| [r, g, b, 255]),
            (Rgb8, Bgra8) => pixels(from_row, to_row, |[r, g, b]: [u8; 3]| [b, g, r, 255]),
            (from, to) if from == to => to_row.copy_from_slice(from_row),
            (_, to) => return impossible(source, to),
        }
    }
    Ok(())
}

fn pixels<const F: usize, const T: usize>(
    from: &[u8],
    to: &mut [u8],
    change: impl Fn([u8; F]) -> [u8; T],
) {
    for (to, from) in to.as_chunks_mut::<T>().0.iter_mut().zip(from.as_chunks::<F>().0) {
        *to = change(*from);
    }
}

/// GRAY8, NV12 and I420 to RGBA8, BGRA8 and RGB8.
pub(super) fn to_rgb(
    source: &Picture<'_>,
    target: &mut PictureMut<'_>,
    coding: Coding,
) -> Result<()> {
    use PixelFormat::{Bgra8, Gray8, I420, Nv12, Rgb8, Rgba8};
    let (range, matrix) = library(coding);
    let (width, height) = source.size();
    let stride = |plane| source.stride(plane) as u32;
    let (format, to_stride) = (target.format(), target.stride(0) as u32);
    let to = target.plane_mut(0);
    let done = match source.format() {
        Gray8 => {
            let image =
                YuvGrayImage { y_plane: source.plane(0), y_stride: stride(0), width, height };
            let convert = match format {
                Rgba8 => yuv::yuv400_to_rgba,
                Bgra8 => yuv::yuv400_to_bgra,
                Rgb8 => yuv::yuv400_to_rgb,
                other => return impossible(source, other),
            };
            convert(&image, to, to_stride, range, matrix)
        }
        Nv12 => {
            let image = YuvBiPlanarImage {
                y_plane: source.plane(0),
                y_stride: stride(0),
                uv_plane: source.plane(1),
                uv_stride: stride(1),
                width,
                height,
            };
            let convert = match format {
                Rgba8 => yuv::yuv_nv12_to_rgba,
                Bgra8 => yuv::yuv_nv12_to_bgra,
                Rgb8 => yuv::yuv_nv12_to_rgb,
                other => return impossible(source, other),
            };
            convert(&image, to, to_stride, range, matrix, MODE)
        }
        I420 => {
            let image = YuvPlanarImage {
                y_plane: source.plane(0),
                y_stride: stride(0),
                u_plane: source.plane(1),
                u_stride: stride(1),
                v_plane: source.plane(2),
                v_stride: stride(2),
                width,
                height,
            };
            let convert = match format {
                Rgba8 => yuv::yuv420_to_rgba,
                Bgra8 => yuv::yuv420_to_bgra,
                Rgb8 => yuv::yuv420_to_rgb,
                other => return impossible(source, other),
            };
            convert(&image, to, to_stride, range, matrix)
        }
        _ => return impossible(source, format),
    };
    checked(source, done)
}

/// RGBA8, BGRA8 and RGB8 to GRAY8, NV12 and I420.
pub(super) fn from_rgb(
    source: &Picture<'_>,
    target: &mut PictureMut<'_>,
    coding: Coding,
) -> Result<()> {
    use PixelFormat::{Bgra8, Gray8, I420, Nv12, Rgb8, Rgba8};
    let (range, matrix) = library(coding);
    let (width, height) = source.size();
    let (from, from_stride) = (source.plane(0), source.stride(0) as u32);
    let strides = [0, 1, 2].map(|plane| target.stride(plane) as u32);
    let format = target.format();
    let [y_plane, second, third, _] = target.planes_mut();
    let y_plane = BufferStoreMut::Borrowed(y_plane);
    let [y_stride, second_stride, v_stride] = strides;
    let done = match format {
        Gray8 => {
            let mut image = YuvGrayImageMut { y_plane, y_stride, width, height };
            let convert = match source.format() {
                Rgba8 => yuv::rgba_to_yuv400,
                Bgra8 => yuv::bgra_to_yuv400,
                Rgb8 => yuv::rgb_to_yuv400,
                _ => return impossible(source, format),
            };
            convert(&mut image, from, from_stride, range, matrix)
        }
        Nv12 => {
            let uv_plane = BufferStoreMut::Borrowed(second);
            let uv_stride = second_stride;
            let mut image =
                YuvBiPlanarImageMut { y_plane, y_stride, uv_plane, uv_stride, width, height };
            let convert = match source.format() {
                Rgba8 => yuv::rgba_to_yuv_nv12,
                Bgra8 => yuv::bgra_to_yuv_nv12,
                Rgb8 => yuv::rgb_to_yuv_nv12,
                _ => return impossible(source, format),
            };
            convert(&mut image, from, from_stride, range, matrix, MODE)
        }
        I420 => {
            let mut image = YuvPlanarImageMut {
                y_plane,
                y_stride,
                u_plane: BufferStoreMut::Borrowed(second),
                u_stride: second_stride,
                v_plane: BufferStoreMut::Borrowed(third),
                v_stride,
                width,
                height,
            };
            let convert = match source.format() {
                Rgba8 => yuv::rgba_to_yuv420,
                Bgra8 => yuv::bgra_to_yuv420,
                Rgb8 => yuv::rgb_to_yuv420,
                _ => return impossible(source, format),
            };
            convert(&mut image, from, from_stride, range, matrix, MODE)
        }
        _ => return impossible(source, format),
    };
    checked(source, done)
}
