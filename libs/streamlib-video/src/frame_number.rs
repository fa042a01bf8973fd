//! A frame number that a machine reads from the picture, so that tests can tell which frame they
//! look at after encoding, scaling and composing, without trusting any counter on the way.
//!
//! The code: 16 blocks of 16x16 pixels from the top left corner to the right, white (luma 235) for
//! 1 and black (luma 16) for 0, the least significant bit leftmost; directly below (rows 16 to 31)
//! the same blocks inverted, as a check. Numbers above 65,535 start again at 0.
//!
//! A block is read as the mean of its middle half, and a bit as the sign of the difference between
//! a block and the one below it. That survives lossy coding, a change of range and loss of
//! contrast; where the difference is too small, or the picture is too small, there is no number.
//! An inverted picture reads as the complement of its number.

use streamlib_processor::abi::media::Rectangle;

/// Blocks in a row, one for each bit.
pub const BITS: usize = 16;
/// Side of a block, pixels.
pub const BLOCK: u32 = 16;
/// Width of the code, pixels.
pub const CODE_WIDTH: u32 = BLOCK * BITS as u32;
/// Height of the code, pixels.
pub const CODE_HEIGHT: u32 = BLOCK * 2;
/// Luma of a block for 1, limited range.
pub const WHITE: u8 = 235;
/// Luma of a block for 0, limited range.
pub const BLACK: u8 = 16;
/// The least difference between a block and its check that is taken for a bit.
const MARGIN: i32 = 48;

/// True if the block of bit `bit` is white; `check` for the row below.
pub fn is_white(number: u16, bit: usize, check: bool) -> bool {
    (number >> bit & 1 == 1) != check
}

/// Reads the number of a picture from its luma plane of `height` rows of `stride` bytes, of which
/// `width` are pixels. `None` if there is no number, or none that is sure.
pub fn read_frame_number(plane_y: &[u8], stride: usize, width: u32, height: u32) -> Option<u16> {
    let shown = Rectangle { x: 0, y: 0, width, height };
    read_frame_number_in(plane_y, stride, shown, (width, height))
}

/// Reads the number of a picture that was `original` wide and high when the code was drawn, and
/// now is shown, scaled, in the part `shown` of a luma plane with rows of `stride` bytes.
pub fn read_frame_number_in(
    plane_y: &[u8],
    stride: usize,
    shown: Rectangle,
    original: (u32, u32),
) -> Option<u16> {
    if original.0 < CODE_WIDTH || original.1 < CODE_HEIGHT {
        return None;
    }
    let last_row = (shown.y as usize + shown.height as usize).checked_sub(1)?;
    let end = last_row * stride + shown.x as usize + shown.width as usize;
    if plane_y.len() < end || stride < shown.x as usize + shown.width as usize {
        return None;
    }
    let mut number = 0;
    for bit in 0..BITS {
        let block = block_mean(plane_y, stride, shown, original, bit, 0)?;
        let check = block_mean(plane_y, stride, shown, original, bit, 1)?;
        let difference = block - check;
        if difference.abs() < MARGIN {
            return None;
        }
        number |= u16::from(difference > 0) << bit;
    }
    Some(number)
}

/// The mean of the middle half of a block, in both directions; at least one pixel.
fn block_mean(
    plane_y: &[u8],
    stride: usize,
    shown: Rectangle,
    original: (u32, u32),
    column: usize,
    row: usize,
) -> Option<i32> {
    let span = |start: u32, size: u32, original: u32, index: usize| {
        let at = |quarters: u64| {
            let quarter = u64::from(BLOCK) * (index as u64) * 4 + u64::from(BLOCK) * quarters;
            u64::from(start) as usize
                + (quarter * u64::from(size) / (4 * u64::from(original))) as usize
        };
        let first = at(1);
        (first, at(3).max(first + 1))
    };
    let (left, right) = span(shown.x, shown.width, original.0, column);
    let (top, bottom) = span(shown.y, shown.height, original.1, row);
    let mut sum = 0_u64;
    for line in top..bottom {
        let start = line * stride;
        sum += plane_y.get(start + left..start + right)?.iter().map(|v| u64::from(*v)).sum::<u64>();
    }
    i32::try_from(sum / ((right - left) * (bottom - top)) as u64).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(number: u16, width: usize, height: usize) -> Vec<u8> {
        let mut luma = vec![100; width * height];
        for y in 0..32 {
            for x in 0..256 {
                let white = is_white(number, x / 16, y >= 16);
                luma[y * width + x] = if white { WHITE } else { BLACK };
            }
        }
        luma
    }

    #[test]
    fn every_number_is_read_back() {
        for number in 0..=u16::MAX {
            let luma = draw(number, 256, 32);
            assert_eq!(read_frame_number(&luma, 256, 256, 32), Some(number));
        }
    }

    #[test]
    fn noise_and_loss_of_contrast_do_no_harm() {
        let mut luma = draw(0xa53c, 320, 240);
        for (index, value) in luma.iter_mut().enumerate() {
            // A third of the contrast, and noise of up to 20 to each side.
            let noise = (index.wrapping_mul(2_654_435_761) >> 7) % 41;
            *value = (80 + u32::from(*value) / 3 + noise as u32 - 20) as u8;
        }
        assert_eq!(read_frame_number(&luma, 320, 320, 240), Some(0xa53c));
    }

    #[test]
    fn a_scaled_part_of_a_larger_picture_is_read() {
        let (width, height) = (640, 480);
        let luma = draw(12_345, width, height);
        // Half the size, at (100, 50) of a plane 512 wide.
        let mut plane = vec![0; 512 * 400];
        for y in 0..240 {
            for x in 0..320 {
                plane[(y + 50) * 512 + x + 100] = luma[y * 2 * width + x * 2];
            }
        }
        let shown = Rectangle { x: 100, y: 50, width: 320, height: 240 };
        assert_eq!(read_frame_number_in(&plane, 512, shown, (640, 480)), Some(12_345));
    }

    #[test]
    fn a_picture_without_a_number_has_none() {
        assert_eq!(read_frame_number(&[128; 320 * 240], 320, 320, 240), None);
        assert_eq!(read_frame_number(&[235; 320 * 240], 320, 320, 240), None);
        assert_eq!(read_frame_number(&[0; 16], 4, 4, 4), None);
        assert_eq!(read_frame_number(&[0; 16], 320, 320, 240), None);
    }
}
