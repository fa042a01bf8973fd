//! `cargo xtask ci`: everything that must hold before a change lands, each step with its time.

use crate::error::{Error, Result};
use crate::{paths, process, setup, suite, tidy, ui};

/// The command that the README promises as the way to run the tests; CI runs just that.
const TEST_COMMAND: &str = "cargo xtask test";

/// Runs all steps and stops at the first that fails.
pub(crate) fn run() -> Result<()> {
    // Linting already compiles the bundled codecs, so their compilers have to be here.
    setup::ensure(setup::Goal::Test)?;
    ui::step("format", || process::run(&mut process::cargo(&["fmt", "--all", "--check"])))?;
    ui::step("lint", || {
        process::run(&mut process::cargo(&[
            "clippy",
            "--quiet",
            "--workspace",
            "--all-targets",
            "--",
            "--deny=warnings",
        ]))
    })?;
    ui::step("layers and tidiness", tidy::run)?;
    ui::step("documentation", || {
        let mut doc = process::cargo(&["doc", "--quiet", "--workspace", "--no-deps"]);
        process::run(doc.env("RUSTDOCFLAGS", "--deny=warnings"))
    })?;
    ui::step("tests, as the README says", || {
        let path = paths::root().join("README.md");
        let readme = std::fs::read_to_string(&path).map_err(Error::file(path))?;
        check_readme(&readme)?;
        suite::run(&[])
    })
}

/// The README must state the command that this program runs as its tests.
fn check_readme(readme: &str) -> Result<()> {
    let states_it = readme.lines().any(|line| {
        let command = line.split('#').next().unwrap_or(line);
        line.starts_with("    ") && command.trim() == TEST_COMMAND
    });
    if states_it {
        return Ok(());
    }
    Err(Error::Failed {
        what: format!("README.md does not state `{TEST_COMMAND}` as the command for the tests."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_must_state_the_test_command_as_a_command() {
        check_readme("text\n\n    cargo xtask test     # all tests\n").unwrap();
        check_readme("text: cargo xtask test\n").unwrap_err();
        check_readme("    cargo test\n").unwrap_err();
        check_readme("    cargo xtask tests\n").unwrap_err();
    }
}
