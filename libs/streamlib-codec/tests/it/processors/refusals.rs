//! What processors say to what they do not take.

use serde_json::json;
use streamlib_codec::processors::{
    AacDecoder, H264Decoder, H264Encoder, H264EncoderConfig, OpusDecoder, OpusEncoder,
    OpusEncoderConfig,
};
use streamlib_processor::harness::{DetachedOutput, Harness};
use streamlib_processor::prelude::*;

use super::media::{
    Packet, finish, packet_format, picture_frame, push_audio, push_picture, push_sound, push_video,
};
use crate::h264_decode::packets;
use crate::support::{Scratch, ffmpeg_bytes, has_ffmpeg, numbered};

fn harness<P: Processor<Config = NoConfig>>() -> Harness {
    Harness::new::<P>(NoConfig {}).expect("a decoder")
}

/// What is said by the end of the stream.
fn check(mut harness: Harness, expected: &str) {
    let error = finish(&mut harness).expect_err("a refusal").to_string();
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn packets_without_parameters_are_refused() {
    let packet = |codec, framing| Packet::new(&packet_format(codec, framing, &[]), &[1, 2, 3], 0);
    let mut decoder = harness::<H264Decoder>();
    push_video(&mut decoder, &packet(Codec::H264, Framing::LengthPrefixed));
    check(
        decoder,
        "packets of H.264 came without their parameters (`avcC`); their sender has to state them \
         in the format of its packets",
    );
    let mut decoder = harness::<AacDecoder>();
    push_audio(&mut decoder, &packet(Codec::Aac, Framing::Raw));
    check(decoder, "packets of AAC came without their parameters (`AudioSpecificConfig`); their");
    let mut decoder = harness::<OpusDecoder>();
    push_audio(&mut decoder, &packet(Codec::Opus, Framing::Raw));
    check(decoder, "packets of Opus came without their parameters (`dOps`); their sender");
}

#[test]
fn parameters_that_are_not_valid_are_refused() {
    let packet = |codec, framing| Packet::new(&packet_format(codec, framing, &[7]), &[1, 2, 3], 0);
    let mut decoder = harness::<H264Decoder>();
    push_video(&mut decoder, &packet(Codec::H264, Framing::LengthPrefixed));
    check(decoder, "the avcC record is not valid: it ends early");
    let mut decoder = harness::<AacDecoder>();
    push_audio(&mut decoder, &packet(Codec::Aac, Framing::Raw));
    check(decoder, "the AudioSpecificConfig is not valid: it ends early");
    let mut decoder = harness::<OpusDecoder>();
    push_audio(&mut decoder, &packet(Codec::Opus, Framing::Raw));
    check(decoder, "the dOps box is not valid: it ends early");
}

#[test]
fn a_stream_of_nothing_but_damage_fails_at_its_end() {
    let format = packet_format(Codec::H264, Framing::AnnexB, &[]);
    let mut decoder = harness::<H264Decoder>();
    for number in 0..4 {
        let mut packet = Packet::new(&format, &[0, 0, 0, 1, 0x65, 0xff, 0xff, number], 0);
        packet.info.flags = PacketFlags::KEY_FRAME;
        push_video(&mut decoder, &packet);
    }
    check(
        decoder,
        "nothing of a stream of H.264 could be decoded; at first, a packet of H.264 could not be \
         decoded: it needs parameter sets that did not come",
    );
    let dops = [0, 2, 1, 56, 0, 0, 187, 128, 0, 0, 0];
    let format = packet_format(Codec::Opus, Framing::Raw, &dops);
    let mut decoder = harness::<OpusDecoder>();
    push_audio(&mut decoder, &Packet::new(&format, &[0xff], 0));
    check(decoder, "nothing of a stream of Opus could be decoded; at first, a packet of Opus");
}

#[test]
fn content_that_is_not_decoded_is_refused_by_name() {
    if !has_ffmpeg("content_that_is_not_decoded_is_refused_by_name") {
        return;
    }
    for (options, expected) in [
        ("-pix_fmt yuv420p10le", "H.264 High 10 (10-bit) is not supported by a built-in decoder"),
        ("-pix_fmt yuv420p -flags +ilme+ildct", "H.264 High (interlaced) is not supported"),
        ("-pix_fmt yuv444p", "H.264 High 4:4:4 Predictive (4:4:4 chroma) is not supported"),
    ] {
        let file = Scratch::new("refused.mp4");
        let source = "-f lavfi -i testsrc2=size=320x240:rate=25:duration=1 -c:v libx264";
        ffmpeg_bytes(&format!("{source} {options} {}", file.path()));
        let mut decoder = harness::<H264Decoder>();
        let format = packet_format(Codec::H264, Framing::AnnexB, &[]);
        push_video(&mut decoder, &Packet::new(&format, &packets(file.path())[0].0, 0));
        check(decoder, expected);
    }
}

#[test]
fn pictures_that_cannot_be_encoded_are_refused() {
    let encoder = || Harness::new::<H264Encoder>(H264EncoderConfig::default()).expect("an encoder");
    let mut output = DetachedOutput::<VideoFrame>::new();
    let mut odd = encoder();
    let format = VideoFormat::new(PixelFormat::I420, 321, 192);
    push_picture(&mut odd, output.loan(&format, 0).expect("a picture").into());
    check(odd, "the setting `size` is 321x192, but must be even sides from 16x16 to 3840x2160");
    let mut shifted = encoder();
    let picture = picture_frame(&numbered(320, 192, 0), PixelFormat::I420, 0);
    let mut picture = output.edit(picture).expect("a picture");
    let mut visible = picture.visible();
    (visible.x, visible.y, visible.width, visible.height) = (3, 2, 160, 96);
    picture.set_visible(visible).expect("a part");
    push_picture(&mut shifted, picture.into());
    check(
        shifted,
        "the input does not fit the encoder: it is a picture whose visible part starts at 3,2, but \
         must be a picture whose visible part starts at an even column and row",
    );
}

#[test]
fn sound_that_cannot_be_encoded_is_refused() {
    let encoder = || Harness::new::<OpusEncoder>(OpusEncoderConfig::default()).expect("an encoder");
    let mut rate = encoder();
    push_sound(&mut rate, &AudioFormat::new(44_100, 2), 0, &[0.0; 200], 100);
    check(
        rate,
        "the setting `sample_rate` is 44100, but must be 8000, 12000, 16000, 24000 or 48000 for \
         Opus; resample first",
    );
    let mut layout = encoder();
    let unknown = AudioFormat { layout: ChannelLayout::Stereo21, ..AudioFormat::new(48_000, 3) };
    push_sound(&mut layout, &unknown, 0, &[0.0; 300], 100);
    check(
        layout,
        "the setting `layout` is 2.1, but must be mono, stereo, 3.0, quad, 5.0, 5.1, 6.1",
    );
}

#[test]
fn settings_outside_their_range_are_refused() {
    let config = H264EncoderConfig { bitrate: 9_999, ..H264EncoderConfig::default() };
    let error = Harness::new::<H264Encoder>(config).expect_err("a refusal").to_string();
    assert!(error.starts_with("the configuration is not valid: `bitrate`: "), "{error}");
    let config = OpusEncoderConfig { bitrate: 4_080_001 };
    let error = Harness::new::<OpusEncoder>(config).expect_err("a refusal").to_string();
    assert!(error.starts_with("the configuration is not valid: `bitrate`: "), "{error}");
}

#[test]
fn a_setting_that_is_fixed_is_refused_while_running_and_the_rest_stays() {
    let mut encoder =
        Harness::new::<H264Encoder>(H264EncoderConfig::default()).expect("an encoder");
    let change = json!({ "key_frame_interval": 10 });
    encoder.update_config(&change).expect("nothing runs yet");
    for number in 0..12 {
        let picture = numbered(320, 192, number);
        push_picture(&mut encoder, picture_frame(&picture, PixelFormat::I420, number as i64));
    }
    encoder.call().expect("a packet");
    let change = json!({ "key_frame_interval": 5, "force_key_frame": 1 });
    let error = encoder.update_config(&change).expect_err("a refusal").to_string();
    assert_eq!(
        error,
        "the setting `key_frame_interval` cannot change while an encoder runs; stop the processor \
         or replace it"
    );
    encoder.call_until_idle().expect("packets");
    let packets = super::media::taken::<EncodedVideoFrame>(&mut encoder, "video_out");
    let keys: Vec<_> = (0..12).filter(|number| packets[*number].is_key_frame()).collect();
    assert_eq!(keys, [0, 10]);
}
