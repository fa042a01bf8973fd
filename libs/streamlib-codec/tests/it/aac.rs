//! AAC against FFmpeg's decoder, channel by channel, and its parameter records.

use proptest::collection::vec;
use proptest::prelude::*;
use streamlib_abi::media::{ChannelLayout, Codec, Framing};
use streamlib_codec::{
    AacObject, AdtsHeader, AudioDecoder, AudioDecoderSettings, AudioSpecificConfig, CodecError,
    audio_decoder,
};

use crate::support::{Scratch, ffmpeg_bytes, film, frequency_of, has_ffmpeg, mixed_tones, snr_db};

fn decoder(framing: Framing, parameters: &[u8]) -> Box<dyn AudioDecoder> {
    let settings = AudioDecoderSettings { codec: Codec::Aac, framing, parameters };
    audio_decoder(&settings).expect("a decoder")
}

/// Splits an ADTS stream into frames.
pub(crate) fn adts_frames(mut stream: &[u8]) -> Vec<&[u8]> {
    let mut frames = Vec::new();
    while !stream.is_empty() {
        let header = AdtsHeader::parse(stream).expect("an ADTS header");
        let (frame, rest) = stream.split_at(header.frame_bytes);
        frames.push(frame);
        stream = rest;
    }
    frames
}

fn decode_all(decoder: &mut dyn AudioDecoder, packets: &[&[u8]]) -> (Vec<f32>, ChannelLayout, u32) {
    let mut out = vec![0.0; decoder.max_output_samples().max(16_384)];
    let mut samples = Vec::new();
    let mut last = None;
    for packet in packets {
        let audio = decoder.decode(packet, &mut out).expect("sound");
        samples.extend_from_slice(&out[..audio.frames * audio.channels]);
        last = Some(audio);
    }
    let last = last.expect("packets");
    (samples, last.layout, last.sample_rate)
}

/// The ADTS stream and FFmpeg's decoding of a file's sound.
pub(crate) fn stream_and_reference(path: &str) -> (Vec<u8>, Vec<f32>) {
    let adts = Scratch::new("reference.aac");
    ffmpeg_bytes(&format!("-i {path} -map 0:a -c copy -f adts {}", adts.path()));
    let raw = ffmpeg_bytes(&format!("-i {} -f f32le -c:a pcm_f32le -", adts.path()));
    let samples = raw.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    (adts.read(), samples)
}

/// Both framings decode to what FFmpeg decodes, to 100 dB in every channel that is not silent.
fn check_file(path: &str, layout: ChannelLayout, sample_rate: u32) {
    let channels = layout.speakers().len();
    let (stream, reference) = stream_and_reference(path);
    let frames = adts_frames(&stream);
    let header = AdtsHeader::parse(frames[0]).expect("a header");
    let parameters = header.config.to_bytes().expect("parameters");
    let units: Vec<_> = frames.iter().map(|frame| header_of(frame).payload(frame)).collect();
    let raw = decode_all(&mut *decoder(Framing::Raw, &parameters), &units);
    let adts = decode_all(&mut *decoder(Framing::Adts, &[]), &frames);
    assert!(raw == adts, "framings differ");
    let (samples, got_layout, got_rate) = raw;
    assert_eq!((got_layout, got_rate), (layout, sample_rate));
    assert_eq!(samples.len(), reference.len());
    for channel in 0..channels {
        let db = snr_db(&reference, &samples, channels, channel);
        let silent = reference.iter().skip(channel).step_by(channels).all(|sample| *sample == 0.0);
        assert!(db > 100.0 || silent, "channel {channel} of {layout} has {db:.1} dB");
    }
}

pub(crate) fn header_of(frame: &[u8]) -> AdtsHeader {
    AdtsHeader::parse(frame).expect("a header")
}

#[test]
fn the_films_six_channels_decode_as_ffmpeg_decodes_them() {
    let Some(film) = film("the_films_six_channels_decode_as_ffmpeg_decodes_them") else { return };
    check_file(film.to_str().expect("a path in UTF-8"), ChannelLayout::Surround51, 48_000);
}

