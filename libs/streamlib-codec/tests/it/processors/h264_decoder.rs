//! `com.tatolab.h264_decoder`: pts order, times that go along, holes, changes, what is not shown.

use streamlib_codec::VideoDecoderSettings;
use streamlib_codec::h264::{AvcConfiguration, annex_b_to_length_prefixed};
use streamlib_codec::processors::H264Decoder;
use streamlib_processor::harness::Harness;
use streamlib_processor::prelude::*;

use super::media::{Packet, finish, is_marked, packet_format, pictures, push_video, view};
use crate::h264_decode::packets;
use crate::h264_encode::{decode_all, encode, encoder, settings};
use crate::support::{Scratch, ffmpeg_bytes, film, has_ffmpeg, numbered, psnr, read_number};

fn decoder() -> Harness {
    Harness::new::<H264Decoder>(NoConfig {}).expect("a decoder")
}

/// The packets of a file, in order of decoding, with start codes or lengths.
fn file_packets(path: &str, framing: Framing) -> Vec<Packet> {
    let packets = packets(path);
    let record = AvcConfiguration::from_annex_b(&packets[0].0).expect("parameters");
    let parameters = record.to_bytes().expect("bytes");
    let format = match framing {
        Framing::LengthPrefixed => packet_format(Codec::H264, framing, &parameters),
        _ => packet_format(Codec::H264, framing, &[]),
    };
    let mut decode_times: Vec<_> = packets.iter().map(|packet| packet.1).collect();
    decode_times.sort_unstable();
    let pairs = packets.iter().zip(decode_times);
    pairs
        .map(|((data, pts_ns), decode_ns)| {
            let mut bytes = data.clone();
            if framing == Framing::LengthPrefixed {
                bytes.clear();
                annex_b_to_length_prefixed(data, &mut bytes);
            }
            let mut packet = Packet::new(&format, &bytes, *pts_ns);
            packet.envelope.timestamp_ns = decode_ns - 200_000_000;
            packet.envelope.set_capture_time_ns(Some(pts_ns.unsigned_abs() + 77));
            packet
        })
        .collect()
}

/// Packets of a clip of our own encoder, `first` and on, a key frame at each of `keys`.
fn own_packets(size: (u32, u32), numbers: std::ops::Range<usize>, keys: &[usize]) -> Vec<Packet> {
    let mut encoder = encoder(&settings(size.0, size.1, 2_000_000));
    let format = packet_format(Codec::H264, encoder.framing(), encoder.parameters());
    numbers
        .map(|number| {
            if keys.contains(&number) {
                encoder.force_key_frame();
            }
            let (encoded, data) = encode(&mut *encoder, &numbered(size.0, size.1, number), number);
            let mut packet = Packet::new(&format, &data, encoded.pts_ns);
            if encoded.key_frame {
                packet.info.flags = PacketFlags::KEY_FRAME;
            }
            packet
        })
        .collect()
}

fn decode(packets: &[Packet]) -> Vec<VideoFrame> {
    let mut harness = decoder();
    packets.iter().for_each(|packet| push_video(&mut harness, packet));
    finish(&mut harness).expect("pictures");
    pictures(&mut harness)
}

fn numbers(pictures: &[VideoFrame]) -> Vec<usize> {
    pictures.iter().map(|picture| read_number(&view(picture))).collect()
}

fn marked(pictures: &[VideoFrame]) -> Vec<usize> {
    let marked = pictures.iter().filter(|picture| is_marked(picture.envelope()));
    marked.map(|picture| read_number(&view(picture))).collect()
}

/// All pictures come, in order of their pts, whatever the order of the packets.
fn check_file(path: &str, framing: Framing, count: usize) {
    let packets = file_packets(path, framing);
    let mut times: Vec<_> = packets.iter().map(|packet| packet.info.pts_ns).collect();
    times.sort_unstable();
    let shown = decode(&packets);
    assert_eq!(shown.len(), count);
    assert_eq!(shown.iter().map(VideoFrame::timestamp_ns).collect::<Vec<_>>(), times);
    for picture in &shown {
        let captured = picture.timestamp_ns().unsigned_abs() + 77;
        assert_eq!(picture.envelope().capture_time_ns(), Some(captured));
    }
    let plain: Vec<_> =
        packets.iter().map(|packet| (packet.data.clone(), packet.info.pts_ns)).collect();
    let parameters = &packets[0].format.parameters;
    let settings = VideoDecoderSettings { codec: Codec::H264, framing, parameters };
    for (one, (other, _)) in shown.iter().zip(decode_all(&settings, &plain)) {
        assert_eq!(psnr(&view(one), &other.view()), f64::INFINITY);
    }
}

#[test]
fn the_film_comes_out_whole_in_order_of_pts() {
    let Some(film) = film("the_film_comes_out_whole_in_order_of_pts") else { return };
    check_file(film.to_str().expect("a path in UTF-8"), Framing::LengthPrefixed, 132);
}

/// A clip with B-frames.
fn clip(name: &str, size: &str) -> Scratch {
    let file = Scratch::new(name);
    ffmpeg_bytes(&format!(
        "-f lavfi -i testsrc2=size={size}:rate=25:duration=2 -c:v libx264 -pix_fmt yuv420p -bf 3 \
         -b_strategy 0 -g 250 {}",
        file.path()
    ));
    file
}

#[test]
fn both_framings_come_out_in_order_of_pts() {
    if !has_ffmpeg("both_framings_come_out_in_order_of_pts") {
        return;
    }
    let file = clip("framings.mp4", "320x240");
    check_file(file.path(), Framing::LengthPrefixed, 50);
    check_file(file.path(), Framing::AnnexB, 50);
}

