//! No file is longer than one can hold in mind.

use super::tree::{Finding, Tree};

/// Lines of a Rust file, tests included.
const LIMIT: usize = 600;

/// Longer files, each with the reason why it is not split.
const EXCUSED: &[(&str, &str)] = &[];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust_files() {
        let lines = file.text.lines().count();
        let is_excused = EXCUSED.iter().any(|(path, _)| file.path == *path);
        if lines > LIMIT && !is_excused {
            let message = format!("{lines} lines; a file has {LIMIT} at most, so split it");
            findings.push(file.finding(LIMIT, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::*;

    #[test]
    fn a_file_of_601_lines_is_too_long() {
        let (fits, too_long) = ("//\n".repeat(LIMIT), "//\n".repeat(LIMIT + 1));
        let files = [("a.rs", &*fits), ("b.rs", &*too_long), ("c.md", &*too_long)];
        tree::check(check, &files, &["b.rs:601"]);
    }
}
