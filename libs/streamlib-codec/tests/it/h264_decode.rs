//! The decoder against FFmpeg: order, times, flushing, damage, and what is refused.

use proptest::prelude::*;
use streamlib_abi::media::{Codec, Framing, Rational};
use streamlib_codec::h264::{AvcConfiguration, annex_b_to_length_prefixed};
use streamlib_codec::{CodecError, VideoDecoderSettings, VideoPacket, video_decoder};

use crate::h264_encode::{decode_all, encode, encoder, settings};
use crate::support::{
    OwnedPicture, Scratch, access_units, ffmpeg_bytes, film, has_ffmpeg, numbered, packet_times_ns,
    psnr, read_number,
};

const ANNEX_B: VideoDecoderSettings<'static> =
    VideoDecoderSettings { codec: Codec::H264, framing: Framing::AnnexB, parameters: &[] };

/// Packets with their times from a file, split by FFmpeg.
pub(crate) fn packets(path: &str) -> Vec<(Vec<u8>, i64)> {
    let stream = ffmpeg_bytes(&format!(
        "-i {path} -map 0:v -c copy -bsf:v h264_mp4toannexb,h264_metadata=aud=insert -f h264 -"
    ));
    let units = access_units(&stream);
    let times = packet_times_ns(path);
    assert_eq!(units.len(), times.len());
    units.into_iter().map(<[u8]>::to_vec).zip(times).collect()
}

/// The same pictures as FFmpeg decodes them, in display order.
fn reference(path: &str, width: u32, height: u32) -> Vec<OwnedPicture> {
    let raw = ffmpeg_bytes(&format!("-i {path} -map 0:v -vsync 0 -pix_fmt yuv420p -f rawvideo -"));
    let luma = (width * height) as usize;
    raw.chunks_exact(luma * 3 / 2)
        .map(|bytes| {
            let (y, chroma) = bytes.split_at(luma);
            let (u, v) = chroma.split_at(luma / 4);
            OwnedPicture { width, height, planes: [y.to_vec(), u.to_vec(), v.to_vec()] }
        })
        .collect()
}

/// Decodes the file and checks that every picture is the reference's, in order, with the times of
/// the file in order.
fn check_file(path: &str, (width, height): (u32, u32), least_db: f64) {
    let packets = packets(path);
    let decoded = decode_all(&ANNEX_B, &packets);
    let reference = reference(path, width, height);
    let mut times: Vec<_> = packets.iter().map(|packet| packet.1).collect();
    times.sort_unstable();
    assert_eq!(decoded.iter().map(|picture| picture.1).collect::<Vec<_>>(), times);
    assert_eq!(decoded.len(), reference.len());
    for (number, ((picture, _), reference)) in decoded.iter().zip(&reference).enumerate() {
        let db = psnr(&picture.view(), &reference.view());
        assert!(db >= least_db, "picture {number} is {db:.1} dB from FFmpeg's");
    }
}

fn encode_with_x264(name: &str, options: &str) -> Scratch {
    let file = Scratch::new(name);
    ffmpeg_bytes(&format!(
        "-f lavfi -i testsrc2=size=320x240:rate=25:duration=6 -c:v libx264 {options} {}",
        file.path()
    ));
    file
}

#[test]
fn the_film_decodes_as_ffmpeg_decodes_it() {
    let Some(film) = film("the_film_decodes_as_ffmpeg_decodes_it") else { return };
    check_file(film.to_str().expect("a path in UTF-8"), (1280, 720), f64::INFINITY);
}

#[test]
fn pictures_without_reordering_are_bit_exact() {
    if !has_ffmpeg("pictures_without_reordering_are_bit_exact") {
        return;
    }
    for (name, options) in [
        ("base.mp4", "-profile:v baseline -pix_fmt yuv420p -g 30"),
        ("main.mp4", "-profile:v main -pix_fmt yuv420p -bf 0 -g 30"),
        ("high.mp4", "-profile:v high -pix_fmt yuv420p -bf 0 -g 30 -refs 4"),
    ] {
        let file = encode_with_x264(name, options);
        check_file(file.path(), (320, 240), f64::INFINITY);
    }
}

