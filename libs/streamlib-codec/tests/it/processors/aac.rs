//! `com.tatolab.aac_decoder`: the film's six channels, trims to the sample, times without drift.

use streamlib_codec::AdtsHeader;
use streamlib_codec::processors::AacDecoder;
use streamlib_processor::harness::Harness;
use streamlib_processor::prelude::*;

use super::media::{
    Packet, finish, is_marked, joined, packet_format, push_audio, sample_ns, sound,
};
use crate::aac::{adts_frames, header_of, stream_and_reference};
use crate::support::{film, mixed_tones, snr_db};

/// Samples of a packet.
const LENGTH: usize = 1_024;

fn decode(packets: &[Packet]) -> Vec<AudioFrame> {
    let mut decoder = Harness::new::<AacDecoder>(NoConfig {}).expect("a decoder");
    packets.iter().for_each(|packet| push_audio(&mut decoder, packet));
    finish(&mut decoder).expect("sound");
    sound(&mut decoder)
}

/// Raw access units of ADTS frames, with times that are rounded to a millisecond, from
/// `start_ns` on.
fn raw_packets(stream: &[u8], start_ns: i64) -> Vec<Packet> {
    let frames = adts_frames(stream);
    let header = AdtsHeader::parse(frames[0]).expect("a header");
    let parameters = header.config.to_bytes().expect("parameters");
    let format = packet_format(Codec::Aac, Framing::Raw, &parameters);
    let rate = header.config.core_rate;
    frames
        .iter()
        .enumerate()
        .map(|(number, frame)| {
            let rounded = sample_ns(0, number * LENGTH, rate) / 1_000_000 * 1_000_000;
            Packet::new(&format, header_of(frame).payload(frame), start_ns + rounded)
        })
        .collect()
}

#[test]
fn the_film_has_all_its_samples_at_their_times() {
    let Some(film) = film("the_film_has_all_its_samples_at_their_times") else { return };
    let (stream, reference) = stream_and_reference(film.to_str().expect("a path in UTF-8"));
    let mut packets = raw_packets(&stream, 0);
    let blocks = decode(&packets);
    let samples = joined(&blocks);
    assert_eq!(blocks[0].format(), AudioFormat::new(48_000, 6));
    assert_eq!(samples.len(), reference.len());
    let db = snr_db(&reference, &samples, 6, 0);
    assert!(db > 100.0, "the left channel has {db:.1} dB");
    // Trimmed at both ends, over the length of a packet at the start.
    packets[0].info.trim_start = LENGTH as u32;
    packets[1].info.trim_start = 88;
    packets.last_mut().expect("packets").info.trim_end = 300;
    let blocks = decode(&packets);
    assert_eq!(blocks[0].timestamp_ns(), 21_000_000 + 1_833_333, "pts of packet 1, 88 samples on");
    assert!(joined(&blocks) == samples[(LENGTH + 88) * 6..samples.len() - 300 * 6]);
}

/// Packets of one tone from the encoder of the same library.
fn tone_packets(count: usize) -> Vec<Packet> {
    let tone = mixed_tones(&[440.0], 48_000, (count + 4) * LENGTH);
    let mut encoder =
        syom::Encoder::new(48_000, 1, &syom::EncodeOptions::raw()).expect("an encoder");
    let parameters =
        streamlib_codec::AudioSpecificConfig::low_complexity(48_000, 1).to_bytes().expect("bytes");
    let format = packet_format(Codec::Aac, Framing::Raw, &parameters);
    let mut packets = Vec::new();
    let keep = |frame: syom::EncodedFrame<'_>| {
        let at_ns = sample_ns(0, packets.len() * LENGTH, 48_000);
        packets.push(Packet::new(&format, frame.payload, at_ns));
        Ok(())
    };
    encoder.feed(&[&tone], keep).expect("packets");
    packets.truncate(count);
    packets
}

/// The numbers of packets whose blocks are marked, and how many blocks came.
fn marks(packets: &[Packet]) -> (Vec<i64>, usize) {
    let blocks = decode(packets);
    let marked = blocks.iter().filter(|block| is_marked(block.envelope()));
    let number = |block: &AudioFrame| (block.timestamp_ns() * 48 + 512_000_000) / 1_024_000_000;
    (marked.map(number).collect(), blocks.len())
}

#[test]
fn what_is_missing_is_marked_and_nothing_else() {
    let packets = tone_packets(12);
    assert_eq!(marks(&packets), (vec![], 12));
    let mut hole = packets.clone();
    hole.drain(5..7);
    assert_eq!(marks(&hole), (vec![7], 10));
    let mut said = packets.clone();
    said[4] = said[4].clone().discontinuous();
    assert_eq!(marks(&said), (vec![4], 12));
    let mut damaged = packets.clone();
    damaged[6].data = vec![0xff; 40];
    assert_eq!(marks(&damaged), (vec![7], 11));
}

#[test]
fn what_overlaps_is_cut() {
    let mut packets = tone_packets(8);
    // The second half starts half a packet early.
    for packet in &mut packets[4..] {
        packet.info.pts_ns -= sample_ns(0, LENGTH / 2, 48_000);
    }
    assert_eq!(joined(&decode(&packets)).len(), 8 * LENGTH - LENGTH / 2);
}

#[test]
fn adts_needs_no_parameters() {
    let mut packets = tone_packets(6);
    let config = streamlib_codec::AudioSpecificConfig::low_complexity(48_000, 1);
    for packet in &mut packets {
        let length = packet.data.len() + 7;
        // Syncword, MPEG-4, no CRC; AAC-LC, 48 kHz (index 3), 1 channel; ISO/IEC 14496-3 1.A.2.
        let header = [
            0xff,
            0xf1,
            0x40 | 3 << 2,
            1 << 6 | (length >> 11) as u8,
            (length >> 3) as u8,
            (length << 5) as u8 | 0x1f,
            0xfc,
        ];
        packet.data.splice(0..0, header);
        assert_eq!(AdtsHeader::parse(&packet.data).expect("a header").config, config);
        packet.format = packet_format(Codec::Aac, Framing::Adts, &[]);
    }
    let (adts, raw) = (joined(&decode(&packets)), joined(&decode(&tone_packets(6))));
    assert!(adts == raw);
}
