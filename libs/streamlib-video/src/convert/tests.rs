use proptest::prelude::*;
use streamlib_processor::abi::media::{
    Colour, ColourRange, MatrixCoefficients, PixelFormat, Rectangle,
};

use super::*;
use crate::colour::{coding, luma_weights};

const EIGHT_BIT: [PixelFormat; 6] = [
    PixelFormat::Rgba8,
    PixelFormat::Bgra8,
    PixelFormat::Rgb8,
    PixelFormat::Gray8,
    PixelFormat::Nv12,
    PixelFormat::I420,
];

const MATRICES: [MatrixCoefficients; 6] = [
    MatrixCoefficients::Unknown,
    MatrixCoefficients::Bt709,
    MatrixCoefficients::Smpte170M,
    MatrixCoefficients::Smpte240M,
    MatrixCoefficients::Fcc,
    MatrixCoefficients::Bt2020Ncl,
];

/// One sample of a picture as the fraction of white it codes, before range is taken off.
fn sample(picture: &Picture<'_>, plane: usize, row: usize, index: usize) -> f64 {
    let start = row * picture.stride(plane);
    let bytes = &picture.plane(plane)[start..];
    let wide =
        |index: usize| f64::from(u16::from_le_bytes([bytes[2 * index], bytes[2 * index + 1]]));
    match picture.format() {
        PixelFormat::P010 => wide(index) / 65_472.0 * 255.75,
        PixelFormat::Gray16 | PixelFormat::Rgba64 => wide(index) / 256.0,
        _ => f64::from(bytes[index]),
    }
}

/// Luma 0 to 1 and the two colour differences -0.5 to 0.5 of a pixel, in full precision.
fn yuv_of(picture: &Picture<'_>, x: usize, y: usize) -> [f64; 3] {
    let coding = coding(picture.format(), picture.colour(), picture.size().1).unwrap();
    let wide_white = match picture.format() {
        PixelFormat::P010 => 255.75,
        PixelFormat::Gray16 => 65_535.0 / 256.0,
        _ => 255.0,
    };
    let luma = |value: f64| if coding.full { value / wide_white } else { (value - 16.0) / 219.0 };
    let chroma = |value: f64| {
        let neutral = if coding.full { 128.0 / 255.0 * wide_white } else { 128.0 };
        (value - neutral) / if coding.full { wide_white } else { 224.0 }
    };
    let (cx, cy) = (x / 2, y / 2);
    let (u, v) = match picture.format() {
        PixelFormat::I420 => (sample(picture, 1, cy, cx), sample(picture, 2, cy, cx)),
        PixelFormat::Nv12 | PixelFormat::P010 => {
            (sample(picture, 1, cy, 2 * cx), sample(picture, 1, cy, 2 * cx + 1))
        }
        _ => return [luma(sample(picture, 0, y, x)), 0.0, 0.0],
    };
    [luma(sample(picture, 0, y, x)), chroma(u), chroma(v)]
}

/// Red, green and blue of a pixel, 0 to 1, cut to that range as 8-bit RGB is.
fn rgb_of(picture: &Picture<'_>, x: usize, y: usize) -> [f64; 3] {
    let order = match picture.format() {
        PixelFormat::Rgba8 | PixelFormat::Rgba64 => Some([0, 1, 2, 4]),
        PixelFormat::Bgra8 => Some([2, 1, 0, 4]),
        PixelFormat::Rgb8 => Some([0, 1, 2, 3]),
        _ => None,
    };
    if let Some([r, g, b, n]) = order {
        let white = if picture.format() == PixelFormat::Rgba64 { 65_535.0 / 256.0 } else { 255.0 };
        return [r, g, b].map(|channel| sample(picture, 0, y, x * n + channel) / white);
    }
    let matrix = coding(picture.format(), picture.colour(), picture.size().1).unwrap().matrix;
    let (kr, kb) = luma_weights(matrix);
    let [luma, u, v] = yuv_of(picture, x, y);
    let red = luma + 2.0 * (1.0 - kr) * v;
    let blue = luma + 2.0 * (1.0 - kb) * u;
    let green = (luma - kr * red - kb * blue) / (1.0 - kr - kb);
    [red, green, blue].map(|value| value.clamp(0.0, 1.0))
}

