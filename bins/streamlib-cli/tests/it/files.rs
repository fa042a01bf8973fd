//! Commands that look at graph files and at what there is.

use crate::home::{Home, check};

#[test]
fn a_file_that_is_right() {
    let home = Home::new();
    check!(home.answer("check short.yaml"), @r"
    exit 0
    --- stdout
    short.yaml is right and can be run
    --- stderr
    ");
    check!(home.answer("check short.yaml --json"), @r#"
    exit 0
    --- stdout
    {
      "ok": true,
      "problems": []
    }
    --- stderr
    "#);
}

#[test]
fn every_problem_is_said_at_once() {
    let home = Home::new();
    check!(home.answer("check wrong.yaml"), @r"
    exit 2
    --- stdout
    wrong.yaml:3:20: error[unknown-type]: processor `picture`: there is no processor type `com.tatolab.test_patern`
    3 |   picture: { type: com.tatolab.test_patern }
      |                    ^^^^^^^^^^^^^^^^^^^^^^^
    hint: did you mean `com.tatolab.test_pattern`?

    wrong.yaml:4:50: error[invalid-config]: expected a number from 0 to 1, found 7
    4 |   gray: { type: com.tatolab.grayscale, config: { amount: 7, colour: red } }
      |                                                  ^^^^^^

    wrong.yaml:4:61: error[invalid-config]: there is no such setting
    4 |   gray: { type: com.tatolab.grayscale, config: { amount: 7, colour: red } }
      |                                                             ^^^^^^
    hint: known settings: amount

    wrong.yaml:7:5: error[unknown-port]: processor `end` has no input `inptu`
    7 |   - gray.video_out -> end.inptu
      |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: did you mean `input`? Its inputs are input

    wrong.yaml cannot be run: 4 errors, 0 warnings
    --- stderr
    ");
    check!(home.answer("check missing.yaml"), @r"
    exit 2
    --- stdout
    missing.yaml:2:15: error[parameter-unset]: parameter `clip` has no default and is not set
    2 | parameters: { clip: { description: The film } }
      |               ^^^^
    hint: set it with `--set clip=value`, or give it a `default`

    missing.yaml cannot be run: 1 error, 0 warnings
    --- stderr
    ");
    check!(home.answer("check short.yaml --set frame=3 --json"), @r#"
    exit 2
    --- stdout
    {
      "ok": false,
      "problems": [
        {
          "severity": "error",
          "code": "unknown-parameter",
          "message": "there is no parameter `frame` to set",
          "path": "",
          "hint": "did you mean `frames`?",
          "shown": "error[unknown-parameter]: there is no parameter `frame` to set\nhint: did you mean `frames`?"
        }
      ]
    }
    --- stderr
    "#);
}

#[test]
fn a_file_that_is_not_there() {
    check!(Home::new().answer("check nowhere.yaml"), @r"
    exit 2
    --- stdout
    --- stderr
    error: the graph file `nowhere.yaml` cannot be read: No such file or directory (os error 2)
    hint: check the path; it is looked for from `[GRAPHS]`
    ");
}

#[test]
fn a_graph_is_drawn() {
    let home = Home::new();
    check!(home.answer("graph short.yaml --set frames=7"), @r"
    exit 0
    --- stdout
    short

    PROCESSOR  TYPE                      SETTINGS
    picture    com.tatolab.test_pattern  frames=7 height=64 width=256
    gray       com.tatolab.grayscale
    end        com.tatolab.null_sink

    FROM               TO             DELIVERY  DEPTH
    picture.video_out  gray.video_in
    gray.video_out     end.input      lossless      2
    --- stderr
    ");
    check!(home.answer("graph short.yaml --format mermaid"), @r#"
    exit 0
    --- stdout
    flowchart LR
      n0["picture<br/>com.tatolab.test_pattern"]
      n1["gray<br/>com.tatolab.grayscale"]
      n2["end<br/>com.tatolab.null_sink"]
      n0 -->|"video_out → video_in"| n1
      n1 -->|"video_out → input, lossless"| n2
    --- stderr
    "#);
    check!(home.answer("graph short.yaml --format dot"), @r#"
    exit 0
    --- stdout
    digraph "short" {
      rankdir=LR;
      node [shape=box, style=rounded, fontname="sans-serif"];
      edge [fontname="sans-serif", fontsize=10];
      "picture" [label="picture\ncom.tatolab.test_pattern"];
      "gray" [label="gray\ncom.tatolab.grayscale"];
      "end" [label="end\ncom.tatolab.null_sink"];
      "picture" -> "gray" [label="video_out → video_in"];
      "gray" -> "end" [label="video_out → input, lossless"];
    }
    --- stderr
    "#);
    let json = home.answer("graph short.yaml --format json");
    assert!(json.contains("\"name\": \"short\""), "{json}");
}

#[test]
fn processors_are_described() {
    let home = Home::new();
    let list = home.answer("processors list");
    let line = list.lines().find(|line| line.starts_with("com.tatolab.grayscale ")).unwrap();
    insta::assert_snapshot!(line, @"com.tatolab.grayscale                video_in      video_out     Takes the colour out of pictures");
    check!(home.answer("processors describe grayscale"), @r"
    exit 0
    --- stdout
    com.tatolab.grayscale 1.0.0
      Takes the colour out of pictures. Luma stays as it is; the pixel format stays too. In place where nobody else holds the picture. Settings may change while running.

    Works: on a frame at any input

    Inputs:
      video_in (lossless, depth 8)
          Pictures to change.
          video i420|nv12|rgba8|bgra8|rgb8|gray8

    Outputs:
      video_out
          The pictures without their colour.
          the format of `video_in`

    Settings:
      amount: number from 0 to 1, default 1.0
          How much of the colour is taken away: 0 none, 1 all.
    --- stderr
    ");
    check!(home.answer("processors describe greyscale"), @r"
    exit 2
    --- stdout
    --- stderr
    error: there is no processor type `greyscale`; did you mean `grayscale`? `streamlib processors list` shows all
    ");
    let json = home.answer("processors describe grayscale --json");
    assert!(json.contains("\"name\": \"com.tatolab.grayscale\""), "{json}");
}

#[test]
fn the_doctor_says_each_check() {
    let home = Home::new();
    let report = home.answer("doctor");
    assert!(report.starts_with("exit 0\n"), "{report}");
    let folder = home.path().join("run").display().to_string();
    assert!(report.contains(&format!("{folder} takes sockets")), "{report}");
    assert!(home.answer("doctor --json").contains("\"status\": \"ok\""));
}

#[test]
fn a_runtime_that_is_not_there_or_answers_something_else() {
    let home = Home::new();
    let with = |runtime: &str, line: &str| {
        let mut command = home.client(line);
        command.env("STREAMLIB_RUNTIME", runtime);
        home.whole(command)
    };
    insta::assert_snapshot!(with("/nowhere/runtime", "check short.yaml"), @r"
    exit 3
    --- stdout
    --- stderr
    error: the program `/nowhere/runtime` cannot be started: No such file or directory (os error 2)
    ");
    insta::assert_snapshot!(with("/nowhere/runtime", "run short.yaml"), @r"
    exit 3
    --- stdout
    --- stderr
    error: the program `/nowhere/runtime` cannot be started: No such file or directory (os error 2)
    ");
    insta::assert_snapshot!(with("/bin/true", "doctor"), @r"
    exit 3
    --- stdout
    --- stderr
    error: `/bin/true` did not answer what was expected (EOF while parsing a value at line 1 column 0); is it of the same version as this program?
    ");
    insta::assert_snapshot!(with("/bin/false", "doctor"), @r"
    exit 3
    --- stdout
    --- stderr
    error: `/bin/false` did not answer what was expected (exit status: 1); is it of the same version as this program?
    ");
    insta::assert_snapshot!(with("/bin/true", "run short.yaml"), @r"
    exit 1
    --- stdout
    --- stderr
    error: `/bin/true` ended without a report (exit status: 0)
    ");
}

#[test]
fn a_runtime_that_is_nowhere() {
    let home = Home::new();
    // A link, because a program that was just written may be open for writing in a child of
    // another test, and cannot be started then.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let alone = folder.path().join("streamlib");
    std::fs::hard_link(env!("CARGO_BIN_EXE_streamlib"), &alone).unwrap();
    let mut command = std::process::Command::new(alone);
    command.arg("doctor").env_remove("STREAMLIB_RUNTIME").env("PATH", "/nowhere");
    check!(home.whole(command), @r"
    exit 3
    --- stdout
    --- stderr
    error: the program `streamlib-runtime` is not found: it is neither beside `[HOME]` nor in PATH; install it there, or name it in STREAMLIB_RUNTIME
    ");
}
