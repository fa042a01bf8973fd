//! Graph files.

use streamlib_manifest::{Assignment, parse_graph_bytes, to_yaml};

/// Reads a graph file, says its problems, puts its parameters in, and writes it.
///
/// # Panics
/// A problem is said without words, or what is written is not read as the same graph.
pub fn graph_file(bytes: &[u8]) {
    let parsed = parse_graph_bytes(bytes, "hostile.yaml");
    for problem in parsed.diagnostics().as_slice() {
        assert!(!problem.message.is_empty() && problem.to_string().contains(&problem.message));
    }
    let names = parsed.readable_part().parameters.keys();
    let assignments: Vec<Assignment> =
        names.map(|name| Assignment { name: name.clone(), value: "1".to_owned() }).collect();
    for assignments in [&[][..], &assignments] {
        let (_readable, found) = parsed.resolve_readable(assignments);
        assert_eq!(found.has_errors(), parsed.resolve(assignments).is_err());
    }
    let Some(graph) = parsed.graph() else {
        return assert!(parsed.diagnostics().has_errors());
    };
    let written = to_yaml(graph);
    let again = parse_graph_bytes(written.as_bytes(), "written.yaml");
    assert_eq!(again.graph(), Some(graph), "{}\n{written}", again.diagnostics());
}
