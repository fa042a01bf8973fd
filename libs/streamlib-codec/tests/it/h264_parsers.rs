//! NAL units, parameter sets and `avcC`: what is written is read, and no bytes make them panic.

use proptest::collection::vec;
use proptest::prelude::*;
use streamlib_abi::media::{
    Colour, ColourPrimaries, ColourRange, MatrixCoefficients, Rational, TransferCharacteristics,
};
use streamlib_codec::h264::{
    AvcConfiguration, SequenceParameters, annex_b_to_length_prefixed, annex_b_units,
    length_prefixed_to_annex_b, length_prefixed_units,
};
use streamlib_codec::{CodecError, VideoEncoderSettings};

use crate::h264_encode::{encoder, settings};

#[test]
fn the_encoders_own_parameters_say_what_was_set() {
    let colour = Colour {
        primaries: ColourPrimaries::Bt709,
        transfer: TransferCharacteristics::Bt709,
        matrix: MatrixCoefficients::Bt709,
        range: ColourRange::Limited,
        ..Colour::UNKNOWN
    };
    let settings = VideoEncoderSettings {
        colour,
        sample_aspect: Rational::new(64, 45),
        ..settings(1280, 718, 1_000_000)
    };
    let encoder = encoder(&settings);
    let record = AvcConfiguration::parse(encoder.parameters()).expect("a record");
    assert_eq!(
        (record.length_size, record.sequence_sets.len(), record.picture_sets.len()),
        (4, 1, 1)
    );
    let sps = record.sequence().expect("a set");
    assert_eq!((sps.width(), sps.height()), (1280, 718));
    assert_eq!((sps.coded_width, sps.coded_height, sps.crop.bottom), (1280, 720, 2));
    assert_eq!(sps.profile_name(), "Constrained Baseline");
    assert_eq!(sps.colour, colour);
    assert_eq!(sps.sample_aspect, Rational::new(64, 45));
    assert!(sps.progressive && !sps.lossless);
    assert_eq!(record.to_bytes().expect("bytes"), encoder.parameters());
}

/// NAL units that hold no start code and do not end in zero, as encoders make them.
fn units() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let unit = vec(any::<u8>(), 1..200).prop_map(|mut unit| {
        for at in 2..unit.len() {
            if unit[at - 2] == 0 && unit[at - 1] == 0 && unit[at] <= 3 {
                unit[at] = 4;
            }
        }
        if unit.last() == Some(&0) {
            unit.push(0x80);
        }
        unit
    });
    vec(unit, 0..8)
}

proptest! {
    #[test]
    fn framings_carry_the_same_units(units in units(), long in any::<bool>()) {
        let start: &[u8] = if long { &[0, 0, 0, 1] } else { &[0, 0, 1] };
        let mut stream = Vec::new();
        for unit in &units {
            stream.extend_from_slice(start);
            stream.extend_from_slice(unit);
        }
        prop_assert!(annex_b_units(&stream).eq(units.iter()));
        let mut packet = Vec::new();
        annex_b_to_length_prefixed(&stream, &mut packet);
        let back: Result<Vec<_>, _> = length_prefixed_units(&packet, 4).collect();
        prop_assert_eq!(back.expect("whole units"), units.clone());
        let mut stream = Vec::new();
        length_prefixed_to_annex_b(&packet, 4, &mut stream).expect("whole units");
        prop_assert!(annex_b_units(&stream).eq(units.iter()));
    }

    #[test]
    fn a_packet_that_was_cut_is_refused(units in units(), cut in 1..4usize) {
        let mut packet = Vec::new();
        for unit in &units {
            packet.extend_from_slice(&(unit.len() as u32).to_be_bytes());
            packet.extend_from_slice(unit);
        }
        if let Some(left) = packet.len().checked_sub(cut).filter(|left| *left > 0) {
            let last = units.last().map_or(0, Vec::len);
            prop_assume!(cut < last + 4);
            let result = length_prefixed_to_annex_b(&packet[..left], 4, &mut Vec::new());
            let refused = matches!(result, Err(CodecError::CorruptPacket { .. }));
            prop_assert!(refused);
        }
    }

    #[test]
    fn records_are_read_as_they_were_written(
        pictures in vec(vec(any::<u8>(), 0..40), 0..5),
        length_size in prop_oneof![Just(1usize), Just(2), Just(4)],
    ) {
        let own = encoder(&settings(320, 192, 500_000));
        let set = AvcConfiguration::parse(own.parameters()).expect("a record").sequence_sets;
        let record = AvcConfiguration { length_size, sequence_sets: set, picture_sets: pictures };
        let bytes = record.to_bytes().expect("bytes");
        prop_assert_eq!(AvcConfiguration::parse(&bytes).expect("a record"), record);
        for cut in 0..bytes.len() {
            prop_assert!(AvcConfiguration::parse(&bytes[..cut]).is_err());
        }
    }

    #[test]
    fn no_bytes_make_a_parser_panic(bytes in vec(any::<u8>(), 0..300)) {
        let _units = annex_b_units(&bytes).count();
        for length_size in 0..6 {
            let _units = length_prefixed_units(&bytes, length_size).count();
        }
        let _record = AvcConfiguration::parse(&bytes);
        let _record = AvcConfiguration::from_annex_b(&bytes);
        let mut unit = bytes;
        unit.insert(0, 0x67);
        if let Ok(sps) = SequenceParameters::parse(&unit) {
            prop_assert!(sps.width() > 0 && sps.height() > 0);
        }
    }
}

