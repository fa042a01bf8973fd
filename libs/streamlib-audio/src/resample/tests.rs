use std::f64::consts::TAU;

use super::*;

fn sine(frequency: f64, rate: u32, frames: usize, channels: usize) -> Vec<f32> {
    let sample = |n: usize| (TAU * frequency * n as f64 / f64::from(rate)).sin() as f32 * 0.5;
    (0..frames * channels).map(|n| sample(n / channels)).collect()
}

/// All of `input`, given in blocks of `block` frames.
fn resampled(input: &[f32], resampler: &mut StreamResampler, block: usize) -> Vec<f32> {
    for samples in input.chunks(block * resampler.channels()) {
        resampler.push(samples).unwrap();
    }
    resampler.finish().unwrap();
    let output = resampler.output().to_vec();
    resampler.clear_output();
    output
}

fn new(from: u32, to: u32, channels: u32, quality: Quality) -> StreamResampler {
    StreamResampler::new(from, to, channels.try_into().unwrap(), quality).unwrap()
}

/// Power of a tone against all that is not the tone with exactly this phase and size, dB.
fn snr_db(samples: &[f32], frequency: f64, rate: u32, first: usize) -> f64 {
    let (mut signal, mut noise) = (0.0, 0.0);
    for (n, sample) in samples.iter().enumerate() {
        let ideal = (TAU * frequency * (n + first) as f64 / f64::from(rate)).sin() * 0.5;
        signal += ideal * ideal;
        noise += (f64::from(*sample) - ideal).powi(2);
    }
    10.0 * (signal / noise).log10()
}

fn check_tone(from: u32, to: u32, quality: Quality, frequency: f64, least_db: f64) {
    let mut resampler = new(from, to, 1, quality);
    let output = resampled(&sine(frequency, from, from as usize, 1), &mut resampler, 1_024);
    assert_eq!(output.len(), to as usize, "{from} to {to}");
    // The ends are where the tone starts and stops, which is no tone.
    let edge = to as usize / 5;
    let snr = snr_db(&output[edge..output.len() - edge], frequency, to, edge);
    assert!(snr > least_db, "{from} to {to} {quality:?}: {snr:.1} dB");
}

#[test]
fn a_tone_stays_the_same_tone_at_the_same_place() {
    for quality in [Quality::LowLatency, Quality::Balanced, Quality::High] {
        check_tone(44_100, 48_000, quality, 1_000.0, 100.0);
        check_tone(48_000, 44_100, quality, 1_000.0, 100.0);
        check_tone(48_000, 16_000, quality, 1_000.0, 100.0);
        check_tone(8_000, 48_000, quality, 1_000.0, 100.0);
    }
    check_tone(44_100, 48_000, Quality::Balanced, 19_000.0, 90.0);
}

#[test]
fn what_the_lower_rate_cannot_hold_is_filtered_out() {
    let mut resampler = new(48_000, 16_000, 1, Quality::Balanced);
    let output = resampled(&sine(11_000.0, 48_000, 48_000, 1), &mut resampler, 480);
    let loudest = output[3_000..13_000].iter().fold(0.0_f32, |max, sample| max.max(sample.abs()));
    assert!(loudest < 1e-4, "{loudest}");
}

/// An impulse at `at` frames comes out at the same time, within one sample.
fn check_impulse(from: u32, to: u32, quality: Quality, at: usize) {
    let mut input = vec![0.0; from as usize / 2];
    input[at] = 1.0;
    let output = resampled(&input, &mut new(from, to, 1, quality), 333);
    let loudest = (0..output.len()).max_by(|a, b| output[*a].total_cmp(&output[*b])).unwrap();
    let expect = at as f64 * f64::from(to) / f64::from(from);
    let off = loudest as f64 - expect;
    assert!(off.abs() <= 1.0, "{from} to {to} {quality:?}: off by {off} samples");
}

#[test]
fn an_impulse_stays_where_it_is() {
    let rates = [
        (44_100, 48_000),
        (48_000, 44_100),
        (8_000, 48_000),
        (96_000, 16_000),
        (44_056, 48_000),
        (44_100, 47_999),
        (47_999, 22_050),
    ];
    for (from, to) in rates {
        for quality in [Quality::LowLatency, Quality::Balanced, Quality::High] {
            check_impulse(from, to, quality, 1_000);
            check_impulse(from, to, quality, 2_777);
        }
    }
}

#[test]
fn the_size_of_blocks_makes_no_difference() {
    let input = sine(440.0, 44_100, 10_000, 2);
    let mut resampler = new(44_100, 48_000, 2, Quality::Balanced);
    let whole = resampled(&input, &mut resampler, 10_000);
    assert_eq!(whole.len(), 10_884 * 2);
    for block in [1, 7, 441, 4_096] {
        assert_eq!(resampled(&input, &mut resampler, block), whole, "blocks of {block}");
    }
}

#[test]
fn duration_is_kept_within_half_a_sample() {
    for (from, to) in [(44_100, 48_000), (48_000, 8_000), (44_100, 47_999)] {
        let mut resampler = new(from, to, 1, Quality::LowLatency);
        for frames in [0_usize, 1, 3, 1_000, 44_101] {
            let output = resampled(&vec![0.1; frames], &mut resampler, 480);
            let exact = frames as f64 * f64::from(to) / f64::from(from);
            assert!((output.len() as f64 - exact).abs() <= 0.5, "{from} to {to}: {frames}");
        }
    }
}

#[test]
fn channels_do_not_touch_each_other() {
    for channels in 1..=8_usize {
        for alone in 0..channels {
            let mut input = sine(500.0, 44_100, 4_410, channels);
            for (n, sample) in input.iter_mut().enumerate() {
                *sample *= f32::from(n % channels == alone);
            }
            let mut resampler = new(44_100, 48_000, channels as u32, Quality::LowLatency);
            let output = resampled(&input, &mut resampler, 512);
            let loud = |channel| {
                output.iter().skip(channel).step_by(channels).any(|sample| sample.abs() > 0.1)
            };
            assert!((0..channels).all(|channel| loud(channel) == (channel == alone)));
        }
    }
}

#[test]
fn rates_out_of_range_are_refused() {
    let error = |from, to| {
        StreamResampler::new(from, to, AudioChannelCount::MONO, Quality::Balanced).unwrap_err()
    };
    assert!(matches!(error(999, 48_000), Error::RateNotSupported(999)));
    assert!(matches!(error(48_000, 768_001), Error::RateNotSupported(768_001)));
}
