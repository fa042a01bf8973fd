use streamlib_audio::processors::{ChordGenerator, ChordGeneratorConfig};
use streamlib_processor::harness::Harness;

use crate::media::{Block, joined, sample_ns, sent};

/// Calls until it finishes, letting the clock go to each time it wants to be woken at.
fn run(config: ChordGeneratorConfig, now_ns: i64) -> (Vec<Block>, Vec<i64>) {
    let mut harness = Harness::new::<ChordGenerator>(config).unwrap();
    harness.set_now_ns(now_ns);
    let mut wakes = Vec::new();
    for _ in 0..10_000 {
        let outcome = harness.call().unwrap();
        if outcome.finished {
            break;
        }
        if let Some(wake_at_ns) = outcome.wake_at_ns {
            wakes.push(wake_at_ns);
            harness.set_now_ns(wake_at_ns);
        }
    }
    (sent(&mut harness), wakes)
}

fn second() -> ChordGeneratorConfig {
    ChordGeneratorConfig { duration_ms: Some(1_000), ..Default::default() }
}

#[test]
fn blocks_of_any_size_make_the_same_sound() {
    let (blocks, _) = run(ChordGeneratorConfig { frames_per_buffer: 48_000, ..second() }, 0);
    let whole = joined(&blocks);
    assert_eq!((whole.len(), blocks[0].timestamp_ns), (96_000, 0));
    let loudest = whole.iter().fold(0.0_f32, |max, sample| max.max(sample.abs()));
    assert!((0.2..=0.25).contains(&loudest), "{loudest}");
    for frames_per_buffer in [1, 997] {
        let (blocks, _) = run(ChordGeneratorConfig { frames_per_buffer, ..second() }, 0);
        let samples = joined(&blocks);
        assert_eq!(samples[..], whole[..samples.len()], "{frames_per_buffer}");
        assert_eq!(samples.len(), if frames_per_buffer == 1 { 20_000 } else { 96_000 });
    }
}

/// Where sound begins after silence, samples.
fn onsets(samples: &[f32]) -> Vec<usize> {
    let loud = |n: usize| samples.get(n).is_some_and(|sample| sample.abs() > 1e-6);
    let quiet = |n: usize| (n.saturating_sub(40)..n).all(|n| !loud(n));
    (0..samples.len()).filter(|n| loud(*n) && quiet(*n)).collect()
}

#[test]
fn beeps_lie_at_exact_samples() {
    let config = ChordGeneratorConfig {
        chord: String::new(),
        beep_every_ms: Some(301),
        beep_ms: 20,
        sample_rate: Some(44_100),
        channels: Some(1),
        frames_per_buffer: 441,
        ..second()
    };
    let (blocks, _) = run(config, 0);
    // The first sample of a beep is the zero of its sine.
    let expect: Vec<usize> =
        (0..4).map(|k| (k as f64 * 0.301 * 44_100.0).round() as usize + 1).collect();
    assert_eq!(onsets(&joined(&blocks)), expect);
}

#[test]
fn in_real_time_each_block_comes_when_its_time_has_come() {
    let config = ChordGeneratorConfig { real_time: true, frames_per_buffer: 12_000, ..second() };
    let (blocks, wakes) = run(config.clone(), 0);
    let times: Vec<i64> = blocks.iter().map(|block| block.timestamp_ns).collect();
    assert_eq!(times, [0, 250_000_000, 500_000_000, 750_000_000]);
    assert_eq!(wakes, times[1..]);
    // One that is added later starts at the last full second.
    let (blocks, _) = run(config, 7_300_000_000);
    assert_eq!((blocks[0].timestamp_ns, joined(&blocks).len()), (7_000_000_000, 96_000));
}

#[test]
fn settings_change_without_a_step_in_time_or_phase() {
    let mut harness = Harness::new::<ChordGenerator>(second()).unwrap();
    harness.call().unwrap();
    harness.update_config(&serde_json::json!({ "sample_rate": 44_100, "chord": "A3" })).unwrap();
    harness.call().unwrap();
    let blocks = sent(&mut harness);
    assert_eq!(blocks[1].format.sample_rate, 44_100);
    let off_ns = blocks[1].timestamp_ns - sample_ns(1_024, 48_000);
    assert!(off_ns.abs() < 12_000, "more than half a sample: {off_ns} ns");
    let (last, first) = (blocks[0].samples[2_046], blocks[1].samples[0]);
    assert!((last - first).abs() < 0.02, "{last} {first}");
}

#[test]
fn bad_settings_are_refused() {
    let check = |config: ChordGeneratorConfig, expect: &str| {
        let error = Harness::new::<ChordGenerator>(config).unwrap_err();
        assert!(error.to_string().starts_with(expect), "{error}");
    };
    let config = ChordGeneratorConfig::default;
    check(
        ChordGeneratorConfig { chord: "X".to_owned(), ..config() },
        "`chord`: `X` is not a chord",
    );
    check(ChordGeneratorConfig { chord: String::new(), ..config() }, "there is nothing to hear");
    check(
        ChordGeneratorConfig { channels: Some(9), ..config() },
        "`channels`: 9 is not between 1 and 8",
    );
    check(
        ChordGeneratorConfig { frequencies: vec![440.0, 30_000.0], ..config() },
        "`frequencies.1`: 30000 is not between 1 and 24000",
    );
    check(
        ChordGeneratorConfig { beep_every_ms: Some(40), beep_ms: 40, ..config() },
        "`beep_ms` is 40, but a beep starts every 40 ms",
    );
}

#[test]
fn before_its_time_a_block_is_not_sent() {
    let config = ChordGeneratorConfig { real_time: true, ..second() };
    let mut harness = Harness::new::<ChordGenerator>(config).unwrap();
    for now_ns in [0, 0, 21_333_332, 21_333_333] {
        harness.set_now_ns(now_ns);
        harness.call().unwrap();
    }
    let times: Vec<i64> = sent(&mut harness).iter().map(|block| block.timestamp_ns).collect();
    assert_eq!(times, [0, 21_333_333]);
}