#[test]
fn every_layout_decodes_as_ffmpeg_decodes_it() {
    if !has_ffmpeg("every_layout_decodes_as_ffmpeg_decodes_it") {
        return;
    }
    for (layout, rate) in [
        (ChannelLayout::Mono, 44_100),
        (ChannelLayout::Stereo, 44_100),
        (ChannelLayout::Surround30, 48_000),
        (ChannelLayout::Surround40, 32_000),
        (ChannelLayout::Surround50, 48_000),
        (ChannelLayout::Surround51, 48_000),
        (ChannelLayout::Stereo, 8_000),
        (ChannelLayout::Stereo, 96_000),
    ] {
        let file = encode(layout, rate);
        check_file(file.path(), layout, rate);
    }
}

/// One tone a channel, encoded by FFmpeg.
fn encode(layout: ChannelLayout, rate: u32) -> Scratch {
    let channels = layout.speakers().len();
    let tones: Vec<_> = (0..channels).map(frequency_of).collect();
    let samples = mixed_tones(&tones, rate, rate as usize);
    let raw = Scratch::new(&format!("{layout}-{rate}.f32"));
    let bytes: Vec<_> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    std::fs::write(raw.path(), bytes).expect("a file");
    let file = Scratch::new(&format!("{layout}-{rate}.m4a"));
    ffmpeg_bytes(&format!(
        "-f f32le -ar {rate} -channel_layout {layout} -i {} -c:a aac -b:a {}k -f mp4 {}",
        raw.path(),
        96 * channels,
        file.path()
    ));
    file
}

#[test]
fn one_tone_a_channel_is_heard_in_its_place() {
    if !has_ffmpeg("one_tone_a_channel_is_heard_in_its_place") {
        return;
    }
    let file = encode(ChannelLayout::Surround51, 48_000);
    let (stream, _) = stream_and_reference(file.path());
    let (samples, ..) = decode_all(&mut *decoder(Framing::Adts, &[]), &adts_frames(&stream));
    for channel in 0..6 {
        let heard = strongest(&samples, 6, channel);
        assert_eq!(heard, channel, "channel {channel} has the tone of {heard}");
    }
}

/// Which channel's tone is the loudest in this one, by correlation.
fn strongest(samples: &[f32], channels: usize, channel: usize) -> usize {
    let power = |tone: usize| {
        let (mut sine, mut cosine) = (0.0, 0.0);
        for (frame, samples) in samples.chunks_exact(channels).enumerate() {
            let phase = std::f64::consts::TAU * frequency_of(tone) * frame as f64 / 48_000.0;
            sine += f64::from(samples[channel]) * phase.sin();
            cosine += f64::from(samples[channel]) * phase.cos();
        }
        sine * sine + cosine * cosine
    };
    (0..channels).max_by(|one, other| power(*one).total_cmp(&power(*other))).expect("channels")
}

#[test]
fn he_aac_doubles_the_rate_announced_or_not() {
    let options = syom::EncodeOptions::raw().with_he(true).with_bitrate_bps(64_000);
    let tone = mixed_tones(&[440.0, 660.0], 48_000, 48_000);
    let planes: Vec<Vec<f32>> =
        (0..2).map(|channel| tone.iter().skip(channel).step_by(2).copied().collect()).collect();
    let mut packets = Vec::new();
    let mut encoder = syom::Encoder::new(48_000, 2, &options).expect("an encoder");
    let planes: Vec<&[f32]> = planes.iter().map(Vec::as_slice).collect();
    let mut keep = |frame: syom::EncodedFrame<'_>| {
        packets.push(frame.payload.to_vec());
        Ok(())
    };
    encoder.feed(&planes, &mut keep).expect("packets");
    encoder.finish(&mut keep).expect("the last packets");
    let announced = AudioSpecificConfig {
        extension_rate: Some(48_000),
        ..AudioSpecificConfig::low_complexity(24_000, 2)
    };
    let silent = AudioSpecificConfig::low_complexity(24_000, 2);
    let packets: Vec<_> = packets.iter().map(Vec::as_slice).collect();
    for config in [announced, silent] {
        let mut decoder = decoder(Framing::Raw, &config.to_bytes().expect("parameters"));
        let (samples, layout, rate) = decode_all(&mut *decoder, &packets);
        assert_eq!((layout, rate), (ChannelLayout::Stereo, 48_000));
        assert_eq!(samples.len(), packets.len() * 2048 * 2);
    }
}

