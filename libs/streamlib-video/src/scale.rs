//! Scaling with the `pic-scale` crate: SIMD, in integers, one thread, weights computed once for a
//! pair of sizes and kept.
//!
//! Each plane is scaled for itself. Chroma of 4:2:0 is taken to lie in the centre of its four
//! pixels; with siting `left` it moves by at most a quarter of a chroma sample. Colours are scaled
//! as they are coded, not in linear light; RGB with straight alpha is weighted by alpha.

use std::borrow::Cow;
use std::sync::Arc;

use pic_scale::{
    BufferStore, ImageSize, ImageStore, ImageStoreMut, PicScaleError, Resampling,
    ResamplingFunction,
};
use serde::{Deserialize, Serialize};
use streamlib_processor::ConfigChoice;
use streamlib_processor::abi::media::{AlphaMode, PixelFormat};

use crate::error::{Result, VideoError};
use crate::picture::{Picture, PictureMut};

/// How pixels are weighted when a picture is scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ConfigChoice)]
#[serde(rename_all = "snake_case")]
#[config(crate = streamlib_processor)]
pub enum Filter {
    /// The nearest pixel, hard edges.
    Nearest,
    /// Linear between neighbours; over the whole covered area when making smaller.
    #[default]
    Bilinear,
    /// Catmull-Rom cubic: sharper.
    Bicubic,
    /// Lanczos with three lobes: sharpest, slowest, may ring at edges.
    Lanczos3,
}

impl Filter {
    fn function(self) -> ResamplingFunction {
        match self {
            Self::Nearest => ResamplingFunction::Nearest,
            Self::Bilinear => ResamplingFunction::Bilinear,
            Self::Bicubic => ResamplingFunction::CatmullRom,
            Self::Lanczos3 => ResamplingFunction::Lanczos3,
        }
    }
}

/// The weights for one plane.
enum Plan {
    One(Arc<Resampling<u8, 1>>),
    Two(Arc<Resampling<u8, 2>>),
    Three(Arc<Resampling<u8, 3>>),
    Four(Arc<Resampling<u8, 4>>),
}

/// What the weights were computed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    format: PixelFormat,
    from: (u32, u32),
    to: (u32, u32),
    filter: Filter,
    straight: bool,
}

/// Scales pictures; keeps weights and memory for pictures of the same sizes.
#[derive(Default)]
pub struct Scaler {
    key: Option<Key>,
    plans: Vec<Plan>,
    scratch: Vec<u8>,
}

impl std::fmt::Debug for Scaler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scaler").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Samples of one pixel in a plane.
fn channels(format: PixelFormat, plane: usize) -> Option<usize> {
    match (format, plane) {
        (PixelFormat::Rgba8 | PixelFormat::Bgra8, _) => Some(4),
        (PixelFormat::Rgb8, _) => Some(3),
        (PixelFormat::Nv12, 1) => Some(2),
        (PixelFormat::Gray8 | PixelFormat::Nv12 | PixelFormat::I420, _) => Some(1),
        _ => None,
    }
}

fn plane_size(format: PixelFormat, plane: usize, (width, height): (u32, u32)) -> ImageSize {
    let halved = plane > 0 && format.is_420();
    let width = if halved { width.div_ceil(2) } else { width };
    ImageSize::new(width as usize, format.rows(plane, height))
}

impl Scaler {
    /// Fills `target` with `source`, scaled to its size.
    ///
    /// # Errors
    /// The pixel formats differ or have more than 8 bits, or memory for the weights is not to be
    /// had.
    pub fn scale(
        &mut self,
        source: &Picture<'_>,
        target: &mut PictureMut<'_>,
        filter: Filter,
        alpha: AlphaMode,
    ) -> Result<()> {
        if source.format() != target.format() {
            let (from, to) = (source.format(), target.format());
            return Err(VideoError::NoConversion { from, to });
        }
        if source.size() == target.size() {
            return target.copy_from(source);
        }
        let key = Key {
            format: source.format(),
            from: source.size(),
            to: target.size(),
            filter,
            straight: alpha == AlphaMode::Straight,
        };
        if self.key != Some(key) {
            self.plan(key)?;
        }
        for (plane, plan) in self.plans.iter().enumerate() {
            let (from, from_stride) = (source.plane(plane), source.stride(plane));
            let to_stride = target.stride(plane);
            let to = target.plane_mut(plane);
            let scratch = &mut self.scratch[..];
            let done = match plan {
                Plan::One(plan) => run(&**plan, from, from_stride, to, to_stride, scratch),
                Plan::Two(plan) => run(&**plan, from, from_stride, to, to_stride, scratch),
                Plan::Three(plan) => run(&**plan, from, from_stride, to, to_stride, scratch),
                Plan::Four(plan) => run(&**plan, from, from_stride, to, to_stride, scratch),
            };
            done.map_err(|error| refused(key, &error))?;
        }
        Ok(())
    }

