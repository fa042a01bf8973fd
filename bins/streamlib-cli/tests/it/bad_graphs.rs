//! Graph files that are wrong, through the real programs: every problem with its place and a hint.

use std::fs;

use crate::sentences::{Place, Row};

const PICTURE: &str = "picture: { type: com.tatolab.test_pattern }";

/// Checks a graph file by its name, content and what is said of it.
#[track_caller]
fn check(content: &[u8], says: &'static str) {
    let place = Place::new(&[("g.yaml", content)]);
    place.check(&Row { command: "check g.yaml", exit: 2, leaves: &[], says });
}

/// A graph of two processors, of which one is a test pattern.
#[track_caller]
fn check_graph(other: &str, link: &str, says: &'static str) {
    let text = format!("name: g\nprocessors:\n  {PICTURE}\n  {other}\nlinks:\n  - {link}\n");
    check(text.as_bytes(), says);
}

#[test]
fn what_is_no_graph() {
    check(
        b"",
        r"
g.yaml:1:1: error[empty-file]: the file is empty
1 | 
  | ^

g.yaml cannot be run: 1 error, 0 warnings
",
    );
    check(
        b"\x7fELF\x02\x01\x01\x00\xff\xfe",
        r"
g.yaml:1:9: error[not-utf8]: the file is not UTF-8 text
1 | �ELF������
  |         ^

g.yaml cannot be run: 1 error, 0 warnings
",
    );
    check(
        b"name: caf\xe9\nprocessors: {}\n",
        r"
g.yaml:1:10: error[not-utf8]: the file is not UTF-8 text
1 | name: caf�
  |          ^

g.yaml cannot be run: 1 error, 0 warnings
",
    );
    check(
        b"- a\n- b\n",
        r"
g.yaml:1:1: error[wrong-type]: expected a mapping (a graph file), found a list
1 | - a
  | ^^^

g.yaml cannot be run: 1 error, 0 warnings
",
    );
    check(
        b"name: g\nprocessors:\n\ta: 1\n",
        r"
g.yaml:3:2: error[syntax]: this is not valid YAML or JSON: tabs disallowed within this context (block indentation)
3 |  a: 1
  |  ^
hint: indent with spaces

g.yaml cannot be run: 1 error, 0 warnings
",
    );
    check(
        b"{ \"name\": \"g\", \"processors\": { \"a\": ",
        r#"
g.yaml:1:30: error[syntax]: this is not valid YAML or JSON: unclosed bracket '{'
1 | { "name": "g", "processors": { "a": 
  |                              ^

g.yaml cannot be run: 1 error, 0 warnings
"#,
    );
    check(
        b"name: g\nprocessors: {}\n---\nname: h\n",
        r"
g.yaml:3:1: error[multiple-documents]: a second document starts here
3 | ---
  | ^^^
hint: write each graph into a file of its own

g.yaml cannot be run: 1 error, 0 warnings
",
    );
}

#[test]
fn what_is_too_much() {
    let huge = vec![b' '; streamlib_manifest::FILE_BYTES_MAX + 1];
    check(
        &huge,
        r"
g.yaml:1:1: error[file-too-large]: a graph file has at most [N] bytes, and this one has more
1 | 
  | ^

g.yaml cannot be run: 1 error, 0 warnings
",
    );
    let deep = format!("a: {}", "[".repeat(100_000));
    check(
        deep.as_bytes(),
        r"
g.yaml:1:68: error[nesting-too-deep]: lists and mappings are nested more than 64 deep
1 | …[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[…
  |                                                              ^

g.yaml cannot be run: 1 error, 0 warnings
",
    );
    let wide: String = (0..3000).map(|n| format!("  p{n}: {{ kind: x }}\n")).collect();
    let place = Place::new(&[("g.yaml", format!("name: g\nprocessors:\n{wide}").as_bytes())]);
    let said = place.home.whole(place.client("check g.yaml"));
    assert!(said.starts_with("exit 2\n"), "{said}");
    assert!(
        said.contains("there are 5800 more problems; only the first 200 found are shown"),
        "{said:.500}"
    );
}

#[test]
fn what_yaml_allows_and_graphs_do_not() {
    check(
        b"name: g\nname: h\nprocessors: {}\n",
        r#"
g.yaml:2:1: error[duplicate-key]: the key "name" stands here a second time
2 | name: h
  | ^^^^
hint: the first is on line 1; keep one of them

g.yaml cannot be run: 1 error, 0 warnings
"#,
    );
    check(
        b"name: g\nprocessors:\n  a: &x { type: com.tatolab.null_sink }\n  b: *x\n",
        r#"
g.yaml:3:6: error[anchor-or-alias]: the anchor "x" is not supported
3 |   a: &x { type: com.tatolab.null_sink }
  |      ^^
hint: write the value out, or declare it under `parameters` and write `${name}`

g.yaml:4:6: error[anchor-or-alias]: the alias "x" is not supported
4 |   b: *x
  |      ^^
hint: write the value out, or declare it under `parameters` and write `${name}`

g.yaml cannot be run: 2 errors, 0 warnings
"#,
    );
    check(
        b"name: !text g\nprocessors: { 1: { type: com.tatolab.null_sink } }\n",
        r#"
g.yaml:1:13: error[tag]: the tag "!text" is not supported
1 | name: !text g
  |             ^
hint: remove it; write text in quotes and numbers without them

g.yaml:2:15: error[invalid-name]: "1" is not a valid identifier: it starts with a letter or `_`, goes on with letters, digits, `_` or `-`, and has at most 64 characters
2 | processors: { 1: { type: com.tatolab.null_sink } }
  |               ^

g.yaml cannot be run: 2 errors, 0 warnings
"#,
    );
}

#[test]
fn names_that_mean_nothing() {
    check(
        b"procesors: {}\n",
        r"
g.yaml:1:1: error[unknown-key]: `procesors` is not a key of a graph file
1 | procesors: {}
  | ^^^^^^^^^
hint: did you mean `processors`?

g.yaml:1:1: error[missing-key]: a graph file needs the key `name`
1 | procesors: {}
  | ^
hint: `name` is the name of the graph

g.yaml cannot be run: 2 errors, 0 warnings
",
    );
    check_graph(
        "gray: { type: com.tatolab.grayscal }",
        "picture.video_out -> gray.video_in",
        r"
g.yaml:4:17: error[unknown-type]: processor `gray`: there is no processor type `com.tatolab.grayscal`
4 |   gray: { type: com.tatolab.grayscal }
  |                 ^^^^^^^^^^^^^^^^^^^^
hint: did you mean `com.tatolab.grayscale`?

g.yaml cannot be run: 1 error, 0 warnings
",
    );
    check_graph(
        "gray: { typ: com.tatolab.grayscale }",
        "picture.video_out -> gry.video_in",
        r"
g.yaml:4:11: error[unknown-key]: `typ` is not a key of a processor
4 |   gray: { typ: com.tatolab.grayscale }
  |           ^^^
hint: did you mean `type`?

g.yaml:6:26: error[unknown-processor]: there is no processor `gry`
6 |   - picture.video_out -> gry.video_in
  |                          ^^^^^^^^^^^^
hint: did you mean `gray`?

g.yaml cannot be run: 2 errors, 0 warnings
",
    );
    check_graph(
        "gray: { type: com.tatolab.grayscale }",
        "picture.video -> gray.vide_in",
        r"
g.yaml:6:5: error[unknown-port]: processor `picture` has no output `video`
6 |   - picture.video -> gray.vide_in
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
hint: its outputs are video_out

g.yaml cannot be run: 1 error, 0 warnings
",
    );
}

#[test]
fn ports_that_do_not_go_together() {
    check_graph(
        "mixer: { type: com.tatolab.audio_mixer }",
        "picture.video_out -> mixer.audio_in",
        r"
g.yaml:6:5: error[refused-link]: `picture.video_out` cannot be linked to `mixer.audio_in`: it makes com.tatolab.videoframe@1.0.0, and the input takes com.tatolab.audioframe@1.0.0
6 |   - picture.video_out -> mixer.audio_in
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
hint: insert a processor that makes the one from the other

g.yaml cannot be run: 1 error, 0 warnings
",
    );
    check_graph(
        "gray: { type: com.tatolab.grayscale }",
        "picture.video_out -> gray.video_in\n  - gray.video_out -> gray.video_in",
        r"
g.yaml:7:5: error[refused-link]: input `gray.video_in` takes one link and is linked to `picture.video_out`
7 |   - gray.video_out -> gray.video_in
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
hint: remove that link first

g.yaml cannot be run: 1 error, 0 warnings
",
    );
    check(
        b"name: g\nprocessors:\n  one: { type: com.tatolab.grayscale }\n  two: { type: com.tatolab.invert }\nlinks:\n  - one.video_out -> two.video_in\n  - two.video_out -> one.video_in\n",
        r"
g.yaml:7:5: error[refused-link]: the link `two.video_out -> one.video_in` closes a cycle: two -> one -> two
7 |   - two.video_out -> one.video_in
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
hint: declare one of its links `feedback`, or remove one

g.yaml cannot be run: 1 error, 0 warnings
",
    );
}

#[test]
fn settings_that_are_wrong() {
    check_graph(
        "gray: { type: com.tatolab.grayscale, config: { amount: much } }",
        "picture.video_out -> gray.video_in",
        r#"
g.yaml:4:50: error[invalid-config]: expected a number from 0 to 1, found "much"
4 |   gray: { type: com.tatolab.grayscale, config: { amount: much } }
  |                                                  ^^^^^^

g.yaml cannot be run: 1 error, 0 warnings
"#,
    );
    check_graph(
        "gray: { type: com.tatolab.grayscale, config: { amount: 1.5 } }",
        "picture.video_out -> gray.video_in",
        r"
g.yaml:4:50: error[invalid-config]: expected a number from 0 to 1, found 1.5
4 |   gray: { type: com.tatolab.grayscale, config: { amount: 1.5 } }
  |                                                  ^^^^^^

g.yaml cannot be run: 1 error, 0 warnings
",
    );
    check_graph(
        "gray: { type: com.tatolab.grayscale, config: { amout: 1 } }",
        "picture.video_out -> gray.video_in",
        r"
g.yaml:4:50: error[invalid-config]: there is no such setting
4 |   gray: { type: com.tatolab.grayscale, config: { amout: 1 } }
  |                                                  ^^^^^
hint: did you mean `amount`?

g.yaml cannot be run: 1 error, 0 warnings
",
    );
    check_graph(
        "file: { type: com.tatolab.mp4_writer, config: { on_size_change: scal } }",
        "picture.video_out -> file.video",
        r#"
g.yaml:4:49: error[invalid-config]: this setting is required
4 |   file: { type: com.tatolab.mp4_writer, config: { on_size_change: scal } }
  |                                                 ^
hint: The file. It is made, and a file of this name emptied, when the first frames have come. A file that any graph of this machine reads or writes is refused.

g.yaml:4:51: error[invalid-config]: expected one of fail, scale, found "scal"
4 |   file: { type: com.tatolab.mp4_writer, config: { on_size_change: scal } }
  |                                                   ^^^^^^^^^^^^^^
hint: did you mean `scale`?

g.yaml cannot be run: 2 errors, 0 warnings
"#,
    );
    check_graph(
        "gray: { type: com.tatolab.grayscale, config: [1] }",
        "picture.video_out -> gray.video_in",
        r"
g.yaml:4:48: error[wrong-type]: expected a mapping, found a list
4 |   gray: { type: com.tatolab.grayscale, config: [1] }
  |                                                ^^^

g.yaml cannot be run: 1 error, 0 warnings
",
    );
}

#[test]
fn parameters_that_are_wrong() {
    let graph: &[u8] = b"name: g
parameters: { amount: { default: 0.5 } }
processors:
  picture: { type: com.tatolab.test_pattern }
  gray: { type: com.tatolab.grayscale, config: { amount: \"${amout}\" } }
links:
  - picture.video_out -> gray.video_in
";
    check(
        graph,
        r#"
g.yaml:2:15: warning[unused-parameter]: no config refers to the parameter `amount`
2 | parameters: { amount: { default: 0.5 } }
  |               ^^^^^^
hint: write `${amount}` where it is meant, or remove it

g.yaml:5:59: error[unknown-parameter]: there is no parameter `amout`
5 |   gray: { type: com.tatolab.grayscale, config: { amount: "${amout}" } }
  |                                                           ^^^^^^^^
hint: did you mean `amount`?

g.yaml cannot be run: 1 error, 1 warning
"#,
    );
    let right = String::from_utf8(graph.to_vec()).unwrap().replace("amout", "amount");
    let place = Place::new(&[("g.yaml", right.as_bytes())]);
    place.check(&Row {
        command: "check g.yaml --set amout=1",
        exit: 2,
        leaves: &[],
        says: r"
error[unknown-parameter]: there is no parameter `amout` to set
hint: did you mean `amount`?

g.yaml cannot be run: 1 error, 0 warnings
",
    });
    place.check(&Row {
        command: "check g.yaml --set amount=much",
        exit: 2,
        leaves: &[],
        says: r#"
error[parameter-type]: parameter `amount` is set to "much", but its type is number

g.yaml cannot be run: 1 error, 0 warnings
"#,
    });
    place.check(&Row {
        command: "check g.yaml --set amount=7",
        exit: 2,
        leaves: &[],
        says: r#"
g.yaml:5:50: error[invalid-config]: expected a number from 0 to 1, found 7
5 |   gray: { type: com.tatolab.grayscale, config: { amount: "${amount}" } }
  |                                                  ^^^^^^

g.yaml cannot be run: 1 error, 0 warnings
"#,
    });
    place.check(&Row { command: "check g.yaml --set amount", exit: 2, leaves: &[], says: r#"
error: invalid value 'amount' for '--set <NAME=VALUE>': "amount" does not set a parameter: write `name=value`, such as `clip=other.mp4`

For more information, try '--help'.
"# });
}

#[test]
fn files_that_cannot_be_opened() {
    let place = Place::new(&[]);
    fs::create_dir(place.path("folder.yaml")).unwrap();
    place.check(&Row {
        command: "check g.yaml",
        exit: 2,
        leaves: &[],
        says: r"
error: the graph file `g.yaml` cannot be read: No such file or directory (os error 2)
hint: check the path; it is looked for from `[HERE]`
",
    });
    place.check(&Row {
        command: "run folder.yaml",
        exit: 2,
        leaves: &[],
        says: r"
error: the graph file `folder.yaml` cannot be read: Is a directory (os error 21)
",
    });
    place.check(&Row {
        command: "graph /dev/null",
        exit: 2,
        leaves: &[],
        says: r"
error: `/dev/null` has a problem and cannot be run

/dev/null:1:1: error[empty-file]: the file is empty
1 | 
  | ^
",
    });
}
