//! Unsafe code stands only where a reviewer looks for it.

use super::tree::{Finding, Tree, has_word};

/// Where unsafe code may stand, by path prefix, each with the reason.
const ALLOWED: &[(&str, &str)] = &[
    ("libs/streamlib-abi/", "the vocabulary of a C ABI"),
    ("libs/streamlib-testing/", "the counting allocator and fault injection"),
    ("libs/streamlib-processor/src/port", "typed views of the ABI's port tables"),
    ("libs/streamlib-processor/src/context.rs", "typed view of the ABI's host table"),
    ("libs/streamlib-processor/src/harness/", "the host's side of the same tables"),
    ("libs/streamlib-engine/src/link_channel/", "queues and counted blocks"),
    ("libs/streamlib-engine/src/execution/", "the RUN bit hands out exclusive access"),
    (
        "libs/streamlib-engine/src/sync.rs",
        "the cell whose exclusive use the RUN bit proves; under loom it is loom's",
    ),
    ("libs/streamlib-plugin/", "the plugin's side of the ABI's tables"),
    ("libs/streamlib-host/", "loads libraries, and the host's side of the same tables"),
    ("libs/streamlib-codec/", "wraps C codecs"),
    ("libs/streamlib-ipc/", "memory that other processes write"),
];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust_files() {
        if ALLOWED.iter().any(|(prefix, _)| file.path.starts_with(prefix)) {
            continue;
        }
        for (index, line) in file.code.lines().enumerate() {
            if has_word(line, "unsafe") {
                let message = "unsafe code is not allowed here; ARCHITECTURE.md lists where it is";
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
    fn unsafe_code_is_found_outside_its_places_and_words_about_it_are_not() {
        let code = "// unsafe\n#![deny(unsafe_code)]\nunsafe { x() }\n";
        let files = [("libs/streamlib-abi/src/a.rs", code), ("libs/streamlib/src/a.rs", code)];
        tree::check(check, &files, &["libs/streamlib/src/a.rs:3"]);
    }
}
