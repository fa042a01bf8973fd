//! Conversions that keep luma and chroma: planes are split, joined, narrowed to 8 bits and brought
//! from one range to the other. The loops are simple enough for the compiler to vectorise.

use streamlib_processor::abi::media::PixelFormat;

use crate::picture::{Picture, PictureMut};

/// Code values of the neutral chroma, 8 bits.
const NEUTRAL: u8 = 128;

/// What each code value becomes in the other range.
type Table = [u8; 256];

/// Scales and shifts code values: `(value - from) * numerator / denominator + to`, rounded.
fn table(from: i32, numerator: i32, denominator: i32, to: i32) -> Table {
    std::array::from_fn(|value| {
        let scaled = (value as i32 - from) * numerator;
        let half = denominator / 2 * scaled.signum();
        ((scaled + half) / denominator + to).clamp(0, 255) as u8
    })
}

/// Luma and chroma tables between ranges (H.273 8.3, equations for 8 bits); `None` if the range
/// stays.
fn tables(from_full: bool, to_full: bool) -> Option<(Table, Table)> {
    match (from_full, to_full) {
        (false, true) => Some((table(16, 255, 219, 0), table(128, 255, 224, 128))),
        (true, false) => Some((table(0, 219, 255, 16), table(128, 224, 255, 128))),
        _ => None,
    }
}

fn map(table: Option<&Table>, from: &[u8], to: &mut [u8]) {
    match table {
        None => to.copy_from_slice(from),
        Some(table) => {
            for (to, from) in to.iter_mut().zip(from) {
                *to = table[usize::from(*from)];
            }
        }
    }
}

/// Between GRAY8, NV12 and I420 with the same matrix. Sizes are equal.
pub(super) fn luma_and_chroma(
    source: &Picture<'_>,
    target: &mut PictureMut<'_>,
    from_full: bool,
    to_full: bool,
) {
    let tables = tables(from_full, to_full);
    let luma = tables.as_ref().map(|tables| &tables.0);
    let chroma = tables.as_ref().map(|tables| &tables.1);
    for (to, from) in target.rows_mut(0).zip(source.rows(0)) {
        map(luma, from, to);
    }
    match (source.format(), target.format()) {
        (PixelFormat::Nv12, PixelFormat::I420) => {
            for (plane, parity) in [(1, 0), (2, 1)] {
                for (to, from) in target.rows_mut(plane).zip(source.rows(1)) {
                    split(chroma, from, parity, to);
                }
            }
        }
        (PixelFormat::I420, PixelFormat::Nv12) => {
            for ((to, u), v) in target.rows_mut(1).zip(source.rows(1)).zip(source.rows(2)) {
                join(chroma, u, v, to);
            }
        }
        (PixelFormat::Gray8, to) => {
            for plane in 1..to.plane_count() {
                target.rows_mut(plane).for_each(|row| row.fill(NEUTRAL));
            }
        }
        (_, to) => {
            for plane in 1..to.plane_count() {
                for (to, from) in target.rows_mut(plane).zip(source.rows(plane)) {
                    map(chroma, from, to);
                }
            }
        }
    }
}

fn split(table: Option<&Table>, pairs: &[u8], parity: usize, to: &mut [u8]) {
    for (to, pair) in to.iter_mut().zip(pairs.as_chunks::<2>().0) {
        *to = pair[parity];
    }
    if let Some(table) = table {
        to.iter_mut().for_each(|value| *value = table[usize::from(*value)]);
    }
}

fn join(table: Option<&Table>, u: &[u8], v: &[u8], to: &mut [u8]) {
    for ((pair, u), v) in to.as_chunks_mut::<2>().0.iter_mut().zip(u).zip(v) {
        *pair = [*u, *v];
    }
    if let Some(table) = table {
        to.iter_mut().for_each(|value| *value = table[usize::from(*value)]);
    }
}

/// P010 to NV12, GRAY16 to GRAY8, RGBA64 to RGBA8, rounded to nearest. Limited range counts code
/// values (the upper 8 bits are the value), full range counts parts of white.
pub(super) fn narrow(source: &Picture<'_>, full: bool, target: &mut PictureMut<'_>) {
    for plane in 0..target.format().plane_count() {
        for (to, from) in target.rows_mut(plane).zip(source.rows(plane)) {
            let values = from.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair));
            match (source.format(), full) {
                // The value is in the upper 10 bits: 1023 is white.
                (PixelFormat::P010, true) => {
                    for (to, value) in to.iter_mut().zip(values) {
                        *to = ((u32::from(value >> 6) * 255 + 511) / 1023) as u8;
                    }
                }
                (_, true) => {
                    for (to, value) in to.iter_mut().zip(values) {
                        *to = ((u32::from(value) * 255 + 32_767) / 65_535) as u8;
                    }
                }
                (_, false) => {
                    for (to, value) in to.iter_mut().zip(values) {
                        *to = (value.saturating_add(128) >> 8) as u8;
                    }
                }
            }
        }
    }
}
