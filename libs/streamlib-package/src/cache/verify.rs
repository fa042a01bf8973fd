//! Whether a package is still what it was when it was installed.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::entry::CachedPackage;
use super::{Cache, Result};
use crate::archive::{CONTENTS_NAME, Contents};
use crate::digest::Digest;
use crate::error::PackageError;

/// What a Python interpreter writes beside the modules it reads. It is no damage.
const PYTHON_CACHE: &str = "__pycache__";

/// What is wrong with a package in the cache.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// The list of contents is not the one that the package is named by.
    #[error("its list of contents is missing or changed")]
    List,
    /// A file is gone, or no longer a file.
    #[error("its file {0:?} is missing")]
    Missing(String),
    /// A file has another content.
    #[error("its file {0:?} is changed")]
    Changed(String),
    /// A file that is not in the list.
    #[error("{0:?} does not belong to it")]
    NotListed(String),
}

impl Cache {
    /// Reads all files of a package and compares them with the digest that names it. What is
    /// returned is all that is wrong; nothing if the package is whole. Installing a damaged package
    /// again replaces it.
    ///
    /// # Errors
    /// [`PackageError::Io`] if a file cannot be read.
    pub fn verify(&self, package: &CachedPackage) -> Result<Vec<Damage>> {
        let list = match fs::read(package.folder.join(CONTENTS_NAME)) {
            Ok(list) => list,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![Damage::List]),
            Err(error) => return Err(PackageError::io("read", &package.folder, error)),
        };
        let Some(contents) =
            Contents::parse(&list).ok().filter(|_| Digest::of(&list) == package.contents)
        else {
            return Ok(vec![Damage::List]);
        };
        let mut found = BTreeSet::new();
        names_below(&package.folder, "", &mut found)?;
        let mut damage = Vec::new();
        for (name, digest) in contents.files() {
            // Only what is a file itself is found: nothing is read through a link.
            if !found.remove(name) {
                damage.push(Damage::Missing(name.to_owned()));
                continue;
            }
            let path = package.folder.join(name);
            let read = File::open(&path).and_then(Digest::of_reader);
            if read.map_err(|error| PackageError::io("read", &path, error))? != digest {
                damage.push(Damage::Changed(name.to_owned()));
            }
        }
        found.remove(CONTENTS_NAME);
        damage.extend(found.into_iter().map(Damage::NotListed));
        Ok(damage)
    }
}

/// The names of all files in a folder. What is neither file nor folder ends with a slash and its
/// kind, so that it is the name of no file.
fn names_below(folder: &Path, prefix: &str, into: &mut BTreeSet<String>) -> Result<()> {
    let io_error = |error| PackageError::io("read", folder, error);
    for entry in fs::read_dir(folder).map_err(io_error)? {
        let entry = entry.map_err(io_error)?;
        let kind = entry.file_type().map_err(io_error)?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if kind.is_file() {
            into.insert(name);
        } else if !kind.is_dir() {
            into.insert(format!("{name}/ (not a file)"));
        } else if entry.file_name() != PYTHON_CACHE {
            names_below(&entry.path(), &format!("{name}/"), into)?;
        }
    }
    Ok(())
}
