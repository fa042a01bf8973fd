//! Runs that are interrupted: they wait for a line of progress, which comes every few seconds.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use crate::home::Home;

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