#[test]
fn reordered_pictures_come_out_in_order_with_their_times() {
    if !has_ffmpeg("reordered_pictures_come_out_in_order_with_their_times") {
        return;
    }
    for (name, options) in [
        ("b1.mp4", "-pix_fmt yuv420p -bf 1 -g 250"),
        ("b3.mp4", "-pix_fmt yuv420p -bf 3 -b_strategy 0 -g 250"),
        ("pyramid.mp4", "-pix_fmt yuv420p -bf 5 -b_strategy 0 -b-pyramid normal -g 48"),
        ("short.mp4", "-pix_fmt yuv420p -bf 3 -b_strategy 0 -g 10 -flags +cgop"),
        ("main.mp4", "-profile:v main -pix_fmt yuv420p -bf 2 -b_strategy 0 -g 25 -slices 4"),
    ] {
        let file = encode_with_x264(&format!("order-{name}"), options);
        // OpenH264's bi-prediction differs from FFmpeg's by a rounding here and there.
        check_file(file.path(), (320, 240), 38.0);
    }
}

#[test]
fn content_that_it_cannot_decode_is_refused_before_decoding() {
    if !has_ffmpeg("content_that_it_cannot_decode_is_refused_before_decoding") {
        return;
    }
    for (name, options, what) in [
        ("ten.mp4", "-pix_fmt yuv420p10le", "H.264 High 10 (10-bit) is not supported"),
        ("422.mp4", "-pix_fmt yuv422p", "H.264 High 4:2:2 (4:2:2 chroma) is not supported"),
        ("444.mp4", "-pix_fmt yuv444p", "H.264 High 4:4:4 Predictive (4:4:4 chroma) is not"),
        ("tff.mp4", "-pix_fmt yuv420p -flags +ilme+ildct", "H.264 High (interlaced) is not"),
    ] {
        let file = encode_with_x264(name, options);
        let packets = packets(file.path());
        let mut decoder = video_decoder(&ANNEX_B).expect("a decoder");
        let packet = VideoPacket { data: &packets[0].0, pts_ns: 0 };
        let error = decoder
            .decode(packet, &mut |_| panic!("a picture was decoded"))
            .expect_err("a refusal");
        assert!(error.to_string().starts_with(what), "{error}");
        let record = AvcConfiguration::from_annex_b(&packets[0].0).expect("parameters");
        let parameters = record.to_bytes().expect("a record");
        let from_record = video_decoder(&VideoDecoderSettings {
            framing: Framing::LengthPrefixed,
            parameters: &parameters,
            ..ANNEX_B
        });
        assert_eq!(from_record.err(), Some(error));
    }
}

#[test]
fn both_framings_decode_alike() {
    if !has_ffmpeg("both_framings_decode_alike") {
        return;
    }
    let file = encode_with_x264("framing.mp4", "-pix_fmt yuv420p -bf 2 -g 20");
    let packets = packets(file.path());
    let record = AvcConfiguration::from_annex_b(&packets[0].0).expect("parameters");
    let parameters = record.to_bytes().expect("a record");
    let lengths: Vec<_> = packets
        .iter()
        .map(|(data, pts_ns)| {
            let mut packet = Vec::new();
            annex_b_to_length_prefixed(data, &mut packet);
            (packet, *pts_ns)
        })
        .collect();
    let settings = VideoDecoderSettings {
        codec: Codec::H264,
        framing: Framing::LengthPrefixed,
        parameters: &parameters,
    };
    assert!(decode_all(&settings, &lengths) == decode_all(&ANNEX_B, &packets));
}

#[test]
fn the_stream_says_what_it_is() {
    if !has_ffmpeg("the_stream_says_what_it_is") {
        return;
    }
    let file = encode_with_x264(
        "info.mp4",
        "-pix_fmt yuv420p -vf setsar=64/45 -color_primaries bt470bg -color_trc smpte170m \
         -colorspace bt470bg -color_range tv"
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .as_str(),
    );
    let packets = packets(file.path());
    let mut decoder = video_decoder(&ANNEX_B).expect("a decoder");
    assert_eq!(decoder.info(), None);
    decoder.decode(VideoPacket { data: &packets[0].0, pts_ns: 0 }, &mut |_| ()).expect("decoding");
    let info = decoder.info().expect("parameters");
    assert_eq!((info.width, info.height), (320, 240));
    assert_eq!(info.sample_aspect, Rational::new(64, 45));
    assert_eq!(info.frame_rate, Rational::new(25, 1));
    assert_eq!(
        [
            info.colour.primaries.as_str(),
            info.colour.transfer.as_str(),
            info.colour.matrix.as_str()
        ],
        ["bt470bg", "smpte170m", "bt470bg"]
    );
    assert_eq!(info.colour.range.as_str(), "limited");
}

