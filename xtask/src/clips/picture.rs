//! The pictures of the test clips, and the frame number that a program can read from each.
//!
//! # The frame code
//! The number of a frame, counted from 0, modulo 65536, stands in the top left corner of its
//! picture as 16 blocks of 16 x 16 pixels, side by side:
//!
//! - block `i`, at x = 16 i and y = 0, is bit `i` of the number: the leftmost block is the least
//!   significant bit;
//! - a white block (luma 235) is a 1, a black one (luma 16) a 0;
//! - the row below it, at y = 16, holds the same 16 blocks inverted.
//!
//! A reader takes the mean luma of the inner 8 x 8 pixels of each block, splits at 128, and
//! refuses the picture when the second row is not the inverse of the first. The code needs
//! 256 x 32 pixels, survives H.264 at any sensible bit rate, and is gone after scaling or
//! cropping, as it should be. Chroma is neutral below it. The processor `test_pattern` draws the
//! same code.

use std::io::{self, Write};

/// Changes whenever the pictures do, so that clips are made anew.
pub(crate) const VERSION: u32 = 1;

const BLOCK: usize = 16;
const BITS: usize = 16;
const BLACK: u8 = 16;
const WHITE: u8 = 235;
const NEUTRAL: u8 = 128;

/// A run of numbered 8-bit 4:2:0 pictures (planes Y, U, V; limited range).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pictures {
    /// Pixels, even, at least 256.
    pub(crate) width: usize,
    /// Pixels, even, at least 32.
    pub(crate) height: usize,
    /// Frames a second, as ffmpeg writes it: `25`, `30000/1001`.
    pub(crate) rate: &'static str,
    /// The number of the first frame.
    pub(crate) first: u32,
    /// How many frames.
    pub(crate) count: u32,
    /// Which frames are white below their code; all others show a moving pattern.
    pub(crate) flashes: &'static [u32],
}

impl Pictures {
    /// Writes all frames, one after the other.
    pub(crate) fn write(self, output: &mut dyn Write) -> io::Result<()> {
        let mut frame = vec![0; self.width * self.height * 3 / 2];
        for number in self.first..self.first + self.count {
            self.draw(number, &mut frame);
            output.write_all(&frame)?;
        }
        Ok(())
    }

    fn draw(self, number: u32, frame: &mut [u8]) {
        let (luma, chroma) = frame.split_at_mut(self.width * self.height);
        if self.flashes.contains(&number) {
            luma.fill(WHITE);
            chroma.fill(NEUTRAL);
        } else {
            self.draw_pattern(number, luma, chroma);
        }
        draw_code(number, self.width, luma);
    }

    /// A dark ramp that moves right by two pixels a frame, with a bar that crosses it; luma stays
    /// below 120, so that a flash cannot be taken for the pattern. Colours drift slowly.
    fn draw_pattern(self, number: u32, luma: &mut [u8], chroma: &mut [u8]) {
        let shift = number as usize * 2;
        let bar = (number as usize * 5) % self.height;
        let ramp: Vec<u8> = (0..self.width)
            .map(|x| 30 + triangle(x + self.width * 4 - shift % self.width, 80) as u8)
            .collect();
        for (y, row) in luma.chunks_exact_mut(self.width).enumerate() {
            if y.abs_diff(bar) < 6 {
                row.fill(BLACK);
            } else {
                row.copy_from_slice(&ramp);
            }
        }
        let (width, half) = (self.width / 2, chroma.len() / 2);
        for (index, row) in chroma.chunks_exact_mut(width).enumerate() {
            let is_code = (index * width) % half < BLOCK * width;
            let colour = 98 + triangle(number as usize + index, 60) as u8;
            row.fill(if is_code { NEUTRAL } else { colour });
        }
    }
}

/// Goes up from 0 to `peak` and down again, one a step.
fn triangle(step: usize, peak: usize) -> usize {
    let position = step % (2 * peak);
    position.min(2 * peak - position)
}

fn draw_code(number: u32, width: usize, luma: &mut [u8]) {
    for (y, row) in luma.chunks_exact_mut(width).take(2 * BLOCK).enumerate() {
        let inverted = y >= BLOCK;
        for (bit, block) in row.chunks_exact_mut(BLOCK).take(BITS).enumerate() {
            let is_one = number >> bit & 1 == 1;
            block.fill(if is_one != inverted { WHITE } else { BLACK });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Pictures =
        Pictures { width: 256, height: 64, rate: "25", first: 7, count: 3, flashes: &[8] };

    /// Reads the frame code as the module's documentation says.
    fn read_code(luma: &[u8], width: usize) -> Option<u32> {
        let mean = |column: usize, row: usize| {
            let inner = (0..64).map(|i| {
                let (x, y) = (column * 16 + 4 + i % 8, row * 16 + 4 + i / 8);
                u32::from(luma[y * width + x])
            });
            inner.sum::<u32>() / 64
        };
        let row =
            |row: usize| (0..16).fold(0, |sum, bit| sum | u32::from(mean(bit, row) > 128) << bit);
        (row(0) == !row(1) & 0xFFFF).then(|| row(0))
    }

    #[test]
    fn every_picture_carries_its_number() {
        let mut bytes = Vec::new();
        SMALL.write(&mut bytes).unwrap();
        let frames: Vec<&[u8]> = bytes.chunks_exact(256 * 64 * 3 / 2).collect();
        let numbers: Vec<_> = frames.iter().map(|frame| read_code(frame, 256)).collect();
        assert_eq!(numbers, [Some(7), Some(8), Some(9)]);
        for number in [0, 1, 0x8000, 0xA5C3, 0xFFFF] {
            let mut luma = vec![0; 256 * 32];
            draw_code(number, 256, &mut luma);
            assert_eq!(read_code(&luma, 256), Some(number));
            luma[20 * 256 + 4..][..8].fill(128);
            luma[..256 * 16].fill(WHITE);
            assert!(number == 0xFFFF || read_code(&luma, 256).is_none(), "{number:x}");
        }
    }

    #[test]
    fn a_flash_is_bright_and_the_pattern_is_dark_and_moves() {
        let picture = |number| {
            let mut frame = vec![0; 256 * 64 * 3 / 2];
            SMALL.draw(number, &mut frame);
            frame
        };
        let brightest = |number: u32| picture(number)[256 * 32..256 * 64].iter().copied().max();
        let darkest = |number: u32| picture(number)[256 * 32..256 * 64].iter().copied().min();
        assert_eq!(darkest(8), Some(WHITE));
        assert!(brightest(7).unwrap() < 120 && brightest(9).unwrap() < 120);
        assert_ne!(picture(9)[256 * 32..], picture(10)[256 * 32..]);
    }
}