#[test]
fn held_pictures_come_before_those_of_a_new_format() {
    if !has_ffmpeg("held_pictures_come_before_those_of_a_new_format") {
        return;
    }
    let (one, other) = (clip("change-1.mp4", "320x240"), clip("change-2.mp4", "160x120"));
    let mut packets = file_packets(one.path(), Framing::LengthPrefixed);
    for mut packet in file_packets(other.path(), Framing::LengthPrefixed) {
        packet.info.pts_ns += 2_000_000_000;
        packets.push(packet);
    }
    let shown = decode(&packets);
    let mut widths: Vec<_> = shown.iter().map(VideoFrame::width).collect();
    assert_eq!(widths.iter().filter(|width| **width == 320).count(), 50);
    widths.dedup();
    assert_eq!((shown.len(), widths), (100, vec![320, 160]));
    let step = |pair: &[VideoFrame]| pair[1].timestamp_ns() - pair[0].timestamp_ns();
    assert!(shown.windows(2).all(|pair| step(pair) == 40_000_000));
}

#[test]
fn what_the_container_says_goes_into_the_format() {
    let mut packets = own_packets((320, 192), 0..2, &[]);
    let mut video = VideoFormat::new(PixelFormat::I420, 320, 192);
    video.orientation.quarter_turns = 1;
    (video.sample_aspect, video.frame_rate) = (Rational::new(4, 3), Rational::new(30, 1));
    packets.iter_mut().for_each(|packet| packet.format.video = Some(video.clone()));
    let shown = decode(&packets);
    let format = shown[0].format();
    assert_eq!((format.pixel_format, format.width, format.height), (PixelFormat::I420, 320, 192));
    assert_eq!(format.orientation, video.orientation);
    assert_eq!((format.sample_aspect, format.frame_rate), (video.sample_aspect, video.frame_rate));
}

#[test]
fn pictures_that_are_not_shown_are_decoded_and_not_sent() {
    let mut packets = own_packets((320, 192), 0..6, &[]);
    for packet in &mut packets[..3] {
        packet.info.flags = PacketFlags(packet.info.flags.0 | PacketFlags::NOT_SHOWN.0);
    }
    assert_eq!(numbers(&decode(&packets)), [3, 4, 5]);
}

#[test]
fn after_a_discontinuity_pictures_come_from_the_next_key_frame_on() {
    let mut packets = own_packets((320, 192), 0..14, &[10]);
    packets.drain(4..6);
    packets[4] = packets[4].clone().discontinuous();
    let shown = decode(&packets);
    assert_eq!(numbers(&shown), [0, 1, 2, 3, 10, 11, 12, 13]);
    assert_eq!(marked(&shown), [10]);
    // Nothing is lost where the packets go on with a key frame.
    let mut packets = own_packets((320, 192), 0..14, &[10]);
    packets[10] = packets[10].clone().discontinuous();
    let shown = decode(&packets);
    assert_eq!((numbers(&shown), marked(&shown)), ((0..14).collect(), vec![10]));
}

#[test]
fn a_key_frame_is_found_without_the_mark_of_one() {
    let mut packets = own_packets((320, 192), 0..12, &[5]);
    packets.iter_mut().for_each(|packet| packet.info.flags = PacketFlags::default());
    assert_eq!(numbers(&decode(&packets[2..])), (5..12).collect::<Vec<_>>());
}

/// A picture whose packet is cut is missing with all up to the next key frame, which is marked.
fn check_damage(damaged: usize) {
    let mut packets = own_packets((320, 192), 0..12, &[8]);
    packets[damaged].data.truncate(9);
    let shown = decode(&packets);
    assert_eq!(numbers(&shown), (0..damaged).chain(8..12).collect::<Vec<_>>());
    assert_eq!(marked(&shown), [8], "packet {damaged} is damaged");
}

#[test]
fn damage_costs_pictures_up_to_the_next_key_frame() {
    check_damage(3);
    check_damage(7);
}

#[test]
fn time_that_goes_back_is_held_within_an_epoch_and_goes_back_with_a_new_one() {
    let mut packets = own_packets((320, 192), 0..6, &[3]);
    packets[2].info.pts_ns = packets[0].info.pts_ns;
    let first_ns = packets[0].info.pts_ns;
    for (number, packet) in packets[3..].iter_mut().enumerate() {
        packet.info.pts_ns = first_ns + 40_000_000 * number as i64;
        packet.envelope.epoch = 1;
    }
    let shown = decode(&packets);
    let times: Vec<_> = shown
        .iter()
        .map(|picture| ((picture.timestamp_ns() - first_ns) / 40_000_000, picture.envelope().epoch))
        .collect();
    assert_eq!(times, [(0, 0), (1, 0), (1, 0), (0, 1), (1, 1), (2, 1)]);
}

#[test]
fn after_a_flush_nothing_of_before_comes() {
    if !has_ffmpeg("after_a_flush_nothing_of_before_comes") {
        return;
    }
    let file = clip("flush.mp4", "160x120");
    let packets = file_packets(file.path(), Framing::LengthPrefixed);
    let mut harness = decoder();
    packets[..20].iter().for_each(|packet| push_video(&mut harness, packet));
    harness.call_until_idle().expect("pictures");
    let before = pictures(&mut harness).len();
    assert!(before < 20, "some pictures are held back");
    harness.processor().flush();
    finish(&mut harness).expect("an end");
    assert_eq!(pictures(&mut harness).len(), 0);
}
