//! `cargo xtask tidy`: the rules that review would otherwise have to check.
//!
//! A rule is a function from the files of the repository to its findings. Each is tested against
//! a small made-up tree that breaks it, so that no rule is here that cannot fail. The tables of
//! what is allowed stand at the head of each rule's file and are meant to be edited, with a
//! reason, in the change that needs it.

mod code;
mod layers;
mod length;
mod marks;
mod modules;
mod shape;
mod tree;
mod unsafe_code;
mod waits;

use crate::error::{Error, Result};
use crate::workspace::Workspace;
use crate::{paths, ui};
use tree::{Finding, Tree};

/// Every rule that looks at files.
const RULES: &[fn(&Tree) -> Vec<Finding>] =
    &[length::check, marks::check, modules::check, shape::check, unsafe_code::check, waits::check];

/// Runs all rules, prints every finding, and fails when there is one.
pub(crate) fn run() -> Result<()> {
    let tree = Tree::load(paths::root())?;
    let findings = findings(&tree, &Workspace::load()?);
    for finding in &findings {
        ui::say(finding.to_string());
    }
    if findings.is_empty() {
        return Ok(());
    }
    let what = format!("tidy: {} finding(s), listed above.", findings.len());
    Err(Error::Failed { what })
}

fn findings(tree: &Tree, workspace: &Workspace) -> Vec<Finding> {
    let mut findings = layers::check(workspace);
    findings.extend(RULES.iter().flat_map(|rule| rule(tree)));
    findings.sort();
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_repository_is_tidy() {
        let tree = Tree::load(paths::root()).unwrap();
        let findings = findings(&tree, &Workspace::load().unwrap());
        let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
        assert!(lines.is_empty(), "{}", lines.join("\n"));
    }
}
