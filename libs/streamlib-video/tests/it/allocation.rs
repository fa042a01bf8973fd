//! Nothing is allocated for a picture once the memory has grown to the largest one.

use allocation_counter::measure;
use streamlib_processor::abi::media::{
    AlphaMode, Colour, MatrixCoefficients, Orientation, PixelFormat,
};
use streamlib_video::orient::orient;
use streamlib_video::{Converter, Filter, PictureBuf, Scaler, can_convert, effect};

fn picture(format: PixelFormat, size: (u32, u32), colour: Colour) -> PictureBuf {
    let mut picture = PictureBuf::default();
    picture.reset(format, size, colour);
    picture
}

/// The second and further times of `work` allocate nothing.
fn check(name: &str, mut work: impl FnMut()) {
    work();
    let allocated = measure(|| (0..3).for_each(|_| work()));
    assert_eq!(allocated.count_total, 0, "{name}: {allocated:?}");
}

#[test]
fn conversions_allocate_nothing() {
    let mut converter = Converter::default();
    let other = Colour { matrix: MatrixCoefficients::Bt2020Ncl, ..Colour::UNKNOWN };
    for &from in PixelFormat::ALL {
        for &to in PixelFormat::ALL.iter().filter(|to| can_convert(from, **to)) {
            for colour in [Colour::UNKNOWN, other] {
                let source = picture(from, (97, 43), Colour::UNKNOWN);
                let mut target = picture(to, (97, 43), colour);
                if from == to && from.bit_depth() > 8 && colour == other {
                    continue;
                }
                check(&format!("{from} to {to}"), || {
                    converter.convert(&source.view(), &mut target.view_mut()).unwrap();
                });
            }
        }
    }
}

#[test]
fn scaling_allocates_nothing() {
    use PixelFormat::{Bgra8, Gray8, I420, Nv12, Rgb8, Rgba8};
    for format in [I420, Nv12, Rgba8, Bgra8, Rgb8, Gray8] {
        for filter in [Filter::Nearest, Filter::Bilinear, Filter::Bicubic, Filter::Lanczos3] {
            for (from, to) in [((97, 43), (201, 99)), ((97, 43), (33, 17)), ((97, 43), (97, 20))] {
                let source = picture(format, from, Colour::UNKNOWN);
                let mut target = picture(format, to, Colour::UNKNOWN);
                let mut scaler = Scaler::default();
                let mut scale = |alpha| {
                    scaler.scale(&source.view(), &mut target.view_mut(), filter, alpha).unwrap();
                };
                let name = format!("{format} {filter:?} {from:?} to {to:?}");
                check(&name, || scale(AlphaMode::None));
                check(&name, || scale(AlphaMode::Straight));
            }
        }
    }
}

#[test]
fn effects_and_turning_allocate_nothing() {
    let mut one = picture(PixelFormat::I420, (97, 43), Colour::UNKNOWN);
    let two = picture(PixelFormat::I420, (97, 43), Colour::UNKNOWN);
    let mut turned = picture(PixelFormat::I420, (43, 97), Colour::UNKNOWN);
    check("effects", || {
        effect::fill_black(&mut one.view_mut()).unwrap();
        effect::grayscale(&mut one.view_mut(), 0.5).unwrap();
        effect::invert(&mut one.view_mut(), AlphaMode::None).unwrap();
        effect::blend(&mut one.view_mut(), &two.view(), 0.5).unwrap();
        let orientation = Orientation { quarter_turns: 1, mirrored: 0 };
        orient(&one.view(), orientation, &mut turned.view_mut()).unwrap();
    });
}
