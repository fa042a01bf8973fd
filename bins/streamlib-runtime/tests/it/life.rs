//! From the start to the end of a run, and who brings that end about.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use streamlib_protocol::parent::{Outcome, Report};

use crate::hosted::Hosted;

#[track_caller]
fn check_end((report, exit_code): (Report, i32), outcome: Outcome, expected_exit_code: i32) {
    assert_eq!((report.outcome, exit_code), (outcome, expected_exit_code), "{report:?}");
    for link in &report.inspect.links {
        let accounted = link.delivered + link.dropped.total() + link.flushed + link.lost;
        assert_eq!(link.sent, accounted + link.waiting, "{link:?}");
    }
    let processors: Vec<_> = report.ends.iter().map(|end| end.processor.as_str()).collect();
    for name in ["end", "gray", "picture"] {
        assert!(processors.contains(&name), "{name} is not in {processors:?}");
    }
}

#[test]
fn a_graph_that_ends_by_itself() {
    let (report, exit_code) = Hosted::start("short.yaml").report();
    let frames: Vec<_> = report.inspect.links.iter().map(|link| link.delivered).collect();
    assert_eq!(frames, [5, 5]);
    check_end((report, exit_code), Outcome::Finished, 0);
}

#[test]
fn a_signal_stops_it_in_order() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let hosted = Hosted::start("endless.yaml");
        hosted.signal(signal);
        check_end(hosted.report(), Outcome::Interrupted, 130);
    }
}

#[test]
fn a_request_stops_it_in_order() {
    let hosted = Hosted::start("endless.yaml");
    let answer = hosted.ask("POST /v1/stop", "");
    // A short graph may have ended by the time of the answer.
    let states = ["stopping", "ended"].map(|state| format!("\r\n\r\n{{\"state\":\"{state}\"}}"));
    assert!(states.iter().any(|state| answer.ends_with(state)), "{answer}");
    check_end(hosted.report(), Outcome::Stopped, 0);
}

#[test]
fn it_ends_when_its_parent_is_gone() {
    let mut hosted = Hosted::start("endless.yaml");
    hosted.leave();
    assert_eq!(hosted.exit_code(), 0);
    assert!(!hosted.socket.exists());
}

#[test]
fn its_socket_is_private_and_named_after_it_and_goes_with_it() {
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let hosted = Hosted::start("endless.yaml");
    let folder = hosted.home.path().join("run");
    let socket = hosted.socket.clone();
    assert_eq!(socket, folder.join(format!("endless-{}.sock", hosted.pid())));
    assert_eq!((mode(&folder), mode(&socket)), (0o700, 0o600));
    hosted.signal("-TERM");
    assert_eq!(hosted.report().1, 130);
    assert!(!socket.exists());
}

#[test]
fn what_a_killed_one_leaves_is_removed_by_the_next() {
    let mut killed = Hosted::start("endless.yaml");
    killed.signal("-KILL");
    killed.wait_for_death();
    let left = killed.socket.clone();
    assert!(left.exists());
    let home = killed.take_home();
    let next = Hosted::start_in(home, "endless.yaml");
    assert!(!left.exists() && next.socket.exists());
}

#[test]
fn its_events_tell_the_whole_story() {
    let hosted = Hosted::start("endless.yaml");
    let events = hosted.begin("GET /v1/events", "Last-Event-ID: 0\r\n", "");
    hosted.ask("POST /v1/stop", "");
    let events = events.until_the_end();
    let kinds = events.lines().filter_map(|line| line.strip_prefix("event: "));
    let kinds: Vec<_> = kinds.filter(|kind| kind.starts_with("runtime_")).collect();
    let expected =
        ["runtime_will_start", "runtime_did_start", "runtime_will_stop", "runtime_did_stop"];
    assert_eq!(kinds, expected);
    check_end(hosted.report(), Outcome::Stopped, 0);
}
