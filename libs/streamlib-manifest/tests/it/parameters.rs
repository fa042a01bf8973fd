//! Putting parameters into configs.

use insta::assert_snapshot;
use proptest::prelude::*;
use streamlib_manifest::{Assignment, GraphFile, Map, ProcessorEntry, Value, parse_graph};

const FILE: &str = r#"
name: g
parameters:
  clip: { default: clip.mp4 }
  rate: { default: 30 }
  gain: { default: 0.5 }
  loop: { default: false }
  id: { default: 5, type: number }
  token: {}
processors:
  a:
    type: x.a
    config:
      whole: ["${clip}", "${rate}", "${gain}", "${loop}", "${id}"]
      inside: "${clip}@${rate}/${gain} ${loop}"
      escaped: "$${clip} $$${clip} $ $clip {clip}"
      token: "${token}"
"#;

/// The config of `a` with some parameters set, or what is wrong.
fn config(file: &str, set: &[&str]) -> String {
    let set: Vec<Assignment> = set.iter().map(|s| s.parse().expect("an assignment")).collect();
    match parse_graph(file, "graph.yaml").resolve(&set) {
        Ok(graph) => serde_json::to_string_pretty(&graph.processors["a"].config).expect("JSON"),
        Err(diagnostics) => diagnostics.to_string(),
    }
}

#[test]
fn values_keep_their_types() {
    assert_snapshot!(config(FILE, &["token=t"]), @r#"
    {
      "whole": [
        "clip.mp4",
        30,
        0.5,
        false,
        5
      ],
      "inside": "clip.mp4@30/0.5 false",
      "escaped": "${clip} $${clip} $ $clip {clip}",
      "token": "t"
    }
    "#);
    assert_snapshot!(
        config(FILE, &["token=", "clip=5", "rate=-1", "gain=2", "loop=true", "id=1.5", "clip=${a}"]),
        @r#"
    {
      "whole": [
        "${a}",
        -1,
        2,
        true,
        1.5
      ],
      "inside": "${a}@-1/2 true",
      "escaped": "${clip} $${clip} $ $clip {clip}",
      "token": ""
    }
    "#
    );
}

#[test]
fn wrong_assignments() {
    assert_snapshot!(config(FILE, &[]), @"
    graph.yaml:9:3: error[parameter-unset]: parameter `token` has no default and is not set
    9 |   token: {}
      |   ^^^^^
    hint: set it with `--set token=value`, or give it a `default`
    ");
    assert_snapshot!(config(FILE, &["token=t", "clap=x", "rate=1.5", "loop=yes", "gain=fast"]), @r#"
    error[unknown-parameter]: there is no parameter `clap` to set
    hint: did you mean `clip`?

    error[parameter-type]: parameter `rate` is set to "1.5", but its type is integer

    error[parameter-type]: parameter `loop` is set to "yes", but its type is boolean

    error[parameter-type]: parameter `gain` is set to "fast", but its type is number
    "#);
    let without = "name: g\nprocessors: { a: { type: x.a } }\n";
    assert_snapshot!(config(without, &["clip=x"]), @"
    error[unknown-parameter]: there is no parameter `clip` to set
    hint: this graph has no parameters
    ");
}

#[test]
fn a_graph_made_in_code_is_checked_too() {
    let entry = ProcessorEntry {
        type_name: "x.a".to_owned(),
        config: Map::from([
            ("p".to_owned(), Value::from("${nowhere}")),
            ("q".to_owned(), Value::from("${")),
        ]),
        ..ProcessorEntry::default()
    };
    let mut graph = GraphFile { name: "g".to_owned(), ..GraphFile::default() };
    graph.processors.insert("a".to_owned(), entry);
    assert_snapshot!(graph.resolve(&[]).expect_err("refused"), @r#"
    error[unknown-parameter]: there is no parameter `nowhere`

    error[invalid-reference]: "${" opens a parameter reference that is not `${name}`; for a literal `${` write `$${`
    "#);
}

#[test]
fn a_running_graph_is_saved_as_the_file_it_came_from() {
    let set = ["token=t", "gain=2"].map(|s| s.parse::<Assignment>().expect("an assignment"));
    let (original, _) = parse_graph(FILE, "g").into_graph().expect("no errors");
    let resolved = original.resolve(&set).expect("a graph");
    let saved = resolved.to_graph_file_like(&original, &set).expect("a file");
    assert_eq!(saved.processors, original.processors);
    assert_eq!(saved.resolve(&[]), Ok(resolved.clone()));

    let mut edited = resolved;
    let config = &mut edited.processors["a"].config;
    config.insert("inside".to_owned(), Value::from("new ${x}"));
    if let Value::List(whole) = &mut config["whole"] {
        whole[1] = Value::from(60_u64);
        whole.push(Value::from("${y}"));
    }
    let added = edited.processors["a"].clone();
    edited.processors.insert("b".to_owned(), added);
    let saved = edited.to_graph_file_like(&original, &set).expect("a file");
    assert_eq!(saved.resolve(&[]), Ok(edited));
    assert_snapshot!(streamlib_manifest::to_yaml(&saved), @r#"
    name: g
    parameters:
      clip: { default: clip.mp4 }
      rate: { default: 30 }
      gain: { default: 2, type: number }
      loop: { default: false }
      id: { default: 5, type: number }
      token: { default: t }
    processors:
      a:
        type: x.a
        config:
          whole: ["${clip}", 60, "${gain}", "${loop}", "${id}", "$${y}"]
          inside: "new $${x}"
          escaped: "$${clip} $$${clip} $ $clip {clip}"
          token: "${token}"
      b:
        type: x.a
        config:
          whole: [clip.mp4, 60, 2, false, 5, "$${y}"]
          inside: "new $${x}"
          escaped: "$${clip} $$${clip} $ $clip {clip}"
          token: t
    "#);
}

proptest! {
    /// Any text of a running graph's config survives being saved to a file and read again.
    #[test]
    fn literal_text_survives(text in "[${}a\\\\\"é\n]{0,12}") {
        let parsed = parse_graph("name: g\nprocessors: { a: { type: x.a } }\n", "g");
        let mut resolved = parsed.resolve(&[]).expect("a graph");
        resolved.processors["a"].config.insert("text".to_owned(), Value::from(text.as_str()));
        let yaml = streamlib_manifest::to_yaml(&resolved.to_graph_file());
        let again = parse_graph(&yaml, "again").resolve(&[]).expect("a graph");
        prop_assert_eq!(again, resolved);
    }
}
