//! A package in the cache: its folder, and what is known of it.

use std::fs::{self, File};
use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use semver::Version;
use serde::{Deserialize, Serialize};

use super::Result;
use super::index::{Index, Installation};
use crate::digest::Digest;
use crate::error::PackageError;

/// The form of `origin.json`.
const FORMAT: u32 = 1;

/// A package in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedPackage {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// The digest of its list of contents, which names it in the cache.
    pub contents: Digest,
    /// The digest of the archive it came in.
    pub archive: Digest,
    /// Where it came from, as it was said: a file, a URL.
    pub origin: String,
    /// Name of the trusted key that signed the archive.
    pub signed_by: Option<String>,
    /// How many files it has.
    pub files: usize,
    /// The bytes of all its files.
    pub bytes: u64,
    /// The folder with its files. It is not changed, and stays while the package is held.
    pub folder: PathBuf,
    /// When it was last used.
    pub last_used: SystemTime,
    /// That it is found by its name, and why; `None` if it is only kept.
    pub installed: Option<Installation>,
}

/// A package that is not removed while this lives.
#[derive(Debug)]
pub struct HeldPackage {
    package: CachedPackage,
    _in_use: File,
}

impl Deref for HeldPackage {
    type Target = CachedPackage;

    fn deref(&self) -> &CachedPackage {
        &self.package
    }
}

/// What is written beside a package.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Origin {
    pub(super) format: u32,
    pub(super) name: String,
    pub(super) version: Version,
    pub(super) archive: Digest,
    pub(super) origin: String,
    pub(super) signed_by: Option<String>,
    pub(super) files: usize,
    pub(super) bytes: u64,
}

/// Where a package is, or would be.
#[derive(Debug)]
pub(super) struct Entry {
    contents: Digest,
    folder: PathBuf,
}

impl Entry {
    pub(super) fn new(root: &Path, contents: Digest) -> Self {
        Self { contents, folder: root.join("sha256").join(contents.to_string()) }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn is_there(&self) -> bool {
        self.folder.is_dir()
    }

    /// What is there. `None` if nothing is.
    pub(super) fn read(&self, index: &Index) -> Result<Option<CachedPackage>> {
        let Some(origin) = self.read_origin()? else { return Ok(None) };
        let last_used = fs::metadata(self.in_use_path()).and_then(|metadata| metadata.modified());
        Ok(Some(CachedPackage {
            name: origin.name,
            version: origin.version,
            contents: self.contents,
            archive: origin.archive,
            origin: origin.origin,
            signed_by: origin.signed_by,
            files: origin.files,
            bytes: origin.bytes,
            folder: package_folder(&self.folder),
            // Without the file nobody uses it.
            last_used: last_used.unwrap_or(SystemTime::UNIX_EPOCH),
            installed: index.of_contents(self.contents).map(|record| record.installation.clone()),
        }))
    }

    fn read_origin(&self) -> Result<Option<Origin>> {
        let path = self.folder.join("origin.json");
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            // It was removed meanwhile, or was never there.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !self.is_there() => {
                return Ok(None);
            }
            Err(error) => return Err(PackageError::io("read", &path, error)),
        };
        let bad = |reason: String| PackageError::BadRecord {
            path: path.display().to_string(),
            remove: self.folder.display().to_string(),
            reason,
        };
        let origin: Origin =
            serde_json::from_slice(&bytes).map_err(|error| bad(error.to_string()))?;
        if origin.format != FORMAT {
            return Err(bad(format!(
                "it has format {}, and this program knows {FORMAT}",
                origin.format
            )));
        }
        Ok(Some(origin))
    }

    /// Notes that a package is used, and keeps it from being removed. For who has the cache's lock.
    pub(super) fn hold(&self, mut package: CachedPackage) -> Result<HeldPackage> {
        let path = self.in_use_path();
        package.last_used = SystemTime::now();
        let hold = || {
            let file = File::options().create(true).append(true).open(&path)?;
            file.lock_shared()?;
            file.set_modified(package.last_used)?;
            Ok(file)
        };
        let in_use = hold().map_err(|error| PackageError::io("lock", &path, error))?;
        Ok(HeldPackage { package, _in_use: in_use })
    }

    /// Makes sure that nobody uses the package. For who has the cache's lock, without which nobody
    /// starts to.
    pub(super) fn is_in_use(&self) -> Result<bool> {
        let path = self.in_use_path();
        let io_error = |error| PackageError::io("lock", &path, error);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(io_error(error)),
        };
        match file.try_lock() {
            Ok(()) => Ok(false),
            Err(fs::TryLockError::WouldBlock) => Ok(true),
            Err(fs::TryLockError::Error(error)) => Err(io_error(error)),
        }
    }

    fn in_use_path(&self) -> PathBuf {
        self.folder.join("in-use")
    }
}

/// Where in its folder in the cache the files of a package are.
pub(super) fn package_folder(entry: &Path) -> PathBuf {
    entry.join("package")
}

/// Writes what is beside the files of a package, into a folder that becomes its entry.
pub(super) fn write_beside(folder: &Path, origin: &Origin) -> Result<()> {
    debug_assert_eq!(origin.format, FORMAT);
    let path = folder.join("origin.json");
    let write = || {
        let file = File::create_new(&path)?;
        serde_json::to_writer_pretty(&file, origin)?;
        file.sync_all()?;
        File::create_new(folder.join("in-use"))?.sync_all()
    };
    write().map_err(|error| PackageError::io("write", &path, error))
}

impl Origin {
    pub(super) const FORMAT: u32 = FORMAT;
}
