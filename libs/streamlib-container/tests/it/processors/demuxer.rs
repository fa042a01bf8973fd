//! Packets as they are.

use streamlib_abi::media::{ChannelLayout, Codec, Framing};
use streamlib_container::Mp4File;
use streamlib_container::processors::Mp4SourceConfig;
use streamlib_processor::PacketFrame;
use streamlib_processor::prelude::*;

use super::assets::asset;
use super::drive::{demux, from_file};

#[test]
fn packets_are_those_of_the_file_in_the_order_of_decode_times() {
    for clip in ["bframes.mp4", "opus.mp4", "bbb.mp4"] {
        let demuxed = demux(from_file(&asset(clip)));
        let mut file = Mp4File::open(asset(clip)).expect("the clip can be read");
        let ids: Vec<_> = file.tracks().map(|track| track.id).collect();
        file.select(&ids).expect("its tracks can be read");
        let (mut video, mut audio) = (demuxed.video.iter(), demuxed.audio.iter());
        while let Some(packet) = file.next_packet() {
            let mut data = vec![0; packet.size as usize];
            file.read(&packet, &mut data).expect("the packet can be read");
            let is_video = file.track(packet.track).is_some_and(|track| track.video().is_some());
            let (meta, found, at_ns) = if is_video {
                let frame = video.next().expect("a picture");
                (*frame.meta(), frame.data(), frame.timestamp_ns())
            } else {
                let frame = audio.next().expect("sound");
                (*frame.meta(), frame.data(), frame.timestamp_ns())
            };
            assert_eq!(
                (at_ns, meta.dts_ns, meta.pts_ns),
                (packet.dts_ns, packet.dts_ns, packet.pts_ns)
            );
            assert_eq!(found, data);
            assert_eq!(meta.flags.contains(PacketFlags::KEY_FRAME), packet.key_frame);
            assert_eq!(meta.flags.contains(PacketFlags::NOT_SHOWN), !packet.shown);
            if !is_video {
                assert_eq!(meta.trim_start, packet.trim_start);
            }
        }
        assert!(video.next().is_none() && audio.next().is_none(), "{clip}");
    }
}

#[test]
fn the_format_says_what_is_known_before_decoding() {
    let demuxed = demux(from_file(&asset("bbb.mp4")));
    let (Some(Format::Packet(video)), Some(Format::Packet(audio))) =
        (demuxed.video_format, demuxed.audio_format)
    else {
        panic!("both outputs announce packets");
    };
    assert_eq!((video.codec, video.framing), (Codec::H264, Framing::LengthPrefixed));
    let pictures = video.video.expect("pictures");
    assert_eq!((pictures.width, pictures.height), (1280, 720));
    assert_eq!(pictures.frame_rate, Rational::new(25, 1));
    assert_eq!((audio.codec, audio.framing), (Codec::Aac, Framing::Raw));
    let sound = audio.audio.expect("sound");
    assert_eq!((sound.sample_rate, sound.layout), (48_000, ChannelLayout::Surround51));
    assert!(video.parameters.starts_with(&[1, 77]) || video.parameters.starts_with(&[1, 100]));
}

#[test]
fn an_offset_marks_what_is_only_decoded() {
    let config = Mp4SourceConfig { start_offset_ms: 1_220, ..from_file(&asset("bframes.mp4")) };
    let demuxed = demux(config);
    let shown = |frame: &&EncodedVideoFrame| !frame.meta().flags.contains(PacketFlags::NOT_SHOWN);
    let first = demuxed.video.iter().filter(shown).map(|frame| frame.meta().pts_ns).min();
    assert_eq!(first, Some(20_000_000));
    assert!(demuxed.video[0].is_key_frame());
    // The key frame is that at 1,000 ms, 220 ms before.
    assert_eq!(demuxed.video[0].meta().pts_ns, -220_000_000);
    let heard: i64 = demuxed
        .audio
        .iter()
        .map(|frame| {
            let meta = frame.meta();
            let hidden = meta.flags.contains(PacketFlags::NOT_SHOWN);
            if hidden { 0 } else { 1_024 - i64::from(meta.trim_start) - i64::from(meta.trim_end) }
        })
        .sum();
    assert_eq!(heard, 240_000 - 58_560);
}
