use super::*;
use streamlib_processor::abi::media::{Colour, ColourRange};

use crate::picture::PictureBuf;

/// Changes a picture of one colour and compares the first sample of each channel.
fn check(
    format: PixelFormat,
    range: ColourRange,
    before: &[u8],
    change: impl FnOnce(&mut PictureMut<'_>) -> Result<()>,
    after: &[u8],
) {
    let mut picture = PictureBuf::default();
    // Odd, so that the last chroma samples are used too.
    picture.reset(format, (5, 3), Colour { range, ..Colour::UNKNOWN });
    let mut view = picture.view_mut();
    let channels = |format: PixelFormat, plane: usize| match (format, plane) {
        (PixelFormat::Nv12, 1) => 2,
        (PixelFormat::I420 | PixelFormat::Nv12 | PixelFormat::Gray8, _) => 1,
        (PixelFormat::Rgb8, _) => 3,
        _ => 4,
    };
    let mut first = 0;
    for plane in 0..format.plane_count() {
        let n = channels(format, plane);
        for row in view.rows_mut(plane) {
            row.chunks_mut(n).for_each(|pixel| pixel.copy_from_slice(&before[first..first + n]));
        }
        first += n;
    }
    change(&mut view).unwrap();
    let view = picture.view();
    let mut first = 0;
    for plane in 0..format.plane_count() {
        let n = channels(format, plane);
        for row in view.rows(plane) {
            for pixel in row.chunks(n) {
                assert_eq!(pixel, &after[first..first + n], "{format}, plane {plane}");
            }
        }
        first += n;
    }
}

const UNKNOWN: ColourRange = ColourRange::Unknown;

#[test]
fn grey_keeps_luma_and_takes_colour_away() {
    use PixelFormat::{Bgra8, Gray8, I420, Nv12, Rgb8, Rgba8};
    let all = |picture: &mut PictureMut<'_>| grayscale(picture, 1.0);
    check(I420, UNKNOWN, &[81, 90, 240], all, &[81, 128, 128]);
    check(Nv12, UNKNOWN, &[81, 90, 240], all, &[81, 128, 128]);
    check(Gray8, UNKNOWN, &[81], all, &[81]);
    // BT.601 luma of pure red: 0.299 * 255 = 76.2.
    check(Rgb8, UNKNOWN, &[255, 0, 0], all, &[76, 76, 76]);
    check(Rgba8, UNKNOWN, &[255, 0, 0, 7], all, &[76, 76, 76, 7]);
    check(Bgra8, UNKNOWN, &[0, 0, 255, 7], all, &[76, 76, 76, 7]);
    let half = |picture: &mut PictureMut<'_>| grayscale(picture, 0.5);
    check(I420, UNKNOWN, &[81, 90, 240], half, &[81, 109, 184]);
    check(Rgb8, UNKNOWN, &[255, 0, 0], half, &[166, 38, 38]);
    let none = |picture: &mut PictureMut<'_>| grayscale(picture, 0.0);
    check(I420, UNKNOWN, &[81, 90, 240], none, &[81, 90, 240]);
}

#[test]
fn the_inverse_swaps_black_and_white_of_the_range() {
    use PixelFormat::{Gray8, I420, Nv12, Rgb8, Rgba8};
    let inverse = |picture: &mut PictureMut<'_>| invert(picture, AlphaMode::Straight);
    check(I420, UNKNOWN, &[16, 90, 240], inverse, &[235, 166, 16]);
    check(Nv12, ColourRange::Full, &[0, 1, 255], inverse, &[255, 255, 1]);
    check(Gray8, ColourRange::Limited, &[255], inverse, &[0]);
    check(Rgb8, UNKNOWN, &[255, 0, 100], inverse, &[0, 255, 155]);
    check(Rgba8, UNKNOWN, &[255, 0, 100, 9], inverse, &[0, 255, 155, 9]);
    let premultiplied = |picture: &mut PictureMut<'_>| invert(picture, AlphaMode::Premultiplied);
    check(Rgba8, UNKNOWN, &[100, 0, 40, 100], premultiplied, &[0, 100, 60, 100]);
}

#[test]
fn black_is_that_of_the_range() {
    use PixelFormat::{Bgra8, I420, Nv12, Rgb8};
    check(I420, UNKNOWN, &[99, 99, 99], fill_black, &[16, 128, 128]);
    check(Nv12, ColourRange::Full, &[99, 99, 99], fill_black, &[0, 128, 128]);
    check(Rgb8, UNKNOWN, &[9, 9, 9], fill_black, &[0, 0, 0]);
    check(Bgra8, UNKNOWN, &[9, 9, 9, 9], fill_black, &[0, 0, 0, 255]);
}

#[test]
fn blending_moves_by_the_opacity() {
    let mut over = PictureBuf::default();
    over.reset(PixelFormat::I420, (5, 3), Colour::UNKNOWN);
    invert(
        &mut {
            let mut view = over.view_mut();
            fill_black(&mut view).unwrap();
            view
        },
        AlphaMode::None,
    )
    .unwrap();
    let blended = |opacity| {
        let over = over.view();
        move |picture: &mut PictureMut<'_>| blend(picture, &over, opacity)
    };
    check(PixelFormat::I420, UNKNOWN, &[35, 28, 228], blended(0.0), &[35, 28, 228]);
    check(PixelFormat::I420, UNKNOWN, &[35, 28, 228], blended(0.5), &[135, 78, 178]);
    check(PixelFormat::I420, UNKNOWN, &[35, 28, 228], blended(1.0), &[235, 128, 128]);
}

#[test]
fn formats_of_more_bits_are_refused_by_name() {
    let mut picture = PictureBuf::default();
    picture.reset(PixelFormat::P010, (4, 4), Colour::UNKNOWN);
    let error = grayscale(&mut picture.view_mut(), 1.0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "greyscale does not work on p010; put a video_converter before it"
    );
    assert!(invert(&mut picture.view_mut(), AlphaMode::None).is_err());
    assert!(fill_black(&mut picture.view_mut()).is_err());
}
