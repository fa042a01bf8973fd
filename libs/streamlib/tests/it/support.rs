//! Runs graph files.

use std::path::{Path, PathBuf};

use streamlib::manifest::parse_graph;
use streamlib::{GraphOutcome, StreamRuntime};

/// A clip that `cargo xtask test` fetched or made.
pub(crate) fn asset(name: &str) -> PathBuf {
    let folder = match std::env::var_os("STREAMLIB_TEST_ASSETS") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/assets"),
    };
    let path = folder.join(name);
    assert!(path.exists(), "{} is missing; `cargo xtask test` makes it", path.display());
    path
}

/// A runtime with the graph of this file, parameters set.
pub(crate) fn load(text: &str, parameters: &[(&str, &Path)]) -> StreamRuntime {
    let set: Vec<_> = parameters
        .iter()
        .map(|(name, value)| format!("{name}={}", value.display()).parse().unwrap())
        .collect();
    let graph = parse_graph(text, "test.yaml").resolve(&set).unwrap();
    let runtime = StreamRuntime::new().unwrap();
    runtime.load_graph(&graph).unwrap();
    runtime
}

/// Runs the graph of this file to its end.
pub(crate) fn run(text: &str, parameters: &[(&str, &Path)]) -> GraphOutcome {
    let runtime = load(text, parameters);
    runtime.start().unwrap();
    runtime.wait().unwrap()
}
