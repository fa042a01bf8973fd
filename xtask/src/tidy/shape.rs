//! Every crate has the same shape: the workspace's lints, and one binary of integration tests.

use super::tree::{Finding, Tree};

/// Integration tests that need a binary of their own, by path, each with the reason.
const OWN_BINARY: &[(&str, &str)] = &[];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        let parts: Vec<&str> = file.path.split('/').collect();
        match parts.as_slice() {
            ["libs" | "bins", _, "Cargo.toml"] | ["xtask", "Cargo.toml"]
                if !inherits_lints(&file.text) =>
            {
                findings.push(file.finding(0, "the crate must say [lints] workspace = true"));
            }
            ["libs" | "bins", _, "tests", name]
                if name.ends_with(".rs") && !excused(&file.path) =>
            {
                let message = "integration tests are modules of one binary, tests/it/main.rs, \
                               because linking is what takes long";
                findings.push(file.finding(0, message));
            }
            _ => {}
        }
    }
    findings
}

fn excused(path: &str) -> bool {
    OWN_BINARY.iter().any(|(excused, _)| path == *excused)
}

fn inherits_lints(manifest: &str) -> bool {
    let mut lines = manifest.lines().map(str::trim);
    lines.any(|line| line == "[lints]")
        && lines.find(|line| !line.is_empty()) == Some("workspace = true")
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::*;

    #[test]
    fn a_crate_takes_the_lints_of_the_workspace() {
        let good = "[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n";
        tree::check(check, &[("libs/a/Cargo.toml", good)], &[]);
        for bad in ["[package]\n", "[lints]\n\n[lints.rust]\n", "[package]\nworkspace = true\n"] {
            tree::check(check, &[("libs/a/Cargo.toml", bad)], &["libs/a/Cargo.toml:1"]);
        }
    }

    #[test]
    fn integration_tests_are_one_binary() {
        let files = [
            ("libs/a/tests/it/main.rs", ""),
            ("libs/a/tests/it/graph.rs", ""),
            ("libs/a/tests/graph.rs", ""),
        ];
        tree::check(check, &files, &["libs/a/tests/graph.rs:1"]);
    }
}