/// What a conversion should have made of the samples of pixel `(x, y)`, with their places.
fn expected(
    source: &Picture<'_>,
    target: &Picture<'_>,
    x: usize,
    y: usize,
) -> Vec<(usize, usize, usize, f64)> {
    let order: Option<([usize; 3], usize)> = match target.format() {
        PixelFormat::Rgba8 => Some(([0, 1, 2], 4)),
        PixelFormat::Bgra8 => Some(([2, 1, 0], 4)),
        PixelFormat::Rgb8 => Some(([0, 1, 2], 3)),
        _ => None,
    };
    if let Some((order, n)) = order {
        let rgb = rgb_of(source, x, y);
        return (0..3).map(|i| (0, y, x * n + order[i], rgb[i] * 255.0)).collect();
    }
    let to = coding(target.format(), target.colour(), target.size().1).unwrap();
    let from = coding(source.format(), source.colour(), source.size().1).unwrap();
    let stays = !is_rgb(source.format())
        && (from.matrix == to.matrix
            || source.format() == PixelFormat::Gray8
            || target.format() == PixelFormat::Gray8
            || source.format() == PixelFormat::Gray16);
    let (kr, kb) = luma_weights(to.matrix);
    let yuv = |x: usize, y: usize| {
        if stays {
            return yuv_of(source, x, y);
        }
        let [r, g, b] = rgb_of(source, x, y);
        let luma = kr * r + (1.0 - kr - kb) * g + kb * b;
        [luma, (b - luma) / (2.0 * (1.0 - kb)), (r - luma) / (2.0 * (1.0 - kr))]
    };
    let luma =
        yuv(x, y)[0] * if to.full { 255.0 } else { 219.0 } + if to.full { 0.0 } else { 16.0 };
    let mut all = vec![(0, y, x, luma.clamp(0.0, 255.0))];
    if target.format() != PixelFormat::Gray8 && x.is_multiple_of(2) && y.is_multiple_of(2) {
        let (width, height) = (source.size().0 as usize, source.size().1 as usize);
        let mut sum = [0.0; 2];
        let mut count = 0.0;
        for (x, y) in [(x, y), (x + 1, y), (x, y + 1), (x + 1, y + 1)] {
            if x < width && y < height {
                let [_, u, v] = yuv(x, y);
                sum = [sum[0] + u, sum[1] + v];
                count += 1.0;
            }
        }
        let [u, v] = sum.map(|sum| {
            let value = sum / count * if to.full { 255.0 } else { 224.0 } + 128.0;
            value.clamp(0.0, 255.0)
        });
        if target.format() == PixelFormat::I420 {
            all.extend([(1, y / 2, x / 2, u), (2, y / 2, x / 2, v)]);
        } else {
            all.extend([(1, y / 2, x, u), (1, y / 2, x + 1, v)]);
        }
    }
    all
}

/// A picture with rows of odd strides, smooth enough that rounding is what is measured.
fn picture_of(
    format: PixelFormat,
    (width, height): (u32, u32),
    seed: u32,
    bytes: &mut [Vec<u8>; 4],
) -> [usize; 4] {
    let mut state = u64::from(seed) | 1;
    let mut strides = [0; 4];
    for plane in 0..format.plane_count() {
        let row = format.row_bytes(plane, width);
        // 16-bit rows keep their samples at even addresses.
        strides[plane] = row + if format.bit_depth() == 8 { 5 } else { 6 };
        bytes[plane] = vec![0; strides[plane] * format.rows(plane, height)];
        for byte in &mut bytes[plane] {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            *byte = (state >> 56) as u8;
        }
        if format == PixelFormat::P010 {
            bytes[plane].iter_mut().step_by(2).for_each(|low| *low &= 0xc0);
        }
        if plane == 0 && !is_rgb(format) {
            // Luma below black has no stated way to RGB.
            bytes[plane].iter_mut().for_each(|luma| *luma = (*luma).max(16));
        }
    }
    strides
}

fn check(
    from: (PixelFormat, Colour),
    to: (PixelFormat, Colour),
    size: (u32, u32),
    seed: u32,
    limit: f64,
) {
    let mut bytes: [Vec<u8>; 4] = Default::default();
    let strides = picture_of(from.0, size, seed, &mut bytes);
    let planes = bytes.each_ref().map(Vec::as_slice);
    let source = Picture::new(from.0, size, from.1, planes, strides).unwrap();
    let mut target = PictureBuf::default();
    target.reset(to.0, size, to.1);
    convert(&source, &mut target.view_mut()).unwrap();
    let target = target.view();
    for y in 0..size.1 as usize {
        for x in 0..size.0 as usize {
            for (plane, row, index, value) in expected(&source, &target, x, y) {
                let made = sample(&target, plane, row, index);
                assert!(
                    (made - value).abs() <= limit + 0.5,
                    "{} to {} {size:?}: plane {plane} at ({index}, {row}) is {made}, not {value:.2}",
                    from.0,
                    to.0,
                );
            }
        }
    }
}

