//! Packages on this machine, kept by content and found by name.
//!
//! ```text
//! cache/packages/
//!   lock                     held for the moment in which something appears or goes
//!   index.json               the installed packages: name and version, and which content that is
//!   sha256/DIGEST/           a package, named by the digest of its list of contents
//!     package/               its files, with the list
//!     origin.json            what it is and where it came from
//!     in-use                 locked by who uses it; its time is that of the last use
//!   temporary/NAME/          what is being installed or removed
//!   temporary/NAME.lock      locked by who does it
//! ```
//!
//! Guarantees, for any number of processes at once, each of which may be killed at any point:
//! - A package is in the cache with all its files or not at all: it is unpacked in `temporary`,
//!   brought to the disk, and appears and goes by one rename.
//! - What a process left behind when it was killed is removed by the next that installs or removes
//!   something. Locks are the system's, which drops them with the process.
//! - A package that is in use or being installed is not removed.
//! - No name that a package gives is part of a path.
//!
//! Not kept: the files from changes by other programs; [`Cache::verify`] finds those.

mod entry;
mod index;
mod keep;
mod remove;
mod verify;
mod workspace;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use semver::VersionReq;

pub use entry::{CachedPackage, HeldPackage};
pub use index::Installation;
pub use keep::Incoming;
pub use remove::{Prune, Pruned};
pub use verify::Damage;

use crate::archive::Limits;
use crate::digest::Digest;
use crate::error::PackageError;
use crate::home::Home;
use entry::Entry;
use index::Index;

type Result<T, E = PackageError> = std::result::Result<T, E>;

/// The packages of a home. It holds nothing: each call looks at the disk.
#[derive(Debug, Clone)]
pub struct Cache {
    root: PathBuf,
    downloads: PathBuf,
    limits: Limits,
}

impl Cache {
    /// The cache of a home. Nothing is made on the disk before something is installed.
    #[must_use]
    pub fn of(home: &Home) -> Self {
        Self { root: home.packages(), downloads: home.downloads(), limits: Limits::default() }
    }

    /// The same with other limits for what is installed.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// All packages, installed or only kept, by name and version.
    ///
    /// # Errors
    /// [`PackageError::Io`], [`PackageError::BadRecord`].
    pub fn list(&self) -> Result<Vec<CachedPackage>> {
        let index = Index::read(&self.index_path())?;
        let mut found = Vec::new();
        for name in names_in(&self.root.join("sha256"))? {
            // What has no digest for a name was put there by somebody else.
            if let Ok(contents) = name.parse()
                && let Some(package) = self.entry(contents).read(&index)?
            {
                found.push(package);
            }
        }
        found.sort_by(|a, b| {
            (&a.name, &a.version, a.contents).cmp(&(&b.name, &b.version, b.contents))
        });
        Ok(found)
    }

    /// The newest installed package of a name in a range of versions. As in Cargo, a pre-release
    /// is in a range only if the range names one.
    ///
    /// # Errors
    /// [`PackageError::NotInstalled`] with the versions there are, [`PackageError::Io`],
    /// [`PackageError::BadRecord`].
    pub fn find(&self, name: &str, range: &VersionReq) -> Result<CachedPackage> {
        let mut versions = self.versions(name)?;
        let newest = versions.iter().rposition(|package| range.matches(&package.version));
        match newest {
            Some(at) => Ok(versions.swap_remove(at)),
            None => Err(PackageError::NotInstalled {
                name: name.to_owned(),
                range: range.clone(),
                versions: versions.into_iter().map(|package| package.version).collect(),
            }),
        }
    }

    /// The installed packages of a name, the oldest version first.
    ///
    /// # Errors
    /// [`PackageError::Io`], [`PackageError::BadRecord`].
    pub fn versions(&self, name: &str) -> Result<Vec<CachedPackage>> {
        let index = Index::read(&self.index_path())?;
        let mut found = Vec::new();
        for record in index.of_name(name) {
            found.extend(self.entry(record.contents).read(&index)?);
        }
        Ok(found)
    }

    /// A package by its content. `None` if it is not in the cache.
    ///
    /// # Errors
    /// [`PackageError::Io`], [`PackageError::BadRecord`].
    pub fn get(&self, contents: Digest) -> Result<Option<CachedPackage>> {
        self.entry(contents).read(&Index::read(&self.index_path())?)
    }

    /// A package by the digest of the archive it came in. `None` if none in the cache did.
    ///
    /// # Errors
    /// [`PackageError::Io`], [`PackageError::BadRecord`].
    pub fn get_by_archive(&self, archive: Digest) -> Result<Option<CachedPackage>> {
        Ok(self.list()?.into_iter().find(|package| package.archive == archive))
    }

    /// Keeps a package from being removed for as long as the returned value lives, and notes that
    /// it is used. `None` if it is not in the cache.
    ///
    /// # Errors
    /// [`PackageError::Io`], [`PackageError::BadRecord`].
    pub fn hold(&self, contents: Digest) -> Result<Option<HeldPackage>> {
        if !self.root.exists() {
            return Ok(None);
        }
        let _lock = self.lock()?;
        self.hold_locked(contents)
    }

    /// The same for who has the cache's lock.
    fn hold_locked(&self, contents: Digest) -> Result<Option<HeldPackage>> {
        let entry = self.entry(contents);
        match entry.read(&Index::read(&self.index_path())?)? {
            Some(package) => entry.hold(package).map(Some),
            None => Ok(None),
        }
    }

    fn entry(&self, contents: Digest) -> Entry {
        Entry::new(&self.root, contents)
    }

    fn index_path(&self) -> PathBuf {
        self.root.join("index.json")
    }

    /// Waits until no other process, or thread, changes what is in the cache.
    fn lock(&self) -> Result<File> {
        let path = self.root.join("lock");
        let lock = || {
            fs::create_dir_all(&self.root)?;
            let file = File::options().create(true).append(true).open(&path)?;
            file.lock()?;
            Ok(file)
        };
        lock().map_err(|error| PackageError::io("lock", &path, error))
    }
}

/// The names in a folder, in order; none if there is no folder. Names that are not UTF-8 are not
/// ours.
fn names_in(folder: &Path) -> Result<Vec<String>> {
    let io_error = |error| PackageError::io("read", folder, error);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io_error(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry.map_err(io_error)?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}