#[test]
fn after_damage_decoding_starts_again_at_the_next_key_frame() {
    let mut encoder = encoder(&settings(320, 192, 1_000_000));
    let parameters = encoder.parameters().to_vec();
    let mut decoder = video_decoder(&VideoDecoderSettings {
        codec: Codec::H264,
        framing: Framing::LengthPrefixed,
        parameters: &parameters,
    })
    .expect("a decoder");
    let (mut shown, mut refused) = (Vec::new(), Vec::new());
    for number in 0..24 {
        if number % 12 == 0 {
            encoder.force_key_frame();
        }
        let (_, mut packet) = encode(&mut *encoder, &numbered(320, 192, number), number);
        if number == 5 {
            packet.truncate(packet.len() / 3);
            let rest = packet.len() as u32 - 4;
            packet[..4].copy_from_slice(&rest.to_be_bytes());
        }
        let packet = VideoPacket { data: &packet, pts_ns: number as i64 };
        let result =
            decoder.decode(packet, &mut |picture| shown.push(read_number(&picture.picture)));
        if let Err(error) = result {
            assert!(matches!(error, CodecError::CorruptPacket { .. }), "{error}");
            refused.push(number);
        }
    }
    assert_eq!(refused.first(), Some(&5));
    assert!(shown.starts_with(&[0, 1, 2, 3, 4]), "{shown:?}");
    assert!(shown.ends_with(&(12..24).collect::<Vec<_>>()), "{shown:?}");
}

#[test]
fn a_reset_forgets_and_starts_at_a_key_frame() {
    let mut encoder = encoder(&settings(320, 192, 1_000_000));
    let parameters = encoder.parameters().to_vec();
    let mut decoder = video_decoder(&VideoDecoderSettings {
        codec: Codec::H264,
        framing: Framing::LengthPrefixed,
        parameters: &parameters,
    })
    .expect("a decoder");
    let (mut shown, mut refused) = (Vec::new(), Vec::new());
    for number in 0..6 {
        if number == 2 {
            decoder.reset().expect("a reset");
        }
        if number == 4 {
            encoder.force_key_frame();
        }
        let (_, packet) = encode(&mut *encoder, &numbered(320, 192, number), number);
        let packet = VideoPacket { data: &packet, pts_ns: 0 };
        let mut show = |decoded: streamlib_codec::DecodedPicture<'_>| {
            shown.push(read_number(&decoded.picture));
        };
        if decoder.decode(packet, &mut show).is_err() {
            refused.push(number);
        }
    }
    assert_eq!((shown, refused), (vec![0, 1, 4, 5], vec![2, 3]));
}

#[test]
fn a_reset_forgets_held_pictures() {
    if !has_ffmpeg("a_reset_forgets_held_pictures") {
        return;
    }
    let file = encode_with_x264("held.mp4", "-profile:v main -pix_fmt yuv420p -bf 2 -g 25");
    let packets = packets(file.path());
    let held = |reset: bool| {
        let mut decoder = video_decoder(&ANNEX_B).expect("a decoder");
        for (data, pts_ns) in &packets[..10] {
            let packet = VideoPacket { data, pts_ns: *pts_ns };
            decoder.decode(packet, &mut |_| ()).expect("a sound packet");
        }
        if reset {
            decoder.reset().expect("a reset");
        }
        let mut count = 0;
        while decoder.flush(&mut |_| count += 1).expect("a flush") {}
        count
    };
    assert!(held(false) > 0);
    assert_eq!(held(true), 0);
}

#[test]
fn the_size_may_change_between_key_frames() {
    let (mut large, mut small) =
        (encoder(&settings(640, 352, 1_000_000)), encoder(&settings(320, 192, 1_000_000)));
    let mut decoder = video_decoder(&VideoDecoderSettings {
        codec: Codec::H264,
        framing: Framing::LengthPrefixed,
        parameters: large.parameters(),
    })
    .expect("a decoder");
    let mut shown = Vec::new();
    let mut show = |picture: streamlib_codec::DecodedPicture<'_>| {
        shown.push((picture.info.width, picture.picture.width, read_number(&picture.picture)));
    };
    for number in 0..4 {
        let (_, packet) = if number < 2 {
            encode(&mut *large, &numbered(640, 352, number), number)
        } else {
            encode(&mut *small, &numbered(320, 192, number), number)
        };
        if number == 2 {
            decoder.set_parameters(small.parameters()).expect("other parameters");
        }
        decoder.decode(VideoPacket { data: &packet, pts_ns: 0 }, &mut show).expect("decoding");
    }
    while decoder.flush(&mut show).expect("a flush") {}
    assert_eq!(shown, [(640, 640, 0), (640, 640, 1), (320, 320, 2), (320, 320, 3)]);
}

