//! Runs graph files and looks at what they made.

use std::path::{Path, PathBuf};
use std::process::Command;

use streamlib::StreamRuntime;
use streamlib::manifest::parse_graph;

/// A clip that `cargo xtask test` fetched or made.
pub(crate) fn asset(name: &str) -> PathBuf {
    let folder = match std::env::var_os("STREAMLIB_TEST_ASSETS") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/assets"),
    };
    let path = folder.join(name);
    assert!(path.exists(), "{} is missing; `cargo xtask test` makes it", path.display());
    path
}

/// A runtime with the graph of this file, parameters set.
pub(crate) fn load(text: &str, parameters: &[(&str, &Path)], workers: usize) -> StreamRuntime {
    let set: Vec<_> = parameters
        .iter()
        .map(|(name, value)| format!("{name}={}", value.display()).parse().unwrap())
        .collect();
    let graph = parse_graph(text, "test.yaml").resolve(&set).unwrap_or_else(|e| panic!("{e}"));
    let runtime = StreamRuntime::builder().with_workers(workers).build().unwrap();
    runtime.load_graph(&graph).unwrap_or_else(|error| panic!("{error}"));
    runtime
}

/// Runs the graph of this file to its end, which is a good one.
pub(crate) fn run(text: &str, parameters: &[(&str, &Path)], workers: usize) {
    let runtime = load(text, parameters, workers);
    runtime.start().unwrap_or_else(|error| panic!("{error}"));
    let outcome = runtime.wait().unwrap();
    assert!(!outcome.failed(), "{outcome:?}");
}

/// What `ffprobe -v warning` says of a file: its lines, and that it has no warning.
pub(crate) fn probe(path: &Path, arguments: &[&str]) -> Vec<String> {
    let output = Command::new("ffprobe")
        .args(["-v", "warning", "-of", "csv=p=0"])
        .args(arguments)
        .arg(path)
        .output()
        .expect("ffprobe is there; `cargo xtask test` installs it");
    let warnings = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && warnings.is_empty(), "{}: {warnings}", path.display());
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// How many pictures or blocks of sound decode from a stream (`v:0`, `a:0`).
pub(crate) fn decoded_frames(path: &Path, stream: &str) -> usize {
    let select = ["-select_streams", stream, "-count_frames"];
    let lines = probe(path, &[&select[..], &["-show_entries", "stream=nb_read_frames"]].concat());
    lines[0].trim_end_matches(',').parse().unwrap()
}

/// Start and duration of a stream, in seconds.
pub(crate) fn span(path: &Path, stream: &str) -> (f64, f64) {
    let entries = ["-select_streams", stream, "-show_entries", "packet=pts_time,duration_time"];
    let packets: Vec<(f64, f64)> = probe(path, &entries)
        .iter()
        .map(|line| {
            let mut numbers = line.split(',').map(|text| text.parse::<f64>().unwrap_or(0.0));
            (numbers.next().unwrap(), numbers.next().unwrap())
        })
        .collect();
    let start = packets.iter().map(|(pts, _)| *pts).fold(f64::MAX, f64::min);
    let end = packets.iter().map(|(pts, duration)| pts + duration).fold(f64::MIN, f64::max);
    (start, end - start)
}

/// The two are within this many seconds of each other.
pub(crate) fn assert_near(what: &str, found: f64, expected: f64, within: f64) {
    assert!((found - expected).abs() <= within, "{what}: {found} s, expected {expected} s");
}
