//! A film that is stopped or killed half way is a film up to there.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use serde_json::json;
use streamlib::StreamRuntime;

use crate::support::{Film, Graph, PATIENCE, assert_near, clip, id, numbers};

/// Stops the demo once so many pictures are on their way into the file.
fn check_stopped(workers: usize, pictures: u64) {
    let builder = StreamRuntime::builder().with_workers(workers);
    let mut graph = Graph::demo(builder, &clip("bframes"));
    graph.start_until_sent("file.video", pictures);
    let (outcome, inspection) = graph.stop();
    assert!(!outcome.failed(), "{outcome:?}");
    for link in &inspection.links {
        assert_eq!(link.counts.sent, link.counts.delivered, "{} -> {}", link.source, link.target);
    }

    let made = Film::of(&graph.path("comparison.mp4"));
    let written = made.pictures.len();
    assert_eq!(made.numbers(), numbers(written as u16), "no hole up to the stop");
    let sent = |id: &str| {
        let link = inspection.links.iter().find(|link| link.target.to_string() == id);
        link.expect("the link").counts.sent as usize
    };
    assert_eq!(written, sent("file.video"), "what the writer was sent is in the file");
    assert!(written as u64 >= pictures && written <= 125, "{written} pictures");
    assert_near("ends of both tracks", made.end(), made.sound.unwrap().end, 0.04);
}

#[test]
fn a_film_that_is_stopped_is_whole_up_to_there() {
    for (workers, pictures) in [(1, 5), (1, 40), (4, 40), (4, 90)] {
        check_stopped(workers, pictures);
    }
}

/// Longest fragment, seconds: the writer's default.
const FRAGMENT: f64 = 1.0;
/// Where the child of the test below writes to.
const CHILD: &str = "STREAMLIB_TEST_KILLED_FILM";

/// Writes a film for ever, and says after each look how many of its pictures the writer has.
fn write_for_ever(path: &str) {
    let mut graph = Graph::demo(StreamRuntime::builder().with_workers(2), &clip("bframes"));
    graph.update_config(id("movie"), json!({ "path": clip("bframes"), "loop_count": 0 })).unwrap();
    graph.update_config(id("file"), json!({ "output_path": path })).unwrap();
    let (link, inspector) = (graph.link_to("file.video"), graph.inspector());
    let mut tap = inspector.tap(link);
    graph.start().unwrap();
    while tap.recv_timeout(PATIENCE).is_some() {
        let delivered = inspector.link(link).unwrap().counts.delivered;
        if writeln!(std::io::stderr(), "{delivered}").is_err() {
            break; // Nobody reads any more.
        }
    }
    graph.stop();
}

/// The test runs itself in a second process, which it kills with SIGKILL.
#[test]
fn a_film_whose_writer_is_killed_plays() {
    if let Ok(path) = std::env::var(CHILD) {
        return write_for_ever(&path);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("killed.mp4");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "stopping::a_film_whose_writer_is_killed_plays", "--nocapture"])
        .env(CHILD, &path)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let mut delivered = said.filter_map(|line| line.parse::<u64>().ok());
    let reached = delivered.find(|count| *count >= 160).expect("the writer gets on");
    child.kill().unwrap();
    child.wait().unwrap();
    let last = delivered.last().unwrap_or(reached);

    let made = Film::of(&path);
    let expected = (0..made.pictures.len()).map(|it| Some((it % 125) as u16));
    assert_eq!(made.numbers(), expected.collect::<Vec<_>>(), "the clip again and again");
    let missing = last as f64 * 0.04 - made.end();
    // A fragment ends with the first frame that makes it this long, and the writer holds a frame
    // back until the other track has caught up.
    assert!(missing <= FRAGMENT + 0.08, "{missing} s of {last} pictures are missing");
}
