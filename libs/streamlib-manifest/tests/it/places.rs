//! Places of nodes of the model in the file.

use streamlib_manifest::{Code, Diagnostic, NodePath, Spans, parse_graph};

use crate::EXAMPLE;

fn spans() -> Spans {
    parse_graph(EXAMPLE, "g.yaml").into_graph().expect("no errors").1
}

/// A path from its text, as `Display` writes it; enough of the form for these tests.
fn parse_path(text: &str) -> NodePath {
    let mut path = NodePath::root();
    for part in text.split('.').filter(|part| !part.is_empty()) {
        let (key, index) = part.split_once('[').map_or((part, None), |(k, i)| (k, Some(i)));
        path = path.then(key);
        if let Some(index) = index {
            path = path.then(index.trim_end_matches(']').parse::<usize>().expect("an index"));
        }
    }
    assert_eq!(path.to_string(), text);
    path
}

fn check(text: &str, value: Option<&str>, key: Option<&str>, nearest: &str) {
    let (spans, path) = (spans(), parse_path(text));
    let show = |location: Option<streamlib_manifest::Location>| {
        location.map(|l| format!("{}:{}+{}", l.line, l.column, l.length.unwrap_or(0)))
    };
    assert_eq!(show(spans.locate(path.segments())).as_deref(), value, "{text}");
    assert_eq!(show(spans.locate_key(path.segments())).as_deref(), key, "key of {text}");
    assert_eq!(show(spans.locate_nearest(path.segments())).as_deref(), Some(nearest), "{text}");
}

#[test]
fn each_kind_of_node() {
    check("name", Some("1:7+12"), Some("1:1+4"), "1:7+12");
    check("processors.movie.config.path", Some("4:58+9"), Some("4:52+4"), "4:58+9");
    check("processors.gray", Some("5:10+31"), Some("5:3+4"), "5:10+31");
    check("links[4].depth", Some("13:72+1"), Some("13:65+5"), "13:72+1");
    check("links[4].to", Some("13:33+10"), Some("13:29+2"), "13:33+10");
}

#[test]
fn ends_of_short_links() {
    check("links[2]", Some("11:5+31"), Some("11:5+31"), "11:5+31");
    check("links[2].from", Some("11:5+14"), None, "11:5+14");
    check("links[2].to", Some("11:23+13"), None, "11:23+13");
}

#[test]
fn ends_that_are_the_same_text() {
    let parsed = parse_graph("name: g\nprocessors: {}\nlinks: [a.b -> a.b]\n", "g");
    let to = parsed.spans().locate(parse_path("links[0].to").segments()).expect("a place");
    assert_eq!((to.line, to.column, to.length), (3, 16, Some(3)));
}

#[test]
fn what_is_not_in_the_file_is_near_something() {
    check("processors.gray.config.mode", None, None, "5:10+0");
    check("links[9].to", None, None, "9:3+0");
    check("settings", None, None, "1:1+0");
}

#[test]
fn a_later_error_shows_its_line() {
    let path = parse_path("processors.both.config.layout");
    let error = Diagnostic::error(Code::UnknownValue, path, "there is no such layout")
        .with_hint("did you mean `stacked`?".to_owned());
    insta::assert_snapshot!(spans().at(error.clone()), @"
    g.yaml:6:60: error[unknown-value]: there is no such layout
    6 |   both:  { type: com.tatolab.compositor, config: { layout: side_by_side } }
      |                                                            ^^^^^^^^^^^^
    hint: did you mean `stacked`?
    ");
    insta::assert_snapshot!(spans().at_key(error.clone()), @"
    g.yaml:6:52: error[unknown-value]: there is no such layout
    6 |   both:  { type: com.tatolab.compositor, config: { layout: side_by_side } }
      |                                                    ^^^^^^
    hint: did you mean `stacked`?
    ");
    let json = serde_json::to_string_pretty(&spans().at(error)).expect("JSON");
    insta::assert_snapshot!(json, @r#"
    {
      "severity": "error",
      "code": "unknown-value",
      "message": "there is no such layout",
      "path": "processors.both.config.layout",
      "location": {
        "file": "g.yaml",
        "line": 6,
        "column": 60,
        "length": 12
      },
      "hint": "did you mean `stacked`?"
    }
    "#);
}

#[test]
fn paths_are_written_unambiguously() {
    let odd = NodePath::root().then("processors").then("a.b").then(3).then("").then("\"");
    assert_eq!(odd.to_string(), r#"processors["a.b"][3][""]["\""]"#);
    assert_eq!(NodePath::root().to_string(), "");
}
