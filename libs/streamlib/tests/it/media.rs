//! What processors agree on where their own settings leave it open.

use streamlib::MediaConfig;
use streamlib::audio::{
    AudioResampler, AudioResamplerConfig, ChordGenerator, ChordGeneratorConfig, WavWriter,
    WavWriterConfig,
};
use streamlib::prelude::*;

use crate::support::probe;

/// A chord, resampled and written: rate and channels of the file.
fn check(media: MediaConfig, chord_rate: Option<u32>, expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let output_path = folder.path().join("chord.wav");
    let runtime =
        StreamRuntime::builder().with_media_config(media).with_workers(1).build().unwrap();
    let config = ChordGeneratorConfig {
        duration_ms: Some(100),
        sample_rate: chord_rate,
        ..ChordGeneratorConfig::default()
    };
    let chord = runtime.add_processor::<ChordGenerator>(config).unwrap();
    let resampler =
        runtime.add_processor::<AudioResampler>(AudioResamplerConfig::default()).unwrap();
    let config = WavWriterConfig { output_path: output_path.clone(), ..WavWriterConfig::default() };
    let file = runtime.add_processor::<WavWriter>(config).unwrap();
    runtime.connect(&chord, &resampler).unwrap();
    runtime.connect(&resampler, &file).unwrap();
    runtime.start().unwrap();
    let outcome = runtime.wait().unwrap();
    assert!(!outcome.failed(), "{outcome:?}");
    let shape = probe(&output_path, &["-show_entries", "stream=sample_rate,channels"]);
    assert_eq!(shape, [expected], "{media:?}, {chord_rate:?}");
}

#[test]
fn sound_is_as_the_graph_has_it() {
    check(MediaConfig::default(), None, "48000,2");
    let telephone = MediaConfig { sample_rate: 16_000, channels: 1 };
    check(telephone, None, "16000,1");
    check(telephone, Some(44_100), "16000,1");
}
