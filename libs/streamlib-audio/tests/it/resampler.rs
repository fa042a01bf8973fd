use streamlib_audio::processors::{AudioResampler, AudioResamplerConfig};
use streamlib_audio::resample::Quality;
use streamlib_processor::harness::Harness;
use streamlib_processor::schema::{AudioFormat, Format};

use crate::media::{block, joined, push, run_to_end, sample_ns, sent, tone};

fn harness(output_sample_rate: u32) -> Harness {
    let output_sample_rate = Some(output_sample_rate);
    let config = AudioResamplerConfig { output_sample_rate, ..Default::default() };
    Harness::new::<AudioResampler>(config).unwrap()
}

/// `frames` of a tone at `from` Hz in blocks, resampled: the samples, the durations being equal.
fn check_tone(from: u32, to: u32, channels: u32, block: usize) {
    let format = AudioFormat::new(from, channels);
    let mut harness = harness(to);
    let frames = from as usize * 2;
    push(&mut harness, 0, &format, 4_410, &tone(1_000.0, &format, frames), block);
    let blocks = run_to_end(&mut harness);
    let samples = joined(&blocks);
    assert_eq!(blocks[0].timestamp_ns, sample_ns(4_410, from), "{from} to {to}");
    assert_eq!(samples.len(), to as usize * 2 * channels as usize, "{from} to {to}");
    let expect = tone(1_000.0, &AudioFormat::new(to, channels), to as usize * 2);
    let inner = samples.len() / 4..samples.len() * 3 / 4;
    let (mut signal, mut noise) = (0.0, 0.0);
    for (sample, expect) in samples[inner.clone()].iter().zip(&expect[inner]) {
        signal += f64::from(*expect).powi(2);
        noise += f64::from(sample - expect).powi(2);
    }
    let snr = 10.0 * (signal / noise).log10();
    assert!(snr > 80.0, "{from} to {to}, {channels} channels: {snr:.1} dB");
}

#[test]
fn a_tone_keeps_its_place_its_length_and_its_quality() {
    check_tone(44_100, 48_000, 1, 1_024);
    check_tone(44_100, 48_000, 2, 441);
    check_tone(48_000, 44_100, 6, 1_024);
    check_tone(96_000, 48_000, 8, 4_096);
    check_tone(8_000, 48_000, 1, 160);
}

#[test]
fn sound_of_the_right_rate_goes_through_as_it_is() {
    let format = AudioFormat::new(48_000, 2);
    let mut harness = harness(48_000);
    let samples = tone(440.0, &format, 3_000);
    push(&mut harness, 0, &format, 0, &samples, 1_000);
    let blocks = run_to_end(&mut harness);
    assert_eq!((joined(&blocks), blocks.len()), (samples, 3));
    assert_eq!(harness.copied_bytes("audio_out").unwrap(), 0);
}

#[test]
fn a_change_of_rate_sends_the_rest_first_and_goes_on_in_time() {
    let mut harness = harness(48_000);
    let (first, second) = (AudioFormat::new(44_100, 2), AudioFormat::new(32_000, 2));
    push(&mut harness, 0, &first, 0, &tone(500.0, &first, 44_100), 1_000);
    push(&mut harness, 0, &second, 32_000, &tone(500.0, &second, 32_000), 1_000);
    let samples = joined(&run_to_end(&mut harness));
    assert_eq!(samples.len(), 96_000 * 2);
    // A tone of whole cycles a second goes on over the seam; a step would be far larger.
    let steps = samples.chunks(2).zip(samples.chunks(2).skip(1)).map(|(a, b)| (b[0] - a[0]).abs());
    let largest = steps.skip(4_000).take(88_000).fold(0.0, f32::max);
    assert!(largest < 0.06, "{largest}");
}

#[test]
fn a_hole_stays_a_hole() {
    let format = AudioFormat::new(44_100, 1);
    let mut harness = harness(48_000);
    push(&mut harness, 0, &format, 0, &tone(500.0, &format, 4_410), 441);
    push(&mut harness, 0, &format, 44_100, &tone(500.0, &format, 4_410), 441);
    let blocks = run_to_end(&mut harness);
    let second = blocks.iter().position(|block| block.timestamp_ns >= 1_000_000_000).unwrap();
    assert_eq!(joined(&blocks[..second]).len(), 4_800);
    assert_eq!((blocks[second].timestamp_ns, blocks[second].marked), (1_000_000_000, true));
    assert_eq!(joined(&blocks[second..]).len(), 4_800);
    assert!(!blocks[0].marked);
}

