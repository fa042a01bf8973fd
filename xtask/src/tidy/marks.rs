//! Nothing unfinished, nothing switched off, nothing of one machine.

use super::tree::{Finding, SourceFile, Tree};

/// Marks of unfinished work. They are joined here so that this file does not hold them.
const UNFINISHED: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("unimpl", "emented!("),
    concat!("to", "do!("),
];

/// What switches a check off without saying why.
const SWITCHED_OFF: &[(&str, &str)] = &[
    (concat!("#[al", "low("), "use #[expect(lint, reason = \"..\")]"),
    (concat!("#![al", "low("), "use #![expect(lint, reason = \"..\")]"),
    (concat!("#[ig", "nore"), "a test runs, or is not there"),
];

/// Texts that only hold on the machine of whoever wrote them.
const ONE_MACHINE: &[&str] = &[
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
    concat!("/wo", "rk/"),
    concat!("index.cra", "tes.io"),
    concat!("static.cra", "tes.io"),
    concat!("pypi", ".org"),
    concat!("pythonho", "sted.org"),
    concat!("artifac", "tory"),
];

/// Where every package of `Cargo.lock` must come from.
const LOCK_SOURCE: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";

/// Lines that may hold such a text: start of the path, a part of the line, the reason.
const EXCUSED: &[(&str, &str, &str)] = &[
    (
        "libs/streamlib-macros/src/",
        concat!("#[al", "low(dead_code)]"),
        "generated code cannot know whether the lint fires, and `expect` needs to",
    ),
    (
        "",
        concat!("#[ig", "nore = \"run by "),
        "the other process of a test, which that test starts",
    ),
];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        let is_lock = file.path.ends_with("Cargo.lock");
        for (index, line) in file.text.lines().enumerate() {
            let message = if is_lock { check_lock(line) } else { check_line(file, index, line) };
            findings.extend(message.map(|message| file.finding(index, message)));
        }
    }
    findings
}

fn check_line(file: &SourceFile, index: usize, line: &str) -> Option<String> {
    let is_excused =
        EXCUSED.iter().any(|(path, part, _)| file.path.starts_with(path) && line.contains(part));
    if is_excused {
        return None;
    }
    if let Some(mark) = UNFINISHED.iter().find(|mark| line.contains(**mark)) {
        return Some(format!("`{mark}`: finish it, or open an issue"));
    }
    if let Some(text) = ONE_MACHINE.iter().find(|text| line.contains(**text)) {
        return Some(format!("`{text}` only holds on one machine or behind one index"));
    }
    let code = file.code.lines().nth(index)?;
    let (off, instead) = SWITCHED_OFF.iter().find(|(off, _)| code.contains(off))?;
    Some(format!("`{off}`: {instead}"))
}

fn check_lock(line: &str) -> Option<String> {
    (line.starts_with("source = ") && line != LOCK_SOURCE)
        .then(|| "a package comes from the public registry, nowhere else".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::*;

    #[test]
    fn unfinished_work_is_found_in_any_file() {
        for mark in UNFINISHED {
            tree::check(check, &[("a.md", &format!("x\n{mark}"))], &["a.md:2"]);
        }
        tree::check(check, &[("a.md", "to do, fix me")], &[]);
    }

    #[test]
    fn what_is_switched_off_is_found_in_code_only() {
        for (off, _) in SWITCHED_OFF {
            tree::check(check, &[("a.rs", &format!("\n{off}x)]"))], &["a.rs:2"]);
            tree::check(check, &[("a.rs", &format!("// {off}"))], &[]);
        }
        let (path, line, _) = EXCUSED[0];
        let excused = format!("{path}generate.rs");
        tree::check(check, &[("a.rs", line), (&excused, line)], &["a.rs:1"]);
        let (_, line, _) = EXCUSED[1];
        tree::check(check, &[("a.rs", &format!("{line}a_test\")]"))], &[]);
    }

    #[test]
    fn what_holds_on_one_machine_is_found_in_any_file() {
        for text in ONE_MACHINE {
            tree::check(check, &[("a.yaml", &format!("path: {text}x"))], &["a.yaml:1"]);
        }
        tree::check(check, &[("a.yaml", "path: /tmp/x")], &[]);
    }

    #[test]
    fn the_lock_file_names_the_public_registry_only() {
        let other = "source = \"git+https://example.org\"";
        tree::check(
            check,
            &[("Cargo.lock", &format!("{LOCK_SOURCE}\n{other}"))],
            &["Cargo.lock:2"],
        );
    }
}
