//! Builds the plugin of the example as strangers would, for the tests that load it: with another
//! version of `streamlib-plugin`, other versions of the dependencies and other flags than ours; and
//! with every other compiler that is installed.
//!
//! They lie in `target/assets/plugins`, one library each. Cargo decides what is to be built again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, Result};
use crate::{files, paths, process, ui};

const EXAMPLE: &str = "examples/camera-rust-plugin";
/// What a plugin links of ours.
const LINKED: [&str; 5] = ["abi", "macros", "plugin", "processor", "schema"];
/// The version that the copies of those have.
const OTHER_VERSION: &str = "0.1.99";

/// Builds what is missing or old; says nothing when nothing is.
pub(crate) fn ensure() -> Result<()> {
    let source = paths::target().join("tests/plugins/source");
    copy_source(&source)?;
    let mut build = process::cargo(&["build", "--quiet", "--release"]);
    build.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
    build.env("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true");
    make("other-build", &source.join(EXAMPLE), build)?;
    for toolchain in other_toolchains() {
        let mut build = process::command("rustup");
        build.args(["run", &toolchain, "cargo", "build", "--quiet", "--release", "--locked"]);
        // What cargo says to the programs it starts is about the compiler in use here.
        for variable in ["CARGO", "RUSTC", "RUSTUP_TOOLCHAIN"] {
            build.env_remove(variable);
        }
        make(&format!("other-compiler-{toolchain}"), &paths::root().join(EXAMPLE), build)?;
    }
    Ok(())
}

/// Builds the plugin of `workspace` and puts it in its place.
fn make(name: &str, workspace: &Path, mut build: Command) -> Result<()> {
    let folder = paths::target().join("tests/plugins").join(name);
    let place = paths::assets().join("plugins");
    files::create_folder(&place)?;
    let suffix = std::env::consts::DLL_SUFFIX;
    let library = place.join(format!("{name}{suffix}"));
    if !library.exists() {
        ui::say(format!("Building the example plugin for the tests: {name}"));
    }
    build.arg("--manifest-path").arg(workspace.join("plugin/Cargo.toml"));
    process::run(build.env("CARGO_TARGET_DIR", &folder))?;
    let prefix = std::env::consts::DLL_PREFIX;
    let built = folder.join("release").join(format!("{prefix}simple_effects{suffix}"));
    let part = library.with_extension("part");
    fs::copy(&built, &part).map_err(Error::file(&built))?;
    files::publish(&part, &library)
}

/// The installed toolchains whose compiler is another than the one in use.
fn other_toolchains() -> Vec<String> {
    let version = |command: &mut Command| process::capture(command.arg("--version")).ok();
    let ours = version(&mut process::command("rustc"));
    let list = process::capture(process::command("rustup").args(["toolchain", "list"]));
    let mut seen = vec![ours];
    let mut others = Vec::new();
    for toolchain in names(&list.unwrap_or_default()) {
        let theirs = version(process::command("rustup").args(["run", &toolchain, "rustc"]));
        if theirs.is_some() && !seen.contains(&theirs) {
            seen.push(theirs);
            others.push(toolchain);
        }
    }
    others
}

/// The toolchains that `rustup toolchain list` names.
fn names(list: &str) -> Vec<String> {
    list.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// Copies the example and what it links, under another version. What has not changed is left alone,
/// so that cargo does not build it again.
fn copy_source(to: &Path) -> Result<()> {
    let root = paths::root();
    for name in LINKED {
        copy_folder(root, to, &Path::new("libs").join(format!("streamlib-{name}")))?;
    }
    copy_folder(root, to, Path::new(EXAMPLE))?;
    let manifest = root.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(Error::file(manifest))?;
    write(&to.join("Cargo.toml"), of_other_version(&text).as_bytes())
}

/// The workspace's manifest for the copy.
fn of_other_version(manifest: &str) -> String {
    let lines = manifest.lines().map(|line| match line {
        line if line.starts_with("members = ") => "members = [\"libs/*\"]".to_owned(),
        line if line.starts_with("version = ") => format!("version = \"{OTHER_VERSION}\""),
        line => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

fn copy_folder(root: &Path, to: &Path, folder: &Path) -> Result<()> {
    let from = root.join(folder);
    for entry in fs::read_dir(&from).map_err(Error::file(&from))? {
        let path: PathBuf = entry.map_err(Error::file(&from))?.path();
        let Some(name) = path.file_name() else { continue };
        let inside = folder.join(name);
        match path.is_dir() {
            true if name == "target" || name == "tests" => {}
            true => copy_folder(root, to, &inside)?,
            // The lock file names the version that is replaced.
            false if name == "Cargo.lock" && to.join(&inside).exists() => {}
            false => {
                write(&to.join(&inside), &fs::read(&path).map_err(Error::file(&path))?)?;
            }
        }
    }
    Ok(())
}

/// Writes a file, unless it is so already.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        files::create_folder(folder)?;
    }
    fs::write(path, bytes).map_err(Error::file(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_has_another_version_and_fewer_members() {
        let manifest = "[workspace]\nmembers = [\"libs/*\", \"xtask\"]\n[workspace.package]\n\
                        version = \"0.1.0\"\nrust-version = \"1.95\"\n";
        let expected = "[workspace]\nmembers = [\"libs/*\"]\n[workspace.package]\n\
                        version = \"0.1.99\"\nrust-version = \"1.95\"\n";
        assert_eq!(of_other_version(manifest), expected);
    }

    #[test]
    fn a_toolchain_is_the_first_word_of_its_line() {
        let list = "stable-x86_64 (default)\nnightly-x86_64\n";
        assert_eq!(names(list), ["stable-x86_64", "nightly-x86_64"]);
    }
}
