//! FFmpeg as the source of streams that this crate cannot make, and as the reference decoder.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

#[expect(clippy::print_stderr, reason = "a test that is left out has to say so")]
fn skip(test: &str, reason: &str) {
    eprintln!("SKIPPED: {test}: {reason}");
}

/// True if `ffmpeg` can be run; else says that a test is left out.
pub(crate) fn has_ffmpeg(test: &str) -> bool {
    let found = Command::new("ffmpeg").arg("-version").output().is_ok();
    if !found {
        skip(test, "ffmpeg is not installed");
    }
    found
}

/// The demonstration film in the folder where `cargo xtask` keeps it, which
/// `STREAMLIB_TEST_ASSETS` may name.
pub(crate) fn film(test: &str) -> Option<PathBuf> {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../assets");
    let assets = std::env::var_os("STREAMLIB_TEST_ASSETS").map_or(kept, PathBuf::from);
    let path = assets.join("bigbuckbunny.mp4");
    let found = path.is_file().then_some(path);
    if found.is_none() {
        skip(test, "the film is missing; `cargo xtask test` fetches it");
    }
    found
}

/// A file of its own for each test, removed at the end.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("codec-{}-{number}-{name}", std::process::id());
        Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name))
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().expect("a path in UTF-8")
    }

    pub(crate) fn read(&self) -> Vec<u8> {
        std::fs::read(&self.0).expect("the file that ffmpeg wrote")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _removed = std::fs::remove_file(&self.0);
    }
}

/// Runs `ffmpeg` with these arguments and returns what it wrote to standard output.
pub(crate) fn ffmpeg_bytes(arguments: &str) -> Vec<u8> {
    run("ffmpeg", &format!("-nostdin -v error -y {arguments}"))
}

fn run(program: &str, arguments: &str) -> Vec<u8> {
    let output =
        Command::new(program).args(arguments.split(' ')).output().expect("the program runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments}: {errors}");
    output.stdout
}

/// `pts` of the video packets of a file in the order of the file, in ns.
pub(crate) fn packet_times_ns(path: &str) -> Vec<i64> {
    let show = "-v error -select_streams v:0 -show_entries packet=pts_time -of csv=p=0";
    let text = String::from_utf8(run("ffprobe", &format!("{show} {path}"))).expect("text");
    text.lines()
        .filter_map(|line| line.trim_end_matches(',').parse::<f64>().ok())
        .map(|seconds| (seconds * 1e9).round() as i64)
        .collect()
}

/// Splits an Annex B stream that has an access unit delimiter in front of every access unit.
pub(crate) fn access_units(stream: &[u8]) -> Vec<&[u8]> {
    let mut starts: Vec<usize> = (0..stream.len().saturating_sub(4))
        .filter(|at| stream[*at..*at + 4] == [0, 0, 1, 9])
        .collect();
    starts.push(stream.len());
    starts.windows(2).map(|pair| &stream[pair[0]..pair[1]]).collect()
}
