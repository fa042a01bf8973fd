//! Runs from their beginning to their end.

use crate::home::{Home, check};

#[test]
fn a_run_says_what_it_has_done() {
    check!(Home::new().answer("run short.yaml --no-progress"), @r"
    exit 0
    --- stdout
    short finished after [TIME]

    ARRIVED AT  FRAMES  A SECOND
    end.input        5    [RATE]

    every frame was delivered
    --- stderr
    ");
}

#[test]
fn a_report_for_scripts() {
    let answer = Home::new().answer("run short.yaml --no-progress --json --set frames=9");
    let json = answer.strip_prefix("exit 0\n--- stdout\n").unwrap();
    let json = json.strip_suffix("--- stderr\n").unwrap();
    let report: streamlib_protocol::parent::Report = serde_json::from_str(json).unwrap();
    assert_eq!(report.outcome, streamlib_protocol::parent::Outcome::Finished);
    let delivered: Vec<_> = report.inspect.links.iter().map(|link| link.delivered).collect();
    assert_eq!((report.inspect.name.as_str(), delivered), ("short", vec![9, 9]));
    let source = report.inspect.processors.iter().find(|one| one.id == "picture").unwrap();
    // Nine pictures at 30 a second; the last one starts after eight.
    let position = source.position.unwrap();
    assert_eq!((position.position_ns, position.duration_ns), (266_666_667, Some(300_000_000)));
}

#[test]
fn a_graph_that_is_wrong_or_has_no_input_does_not_run() {
    let home = Home::new();
    check!(home.answer("run wrong.yaml"), @r"
    exit 2
    --- stdout
    --- stderr
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
    check!(home.answer("run missing.yaml"), @r"
    exit 2
    --- stdout
    --- stderr
    error: `missing.yaml` has a problem and cannot be run

    missing.yaml:2:15: error[parameter-unset]: parameter `clip` has no default and is not set
    2 | parameters: { clip: { description: The film } }
      |               ^^^^
    hint: set it with `--set clip=value`, or give it a `default`
    ");
    check!(home.answer("run missing.yaml --set clip=/nowhere/film.mp4"), @r#"
    exit 1
    --- stdout
    --- stderr
    error: the graph of `missing.yaml` cannot be started

    missing.yaml:4:3: error[start-failed]: processor `movie` cannot be set up: cannot open '/nowhere/film.mp4': No such file or directory (os error 2)
    4 |   movie: { type: com.tatolab.mp4_source, config: { path: "${cl…
      |   ^^^^^
    hint: check the path
    "#);
    check!(home.answer("run short.yaml --name ../x"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: invalid value '../x' for '--name <NAME>': "../x" is not a valid graph name: it starts with a letter, a digit or `_`, goes on with letters, digits, `_`, `-` or `.`, and has at most 64 characters

    For more information, try '--help'.
    "#);
}
