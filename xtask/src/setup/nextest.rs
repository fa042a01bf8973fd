//! The test runner: the one that is installed, else our own copy below `target/tools`.

use std::path::PathBuf;

use crate::error::Result;
use crate::{paths, process, ui};

/// What a report says when there is no test runner.
pub(crate) const MISSING: &str =
    "cargo-nextest (runs the tests; is built from source into target/tools)";

/// The version that is installed where there is none. It builds with the pinned toolchain.
const VERSION: &str = "0.9.143";

/// The test runner's program, where there is one.
pub(crate) fn program() -> Option<PathBuf> {
    let own = paths::tools().join("bin/cargo-nextest");
    process::find_program("cargo-nextest").or_else(|| own.is_file().then_some(own))
}

/// Builds the test runner from source unless there is one; takes some minutes, once.
pub(crate) fn ensure() -> Result<()> {
    if program().is_some() {
        return Ok(());
    }
    ui::say(format!(
        "Building the test runner, cargo-nextest {VERSION}, into target/tools. This takes some \
         minutes, once."
    ));
    let mut install = process::cargo(&["install", "cargo-nextest", "--locked", "--quiet"]);
    install.args(["--version", VERSION, "--root"]).arg(paths::tools());
    // Without its updater, and optimised no further than starting programs needs: half the time.
    install.args(["--no-default-features", "--features", "default-no-update"]);
    install.env("CARGO_PROFILE_RELEASE_LTO", "off");
    install.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
    install.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    process::run(&mut install)
}
