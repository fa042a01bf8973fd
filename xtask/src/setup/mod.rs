//! Makes the machine ready: finds what is missing, installs only that, and is quiet otherwise.
//!
//! Presence is seen from programs and files, never by asking the package manager, so a run on a
//! ready machine costs milliseconds and needs no network.

mod apt;
mod deno;
mod nextest;
mod packages;

pub(crate) use deno::program as deno_program;
pub(crate) use nextest::program as nextest_program;

use crate::error::{Error, Result};
use crate::{assets, ui};
use packages::Package;

/// What the machine shall be ready for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goal {
    /// Building in release mode and running the demo.
    Demo,
    /// Making the test clips.
    Clips,
    /// Every test.
    Test,
    /// The comparisons with other systems.
    Bench,
    /// All of these.
    All,
}

impl Goal {
    /// The goal of that name on the command line.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Demo, Self::Clips, Self::Test, Self::Bench, Self::All];
        all.into_iter().find(|goal| goal.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Clips => "clips",
            Self::Test => "test",
            Self::Bench => "bench",
            Self::All => "all",
        }
    }

    fn needs_nextest(self) -> bool {
        matches!(self, Self::Test | Self::Bench | Self::All)
    }

    fn needs_deno(self) -> bool {
        matches!(self, Self::Test | Self::All)
    }
}

/// `cargo xtask setup`: installs what `goal` needs, or only reports it.
pub(crate) fn run(goal: Goal, check_only: bool) -> Result<()> {
    if check_only {
        return report(goal);
    }
    ensure(goal)
}

/// Installs what is missing for `goal`; says nothing when nothing is.
pub(crate) fn ensure(goal: Goal) -> Result<()> {
    let missing = missing(goal);
    if !missing.is_empty() {
        apt::install(&missing)?;
    }
    if goal.needs_nextest() {
        nextest::ensure()?;
    }
    if goal.needs_deno() {
        deno::ensure()?;
    }
    Ok(())
}

fn report(goal: Goal) -> Result<()> {
    let missing = missing(goal);
    let mut lines: Vec<String> = missing.iter().map(|package| package.to_string()).collect();
    if goal.needs_nextest() && nextest::program().is_none() {
        lines.push(nextest::MISSING.to_owned());
    }
    if goal.needs_deno() && deno::program().is_none() {
        lines.push(deno::MISSING.to_owned());
    }
    if lines.is_empty() {
        ui::say("Nothing is missing.");
        return Ok(());
    }
    Err(Error::NotInstalled {
        missing: format!("Missing:\n  {}", lines.join("\n  ")),
        command: format!("cargo xtask setup --for {}", goal.name()),
    })
}

fn missing(goal: Goal) -> Vec<&'static Package> {
    let clip_is_cached = assets::film_is_cached();
    packages::ALL
        .iter()
        .filter(|package| package.serves(goal))
        .filter(|package| !(clip_is_cached && package.is_for_download()))
        .filter(|package| !package.is_present())
        .collect()
}