/// A parameter set bit by bit, to say things that no encoder at hand says.
fn sequence_set(profile: u32, fields: &[(u32, u32)]) -> Vec<u8> {
    let mut bits = Vec::new();
    let mut push = |value: u32, count: u32| {
        bits.extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
    };
    push(0x67, 8);
    push(profile, 8);
    push(0, 8);
    push(31, 8);
    for (value, count) in fields {
        // A count of 0 stands for an Exp-Golomb code.
        if *count > 0 {
            push(*value, *count);
        } else {
            let length = 32 - (value + 1).leading_zeros();
            push(0, length - 1);
            push(value + 1, length);
        }
    }
    push(1, 1);
    bits.chunks(8)
        .map(|byte| byte.iter().enumerate().map(|(at, bit)| u8::from(*bit) << (7 - at)).sum())
        .collect()
}

/// Set 0, `chroma` fields, frame numbers, order by frame number, references, 1280x720 with
/// `progressive`, no cropping, no usability information.
fn content(chroma: &[(u32, u32)], progressive: bool) -> Vec<(u32, u32)> {
    let mut fields = vec![(0, 0)];
    fields.extend_from_slice(chroma);
    fields.extend([(0, 0), (2, 0), (1, 0), (0, 1), (79, 0)]);
    fields.extend(if progressive { [(44, 0), (1, 1)] } else { [(22, 0), (0, 1)] });
    fields.extend((!progressive).then_some((0, 1)));
    fields.extend([(1, 1), (0, 1), (0, 1)]);
    fields
}

#[test]
fn what_the_built_in_decoder_lacks_is_refused_by_name() {
    let way_out = "is not supported by a built-in decoder; convert the file first, for example \
                   with `ffmpeg -i INPUT -c:v libx264 -pix_fmt yuv420p -c:a copy OUTPUT.mp4`, or \
                   register a decoder of your own";
    let high = |format, luma, chroma, lossless| {
        vec![(format, 0), (luma, 0), (chroma, 0), (lossless, 1), (0, 1)]
    };
    let check = |profile, fields: &[(u32, u32)], what: &str| {
        let sps = SequenceParameters::parse(&sequence_set(profile, fields)).expect("a set");
        let error = sps.check_built_in().expect_err("a refusal");
        assert_eq!(error.to_string(), format!("{what} {way_out}"));
    };
    check(110, &content(&high(1, 2, 2, 0), true), "H.264 High 10 (10-bit)");
    check(122, &content(&high(2, 0, 0, 0), true), "H.264 High 4:2:2 (4:2:2 chroma)");
    check(100, &content(&high(0, 0, 0, 0), true), "H.264 High (monochrome)");
    check(244, &content(&high(1, 0, 0, 1), true), "H.264 High 4:4:4 Predictive (lossless)");
    check(77, &content(&[], false), "H.264 Main (interlaced)");
    check(88, &content(&[], true), "H.264 Extended (profile 88)");
    let main = SequenceParameters::parse(&sequence_set(77, &content(&[], true))).expect("a set");
    assert_eq!(main.check_built_in(), Ok(()));
    assert_eq!((main.width(), main.height()), (1280, 720));
}

#[test]
fn records_of_the_high_profiles_say_chroma_and_depth() {
    let check = |profile, fields: &[(u32, u32)], tail: [u8; 4]| {
        let record = AvcConfiguration {
            length_size: 4,
            sequence_sets: vec![sequence_set(profile, fields)],
            picture_sets: vec![vec![0x68, 0x80]],
        };
        let bytes = record.to_bytes().expect("bytes");
        assert!(bytes.ends_with(&tail), "{bytes:02x?}");
        assert_eq!(AvcConfiguration::parse(&bytes), Ok(record));
    };
    let high = |format, depth| vec![(format, 0), (depth, 0), (depth, 0), (0, 1), (0, 1)];
    check(100, &content(&high(1, 0), true), [0xfd, 0xf8, 0xf8, 0]);
    check(122, &content(&high(2, 2), true), [0xfe, 0xfa, 0xfa, 0]);
    check(77, &content(&[], true), [0, 2, 0x68, 0x80]);
}
