//! `cargo xtask test`: every test of the workspace, with a summary at the end.
//!
//! Besides what each crate's tests are, a crate may ask in its `Cargo.toml` for more:
//!
//! ```toml
//! [package.metadata.streamlib]
//! loom = true                     # models named `loom..` in the library run under loom
//! release_tests = ["allocation"]  # test targets that say something only in a release build
//! ```

use std::process::Command;
use std::time::Instant;

use crate::error::{Error, Result};
use crate::workspace::{Package, Workspace};
use crate::{clips, paths, plugins, process, setup, ui};

/// The variable through which tests find the clips: the absolute path of `target/assets`.
const ASSETS_VARIABLE: &str = "STREAMLIB_TEST_ASSETS";

/// The variable through which tests find Deno: the absolute path of the program. Without it they
/// look on the search path.
const DENO_VARIABLE: &str = "STREAMLIB_TEST_DENO";

/// Runs everything; with arguments, only the unit and integration tests that they select.
pub(crate) fn run(nextest_arguments: &[String]) -> Result<()> {
    setup::ensure(setup::Goal::Test)?;
    clips::ensure()?;
    plugins::ensure()?;
    if !nextest_arguments.is_empty() {
        return process::run(nextest(&[])?.args(nextest_arguments));
    }
    let workspace = Workspace::load()?;
    let mut summary = Summary::default();
    summary.add("unit and integration tests", &mut nextest(&["--workspace"])?);
    summary.add(
        "documentation examples",
        &mut with_assets(process::cargo(&["test", "--quiet", "--doc", "--workspace"])),
    );
    for package in &workspace.packages {
        if !package.release_tests.is_empty() {
            let name = format!("release tests of {}", package.name);
            summary.add(&name, &mut release_tests(package)?);
        }
    }
    for package in workspace.packages.iter().filter(|package| package.has_loom_models) {
        summary.add(&format!("loom models of {}", package.name), &mut loom(package));
    }
    summary.finish()
}

/// The test runner with the clips in its environment.
pub(crate) fn nextest(arguments: &[&str]) -> Result<Command> {
    let program = setup::nextest_program().ok_or_else(|| Error::Failed {
        what: "cargo-nextest is not installed; `cargo xtask setup` installs it.".to_owned(),
    })?;
    let mut nextest = process::command(program);
    nextest.args(["nextest", "run"]).args(arguments);
    Ok(with_assets(nextest))
}

fn release_tests(package: &Package) -> Result<Command> {
    let mut nextest = nextest(&["--release", "--package", &package.name])?;
    for target in &package.release_tests {
        nextest.args(["--test", target]);
    }
    Ok(nextest)
}

/// Loom replaces the atomics of the whole build, so the models have a build folder of their own.
fn loom(package: &Package) -> Command {
    let mut cargo = process::cargo(&["test", "--quiet", "--release", "--lib"]);
    cargo.args(["--package", &package.name, "loom"]);
    cargo.env("RUSTFLAGS", "--cfg loom");
    cargo.env("CARGO_TARGET_DIR", paths::target().join("loom"));
    cargo
}

fn with_assets(mut command: Command) -> Command {
    command.env(ASSETS_VARIABLE, paths::assets());
    if let Some(deno) = setup::deno_program() {
        command.env(DENO_VARIABLE, deno);
    }
    command
}

/// What ran, what it counted, and whether it held.
#[derive(Debug, Default)]
struct Summary {
    lines: Vec<String>,
    failures: Vec<String>,
}

impl Summary {
    /// Runs `command`, which is not stopped by what failed before it.
    fn add(&mut self, name: &str, command: &mut Command) {
        ui::say(format!("\n==> {name}"));
        let start = Instant::now();
        let (mut counts, result) = process::run_and_keep(command, is_count);
        if let Err(error) = &result {
            ui::complain(&error.to_string());
            self.failures.push(name.to_owned());
        }
        counts.retain(|count| !count.contains(" 0 passed; 0 failed; 0 ignored"));
        let verdict = if result.is_ok() { "ok" } else { "FAILED" };
        let time = ui::duration(start.elapsed());
        self.lines.push(format!("{verdict:<7}{name}, {time}"));
        self.lines.extend(counts.iter().map(|count| format!("       {count}")));
    }

    fn finish(self) -> Result<()> {
        ui::say(format!("\nTest summary\n{}", self.lines.join("\n")));
        if self.failures.is_empty() {
            return Ok(());
        }
        let what = format!("Failed: {}.", self.failures.join(", "));
        Err(Error::Failed { what })
    }
}

/// Whether a test runner's line says how many tests ran.
fn is_count(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("Summary [") || line.starts_with("test result: ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut shell = process::command("sh");
        shell.args(["-c", script]);
        shell
    }

    #[test]
    fn a_failure_is_counted_named_and_does_not_stop_the_rest() {
        let mut summary = Summary::default();
        summary.add("first", &mut shell("echo '     Summary [ 1s] 2 tests run: 1 passed'; exit 1"));
        summary.add("second", &mut shell("echo 'test result: ok. 3 passed'"));
        let lines: Vec<&str> = summary.lines.iter().map(String::as_str).collect();
        assert!(lines[0].starts_with("FAILED first, "), "{lines:?}");
        assert_eq!(lines[1], "       Summary [ 1s] 2 tests run: 1 passed");
        assert!(lines[2].starts_with("ok     second, "), "{lines:?}");
        assert_eq!(lines[3], "       test result: ok. 3 passed");
        assert_eq!(summary.finish().unwrap_err().to_string(), "Failed: first.");
    }

    #[test]
    fn empty_counts_of_documentation_without_examples_are_left_out() {
        let mut summary = Summary::default();
        summary.add("docs", &mut shell("echo 'test result: ok. 0 passed; 0 failed; 0 ignored'"));
        assert_eq!(summary.lines.len(), 1);
        summary.finish().unwrap();
    }
}
