use streamlib_audio::processors::{AudioChannelConverter, AudioChannelConverterConfig, Layout};
use streamlib_processor::abi::EnvelopeFlags;
use streamlib_processor::abi::media::ChannelLayout;
use streamlib_processor::harness::Harness;
use streamlib_processor::schema::{AudioFormat, Format};

use crate::media::{block, joined, push, run_to_end, sent};

const R: f32 = std::f32::consts::FRAC_1_SQRT_2;

fn harness(config: AudioChannelConverterConfig) -> Harness {
    Harness::new::<AudioChannelConverter>(config).unwrap()
}

/// One tone a channel: what comes out is what the coefficients say, channel by channel.
fn check(layout: ChannelLayout, to: Layout, normalize: bool, expect: &[&[f32]]) {
    let channels = layout.speakers().len();
    let format = AudioFormat { layout, ..AudioFormat::new(48_000, channels as u32) };
    let config = AudioChannelConverterConfig { layout: to, normalize, matrix: Vec::new() };
    for alone in 0..channels {
        let samples: Vec<f32> =
            (0..channels * 480).map(|n| f32::from(n % channels == alone) * 0.5).collect();
        let mut harness = harness(config.clone());
        push(&mut harness, 0, &format, 0, &samples, 100);
        let mixed = joined(&run_to_end(&mut harness));
        assert_eq!(mixed.len(), expect.len() * 480);
        for (row, coefficients) in expect.iter().enumerate() {
            let found = mixed[row] / 0.5;
            let close = (found - coefficients[alone]).abs() < 1e-6;
            assert!(close, "{layout} to {to:?}: input {alone}, output {row}: {found}");
        }
    }
}

#[test]
fn each_channel_goes_where_bs_775_says() {
    let scale = 1.0 / (1.0 + 2.0 * R);
    let (left, right) = ([1.0, 0.0, R, 0.0, R, 0.0], [0.0, 1.0, R, 0.0, 0.0, R]);
    check(ChannelLayout::Surround51, Layout::Stereo, false, &[&left, &right]);
    let (left, right) = (left.map(|gain| gain * scale), right.map(|gain| gain * scale));
    check(ChannelLayout::Surround51, Layout::Stereo, true, &[&left, &right]);
    check(ChannelLayout::Stereo, Layout::Mono, true, &[&[0.5, 0.5]]);
    check(ChannelLayout::Mono, Layout::Stereo, true, &[&[R], &[R]]);
}

#[test]
fn full_scale_on_every_channel_does_not_clip() {
    let format = AudioFormat::new(48_000, 8);
    let mut harness = harness(AudioChannelConverterConfig::default());
    push(&mut harness, 0, &format, 0, &[1.0; 80], 10);
    let mixed = joined(&run_to_end(&mut harness));
    assert!(mixed.iter().all(|sample| *sample <= 1.0 + 1e-6) && mixed.len() == 20);
}

#[test]
fn a_change_of_layout_mid_stream_is_followed() {
    let mut harness = harness(AudioChannelConverterConfig::default());
    let (surround, stereo) = (AudioFormat::new(48_000, 6), AudioFormat::new(48_000, 2));
    push(&mut harness, 0, &surround, 0, &[0.25; 60], 10);
    push(&mut harness, 0, &stereo, 10, &[0.25; 20], 10);
    let unknown = AudioFormat { layout: ChannelLayout::Unknown, ..AudioFormat::new(48_000, 1) };
    push(&mut harness, 0, &unknown, 20, &[0.5; 10], 10);
    let samples = joined(&run_to_end(&mut harness));
    assert_eq!(samples.len(), 60);
    assert_eq!((samples[20], samples[40]), (0.25, 0.5 * R));
}

#[test]
fn a_matrix_of_ones_own_is_taken_as_it_is() {
    let swap = vec![vec![0.0, 2.0], vec![1.0, 0.0]];
    let config = AudioChannelConverterConfig { matrix: swap, ..Default::default() };
    let mut harness = harness(config);
    push(&mut harness, 0, &AudioFormat::new(48_000, 2), 0, &[0.1, 0.2], 1);
    assert_eq!(joined(&run_to_end(&mut harness)), [0.4, 0.1]);
    let narrow = serde_json::json!({ "matrix": [[1.0], [1.0]] });
    let error = harness.update_config(&narrow).unwrap_err();
    assert!(error.to_string().starts_with("`matrix` is for 1 input channels"), "{error}");
    // The old settings are still in force.
    push(&mut harness, 0, &AudioFormat::new(48_000, 2), 1, &[0.1, 0.2], 1);
    harness.call().unwrap();
    assert_eq!(joined(&sent(&mut harness)), [0.4, 0.1]);
}

#[test]
fn bad_settings_are_refused() {
    let check = |matrix: Vec<Vec<f64>>, expect: &str| {
        let config = AudioChannelConverterConfig { matrix, ..Default::default() };
        let error = Harness::new::<AudioChannelConverter>(config).unwrap_err();
        assert!(error.to_string().starts_with(expect), "{error}");
    };
    check(vec![vec![1.0]], "`matrix` has 1 rows of 1 numbers, but `layout` stereo has 2 channels");
    check(vec![vec![1.0], vec![17.0]], "`matrix, number 2`: 17 is not between -16 and 16");
}

#[test]
fn the_mark_of_a_discontinuity_stays() {
    let format = AudioFormat::new(48_000, 6);
    let mut harness = harness(AudioChannelConverterConfig::default());
    let mut after_hole = block(&format, 0, &[0.0; 6]);
    after_hole.envelope_mut().flags =
        after_hole.envelope().flags.with(EnvelopeFlags::DISCONTINUITY);
    for frame in [block(&format, 0, &[0.0; 6]), after_hole] {
        harness.push("audio_in", 0, frame, &Format::Audio(format.clone())).unwrap();
    }
    harness.call_until_idle().unwrap();
    let marks: Vec<bool> = sent(&mut harness).iter().map(|block| block.marked).collect();
    assert_eq!(marks, [false, true]);
}