#[test]
fn damage_is_said_and_the_next_packet_decodes() {
    if !has_ffmpeg("damage_is_said_and_the_next_packet_decodes") {
        return;
    }
    let file = encode(ChannelLayout::Stereo, 48_000);
    let (stream, _) = stream_and_reference(file.path());
    let frames = adts_frames(&stream);
    let mut decoder = decoder(Framing::Raw, &[0x11, 0x90]);
    let mut out = vec![0.0; decoder.max_output_samples()];
    let mut outcomes = Vec::new();
    for (number, frame) in frames.iter().take(12).enumerate() {
        let unit = header_of(frame).payload(frame);
        let unit = if number == 5 { &unit[..unit.len() / 2] } else { unit };
        match decoder.decode(unit, &mut out) {
            Ok(audio) => outcomes.push(audio.frames),
            Err(CodecError::CorruptPacket { codec: Codec::Aac, .. }) => outcomes.push(0),
            Err(other) => panic!("{other}"),
        }
    }
    let mut expected = [1024; 12];
    expected[5] = 0;
    assert_eq!(outcomes, expected);
}

#[test]
fn objects_that_are_not_decoded_are_refused_by_name() {
    let refused = |parameters: &[u8]| {
        let settings =
            AudioDecoderSettings { codec: Codec::Aac, framing: Framing::Raw, parameters };
        audio_decoder(&settings).err().expect("a refusal").to_string()
    };
    let way_out = "is not supported by a built-in decoder; convert the file first, for example \
                   with `ffmpeg -i INPUT -c:v copy -c:a aac OUTPUT.mp4`, or register a decoder of \
                   your own";
    assert_eq!(refused(&[0x09, 0x90]), format!("AAC Main {way_out}"));
    assert_eq!(refused(&[0xf9, 0x46, 0x20]), format!("xHE-AAC (USAC) {way_out}"));
    assert_eq!(refused(&[0x11]), "the AudioSpecificConfig is not valid: it ends early");
}

fn configs() -> impl Strategy<Value = AudioSpecificConfig> {
    let rate = prop_oneof![Just(44_100u32), Just(48_000), Just(7_350), 1..1u32 << 24];
    let object = prop_oneof![
        Just(AacObject::LowComplexity),
        Just(AacObject::Main),
        Just(AacObject::LongTermPrediction),
        Just(AacObject::LowDelay)
    ];
    (object, rate.clone(), 1..16u8, any::<bool>(), proptest::option::of((rate, any::<bool>())))
        .prop_map(|(object, core_rate, channel_configuration, short, extension)| {
            AudioSpecificConfig {
                object,
                core_rate,
                channel_configuration,
                core_frames: match (object, short) {
                    (AacObject::LowDelay, false) => 512,
                    (AacObject::LowDelay, true) => 480,
                    (_, false) => 1024,
                    (_, true) => 960,
                },
                extension_rate: extension.map(|(rate, _)| rate),
                parametric_stereo: extension.is_some_and(|(_, stereo)| stereo),
            }
        })
}

proptest! {
    #[test]
    fn parameters_are_read_as_they_were_written(config in configs()) {
        let bytes = config.to_bytes().expect("bytes");
        prop_assert_eq!(AudioSpecificConfig::parse(&bytes), Ok(config));
    }

    #[test]
    fn no_bytes_make_a_parser_panic(bytes in vec(any::<u8>(), 0..40)) {
        let _config = AudioSpecificConfig::parse(&bytes);
        let _header = AdtsHeader::parse(&bytes);
        let mut frame = vec![0xff, 0xf1];
        frame.extend_from_slice(&bytes);
        if let Ok(header) = AdtsHeader::parse(&frame) {
            prop_assert!(header.payload(&frame).len() < frame.len());
        }
        let settings = AudioDecoderSettings {
            codec: Codec::Aac, framing: Framing::Raw, parameters: &bytes,
        };
        let _decoder = audio_decoder(&settings);
    }

    #[test]
    fn no_packet_makes_the_decoder_panic(packets in vec(vec(any::<u8>(), 0..300), 1..6)) {
        let mut decoder = decoder(Framing::Raw, &[0x11, 0xb0]);
        let mut out = vec![0.0; decoder.max_output_samples()];
        for packet in packets {
            let _result = decoder.decode(&packet, &mut out);
        }
    }
}
