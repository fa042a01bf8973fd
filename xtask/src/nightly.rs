//! `cargo xtask nightly`: what is too long for `ci`. What cannot run here is named at the end,
//! because a check that silently did not run looks like one that passed.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::error::{Error, Result};
use crate::workspace::Workspace;
use crate::{clips, files, paths, process, setup, suite, ui};

/// Cases of each property test; `ci` uses proptest's default.
const PROPERTY_CASES: &str = "20000";

/// How long each fuzz target runs, in seconds.
const FUZZ_SECONDS: u32 = 600;

/// Runs all that this machine can, then says what failed and what did not run.
pub(crate) fn run() -> Result<()> {
    setup::ensure(setup::Goal::Test)?;
    clips::ensure()?;
    let mut outcome = Outcome::default();
    outcome.add("property tests", property_tests());
    outcome.add("Miri", miri());
    outcome.add("fuzzing", fuzzing());
    outcome.finish()
}

/// What one part came to.
enum Part {
    /// It ran, and this is how it ended.
    Ran(Result<()>),
    /// It did not run, for this reason.
    Skipped(String),
}

#[derive(Debug, Default)]
struct Outcome {
    failed: Vec<String>,
    skipped: Vec<String>,
}

impl Outcome {
    fn add(&mut self, name: &str, part: Part) {
        match part {
            Part::Ran(Ok(())) => ui::say(format!("ok      {name}")),
            Part::Ran(Err(error)) => {
                ui::complain(&error.to_string());
                self.failed.push(name.to_owned());
            }
            Part::Skipped(reason) => self.skipped.push(format!("{name}: {reason}")),
        }
    }

    fn finish(self) -> Result<()> {
        if !self.skipped.is_empty() {
            ui::say(format!("\nDID NOT RUN on this machine:\n  {}", self.skipped.join("\n  ")));
        }
        if self.failed.is_empty() {
            return Ok(());
        }
        let what = format!("Failed: {}.", self.failed.join(", "));
        Err(Error::Failed { what })
    }
}

/// All tests again, optimised, since only the property tests read the number of cases.
fn property_tests() -> Part {
    let tests = suite::nextest(&["--workspace", "--release", "--profile", "nightly"]);
    Part::Ran(tests.and_then(|mut tests| process::run(tests.env("PROPTEST_CASES", PROPERTY_CASES))))
}

/// Miri on the crates that ask for it with `miri = true` under `package.metadata.streamlib`.
fn miri() -> Part {
    let mut probe = toolchain("nightly", &["miri", "--version"]);
    if process::capture(&mut probe).is_err() {
        return Part::Skipped(
            "no nightly toolchain with Miri (rustup toolchain install nightly --component miri)"
                .to_owned(),
        );
    }
    let workspace = match Workspace::load() {
        Ok(workspace) => workspace,
        Err(error) => return Part::Ran(Err(error)),
    };
    let chosen = workspace.packages.iter().filter(|package| package.wants_miri);
    for package in chosen {
        ui::say(format!("Miri on {}", package.name));
        let mut tests = toolchain("nightly", &["miri", "test", "--lib", "--package"]);
        tests.arg(&package.name).env("MIRIFLAGS", "-Zmiri-strict-provenance");
        tests.env("CARGO_TARGET_DIR", paths::target().join("miri"));
        if let Err(error) = process::run(&mut tests) {
            return Part::Ran(Err(error));
        }
    }
    Part::Ran(Ok(()))
}

fn fuzzing() -> Part {
    let targets = fuzz_targets(paths::root());
    if targets.is_empty() {
        return Part::Skipped("this repository has no fuzz targets yet".to_owned());
    }
    if process::find_program("cargo-fuzz").is_none() {
        return Part::Skipped("no cargo-fuzz (cargo install cargo-fuzz --locked)".to_owned());
    }
    for target in targets {
        ui::say(format!("Fuzzing {target} for {FUZZ_SECONDS} s"));
        if let Err(error) = fuzz(&target) {
            return Part::Ran(Err(error));
        }
    }
    Part::Ran(Ok(()))
}

/// Runs one target. What it finds goes below `target`, and the kept corpus is only read.
fn fuzz(target: &str) -> Result<()> {
    let found = paths::target().join("fuzz").join(target);
    files::create_folder(&found)?;
    let mut fuzz = toolchain("nightly", &["fuzz", "run", target]);
    fuzz.arg(found).arg(paths::root().join("fuzz/corpus").join(target));
    fuzz.args(["--", &format!("-max_total_time={FUZZ_SECONDS}")]);
    process::run(&mut fuzz)
}

/// The names of the programs in `fuzz/fuzz_targets`, sorted.
fn fuzz_targets(root: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(root.join("fuzz/fuzz_targets")) else {
        return Vec::new();
    };
    let files = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> =
        files.filter_map(|file| Some(file.strip_suffix(".rs")?.to_owned())).collect();
    names.sort();
    names
}

/// A cargo command of another toolchain than the pinned one.
fn toolchain(name: &str, arguments: &[&str]) -> Command {
    let mut command = process::command("rustup");
    command.args(["run", name, "cargo"]).args(arguments);
    command.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_run_is_no_failure_and_what_failed_is_named() {
        let mut outcome = Outcome::default();
        outcome.add("Miri", Part::Skipped("not here".to_owned()));
        assert_eq!(outcome.skipped, ["Miri: not here"]);
        outcome.finish().unwrap();
        let mut outcome = Outcome::default();
        outcome.add("fuzzing", Part::Ran(Err(Error::Failed { what: "crash".to_owned() })));
        assert_eq!(outcome.finish().unwrap_err().to_string(), "Failed: fuzzing.");
    }

    #[test]
    fn fuzz_targets_are_the_programs_of_their_folder() {
        let root = std::env::temp_dir().join(format!("xtask-fuzz-{}", std::process::id()));
        let folder = root.join("fuzz/fuzz_targets");
        assert!(fuzz_targets(&root).is_empty());
        fs::create_dir_all(&folder).unwrap();
        for file in ["mp4.rs", "graph_file.rs", "README.md"] {
            fs::write(folder.join(file), "").unwrap();
        }
        assert_eq!(fuzz_targets(&root), ["graph_file", "mp4"]);
        fs::remove_dir_all(&root).unwrap();
    }
}