    fn plan(&mut self, key: Key) -> Result<()> {
        self.key = None;
        self.plans.clear();
        let scaler = pic_scale::Scaler::new(key.filter.function());
        let mut scratch = 0;
        for plane in 0..key.format.plane_count() {
            let from = plane_size(key.format, plane, key.from);
            let to = plane_size(key.format, plane, key.to);
            let plan = match channels(key.format, plane) {
                Some(1) => scaler.plan_planar_resampling(from, to).map(Plan::One),
                Some(2) => scaler.plan_cbcr_resampling(from, to).map(Plan::Two),
                Some(3) => scaler.plan_rgb_resampling(from, to).map(Plan::Three),
                Some(_) => scaler.plan_rgba_resampling(from, to, key.straight).map(Plan::Four),
                None => {
                    return Err(VideoError::Format { action: "scaling", format: key.format });
                }
            };
            let plan = plan.map_err(|error| refused(key, &error))?;
            scratch = scratch.max(match &plan {
                Plan::One(plan) => plan.scratch_size(),
                Plan::Two(plan) => plan.scratch_size(),
                Plan::Three(plan) => plan.scratch_size(),
                Plan::Four(plan) => plan.scratch_size(),
            });
            self.plans.push(plan);
        }
        self.scratch.resize(scratch, 0);
        self.key = Some(key);
        Ok(())
    }
}

fn refused(key: Key, error: &PicScaleError) -> VideoError {
    VideoError::Library {
        action: "scaled",
        format: key.format,
        width: key.from.0,
        height: key.from.1,
        reason: format!("to {}x{}: {error}", key.to.0, key.to.1),
    }
}

fn run<const N: usize>(
    plan: &Resampling<u8, N>,
    from: &[u8],
    from_stride: usize,
    to: &mut [u8],
    to_stride: usize,
    scratch: &mut [u8],
) -> Result<(), PicScaleError> {
    let (from_size, to_size) = (plan.source_size(), plan.target_size());
    let source = ImageStore::<u8, N> {
        buffer: Cow::Borrowed(from),
        channels: N,
        width: from_size.width,
        height: from_size.height,
        stride: from_stride,
        bit_depth: 8,
    };
    let mut target = ImageStoreMut::<u8, N> {
        buffer: BufferStore::Borrowed(to),
        channels: N,
        width: to_size.width,
        height: to_size.height,
        stride: to_stride,
        bit_depth: 8,
    };
    plan.resample_with_scratch(&source, &mut target, scratch)
}

/// The largest size of the shape `shape` (width against height) that fits into `room`, at least 1
/// by 1.
pub fn fit(shape: (u64, u64), room: (u32, u32)) -> (u32, u32) {
    let (shape_w, shape_h) = (shape.0.max(1), shape.1.max(1));
    let rounded = |size: u32, num: u64, den: u64| {
        let scaled = (u128::from(size) * u128::from(num) + u128::from(den / 2)) / u128::from(den);
        u32::try_from(scaled).unwrap_or(u32::MAX).max(1)
    };
    let width = rounded(room.1, shape_w, shape_h);
    if width <= room.0 { (width, room.1) } else { (room.0, rounded(room.0, shape_h, shape_w)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_fits_its_room() {
        assert_eq!(fit((16, 9), (1280, 720)), (1280, 720));
        assert_eq!(fit((4, 3), (1280, 720)), (960, 720));
        assert_eq!(fit((9, 16), (1280, 720)), (405, 720));
        assert_eq!(fit((21, 9), (1280, 720)), (1280, 549));
        assert_eq!(fit((1, 10_000), (100, 100)), (1, 100));
    }
}
