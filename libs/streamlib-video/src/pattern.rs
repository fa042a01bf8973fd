//! The picture of the test source: colour bars that move to the left, a ramp that moves with them,
//! and the frame number of [`crate::frame_number`].

use streamlib_processor::abi::media::{AlphaMode, Colour, PixelFormat, Rectangle};

use crate::effect;
use crate::error::Result;
use crate::frame_number::{BITS, BLOCK, is_white};
use crate::picture::{PictureBuf, PictureMut};
use crate::{convert, picture::Picture};

/// The bars at 75 %, as in SMPTE EG 1: white, yellow, cyan, green, magenta, red, blue, black.
const BARS: [[u8; 3]; 8] = [
    [191, 191, 191],
    [191, 191, 0],
    [0, 191, 191],
    [0, 191, 0],
    [191, 0, 191],
    [191, 0, 0],
    [0, 0, 191],
    [0, 0, 0],
];

/// Pixels by which the bars move from frame to frame; even, for the sake of chroma.
const STEP: u64 = 4;

/// Draws the bars; keeps one period of them in the pixel format of the last picture.
#[derive(Debug, Default)]
pub(crate) struct Pattern {
    /// Twice the width, two rows of bars and two of the ramp.
    period: PictureBuf,
    drawn_for: Option<(PixelFormat, (u32, u32), Colour)>,
}

/// One row of RGB: bars or ramp, of a picture `width` wide, twice.
fn row_of(ramp: bool, width: usize, row: &mut [u8]) {
    for (x, pixel) in row.as_chunks_mut::<3>().0.iter_mut().enumerate() {
        let x = x % width;
        *pixel = if ramp { [(x * 256 / width) as u8; 3] } else { BARS[x * BARS.len() / width] };
    }
}

impl Pattern {
    fn prepare(&mut self, format: PixelFormat, size: (u32, u32), colour: Colour) -> Result<()> {
        // An odd width is drawn with one column more, so that chroma pairs stay pairs.
        let width = size.0.next_multiple_of(2);
        let doubled = (width * 2, 4);
        let mut rgb = PictureBuf::default();
        rgb.reset(PixelFormat::Rgb8, doubled, Colour::SRGB);
        for (y, row) in rgb.view_mut().rows_mut(0).enumerate() {
            row_of(y >= 2, width as usize, row);
        }
        self.period.reset(format, doubled, colour);
        convert(&rgb.view(), &mut self.period.view_mut())?;
        self.drawn_for = Some((format, size, colour));
        Ok(())
    }

    /// Fills a picture with the bars of frame `number`.
    pub(crate) fn draw(&mut self, picture: &mut PictureMut<'_>, number: u64) -> Result<()> {
        let (format, size, colour) = (picture.format(), picture.size(), picture.colour());
        if self.drawn_for != Some((format, size, colour)) {
            self.prepare(format, size, colour)?;
        }
        let offset = (number * STEP % u64::from(size.0.next_multiple_of(2))) as u32;
        let period: Picture<'_> = self.period.view();
        let window = Rectangle { x: offset, y: 0, width: size.0, height: 4 };
        let window = period.part(window)?;
        for plane in 0..format.plane_count() {
            let rows = format.rows(plane, size.1);
            let mut kinds = window.rows(plane);
            let bars = kinds.next().unwrap_or_default();
            let ramp = kinds.last().unwrap_or_default();
            for (y, row) in picture.rows_mut(plane).enumerate() {
                row.copy_from_slice(if y < rows * 3 / 4 { bars } else { ramp });
            }
        }
        Ok(())
    }
}

/// Makes every pixel white.
pub(crate) fn fill_white(picture: &mut PictureMut<'_>) -> Result<()> {
    effect::fill_black(picture)?;
    effect::invert(picture, AlphaMode::None)
}

/// Draws the code of a frame number at the top left corner.
pub(crate) fn draw_number(picture: &mut PictureMut<'_>, number: u16) -> Result<()> {
    for bit in 0..BITS {
        for check in [false, true] {
            let mut block = picture.part_mut(Rectangle {
                x: bit as u32 * BLOCK,
                y: u32::from(check) * BLOCK,
                width: BLOCK,
                height: BLOCK,
            })?;
            effect::fill_black(&mut block)?;
            if is_white(number, bit, check) {
                effect::invert(&mut block, AlphaMode::None)?;
            }
        }
    }
    Ok(())
}
