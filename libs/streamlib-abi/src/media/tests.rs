use super::*;

#[test]
fn names_and_numbers_are_one_to_one() {
    fn check<T: std::str::FromStr + PartialEq + std::fmt::Debug + Copy + ToString>(
        all: &[T],
        number: impl Fn(T) -> u32,
        from_number: impl Fn(u32) -> Option<T>,
    ) {
        for &value in all {
            assert_eq!(value.to_string().parse::<T>().ok(), Some(value));
            assert_eq!(from_number(number(value)), Some(value));
        }
        assert!("no such name".parse::<T>().is_err());
    }
    check(PixelFormat::ALL, PixelFormat::number, PixelFormat::from_number);
    check(Codec::ALL, Codec::number, Codec::from_number);
    check(Framing::ALL, Framing::number, Framing::from_number);
    check(ChannelLayout::ALL, ChannelLayout::number, ChannelLayout::from_number);
    check(SampleFormat::ALL, SampleFormat::number, SampleFormat::from_number);
    check(MatrixCoefficients::ALL, |v| v.number().into(), MatrixCoefficients::from_number);
    check(ColourPrimaries::ALL, |v| v.number().into(), ColourPrimaries::from_number);
    check(
        TransferCharacteristics::ALL,
        |v| v.number().into(),
        TransferCharacteristics::from_number,
    );
}

#[test]
fn the_usual_layout_has_as_many_speakers_as_channels() {
    for channels in 1..=MAX_CHANNELS as u32 {
        let layout = ChannelLayout::default_for(channels);
        assert_eq!(layout.speakers().len(), channels as usize, "{layout}");
    }
    assert_eq!(ChannelLayout::default_for(9), ChannelLayout::Unknown);
}

#[test]
fn planes_do_not_overlap_and_start_aligned() {
    for &format in PixelFormat::ALL {
        for (width, height) in [(1, 1), (7, 5), (1280, 720)] {
            let (meta, bytes) = VideoMeta::packed(format, width, height, 32);
            let mut end = 0;
            for plane in &meta.planes[..meta.plane_count as usize] {
                assert!(plane.offset >= end && plane.offset % 64 == 0, "{format} {width}x{height}");
                end = plane.offset + u64::from(plane.stride) * u64::from(plane.rows);
            }
            assert_eq!(end, bytes as u64);
        }
    }
}

#[test]
fn frame_times_of_29_97_do_not_drift() {
    let rate = Rational::new(30_000, 1_001);
    assert_eq!(rate.frame_start_ns(30_000), Some(1_001_000_000_000));
    assert_eq!(rate.frame_start_ns(1), Some(33_366_667));
    assert_eq!(Rational::UNKNOWN.frame_start_ns(1), None);
    assert_eq!(Rational::new(50, 2).reduced(), Rational::new(25, 1));
}
