//! Opus: every channel comes back in its place, delayed by what the encoder says.

use proptest::collection::vec;
use proptest::prelude::*;
use streamlib_abi::media::{ChannelLayout, Codec, Framing};
use streamlib_codec::{
    AudioDecoder, AudioDecoderSettings, AudioEncoder, AudioEncoderSettings, CodecError,
    OpusConfiguration, audio_decoder, audio_encoder,
};

use crate::support::{cross_snr_db, frequency_of, mixed_tones, snr_db};

fn encoder(layout: ChannelLayout, sample_rate: u32, bitrate_bps: u32) -> Box<dyn AudioEncoder> {
    let settings = AudioEncoderSettings { sample_rate, layout, bitrate_bps };
    audio_encoder(Codec::Opus, &settings).expect("an encoder")
}

fn decoder(parameters: &[u8]) -> Box<dyn AudioDecoder> {
    let settings = AudioDecoderSettings { codec: Codec::Opus, framing: Framing::Raw, parameters };
    audio_decoder(&settings).expect("a decoder")
}

/// Encodes whole packets, padding the end, and decodes them; the delay is cut.
fn round_trip(encoder: &mut dyn AudioEncoder, samples: &[f32], channels: usize) -> Vec<f32> {
    let mut decoder = decoder(encoder.parameters());
    let mut padded = samples.to_vec();
    padded.resize(samples.len() + encoder.delay_frames() * channels, 0.0);
    let packet_samples = encoder.frames_per_packet() * channels;
    padded.resize(padded.len().next_multiple_of(packet_samples), 0.0);
    let mut out = vec![0.0; decoder.max_output_samples()];
    let mut decoded = Vec::new();
    for samples in padded.chunks_exact(packet_samples) {
        let mut packet = Vec::new();
        let encoded = encoder.encode(samples, &mut packet).expect("a packet");
        assert_eq!(encoded.bytes, packet.len());
        let audio = decoder.decode(&packet, &mut out).expect("sound");
        assert_eq!((audio.channels, audio.layout), (channels, encoder.layout()));
        decoded.extend_from_slice(&out[..audio.frames * channels]);
    }
    decoded.split_off(decoder.delay_frames() * channels)
}

#[test]
fn one_tone_a_channel_comes_back_in_its_place() {
    for layout in [
        ChannelLayout::Mono,
        ChannelLayout::Stereo,
        ChannelLayout::Surround30,
        ChannelLayout::Quad,
        ChannelLayout::Surround50,
        ChannelLayout::Surround51,
        ChannelLayout::Surround61,
        ChannelLayout::Surround71,
    ] {
        let channels = layout.speakers().len();
        // Low frequency effects reach to some 120 Hz only.
        let tones: Vec<_> = layout
            .speakers()
            .iter()
            .enumerate()
            .map(|(channel, speaker)| match speaker.as_str() {
                "LFE" => 60.0,
                _ => frequency_of(channel) + if channel == 3 { 200.0 } else { 0.0 },
            })
            .collect();
        let samples = mixed_tones(&tones, 48_000, 48_000);
        let mut encoder = encoder(layout, 48_000, 128_000 * channels as u32);
        let decoded = round_trip(&mut *encoder, &samples, channels);
        assert!(decoded.len() >= samples.len());
        let later = 4_800 * channels;
        for channel in 0..channels {
            let db = snr_db(&samples[later..], &decoded[later..], channels, channel);
            assert!(db > 20.0, "channel {channel} of {layout} has {db:.1} dB");
            for other in (0..channels).filter(|other| *other != channel) {
                let db =
                    cross_snr_db(&samples[later..], &decoded[later..], channels, channel, other);
                assert!(db < 3.0, "channel {other} of {layout} sounds like {channel} ({db:.1} dB)");
            }
        }
    }
}

#[test]
fn the_delay_is_what_the_encoder_says() {
    for rate in [8_000, 12_000, 16_000, 24_000, 48_000] {
        let mut encoder = encoder(ChannelLayout::Mono, rate, 64_000);
        let configuration = OpusConfiguration::parse(encoder.parameters()).expect("parameters");
        assert_eq!(
            usize::from(configuration.pre_skip),
            encoder.delay_frames() * 48_000 / rate as usize
        );
        assert_eq!(configuration.input_rate, rate);
        let samples = mixed_tones(&[440.0], rate, rate as usize);
        let at_48_khz = mixed_tones(&[440.0], 48_000, 48_000);
        let decoded = round_trip(&mut *encoder, &samples, 1);
        let best = (0..=20)
            .max_by(|one, other| {
                let db = |shift: usize| {
                    snr_db(&at_48_khz[9_600..], &decoded[9_600 + shift - 10..], 1, 0)
                };
                db(*one).total_cmp(&db(*other))
            })
            .expect("a shift");
        assert!(best.abs_diff(10) <= 2, "{rate} Hz: {} frames late", best as i64 - 10);
    }
}