#[test]
fn samples_that_overlap_are_left_out() {
    let format = AudioFormat::new(24_000, 1);
    let mut harness = harness(48_000);
    push(&mut harness, 0, &format, 0, &tone(500.0, &format, 2_400), 240);
    push(&mut harness, 0, &format, 1_200, &tone(500.0, &format, 2_400), 2_400);
    assert_eq!(joined(&run_to_end(&mut harness)).len(), 7_200);
}

#[test]
fn new_settings_come_with_the_next_block_and_nothing_is_lost() {
    let format = AudioFormat::new(44_100, 1);
    let mut harness = harness(48_000);
    push(&mut harness, 0, &format, 0, &tone(500.0, &format, 44_100), 441);
    harness.call_until_idle().unwrap();
    harness.update_config(&serde_json::json!({ "output_sample_rate": 16_000 })).unwrap();
    push(&mut harness, 0, &format, 44_100, &tone(500.0, &format, 44_100), 441);
    let blocks = run_to_end(&mut harness);
    let change = blocks.iter().position(|block| block.format.sample_rate == 16_000).unwrap();
    assert_eq!(joined(&blocks[..change]).len(), 48_000);
    assert_eq!(joined(&blocks[change..]).len(), 16_000);
    let error = harness.update_config(&serde_json::json!({ "output_sample_rate": 1 })).unwrap_err();
    assert_eq!(error.to_string(), "`output_sample_rate`: 1 is not between 8000 and 192000");
}

#[test]
fn bad_settings_and_rates_are_refused() {
    let config = AudioResamplerConfig { output_sample_rate: Some(7), quality: Quality::High };
    let error = Harness::new::<AudioResampler>(config).unwrap_err();
    assert_eq!(error.to_string(), "`output_sample_rate`: 7 is not between 8000 and 192000");
    let format = AudioFormat::new(900, 1);
    let mut harness = harness(48_000);
    push(&mut harness, 0, &format, 0, &[0.0; 10], 10);
    let error = harness.call().unwrap_err();
    let expect = "sound of 900 Hz cannot be resampled: rates are 1,000 to 768,000 Hz";
    assert_eq!((error.to_string(), sent(&mut harness)), (expect.to_owned(), Vec::new()));
}

#[test]
fn a_source_that_goes_back_in_a_new_epoch_is_heard() {
    let format = AudioFormat::new(24_000, 1);
    let mut harness = harness(48_000);
    push(&mut harness, 0, &format, 24_000, &tone(500.0, &format, 2_400), 240);
    let mut again = block(&format, 0, &tone(500.0, &format, 2_400));
    again.envelope_mut().epoch = 1;
    harness.push("audio_in", 0, again, &Format::Audio(format)).unwrap();
    let blocks = run_to_end(&mut harness);
    let change = blocks.iter().position(|block| block.timestamp_ns == 0).unwrap();
    assert_eq!((joined(&blocks[..change]).len(), joined(&blocks[change..]).len()), (4_800, 4_800));
}

#[test]
fn another_quality_takes_effect_with_the_next_block() {
    let format = AudioFormat::new(44_100, 1);
    let mut harness = harness(48_000);
    push(&mut harness, 0, &format, 0, &tone(500.0, &format, 2_000), 2_000);
    harness.call_until_idle().unwrap();
    let made = joined(&sent(&mut harness)).len();
    assert!(made > 0, "a block of balanced quality is less than 2,000 samples");
    harness.update_config(&serde_json::json!({ "quality": "high" })).unwrap();
    push(&mut harness, 0, &format, 2_000, &tone(500.0, &format, 2_000), 2_000);
    harness.call_until_idle().unwrap();
    // The rest of what came before; a block of high quality is more than 2,000 samples.
    assert_eq!(joined(&sent(&mut harness)).len(), 2_177 - made);
    assert_eq!(joined(&run_to_end(&mut harness)).len(), 2_177);
}
