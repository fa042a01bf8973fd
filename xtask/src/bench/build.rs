//! `cargo xtask bench build`: how long one waits for the compiler.
//!
//! A clean build of everything, in a build folder of its own with all sources already fetched, and
//! then what one waits after a change of the engine: its build and its tests.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use super::measure::{self, Cost};
use super::report::{Budget, Row};
use crate::error::{Error, Result};
use crate::{paths, process, suite, ui};

const CLEAN_BUILD_S: f64 = 360.0;
const ENGINE_CHANGE_S: f64 = 60.0;

/// Measures and returns the rows.
pub(crate) fn run() -> Result<Vec<Row>> {
    let folder = paths::bench().join("build");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(Error::file(&folder))?;
    }
    process::run(&mut process::cargo(&["fetch", "--quiet", "--locked"]))?;
    ui::say("Building everything from nothing. This takes minutes.");
    let clean = measure::run(&within(&folder, process::cargo(&["build", "--quiet", "--locked"])))?;
    let tests = || suite::nextest(&["--package", "streamlib-engine", "--locked"]);
    ui::say("Building and running the engine's tests, then again after a change of the engine.");
    measure::run(&within(&folder, tests()?))?;
    touch(&paths::root().join("libs/streamlib-engine/src/lib.rs"))?;
    let change = measure::run(&within(&folder, tests()?))?;
    fs::remove_dir_all(&folder).map_err(Error::file(&folder))?;
    Ok(rows(clean, change))
}

fn rows(clean: Cost, change: Cost) -> Vec<Row> {
    let row = |name: &str, value, unit, at_most: Option<f64>| Row {
        name: name.to_owned(),
        value,
        unit,
        peer: None,
        budget: at_most.map(Budget::AtMost),
    };
    vec![
        row("clean build", clean.wall_s, "s", Some(CLEAN_BUILD_S)),
        row("clean build, processor time", clean.cpu_s, "s", None),
        row("clean build, largest process", clean.peak_mib, "MiB", None),
        row("engine change, build and test", change.wall_s, "s", Some(ENGINE_CHANGE_S)),
    ]
}

fn within(folder: &Path, mut command: Command) -> Command {
    command.env("CARGO_TARGET_DIR", folder);
    command
}

/// Makes cargo believe that a file changed, and leaves it as it is.
fn touch(path: &Path) -> Result<()> {
    let file = File::options().append(true).open(path).map_err(Error::file(path))?;
    file.set_modified(SystemTime::now()).map_err(Error::file(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_waits_for_has_a_budget() {
        let cost = |wall_s| Cost { wall_s, cpu_s: 0.0, peak_mib: 0.0 };
        let not_met =
            |clean, change| super::super::report::count_not_met(&rows(cost(clean), cost(change)));
        assert_eq!(not_met(360.0, 60.0), 0);
        assert_eq!(not_met(361.0, 60.0), 1);
        assert_eq!(not_met(361.0, 61.0), 2);
    }
}
