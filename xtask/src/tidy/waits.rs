//! Tests do not sleep: they wait for the thing itself, or turn a virtual clock.

use super::tree::{Finding, Tree, has_word};

/// Tests that may sleep, by path, each with the reason. Sleeping is never a way to wait for
/// something; it may be the work that a made-up slow processor does.
const EXCUSED: &[(&str, &str)] = &[];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust_files() {
        let Some(start) = file.tests_start() else { continue };
        if EXCUSED.iter().any(|(path, _)| file.path == *path) {
            continue;
        }
        for (index, line) in file.code.lines().enumerate().skip(start) {
            if has_word(line, "sleep") {
                let message = "a test does not sleep; wait for what must happen, or use the \
                               virtual clock";
                findings.push(file.finding(index, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::*;

    #[test]
    fn sleeping_is_found_in_tests_only() {
        let code = "fn a() { thread::sleep(x) }\n#[cfg(test)]\nmod tests { fn b() { sleep(x) } }\n";
        let files = [("libs/a/src/a.rs", code), ("libs/a/tests/it/b.rs", "sleep(x);\n// sleep\n")];
        tree::check(check, &files, &["libs/a/src/a.rs:3", "libs/a/tests/it/b.rs:1"]);
    }
}
