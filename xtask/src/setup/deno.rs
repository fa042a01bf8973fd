//! Deno, which runs and type-checks TypeScript in the tests: the one that is installed, else our
//! own copy below `target/tools`, out of the package of that name in the Python package index.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::wheel::Wheel;
use crate::{paths, process, ui};

/// What a report says when there is no Deno.
pub(crate) const MISSING: &str =
    "deno (runs TypeScript in the tests; is fetched with pip into target/tools)";

/// The version that is fetched where there is none, for each kind of processor.
const WHEELS: &[(&str, Wheel)] = &[
    (
        "x86_64",
        Wheel {
            archive: "deno-2.9.8-py3-none-manylinux_2_27_x86_64.whl",
            archive_sha256: "b1d1318e7deda8efd593aefa8b565a827fe71cf83aeff09d3a5ceb047444ca18",
            ..DENO
        },
    ),
    (
        "aarch64",
        Wheel {
            archive: "deno-2.9.8-py3-none-manylinux_2_27_aarch64.whl",
            archive_sha256: "3e286918a36f436134336c5c6ef37dfe3a27f16ea22cd6af452ab7daa4ef1da4",
            ..DENO
        },
    ),
];

const DENO: Wheel = Wheel {
    package: "deno==2.9.8",
    archive: "",
    archive_sha256: "",
    file: "deno-2.9.8.data/scripts/deno",
    is_program: true,
    what: "Deno",
};

/// The program, where there is one.
pub(crate) fn program() -> Option<PathBuf> {
    let own = own();
    process::find_program("deno").or_else(|| own.is_file().then_some(own))
}

/// Fetches Deno unless there is one.
///
/// # Errors
/// When pip cannot fetch it, or there is none for this kind of processor.
pub(crate) fn ensure() -> Result<()> {
    if program().is_some() {
        return Ok(());
    }
    let processor = std::env::consts::ARCH;
    let (_, wheel) =
        WHEELS.iter().find(|(name, _)| *name == processor).ok_or_else(|| Error::NotInstalled {
            missing: format!(
                "The tests of TypeScript need Deno 2, and there is none to fetch for {processor}."
            ),
            command: "deno --version   # after installing it by the way of your system".to_owned(),
        })?;
    ui::say("Fetching Deno (42 MB) with pip, into target/tools.");
    wheel.fetch(&own())
}

fn own() -> PathBuf {
    paths::tools().join("bin/deno")
}
