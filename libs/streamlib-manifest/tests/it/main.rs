//! Integration tests of the manifest crate, in one binary.

mod bad_files;
mod errors;
mod good_files;
mod hostile;
mod lock;
mod package;
mod parameters;
mod places;
mod round_trip;
mod schema;

/// The example of the documentation: the demo's graph.
const EXAMPLE: &str = include_str!("../corpus/side-by-side.yaml");

/// Everything that is said about a file.
fn report(text: &str) -> String {
    streamlib_manifest::parse_graph(text, "graph.yaml").diagnostics().to_string()
}

/// The graph of a file that has no errors and no warnings.
fn good(text: &str) -> streamlib_manifest::GraphFile {
    let parsed = streamlib_manifest::parse_graph(text, "graph.yaml");
    assert_eq!(parsed.diagnostics().to_string(), "");
    parsed.into_graph().expect("the file has no errors").0
}
