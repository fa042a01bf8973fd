//! A download that is not complete: what came so far, and of which file.
//!
//! Each is two files in the folder for downloads, `DIGEST-NUMBER.part` with what came and
//! `DIGEST-NUMBER.json` with the server's mark of the file; the digest is that of the URL. The part
//! is locked by who writes it, so two downloads of one URL have two numbers.

use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Result;
use crate::cache::Prune;
use crate::digest::Digest;
use crate::error::PackageError;

/// How many downloads of one URL may be under way.
const AT_ONCE_MAX: u32 = 64;

/// What came of a file so far.
#[derive(Debug)]
pub(super) struct Part {
    path: PathBuf,
    file: File,
    mark: Option<Mark>,
    bytes: u64,
}

/// How a server marks a file, so that one knows whether it is still the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    pub(super) url: String,
    pub(super) etag: String,
}

impl Part {
    /// Opens what came of a URL before, or begins anew.
    pub(super) fn open(downloads: &Path, url: &str) -> Result<Self> {
        let stem = Digest::of(url.as_bytes());
        let io_error = |error| PackageError::io("create", downloads, error);
        fs::create_dir_all(downloads).map_err(io_error)?;
        for number in 0..AT_ONCE_MAX {
            let path = downloads.join(format!("{stem}-{number}.part"));
            let opened = File::options().create(true).read(true).append(true).open(&path);
            let file = opened.map_err(io_error)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(fs::TryLockError::WouldBlock) => continue,
                Err(fs::TryLockError::Error(error)) => return Err(io_error(error)),
            }
            if !is_still_at(&file, &path).map_err(io_error)? {
                continue;
            }
            let mark = fs::read(path.with_extension("json")).ok();
            let mark = mark.and_then(|bytes| serde_json::from_slice(&bytes).ok());
            let mark = mark.filter(|mark: &Mark| mark.url == url);
            let mut part = Self { path, file, mark, bytes: 0 };
            if part.mark.is_some() {
                part.bytes = part.file.metadata().map_err(io_error)?.len();
            } else {
                part.restart(None)?;
            }
            return Ok(part);
        }
        Err(io_error(io::ErrorKind::WouldBlock.into()))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes came.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The server's mark of the file that came so far, if something did.
    pub(super) fn mark(&self) -> Option<&Mark> {
        self.mark.as_ref().filter(|_| self.bytes > 0)
    }

    /// Begins anew with the file that has this mark.
    pub(super) fn restart(&mut self, mark: Option<Mark>) -> Result<()> {
        let marks = self.path.with_extension("json");
        let restart = || {
            // The old mark goes before the old bytes, the new one comes before the new bytes.
            match fs::remove_file(&marks) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _gone => {}
            }
            self.file.set_len(0)?;
            match &mark {
                Some(mark) => fs::write(&marks, serde_json::to_vec(mark)?),
                None => Ok(()),
            }
        };
        restart().map_err(|error| PackageError::io("write", &self.path, error))?;
        (self.mark, self.bytes) = (mark, 0);
        Ok(())
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.file.write_all(bytes);
        written.map_err(|error| PackageError::io("write", &self.path, error))?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// The digest of all that came.
    pub(super) fn digest(&self) -> Result<Digest> {
        let read = || {
            let mut file = &self.file;
            file.seek(SeekFrom::Start(0))?;
            Digest::of_reader(file)
        };
        read().map_err(|error| PackageError::io("read", &self.path, error))
    }

    /// Removes it.
    pub(super) fn discard(&mut self) {
        // What stays is removed by the next `prune`.
        let _gone = fs::remove_file(self.path.with_extension("json"));
        let _gone = fs::remove_file(&self.path);
    }
}

/// Whether the file that was opened, and then locked, was not removed in between.
#[cfg(unix)]
fn is_still_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let now = match fs::metadata(path) {
        Ok(now) => now,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    let opened = file.metadata()?;
    Ok((opened.dev(), opened.ino()) == (now.dev(), now.ino()))
}

/// Whether the file that was opened, and then locked, was not removed in between. Where files that
/// are open cannot be removed it is.
#[cfg(not(unix))]
fn is_still_at(_file: &File, path: &Path) -> io::Result<bool> {
    Ok(path.exists())
}

/// Removes the parts that nobody writes, and returns how many bytes they have.
pub(crate) fn prune(downloads: &Path, what: &Prune) -> Result<u64> {
    let entries = match fs::read_dir(downloads) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(PackageError::io("read", downloads, error)),
    };
    let mut bytes = 0;
    for entry in entries {
        let path = entry.map_err(|error| PackageError::io("read", downloads, error))?.path();
        if path.extension().is_some_and(|extension| extension == "part") {
            let pruned = prune_part(&path, what);
            bytes += pruned.map_err(|error| PackageError::io("remove", &path, error))?;
        }
    }
    Ok(bytes)
}

fn prune_part(path: &Path, what: &Prune) -> io::Result<u64> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    let is_recent = match what.unused_since {
        Some(since) => metadata.modified()? >= since,
        None => false,
    };
    if is_recent || file.try_lock().is_err() {
        return Ok(0);
    }
    if !what.dry_run {
        match fs::remove_file(path.with_extension("json")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _gone => {}
        }
        fs::remove_file(path)?;
    }
    Ok(metadata.len())
}
