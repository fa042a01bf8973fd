//! Pictures that move, carry a number that survives compression, and can be compared.

use streamlib_codec::I420View;

/// A picture in tight planes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OwnedPicture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) planes: [Vec<u8>; 3],
}

impl OwnedPicture {
    pub(crate) fn copy_of(view: &I420View<'_>) -> Self {
        let planes =
            std::array::from_fn(|plane| view.rows(plane).flatten().copied().collect::<Vec<_>>());
        Self { width: view.width, height: view.height, planes }
    }

    pub(crate) fn view(&self) -> I420View<'_> {
        I420View {
            width: self.width,
            height: self.height,
            planes: [&self.planes[0], &self.planes[1], &self.planes[2]],
            strides: [
                self.width as usize,
                self.width.div_ceil(2) as usize,
                self.width.div_ceil(2) as usize,
            ],
        }
    }
}

const NUMBER_BITS: usize = 10;
const CELL: usize = 16;

/// A textured background that drifts, and in the top row `number` as black and white cells.
/// At least 160x32.
pub(crate) fn numbered(width: u32, height: u32, number: usize) -> OwnedPicture {
    let (columns, rows) = (width as usize, height as usize);
    let mut luma = vec![0; columns * rows];
    for (y, row) in luma.chunks_exact_mut(columns).enumerate() {
        for (x, sample) in row.iter_mut().enumerate() {
            let (u, v) = (x + 3 * number, y + 2 * number);
            let texture = ((u * 7) ^ (v * 13)) % 23 + (u * v / 64) % 11;
            *sample = (40 + (u / 2 + v) % 120 + 2 * texture) as u8;
        }
    }
    for bit in 0..NUMBER_BITS {
        let value = if number >> bit & 1 == 1 { 235 } else { 16 };
        for y in 0..CELL {
            luma[y * columns + bit * CELL..][..CELL].fill(value);
        }
    }
    let chroma = |shift: usize| {
        (0..rows / 2 * (columns / 2))
            .map(|at| (64 + (at % (columns / 2) + shift * number) / 4 % 128) as u8)
            .collect()
    };
    OwnedPicture { width, height, planes: [luma, chroma(1), chroma(5)] }
}

/// The number in the top row.
pub(crate) fn read_number(picture: &I420View<'_>) -> usize {
    let row = picture.rows(0).nth(CELL / 2).expect("a row of cells");
    (0..NUMBER_BITS).filter(|bit| row[bit * CELL + CELL / 2] > 125).map(|bit| 1 << bit).sum()
}

/// Luma PSNR in dB; infinite for equal pictures.
pub(crate) fn psnr(one: &I420View<'_>, other: &I420View<'_>) -> f64 {
    assert_eq!((one.width, one.height), (other.width, other.height));
    let squares: u64 = one
        .rows(0)
        .zip(other.rows(0))
        .filter(|(one, other)| one != other)
        .flat_map(|(one, other)| one.iter().zip(other))
        .map(|(one, other)| u64::from(one.abs_diff(*other)).pow(2))
        .sum();
    10.0 * (255.0 * 255.0 * f64::from(one.width * one.height) / squares as f64).log10()
}