#[test]
fn parameters_in_band_take_the_place_of_the_agreed_ones() {
    let (mut large, mut small) =
        (encoder(&settings(640, 352, 1_000_000)), encoder(&settings(320, 192, 1_000_000)));
    let mut decoder = video_decoder(&VideoDecoderSettings {
        codec: Codec::H264,
        framing: Framing::LengthPrefixed,
        parameters: large.parameters(),
    })
    .expect("a decoder");
    let mut shown = Vec::new();
    let mut packets = vec![encode(&mut *large, &numbered(640, 352, 0), 0).1];
    let mut in_band = Vec::new();
    let mut sets = Vec::new();
    AvcConfiguration::parse(small.parameters()).expect("a record").push_annex_b(&mut sets);
    annex_b_to_length_prefixed(&sets, &mut in_band);
    in_band.extend(encode(&mut *small, &numbered(320, 192, 1), 1).1);
    packets.push(in_band);
    small.force_key_frame();
    packets.push(encode(&mut *small, &numbered(320, 192, 2), 2).1);
    for data in &packets {
        let mut show = |decoded: streamlib_codec::DecodedPicture<'_>| {
            shown.push((decoded.info.width, read_number(&decoded.picture)));
        };
        decoder.decode(VideoPacket { data, pts_ns: 0 }, &mut show).expect("decoding");
    }
    assert_eq!(shown, [(640, 0), (320, 1), (320, 2)]);
}

/// A short stream with a key frame in the middle.
fn stream() -> (Vec<u8>, Vec<Vec<u8>>) {
    let mut encoder = encoder(&settings(176, 144, 300_000));
    let packets = (0..8)
        .map(|number| {
            if number == 4 {
                encoder.force_key_frame();
            }
            encode(&mut *encoder, &numbered(176, 144, number), number).1
        })
        .collect();
    (encoder.parameters().to_vec(), packets)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damaged_packets_neither_panic_nor_stop_the_decoder(
        damage in proptest::collection::vec((0..8usize, any::<prop::sample::Index>(), any::<u8>()), 1..20)
    ) {
        let (parameters, sound) = stream();
        let mut packets = sound.clone();
        for (packet, at, value) in damage {
            let at = at.index(packets[packet].len());
            packets[packet][at] = value;
        }
        let mut decoder = video_decoder(&VideoDecoderSettings {
            codec: Codec::H264,
            framing: Framing::LengthPrefixed,
            parameters: &parameters,
        })
        .expect("a decoder");
        for data in &packets {
            let _result = decoder.decode(VideoPacket { data, pts_ns: 0 }, &mut |picture| {
                assert!(picture.picture.is_complete());
            });
        }
        decoder.reset().expect("a reset");
        let mut shown = Vec::new();
        for data in &sound {
            let packet = VideoPacket { data, pts_ns: 0 };
            decoder
                .decode(packet, &mut |picture| shown.push(read_number(&picture.picture)))
                .expect("a sound packet");
        }
        prop_assert_eq!(shown, (0..8).collect::<Vec<_>>());
    }
}

#[test]
fn the_film_follows_a_bitrate_that_changes() {
    let Some(film) = film("the_film_follows_a_bitrate_that_changes") else { return };
    let pictures = reference(film.to_str().expect("a path in UTF-8"), 1280, 720);
    let mut encoder = encoder(&settings(1280, 720, 4_000_000));
    let mut measured = [0; 2];
    // Each bitrate gets the film once to settle and once to be measured.
    for (at, target) in [4_000_000, 1_000_000].into_iter().enumerate() {
        encoder.set_bitrate(target).expect("a change");
        for turn in 0..2 {
            for (number, picture) in pictures.iter().enumerate() {
                let (encoded, _) = encode(&mut *encoder, picture, number);
                measured[at] += if turn == 1 { encoded.bytes } else { 0 };
            }
        }
    }
    let seconds = pictures.len() as f64 / 25.0;
    let rates = measured.map(|bytes| bytes as f64 * 8.0 / seconds);
    assert!((3_600_000.0..4_400_000.0).contains(&rates[0]), "{rates:?}");
    assert!((900_000.0..1_100_000.0).contains(&rates[1]), "{rates:?}");
}