fn colour(matrix: usize, range: usize) -> Colour {
    let range = [ColourRange::Unknown, ColourRange::Limited, ColourRange::Full][range];
    Colour { matrix: MATRICES[matrix], range, ..Colour::UNKNOWN }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every pair of 8-bit formats, matrices and ranges, sizes 1 to 70, is within 2 of the exact
    /// value, or 3 where the matrix changes and the way leads over RGB.
    #[test]
    fn eight_bits_to_eight_bits(
        from in 0_usize..6, to in 0_usize..6,
        width in 1_u32..70, height in 1_u32..12,
        matrices in (0_usize..6, 0_usize..6), ranges in (0_usize..3, 0_usize..3),
        seed in any::<u32>(),
    ) {
        let (from, to) = (EIGHT_BIT[from], EIGHT_BIT[to]);
        let limit = if is_rgb(from) || is_rgb(to) { 2.0 } else { 3.0 };
        check(
            (from, colour(matrices.0, ranges.0)),
            (to, colour(matrices.1, ranges.1)),
            (width, height),
            seed,
            limit,
        );
    }

    /// The 16-bit formats to every 8-bit format, within 3.
    #[test]
    fn sixteen_bits_to_eight_bits(
        from in 0_usize..3, to in 0_usize..6,
        width in 1_u32..40, height in 1_u32..12, matrix in 0_usize..6, range in 0_usize..3,
        seed in any::<u32>(),
    ) {
        let from = [PixelFormat::P010, PixelFormat::Gray16, PixelFormat::Rgba64][from];
        let colour = colour(matrix, range);
        check((from, colour), (EIGHT_BIT[to], colour), (width, height), seed, 3.0);
    }
}

#[test]
fn known_colours_have_their_known_codes() {
    // BT.709 limited, ITU-R BT.709-6 and its 8-bit quantisation: red is 63, 102, 240.
    let red = [255, 0, 0].repeat(4);
    let source =
        Picture::new(PixelFormat::Rgb8, (2, 2), Colour::SRGB, [&red, &[], &[], &[]], [6, 0, 0, 0])
            .unwrap();
    let mut target = PictureBuf::default();
    target.reset(PixelFormat::I420, (2, 2), Colour::BT709);
    convert(&source, &mut target.view_mut()).unwrap();
    for (plane, code) in [63_u8, 102, 240].into_iter().enumerate() {
        let made = target.view().plane(plane)[0];
        assert!(made.abs_diff(code) <= 1, "plane {plane} is {made}, not {code}");
    }
}

#[test]
fn parts_of_pictures_convert_as_if_they_were_whole() {
    for from in EIGHT_BIT {
        for to in EIGHT_BIT {
            let size = (24, 16);
            let mut bytes: [Vec<u8>; 4] = Default::default();
            let strides = picture_of(from, size, 7, &mut bytes);
            let planes = bytes.each_ref().map(Vec::as_slice);
            let all = Picture::new(from, size, Colour::UNKNOWN, planes, strides).unwrap();
            // The last rows of this part have no padding left in memory.
            let area = Rectangle { x: 6, y: 4, width: 18, height: 12 };
            let part = all.part(area).unwrap();
            let mut alone = PictureBuf::default();
            alone.reset(to, (18, 12), Colour::UNKNOWN);
            convert(&part, &mut alone.view_mut()).unwrap();
            let mut inside = PictureBuf::default();
            inside.reset(to, size, Colour::UNKNOWN);
            let mut whole = inside.view_mut();
            convert(&part, &mut whole.part_mut(area).unwrap()).unwrap();
            let inside = inside.view().part(area).unwrap();
            for plane in 0..to.plane_count() {
                assert!(inside.rows(plane).eq(alone.view().rows(plane)), "{from} to {to}");
            }
        }
    }
}

#[test]
fn what_cannot_be_converted_is_refused_by_name() {
    let mut source = PictureBuf::default();
    source.reset(PixelFormat::I420, (4, 4), Colour::UNKNOWN);
    let mut target = PictureBuf::default();
    target.reset(PixelFormat::Rgb8, (4, 6), Colour::SRGB);
    let message = |source: &PictureBuf, target: &mut PictureBuf| {
        convert(&source.view(), &mut target.view_mut()).unwrap_err().to_string()
    };
    assert_eq!(
        message(&source, &mut target),
        "a picture of 4x4 pixels cannot be converted into one of 4x6: scale it first"
    );
    target.reset(PixelFormat::P010, (4, 4), Colour::UNKNOWN);
    assert!(message(&source, &mut target).starts_with("i420 cannot be converted to p010"));
    let odd = Colour { matrix: MatrixCoefficients::Ycgco, ..Colour::UNKNOWN };
    source.reset(PixelFormat::I420, (4, 4), odd);
    target.reset(PixelFormat::Rgb8, (4, 4), Colour::SRGB);
    assert!(message(&source, &mut target).contains("colour matrix `ycgco`"));
}
