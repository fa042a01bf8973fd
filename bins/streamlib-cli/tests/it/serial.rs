//! Runs that are interrupted: they wait for a line of progress, which comes every few seconds.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::Value;

use crate::home::Home;
use crate::sentences::clip;

fn signal(signal: &str, pid: u32) {
    assert!(Command::new("kill").args([signal, &pid.to_string()]).status().unwrap().success());
}

#[test]
fn ctrl_c_stops_a_run_in_order() {
    let home = Home::new();
    let mut command = home.client("run endless.yaml --json");
    let mut run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut progress = BufReader::new(run.stderr.take().unwrap());
    let mut line = String::new();
    progress.read_line(&mut line).unwrap();
    assert!(line.contains(" frames   ") && line.contains("0 dropped"), "{line}");
    signal("-INT", run.id());
    line.clear();
    progress.read_line(&mut line).unwrap();
    assert_eq!(line, "stopping; Ctrl-C again cuts at once\n");
    let mut rest = String::new();
    progress.read_to_string(&mut rest).unwrap();
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{rest}");
    let report: streamlib_protocol::parent::Report =
        serde_json::from_slice(&output.stdout).unwrap();
    for link in &report.inspect.links {
        assert_eq!((link.sent, link.waiting), (link.delivered, 0), "{link:?}");
    }
}

#[test]
fn a_runtime_that_is_killed_is_reported_by_its_signal() {
    let home = Home::new();
    let mut command = home.client("run endless.yaml");
    let mut run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut progress = BufReader::new(run.stderr.take().unwrap());
    progress.read_line(&mut String::new()).unwrap();
    let sockets = std::fs::read_dir(home.path().join("run")).unwrap();
    let socket = sockets.map(|entry| entry.unwrap().file_name()).next().unwrap();
    let pid = socket.to_str().unwrap().strip_prefix("endless-").unwrap();
    signal("-KILL", pid.strip_suffix(".sock").unwrap().parse().unwrap());
    let mut said = String::new();
    progress.read_to_string(&mut said).unwrap();
    assert_eq!(run.wait().unwrap().code(), Some(1));
    assert!(said.contains("ended without a report (signal: 9 (SIGKILL))"), "{said}");
}

/// A run of a film to a file, which has come as far as to say so.
struct Filming {
    home: Home,
    run: Child,
    said: BufReader<ChildStderr>,
}

impl Filming {
    fn begin() -> Self {
        let home = Home::new();
        let (film, out) = (clip("flash_and_beep.mp4"), home.path().join("out.mp4"));
        let mut command = home.client("run film.yaml --set");
        command.arg(format!("clip={}", film.display())).arg("--set");
        command.arg(format!("out={}", out.display()));
        let mut run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(run.stderr.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        for word in ["% ", " frames   ", " fps   ", "x real time   ", " dropped   ", " left\n"] {
            assert!(line.contains(word), "{word} is not in {line}");
        }
        Self { home, run, said }
    }

    fn runtime(&self) -> u32 {
        let sockets = fs::read_dir(self.home.path().join("run")).unwrap();
        let socket = sockets.map(|entry| entry.unwrap().file_name()).next().unwrap();
        let pid = socket.to_str().unwrap().strip_prefix("film-").unwrap();
        pid.strip_suffix(".sock").unwrap().parse().unwrap()
    }

    /// Everything else that it says on standard error, and its exit code.
    fn end(&mut self) -> (String, Option<i32>) {
        let mut said = String::new();
        self.said.read_to_string(&mut said).unwrap();
        (said, self.run.wait().unwrap().code())
    }

    /// Where the tracks of the file end, s. No program may have anything to say about it.
    fn track_ends(&self) -> Vec<f64> {
        let out = self.home.path().join("out.mp4");
        let line = "-v warning -of json -show_entries stream=start_time,duration -show_frames";
        let probed = ask("ffprobe", line, &out);
        let streams = probed["streams"].as_array().unwrap();
        let number = |value: &Value| value.as_str().unwrap().parse::<f64>().unwrap();
        let end = |stream: &Value| number(&stream["start_time"]) + number(&stream["duration"]);
        streams.iter().map(end).collect()
    }
}

/// What a program says of a file, which must be all that it says.
fn ask(program: &str, line: &str, file: &Path) -> Value {
    let output = Command::new(program).args(line.split(' ')).arg(file).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// One picture of 40 ms, and what rounding adds.
const ONE_PICTURE_S: f64 = 0.040_1;

#[track_caller]
fn check_together(ends: &[f64], limit_s: f64) {
    let [video, audio] = ends else { panic!("{ends:?} are not two tracks") };
    assert!(*video > 0.5 && (video - audio).abs() <= limit_s, "{ends:?}");
}

#[test]
fn a_film_that_is_interrupted_is_finished() {
    for name in ["-INT", "-TERM", "-HUP"] {
        let mut filming = Filming::begin();
        signal(name, filming.run.id());
        let (said, code) = filming.end();
        assert_eq!((said.as_str(), code), ("stopping; Ctrl-C again cuts at once\n", Some(130)));
        check_together(&filming.track_ends(), ONE_PICTURE_S);
    }
}

#[test]
fn a_second_interrupt_cuts_and_the_film_is_finished_all_the_same() {
    let mut filming = Filming::begin();
    signal("-INT", filming.run.id());
    signal("-TERM", filming.run.id());
    let (said, code) = filming.end();
    assert_eq!(code, Some(130));
    assert_eq!(said, "stopping; Ctrl-C again cuts at once\ncutting\n");
    // What was under way on one track and not on the other is missing.
    check_together(&filming.track_ends(), 1.0);
}

#[test]
fn a_film_whose_runtime_is_killed_plays() {
    let mut filming = Filming::begin();
    signal("-KILL", filming.runtime());
    let (said, code) = filming.end();
    assert_eq!(code, Some(1));
    assert!(
        said.ends_with(
            "ended without a report (signal: 9 (SIGKILL)); MP4 files that it was writing are \
             playable up to their last fragment\n"
        ),
        "{said}"
    );
    let out = filming.home.path().join("out.mp4");
    let line = "-v fatal -of json -count_frames -show_entries stream=nb_read_frames";
    let streams = ask("ffprobe", line, &out);
    for stream in streams["streams"].as_array().unwrap() {
        let frames: u32 = stream["nb_read_frames"].as_str().unwrap().parse().unwrap();
        assert!(frames > 10, "{streams}");
    }
}

#[test]
fn a_runtime_whose_client_is_killed_stops_in_order() {
    let mut filming = Filming::begin();
    let runtime = filming.runtime();
    signal("-KILL", filming.run.id());
    assert_eq!(filming.end().1, None);
    // Returns when the process is gone.
    let waiting = Command::new("tail")
        .args([format!("--pid={runtime}"), "-f".into(), "/dev/null".into()])
        .status();
    assert!(waiting.unwrap().success());
    assert_eq!(fs::read_dir(filming.home.path().join("run")).unwrap().count(), 0);
    check_together(&filming.track_ends(), ONE_PICTURE_S);
}
