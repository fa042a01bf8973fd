//! Commands that answer with JSON, and command lines that are wrong.

use std::path::Path;
use std::process::{Command, Stdio};

/// Everything that the program says to a command line: exit code, both outputs.
fn answer(arguments: &[&str]) -> String {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_streamlib-runtime"))
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/graphs"))
        .env("STREAMLIB_HOME", home.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    format!("exit {}\n{out}{err}", output.status.code().unwrap())
}

#[test]
fn help_and_version() {
    insta::assert_snapshot!(answer(&["--help"]), @r"
    exit 0
    streamlib-runtime hosts one graph and answers on a Unix socket. `streamlib` is its client.

    Usage:
      streamlib-runtime run FILE [options]       run a graph until it ends or is stopped
          --set NAME=VALUE      set a parameter of the graph; may be repeated
          --name NAME           the name under which it is found; the graph's own when absent
          --socket PATH         where to listen; in the run folder when absent
          --drain-timeout-ms N  how long frames under way may take when it stops
          --parent-on-stdin     standard input is a socket to the program that started it
          --package SOURCE      load a package: a name, a folder, an archive or a URL; may be repeated
          --plugin PATH         load a plugin; may be repeated
          --plugin-dir DIR      load every plugin in a folder; may be repeated
      streamlib-runtime check FILE [--set ..] [--plugin ..]
                                                 every problem of a graph, as JSON
      streamlib-runtime graph FILE [--set ..]    the graph as it is declared, as JSON
      streamlib-runtime processors [--plugin ..] what graphs can be made of, as JSON
      streamlib-runtime doctor                   what works on this machine, as JSON
      streamlib-runtime --help | --version

    Exit codes: 0 well, 1 the graph failed, 2 wrong input, 3 the machine lacks something,
    130 interrupted.
    ");
    let version = concat!("exit 0\nstreamlib-runtime ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(answer(&["--version"]), version);
}

#[test]
fn a_command_line_that_is_wrong() {
    insta::assert_snapshot!(answer(&["fly"]), @r"
    exit 2
    error: there is no command `fly`
    hint: `streamlib-runtime --help` shows what it takes
    ");
    insta::assert_snapshot!(answer(&["run"]), @r"
    exit 2
    error: there is no graph file
    hint: `streamlib-runtime --help` shows what it takes
    ");
}

#[test]
fn a_graph_that_is_right_has_no_problems_and_is_printed_as_declared() {
    insta::assert_snapshot!(answer(&["check", "short.yaml"]), @r"
    exit 0
    []
    ");
    insta::assert_snapshot!(answer(&["graph", "short.yaml", "--set", "frames=7"]), @r#"
    exit 0
    {"name":"short","revision":0,"processors":[{"id":"picture","type":"com.tatolab.test_pattern","config":{"frames":7,"height":64,"width":256}},{"id":"gray","type":"com.tatolab.grayscale"},{"id":"end","type":"com.tatolab.null_sink"}],"links":[{"from":"picture.video_out","to":"gray.video_in"},{"from":"gray.video_out","to":"end.input","delivery":"lossless","depth":2}]}
    "#);
}

#[test]
fn every_problem_of_a_graph_is_said_with_its_place() {
    insta::assert_snapshot!(answer(&["check", "wrong.yaml"]), @r#"
    exit 2
    {"code":"invalid_graph","message":"`wrong.yaml` has 4 problems and cannot be run","problems":[{"severity":"error","code":"unknown-type","message":"processor `picture`: there is no processor type `com.tatolab.test_patern`","path":"processors.picture.type","location":{"file":"wrong.yaml","line":3,"column":20,"length":23},"hint":"did you mean `com.tatolab.test_pattern`?","shown":"wrong.yaml:3:20: error[unknown-type]: processor `picture`: there is no processor type `com.tatolab.test_patern`\n3 |   picture: { type: com.tatolab.test_patern }\n  |                    ^^^^^^^^^^^^^^^^^^^^^^^\nhint: did you mean `com.tatolab.test_pattern`?"},{"severity":"error","code":"invalid-config","message":"expected a number from 0 to 1, found 7","path":"processors.gray.config.amount","location":{"file":"wrong.yaml","line":4,"column":50,"length":6},"shown":"wrong.yaml:4:50: error[invalid-config]: expected a number from 0 to 1, found 7\n4 |   gray: { type: com.tatolab.grayscale, config: { amount: 7, colour: red } }\n  |                                                  ^^^^^^"},{"severity":"error","code":"invalid-config","message":"there is no such setting","path":"processors.gray.config.colour","location":{"file":"wrong.yaml","line":4,"column":61,"length":6},"hint":"known settings: amount","shown":"wrong.yaml:4:61: error[invalid-config]: there is no such setting\n4 |   gray: { type: com.tatolab.grayscale, config: { amount: 7, colour: red } }\n  |                                                             ^^^^^^\nhint: known settings: amount"},{"severity":"error","code":"unknown-port","message":"processor `end` has no input `inptu`","path":"links[0]","location":{"file":"wrong.yaml","line":7,"column":5,"length":27},"hint":"did you mean `input`? Its inputs are input","shown":"wrong.yaml:7:5: error[unknown-port]: processor `end` has no input `inptu`\n7 |   - gray.video_out -> end.inptu\n  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^\nhint: did you mean `input`? Its inputs are input"}]}
    "#);
    insta::assert_snapshot!(answer(&["graph", "short.yaml", "--set", "frame=7"]), @r#"
    exit 2
    {"code":"invalid_graph","message":"`short.yaml` has a problem and cannot be run","problems":[{"severity":"error","code":"unknown-parameter","message":"there is no parameter `frame` to set","path":"","hint":"did you mean `frames`?","shown":"error[unknown-parameter]: there is no parameter `frame` to set\nhint: did you mean `frames`?"}]}
    "#);
}

#[test]
fn a_graph_that_cannot_be_run_is_refused_in_a_sentence() {
    insta::assert_snapshot!(answer(&["run", "wrong.yaml"]), @r"
    exit 2
    error: `wrong.yaml` has 4 problems and cannot be run

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
    ");
    insta::assert_snapshot!(answer(&["run", "short.yaml", "--parent-on-stdin"]), @r"
    exit 2
    error: standard input is not a socket to the parent: Socket operation on non-socket (os error 88)
    hint: `--parent-on-stdin` is for programs; people leave it out
    ");
}

#[test]
fn the_built_in_processors_are_described() {
    let answer = answer(&["processors"]);
    let json = answer.strip_prefix("exit 0\n").unwrap();
    let types: streamlib_protocol::ProcessorTypes = serde_json::from_str(json).unwrap();
    let grayscale = types.find("grayscale").unwrap();
    assert_eq!(grayscale.name, "com.tatolab.grayscale");
    assert_eq!((grayscale.inputs.len(), grayscale.outputs.len()), (1, 1));
    for one in &types.processors {
        assert!(!one.description.is_empty(), "{} has no description", one.name);
    }
}

#[test]
fn the_doctor_looks_at_everything() {
    let answer = answer(&["doctor"]);
    let json = answer.strip_prefix("exit 0\n").unwrap();
    let report: streamlib_protocol::DoctorReport = serde_json::from_str(json).unwrap();
    let names: Vec<_> = report.checks.iter().map(|check| check.name.as_str()).collect();
    insta::assert_snapshot!(names.join("\n"), @r"
    streamlib-runtime
    processors
    H.264
    run folder
    shared memory
    processor cores
    ffmpeg
    ffprobe
    ");
}