#[test]
fn bytes_follow_the_bitrate() {
    let mut encoder = encoder(ChannelLayout::Stereo, 48_000, 256_000);
    let samples = mixed_tones(&[440.0, 660.0], 48_000, 48_000);
    for target in [256_000u32, 32_000, 160_000] {
        encoder.set_bitrate(target).expect("a change");
        let mut packets = Vec::new();
        for samples in samples.chunks_exact(960 * 2) {
            encoder.encode(samples, &mut packets).expect("a packet");
        }
        let ratio = packets.len() as f64 * 8.0 / f64::from(target);
        assert!((0.5..1.3).contains(&ratio), "asked for {target}, got {ratio:.2} of it");
    }
}

#[test]
fn what_opus_does_not_have_is_refused() {
    let refused = |sample_rate, layout, bitrate_bps| {
        let settings = AudioEncoderSettings { sample_rate, layout, bitrate_bps };
        audio_encoder(Codec::Opus, &settings).err().expect("a refusal").to_string()
    };
    assert_eq!(
        refused(44_100, ChannelLayout::Stereo, 128_000),
        "the setting `sample_rate` is 44100, but must be 8000, 12000, 16000, 24000 or 48000 for \
         Opus; resample first"
    );
    assert_eq!(
        refused(48_000, ChannelLayout::Surround40, 128_000),
        "the setting `layout` is 4.0, but must be mono, stereo, 3.0, quad, 5.0, 5.1, 6.1 or 7.1 \
         for Opus"
    );
    assert_eq!(
        refused(48_000, ChannelLayout::Stereo, 1_000),
        "the setting `bitrate` is 1000, but must be 12000 to 1020000 bits a second"
    );
}

#[test]
fn damage_is_said_and_the_next_packet_decodes() {
    let mut encoder = encoder(ChannelLayout::Stereo, 48_000, 96_000);
    let mut decoder = decoder(encoder.parameters());
    let mut packet = Vec::new();
    encoder.encode(&mixed_tones(&[440.0, 660.0], 48_000, 960), &mut packet).expect("a packet");
    let mut out = vec![0.0; decoder.max_output_samples()];
    for bad in [&[][..], &[0xff, 0xff, 0xff]] {
        let error = decoder.decode(bad, &mut out).expect_err("damage");
        assert!(matches!(error, CodecError::CorruptPacket { codec: Codec::Opus, .. }), "{error}");
    }
    let short = out.len() - 1;
    let error = decoder.decode(&packet, &mut out[..short]).expect_err("no room");
    assert_eq!(error, CodecError::OutputTooSmall { needed: 11_520, given: 11_519 });
    assert_eq!(decoder.decode(&packet, &mut out).expect("sound").frames, 960);
}

proptest! {
    #[test]
    fn parameters_are_read_as_they_were_written(
        pre_skip in any::<u16>(),
        input_rate in any::<u32>(),
        gain_q8_db in any::<i16>(),
        (family, channels) in prop_oneof![
            (Just(0u8), 1..=2u8), (Just(1), 1..=8u8), (Just(255), 1..=8u8)
        ],
        seed in vec(any::<u8>(), 8),
    ) {
        let (streams, coupled) = match family {
            0 => (1, channels - 1),
            _ => (channels, channels / 2),
        };
        let mut mapping = [0; 8];
        for (at, place) in mapping.iter_mut().enumerate().take(channels.into()) {
            *place = if family == 0 { at as u8 } else { seed[at] % (streams + coupled) };
        }
        let written = OpusConfiguration {
            channels, pre_skip, input_rate, gain_q8_db, family, streams, coupled, mapping,
        };
        let bytes = written.to_bytes().expect("bytes");
        prop_assert_eq!(OpusConfiguration::parse(&bytes), Ok(written));
        for cut in 0..bytes.len() {
            prop_assert!(OpusConfiguration::parse(&bytes[..cut]).is_err());
        }
    }

    #[test]
    fn no_parameters_make_it_panic(bytes in vec(any::<u8>(), 0..40)) {
        let mut bytes = bytes;
        if let Some(version) = bytes.first_mut() {
            *version &= 1;
        }
        if let Ok(configuration) = OpusConfiguration::parse(&bytes) {
            let _decoder = decoder(&configuration.to_bytes().expect("bytes"));
        }
    }

    #[test]
    fn no_packet_makes_the_decoder_panic(packets in vec(vec(any::<u8>(), 0..200), 1..8)) {
        let parameters = encoder(ChannelLayout::Surround51, 48_000, 256_000).parameters().to_vec();
        let mut decoder = decoder(&parameters);
        let mut out = vec![0.0; decoder.max_output_samples()];
        for packet in packets {
            let _result = decoder.decode(&packet, &mut out);
        }
    }
}
