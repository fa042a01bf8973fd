//! The wording of every error that has no test of its own beside what causes it.

use streamlib_abi::media::{Codec, Framing, Rational};
use streamlib_codec::{
    AudioDecoderSettings, CodecError, Role, VideoDecoderSettings, VideoEncoderSettings,
    audio_decoder, audio_encoder, openh264_has_assembly, openh264_version, video_decoder,
    video_encoder,
};

fn check(error: Option<CodecError>, text: &str) {
    assert_eq!(error.expect("an error").to_string(), text);
}

#[test]
fn codecs_that_are_not_built_in_are_named_with_a_way_out() {
    let video = |codec| {
        let settings = VideoDecoderSettings { codec, framing: Framing::Raw, parameters: &[] };
        video_decoder(&settings).err()
    };
    let convert = "is not supported by a built-in decoder; convert the file first, for example \
                   with `ffmpeg -i INPUT -c:v libx264 -pix_fmt yuv420p -c:a copy OUTPUT.mp4`, or \
                   register a decoder of your own";
    check(video(Codec::H265), &format!("H.265 (HEVC) {convert}"));
    check(video(Codec::Av1), &format!("AV1 {convert}"));
    let audio = |codec| {
        let settings = AudioDecoderSettings { codec, framing: Framing::Raw, parameters: &[] };
        audio_decoder(&settings).err()
    };
    let convert = "is not supported by a built-in decoder; convert the file first, for example \
                   with `ffmpeg -i INPUT -c:v copy -c:a aac OUTPUT.mp4`, or register a decoder of \
                   your own";
    check(audio(Codec::Ac3), &format!("AC-3 {convert}"));
    check(
        Some(CodecError::unknown_codec("dtsc", Role::Decoder, false)),
        &format!("dtsc {convert}"),
    );
    let settings = VideoEncoderSettings::new(640, 360, Rational::new(25, 1));
    check(
        video_encoder(Codec::Vp9, &settings).err(),
        "VP9 is not supported by a built-in encoder; write h264, or register an encoder of your \
         own",
    );
    let settings = streamlib_codec::AudioEncoderSettings {
        sample_rate: 48_000,
        layout: streamlib_abi::media::ChannelLayout::Stereo,
        bitrate_bps: 128_000,
    };
    check(
        audio_encoder(Codec::Aac, &settings).err(),
        "AAC is not supported by a built-in encoder; write opus, or register an encoder of your \
         own",
    );
}

#[test]
fn wrong_framings_and_parameters_are_said() {
    let settings =
        VideoDecoderSettings { codec: Codec::H264, framing: Framing::Adts, parameters: &[] };
    check(
        video_decoder(&settings).err(),
        "the setting `framing` is adts, but must be annex_b or length_prefixed for H.264",
    );
    let settings = VideoDecoderSettings { framing: Framing::LengthPrefixed, ..settings };
    check(video_decoder(&settings).err(), "the avcC record is not valid: it ends early");
    let settings = VideoDecoderSettings { parameters: &[2, 0, 0, 0, 0, 0], ..settings };
    check(
        video_decoder(&settings).err(),
        "the avcC record is not valid: its version is 2, and only 1 is known",
    );
    let settings =
        AudioDecoderSettings { codec: Codec::Opus, framing: Framing::Adts, parameters: &[] };
    check(
        audio_decoder(&settings).err(),
        "the setting `framing` is adts, but must be raw for Opus",
    );
    let settings = AudioDecoderSettings { framing: Framing::Raw, ..settings };
    check(audio_decoder(&settings).err(), "the dOps box is not valid: it ends early");
    let ambisonics = [0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 2, 4, 0, 0, 1, 2, 3];
    let settings = AudioDecoderSettings { parameters: &ambisonics, ..settings };
    let error = audio_decoder(&settings).err().expect("a refusal").to_string();
    assert!(error.starts_with("Opus with channel mapping family 2 is not supported"), "{error}");
}

#[test]
fn the_remaining_messages_are_whole_sentences() {
    let damaged = CodecError::CorruptPacket { codec: Codec::H264, detail: "it is cut".to_owned() };
    check(Some(damaged), "a packet of H.264 could not be decoded: it is cut");
    let small = CodecError::OutputTooSmall { needed: 12_288, given: 6 };
    check(Some(small), "the output has room for 6 samples, but one packet may decode to 12288");
    let failed = CodecError::Library { library: "libopus", operation: "start anew", code: -3 };
    check(Some(failed), "libopus failed to start anew (its code is -3)");
}

#[test]
fn openh264_says_how_it_was_built() {
    assert!(openh264_version().starts_with("2."), "{}", openh264_version());
    let has_nasm = std::process::Command::new("nasm").arg("-v").output().is_ok();
    if has_nasm && cfg!(target_arch = "x86_64") && std::env::var_os("OPENH264_NO_ASM").is_none() {
        assert!(openh264_has_assembly(), "nasm is here, but the assembly is not");
    }
}
