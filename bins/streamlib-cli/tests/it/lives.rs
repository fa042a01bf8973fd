//! Commands on graphs that run.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use streamlib_protocol::Event;

use crate::home::{Home, check};

#[test]
fn a_graph_is_found_changed_and_stopped() {
    let home = Home::new();
    let mut hosted = home.host("endless.yaml", "left");
    let list = home.answer("list");
    assert!(list.contains("left") && list.contains(&hosted.pid().to_string()), "{list}");
    assert!(home.answer("list --json").contains("\"name\": \"left\""));
    check!(home.answer("set left.gray amount=0.5"), @r"
    exit 0
    --- stdout
    revision 1 -> 2
    prepare
       1. hold gray
       2. update the configuration of gray
    flip
       3. publish revision 2
    done; the graph is at revision 2
    --- stderr
    ");
    check!(home.answer("set gray amount=0.25 --dry-run"), @r"
    exit 0
    --- stdout
    revision 2 -> 3
    prepare
       1. hold gray
       2. update the configuration of gray
    flip
       3. publish revision 3
    nothing was changed
    --- stderr
    ");
    check!(home.answer("undo"), @r"
    exit 0
    --- stdout
    revision 2 -> 3
    prepare
       1. hold gray
       2. update the configuration of gray
    flip
       3. publish revision 3
    done; the graph is at revision 3
    --- stderr
    ");
    check!(home.answer("undo"), @r"
    exit 1
    --- stdout
    --- stderr
    error: there is nothing to undo: the graph is as its file declares it
    ");
    check!(home.answer("pause left"), @r"
    exit 0
    --- stdout
    left is paused
    --- stderr
    ");
    check!(home.answer("resume"), @r"
    exit 0
    --- stdout
    left is running
    --- stderr
    ");
    check!(home.answer("stop --drain-timeout 2s"), @r"
    exit 0
    --- stdout
    left has stopped
    --- stderr
    ");
    assert!(hosted.line().starts_with("{\"message\":\"ended\""));
    assert_eq!(home.answer("list"), "exit 0\n--- stdout\nno graph runs\n--- stderr\n");
}

#[test]
fn a_graph_is_looked_into() {
    let home = Home::new();
    let _hosted = home.host("endless.yaml", "left");
    let tables = home.answer("inspect");
    for words in ["left: running for", "PROCESSOR", "picture.video_out", "lossless", "i420 256x64"]
    {
        assert!(tables.contains(words), "{words} is not in\n{tables}");
    }
    let json = home.answer("inspect left --json");
    let json = json.strip_prefix("exit 0\n--- stdout\n").unwrap();
    let inspect: streamlib_protocol::Inspect =
        serde_json::from_str(json.strip_suffix("--- stderr\n").unwrap()).unwrap();
    let processors: Vec<_> = inspect.processors.iter().map(|one| one.type_name.as_str()).collect();
    assert_eq!(
        processors,
        ["com.tatolab.null_sink", "com.tatolab.grayscale", "com.tatolab.test_pattern"]
    );
}

#[test]
fn what_a_running_graph_refuses_is_said() {
    let home = Home::new();
    let _hosted = home.host("endless.yaml", "left");
    check!(home.answer("set gray amount=7"), @r"
    exit 2
    --- stdout
    --- stderr
    error: processor `gray` (com.tatolab.grayscale) cannot have this configuration:
      `amount`: expected a number from 0 to 1, found 7
    ");
    check!(home.answer("set gray colour=red"), @r"
    exit 2
    --- stdout
    --- stderr
    error: processor `gray` (com.tatolab.grayscale) cannot have this configuration:
      `colour`: there is no such setting; known settings: amount
    ");
    check!(home.answer("set grey amount=1"), @r"
    exit 2
    --- stdout
    --- stderr
    error: there is no processor `grey` in `left`; its processors are end, gray, picture
    ");
    check!(home.answer("set right.gray amount=1"), @r"
    exit 2
    --- stdout
    --- stderr
    error: no graph called `right` runs; these do: left
    ");
    check!(home.answer("inspect right"), @r"
    exit 2
    --- stdout
    --- stderr
    error: no graph called `right` runs; these do: left
    ");
}

#[test]
fn graphs_of_one_name_are_told_apart_by_their_processes() {
    let home = Home::new();
    let [one, _other] = [(); 2].map(|()| home.host("endless.yaml", "left"));
    let ambiguous = home.answer("inspect");
    assert!(ambiguous.ends_with("error: several graphs run; name one of them: left, left\n"));
    let ambiguous = home.answer("inspect left");
    assert!(ambiguous.contains("several graphs called `left` run; say the number of the process"));
    assert!(home.answer(&format!("stop {}", one.pid())).starts_with("exit 0\n"));
}

#[test]
fn events_are_told_until_the_graph_ends() {
    let home = Home::new();
    let _hosted = home.host("endless.yaml", "left");
    let follow = |line: &str| {
        let mut follower = home.client(line).stdout(Stdio::piped()).spawn().unwrap();
        let mut told = BufReader::new(follower.stdout.take().unwrap());
        let mut text = String::new();
        // Now it is connected, and hears of the end.
        told.read_line(&mut text).unwrap();
        (follower, told, text)
    };
    let followers = ["events --all", "events left --all --json"].map(follow);
    assert!(home.answer("stop").starts_with("exit 0\n"));
    let [people, scripts] = followers.map(|(mut follower, mut told, mut text)| {
        told.read_to_string(&mut text).unwrap();
        assert!(follower.wait().unwrap().success());
        text
    });
    for text in ["info     the graph runs\n", "info     the graph has stopped\n"] {
        assert!(people.contains(text), "{people}");
    }
    let kind = |line: &str| serde_json::from_str::<Event>(line).unwrap().kind;
    let kinds: Vec<String> = scripts.lines().map(kind).collect();
    assert_eq!(kinds.last().unwrap(), "runtime_did_stop");
}
