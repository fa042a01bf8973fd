use std::path::Path;
use std::process::Command;

use streamlib_audio::processors::{WavWriter, WavWriterConfig};
use streamlib_audio::wav::{HEADER_BYTES, WavSample};
use streamlib_processor::harness::Harness;
use streamlib_processor::schema::AudioFormat;

use crate::media::{push, tone};

fn harness(path: &Path, sample_format: WavSample) -> Harness {
    let config = WavWriterConfig { output_path: path.to_owned(), sample_format };
    Harness::new::<WavWriter>(config).unwrap()
}

fn finish(harness: &mut Harness) {
    harness.call_until_idle().unwrap();
    harness.end("audio_in", 0).unwrap();
    harness.end_of_stream().unwrap();
    harness.processor().teardown().unwrap();
}

/// How many bytes of sound the header says, and the bytes that are there.
fn data(path: &Path) -> (usize, Vec<u8>) {
    let bytes = std::fs::read(path).unwrap();
    let said = bytes[HEADER_BYTES - 4..HEADER_BYTES].try_into().unwrap();
    (u32::from_le_bytes(said) as usize, bytes[HEADER_BYTES..].to_vec())
}

#[test]
fn what_is_written_is_what_was_heard() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("take.wav");
    let format = AudioFormat::new(44_100, 2);
    let samples = tone(440.0, &format, 5_000);
    let mut harness = harness(&path, WavSample::F32);
    push(&mut harness, 0, &format, 77, &samples, 1_024);
    harness.call().unwrap();
    assert!(!path.exists() && folder.path().join("take.wav.part").exists());
    finish(&mut harness);
    let expect: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    assert_eq!(data(&path), (expect.len(), expect));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn ffprobe_reads_every_form_and_layout() {
    if Command::new("ffprobe").arg("-version").output().is_err() {
        eprintln!("SKIPPED: ffprobe is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let check = |sample_format, codec: &str, channels, layout: &str| {
        let path = folder.path().join(format!("{codec}-{channels}.wav"));
        let format = AudioFormat::new(48_000, channels);
        let mut harness = harness(&path, sample_format);
        push(&mut harness, 0, &format, 0, &tone(440.0, &format, 24_001), 1_000);
        finish(&mut harness);
        let entries = "stream=codec_name,sample_rate,channels,channel_layout,duration_ts";
        let output = Command::new("ffprobe")
            .args(["-v", "warning", "-show_entries", entries, "-of", "csv=p=0"])
            .arg(&path)
            .output()
            .unwrap();
        let found = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        assert_eq!(found, format!("{codec},48000,{channels},{layout},24001"));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{codec}");
    };
    check(WavSample::S16, "pcm_s16le", 1, "mono");
    check(WavSample::S24, "pcm_s24le", 1, "mono");
    check(WavSample::S24, "pcm_s24le", 6, "5.1");
    check(WavSample::F32, "pcm_f32le", 2, "stereo");
    check(WavSample::S16, "pcm_s16le", 8, "7.1");
}

#[test]
fn while_it_grows_all_but_the_last_second_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("take.wav");
    let format = AudioFormat::new(8_000, 1);
    let mut harness = harness(&path, WavSample::S16);
    push(&mut harness, 0, &format, 0, &tone(440.0, &format, 30_000), 500);
    harness.call_until_idle().unwrap();
    // The program is killed now: nothing is finished, and nothing is buffered.
    let (said, bytes) = data(&folder.path().join("take.wav.part"));
    assert_eq!((said, bytes.len()), (48_000, 60_000));
    std::mem::forget(harness);
}

#[test]
fn after_a_failure_the_file_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("take.wav");
    let mut harness = harness(&path, WavSample::S16);
    let (stereo, mono) = (AudioFormat::new(8_000, 2), AudioFormat::new(8_000, 1));
    push(&mut harness, 0, &stereo, 0, &tone(440.0, &stereo, 500), 500);
    push(&mut harness, 0, &mono, 500, &tone(440.0, &mono, 500), 500);
    let error = harness.call_until_idle().unwrap_err().to_string();
    let expect = "holds f32 8000 Hz stereo, but the sound changed to f32 8000 Hz mono: a WAV file \
                  has one format; put a com.tatolab.audio_channel_converter (layout: stereo) \
                  before the writer";
    assert!(error.contains("take.wav` ") && error.ends_with(expect), "{error}");
    harness.processor().teardown().unwrap();
    assert_eq!(data(&path).0, 2_000);
}

#[test]
fn holes_become_silence_and_overlaps_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("take.wav");
    let format = AudioFormat::new(8_000, 1);
    let mut harness = harness(&path, WavSample::S16);
    push(&mut harness, 0, &format, 0, &[0.5; 100], 100);
    push(&mut harness, 0, &format, 10_000, &[0.5; 100], 100);
    push(&mut harness, 0, &format, 10_050, &[0.25; 100], 100);
    finish(&mut harness);
    let (said, bytes) = data(&path);
    assert_eq!(said, 10_150 * 2);
    let level = |n: usize| i16::from_le_bytes([bytes[n * 2], bytes[n * 2 + 1]]);
    let levels = [99, 100, 9_999, 10_000, 10_099, 10_100].map(level);
    assert_eq!(levels, [16_384, 0, 0, 16_384, 16_384, 8_192]);
}

#[test]
fn a_stream_without_sound_leaves_no_file_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("take.wav");
    std::fs::write(&path, b"an older take").unwrap();
    let mut harness = harness(&path, WavSample::S16);
    harness.end("audio_in", 0).unwrap();
    let error = harness.end_of_stream().unwrap_err().to_string();
    assert!(
        error.starts_with("no sound came, so `") && error.contains("take.wav` was not written")
    );
    harness.processor().teardown().unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"an older take");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn bad_paths_and_changes_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let check = |path: &Path, expect: &str| {
        let config = WavWriterConfig { output_path: path.to_owned(), ..Default::default() };
        let error = Harness::new::<WavWriter>(config).unwrap_err().to_string();
        let shown = error.replace(&folder.path().display().to_string(), "FOLDER");
        assert_eq!(shown, expect);
    };
    check(Path::new(""), "`output_path` is empty: name the WAV file that is to be written");
    check(folder.path(), "cannot create `FOLDER`: is a directory; it is a folder: name a file");
    check(
        &folder.path().join("none/take.wav"),
        "cannot create `FOLDER/none/take.wav.part`: No such file or directory (os error 2); its \
         folder does not exist: make it first",
    );
    let mut harness = harness(&folder.path().join("a.wav"), WavSample::S16);
    let change = serde_json::json!({ "output_path": "b.wav" });
    let error = harness.update_config(&change).unwrap_err().to_string();
    assert!(error.ends_with(
        "is being written: its settings cannot change; replace the writer to write another file"
    ));
}

#[test]
fn a_stream_that_was_cut_before_any_sound_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = harness(&folder.path().join("take.wav"), WavSample::S16);
    harness.end_of_stream().unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
