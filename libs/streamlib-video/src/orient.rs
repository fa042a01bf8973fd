//! Turning and mirroring pictures for display: what orientation metadata asks for.

use streamlib_processor::abi::media::{Orientation, PixelFormat};

use crate::error::{Result, VideoError};
use crate::picture::{Picture, PictureMut};

/// Width and height after turning.
pub fn turned_size((width, height): (u32, u32), orientation: Orientation) -> (u32, u32) {
    if orientation.quarter_turns % 2 == 1 { (height, width) } else { (width, height) }
}

/// True if the orientation changes nothing.
pub fn is_upright(orientation: Orientation) -> bool {
    orientation.quarter_turns.is_multiple_of(4) && orientation.mirrored == 0
}

/// Fills `target` with `source`, first mirrored left to right if so marked, then turned clockwise.
/// Chroma of 4:2:0 with an odd width or height moves by half a pixel where the edge changes side.
///
/// # Errors
/// The pixel formats differ, or `target` has not the size of [`turned_size`].
pub fn orient(
    source: &Picture<'_>,
    orientation: Orientation,
    target: &mut PictureMut<'_>,
) -> Result<()> {
    let expected = turned_size(source.size(), orientation);
    if source.format() != target.format() {
        return Err(VideoError::NoConversion { from: source.format(), to: target.format() });
    }
    if expected != target.size() {
        return Err(VideoError::SizesDiffer { from: expected, to: target.size() });
    }
    for plane in 0..source.format().plane_count() {
        match sample_bytes(source.format(), plane) {
            1 => turn::<1>(source, plane, orientation, target),
            2 => turn::<2>(source, plane, orientation, target),
            3 => turn::<3>(source, plane, orientation, target),
            4 => turn::<4>(source, plane, orientation, target),
            _ => turn::<8>(source, plane, orientation, target),
        }
    }
    Ok(())
}

/// Bytes that stay together: a pixel, or a pair of chroma samples.
fn sample_bytes(format: PixelFormat, plane: usize) -> usize {
    format.row_bytes(plane, if plane > 0 && format.is_420() { 2 } else { 1 })
}

fn turn<const N: usize>(
    source: &Picture<'_>,
    plane: usize,
    orientation: Orientation,
    target: &mut PictureMut<'_>,
) {
    let (bytes, stride) = (source.plane(plane), source.stride(plane));
    let columns = source.format().row_bytes(plane, source.size().0) / N;
    let rows = source.format().rows(plane, source.size().1);
    let mirrored = orientation.mirrored != 0;
    for (y, row) in target.rows_mut(plane).enumerate() {
        for (x, sample) in row.as_chunks_mut::<N>().0.iter_mut().enumerate() {
            // Where the sample stands after mirroring and before turning.
            let (column, line) = match orientation.quarter_turns % 4 {
                0 => (x, y),
                1 => (y, rows - 1 - x),
                2 => (columns - 1 - x, rows - 1 - y),
                _ => (columns - 1 - y, x),
            };
            let column = if mirrored { columns - 1 - column } else { column };
            let start = line * stride + column * N;
            sample.copy_from_slice(&bytes[start..start + N]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamlib_processor::abi::media::Colour;

    /// A grey picture of one digit a pixel, rows separated by spaces.
    fn check(quarter_turns: u8, mirrored: u8, expected: &str) {
        let orientation = Orientation { quarter_turns, mirrored };
        let source = [1, 2, 3, 0, 4, 5, 6, 0];
        let picture = Picture::new(
            PixelFormat::Gray8,
            (3, 2),
            Colour::UNKNOWN,
            [&source, &[], &[], &[]],
            [4, 0, 0, 0],
        )
        .unwrap();
        let (width, height) = turned_size((3, 2), orientation);
        let mut bytes = [0; 6];
        let planes: [&mut [u8]; 4] = [&mut bytes, &mut [], &mut [], &mut []];
        let mut target = PictureMut::new(
            PixelFormat::Gray8,
            (width, height),
            Colour::UNKNOWN,
            planes,
            [width as usize, 0, 0, 0],
        )
        .unwrap();
        orient(&picture, orientation, &mut target).unwrap();
        let rows: Vec<String> = target
            .as_picture()
            .rows(0)
            .map(|row| row.iter().map(u8::to_string).collect())
            .collect();
        assert_eq!(rows.join(" "), expected, "{quarter_turns} turns, mirrored {mirrored}");
    }

    #[test]
    fn pictures_are_mirrored_then_turned_clockwise() {
        check(0, 0, "123 456");
        check(1, 0, "41 52 63");
        check(2, 0, "654 321");
        check(3, 0, "36 25 14");
        check(0, 1, "321 654");
        check(1, 1, "63 52 41");
        check(2, 1, "456 123");
        check(3, 1, "14 25 36");
    }
}
