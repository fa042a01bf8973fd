//! Input that is made to hurt: errors, never a panic, never a hang.
//!
//! The kept corpus runs here on every change, as it is and mutated.

use insta::assert_snapshot;
use proptest::prelude::*;
use streamlib_manifest::{Code, Parsed, parse_graph_bytes};

const CORPUS: &[&[u8]] = &[
    include_bytes!("../corpus/side-by-side.yaml"),
    include_bytes!("../corpus/everything.yaml"),
    include_bytes!("../corpus/graph.json"),
    include_bytes!("../corpus/hostile-aliases.yaml"),
    include_bytes!("../corpus/hostile-flow.yaml"),
    include_bytes!("../corpus/hostile-keys.yaml"),
];

/// Pieces that mean something to the parser.
const PIECES: &[&str] = &[
    "", "\n", "\r", "\t", " ", ": ", "- ", "{", "}", "[", "]", "\"", "'", "${", "$", "->", ".",
    "&a ", "*a", "!t ", "? ", "|\n", ">-\n", "---\n", "...\n", "#", "\\u", "0", "-", "e9", "null",
    "\u{feff}", "\0", "<<: ",
];

/// Everything a tool would do with a file: read it, show the problems, find places, resolve,
/// write it and read that again.
fn exercise(bytes: &[u8]) -> Parsed {
    let parsed = parse_graph_bytes(bytes, "f");
    let shown = parsed.diagnostics().to_string();
    assert_eq!(shown.is_empty(), parsed.diagnostics().is_empty());
    for diagnostic in parsed.diagnostics().as_slice() {
        if let Some(location) = &diagnostic.location {
            assert!(location.line >= 1 && location.column >= 1);
        }
        assert!(
            parsed.spans().locate_nearest(diagnostic.path.segments()).is_some()
                || parsed.graph().is_none()
        );
    }
    if let Some(graph) = parsed.graph() {
        let written = streamlib_manifest::to_yaml(graph);
        let again = parse_graph_bytes(written.as_bytes(), "again");
        assert_eq!(again.graph(), Some(graph), "{written}");
    }
    if let Ok(resolved) = parsed.resolve(&[]) {
        assert_eq!(resolved.to_graph_file().resolve(&[]), Ok(resolved));
    }
    parsed
}

fn codes(bytes: &[u8]) -> Vec<&'static str> {
    exercise(bytes).diagnostics().as_slice().iter().map(|d| d.code.as_str()).collect()
}

#[test]
fn deep_nesting() {
    for open in ["[", "{\"a\":", "- ", "? ", "[{\"a\":"] {
        let text = open.repeat(200_000);
        assert_eq!(codes(text.as_bytes()), ["nesting-too-deep"], "{open}");
    }
    // Neither style reaches its own limit, but together they are too deep.
    let block: String = (0..40).map(|at| format!("{}a:\n", " ".repeat(at))).collect();
    let mixed = format!("{block}{}{}{}", " ".repeat(40), "[".repeat(40), "]".repeat(40));
    assert!(codes(mixed.as_bytes()).contains(&"nesting-too-deep"));
}

#[test]
fn alias_bombs_are_not_expanded() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x]\n");
    for level in 1..40 {
        let below = format!("*a{}", level - 1);
        text += &format!("a{level}: &a{level} [{}]\n", [below.as_str(); 8].join(", "));
    }
    let codes = codes(text.as_bytes());
    assert!(codes.contains(&"anchor-or-alias"), "{codes:?}");
    assert_eq!(codes.len(), 201);
}

#[test]
fn long_lines() {
    let million = 1 << 20;
    let text = format!("name: {}", "x".repeat(million));
    assert_eq!(codes(text.as_bytes()), ["missing-key", "invalid-name"]);
    let many = format!("{{ {} }}", "x: 1, ".repeat(million / 6));
    assert_eq!(codes(many.as_bytes()).len(), 201);
    let links =
        format!("{{ name: g, processors: {{}}, links: [{}] }}", "a.b->c.d, ".repeat(100_000));
    assert_eq!(codes(links.as_bytes()).len(), 201);
}

#[test]
fn many_names() {
    let mut text = String::from("name: g\nprocessors:\n");
    for at in 0..50_000 {
        text += &format!("  p{at}: {{ type: x.y }}\n");
    }
    text += "links:\n";
    for at in 0..50_000 {
        text += &format!("  - q{at}.out -> p{at}.in\n");
    }
    let parsed = exercise(text.as_bytes());
    assert_eq!(parsed.diagnostics().as_slice().len(), 201);
    assert_eq!(parsed.readable_part().processors.len(), 50_000);
    let last = parsed.diagnostics().as_slice().last().expect("a last one");
    assert_eq!(last.code, Code::TooManyProblems);
    assert_snapshot!(last, @"error[too-many-problems]: there are 49800 more problems; only the first 200 found are shown");
}

#[test]
fn many_warnings_are_not_an_error() {
    let mut text = String::from("name: g\nprocessors: {}\nparameters:\n");
    for at in 0..300 {
        text += &format!("  p{at}: {{ default: 1 }}\n");
    }
    let parsed = exercise(text.as_bytes());
    assert!(parsed.graph().is_some());
    let last = parsed.diagnostics().as_slice().last().expect("a last one");
    assert_snapshot!(last, @"warning[too-many-problems]: there are 100 more problems; only the first 200 found are shown");
}

#[test]
fn bytes_that_are_not_text() {
    assert_snapshot!(exercise(b"name: g\nx: \xff\xfe\n").diagnostics(), @"
    f:2:4: error[not-utf8]: the file is not UTF-8 text
    2 | x: ��
      |    ^
    ");
    assert_snapshot!(exercise(b"\xff\xfen\0a\0").diagnostics(), @"
    f:1:1: error[not-utf8]: the file is not UTF-8 text
    1 | ��n�a�
      | ^
    hint: it looks like UTF-16; save it as UTF-8
    ");
    assert_snapshot!(exercise(b"name: \x1b[2J\n").diagnostics(), @"
    f:1:7: error[control-character]: the file holds the control character U+001B
    1 | name: �[2J
      |       ^
    hint: this is not a text file, or it was damaged
    ");
    assert_snapshot!(exercise(&vec![b'#'; (16 << 20) + 1]).diagnostics(), @"
    f:1:1: error[file-too-large]: a graph file has at most 16777216 bytes, and this one has more
    1 | 
      | ^
    ");
}

#[test]
fn the_corpus() {
    for (at, bytes) in CORPUS.iter().enumerate() {
        let is_good = exercise(bytes).graph().is_some();
        assert_eq!(is_good, at < 3, "corpus file {at}");
    }
}

/// One change to a file: which, where, and what to put there.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(PIECES);
    let edit = (any::<prop::sample::Index>(), 0..6_usize, piece);
    (0..CORPUS.len(), prop::collection::vec(edit, 1..5)).prop_map(|(file, edits)| {
        let mut bytes = CORPUS[file].to_vec();
        for (at, cut, piece) in edits {
            let at = at.index(bytes.len() + 1);
            let end = (at + cut).min(bytes.len());
            bytes.splice(at..end, piece.bytes());
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        exercise(&bytes);
    }

    #[test]
    fn any_yaml_like_text(text in "[a-c:\\-{}\\[\\],\"'#&*!|>?%@ \n\t\\\\$.0-9é]{0,80}") {
        exercise(text.as_bytes());
    }

    #[test]
    fn files_with_mistakes(bytes in mutated()) {
        exercise(&bytes);
    }
}
