//! Files, opened so that nobody empties what another one reads or writes.
//!
//! Readers share a lock and a writer has one alone, whatever names they know the file by: a graph
//! whose output is its input is refused before a byte of it is lost, and so are two writers of one
//! file. A file that is being written can be read as far as it goes. The locks are the system's
//! advisory ones, so they hold between all graphs of this machine and for no other program. Where
//! a file system has no locks, nothing is refused.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use crate::{ContainerError, Result};

/// Opens a file to be read. It is locked as long as it is open.
pub(crate) fn to_read(path: &Path) -> Result<File> {
    let file = File::open(path).map_err(|source| refused("open", path, source))?;
    // A writer that has it does not empty it any more.
    let _locked = file.try_lock_shared();
    Ok(file)
}

/// Opens a file to be written, and makes or empties it. It is locked as long as it is open.
pub(crate) fn to_write(path: &Path) -> Result<File> {
    let failed = |source| refused("create", path, source);
    // Emptied only behind the lock.
    let mut how = OpenOptions::new();
    let file = how.write(true).create(true).truncate(false).open(path).map_err(failed)?;
    check_lock(&file, path)?;
    if file.metadata().map_err(failed)?.is_file() {
        file.set_len(0).map_err(failed)?;
    }
    Ok(file)
}

/// Checks that a file can be made at `path`, and leaves everything as it was.
pub(crate) fn check_place(path: &Path) -> Result<()> {
    let failed = |source| refused("create", path, source);
    if path.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(_) => std::fs::remove_file(path).map_err(failed),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let file = OpenOptions::new().write(true).open(path).map_err(failed)?;
            check_lock(&file, path)
        }
        Err(error) => Err(failed(error)),
    }
}

fn check_lock(file: &File, path: &Path) -> Result<()> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(ContainerError::InUse { path: path.to_owned() }),
        // A file system without locks: as good as can be.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

fn refused(action: &'static str, path: &Path, source: io::Error) -> ContainerError {
    ContainerError::Io { action, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_read_or_write_is_not_emptied_whatever_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("film.mp4"), folder.path().join("link.mp4"));
        std::fs::write(&path, "film").unwrap();
        std::fs::hard_link(&path, &other).unwrap();
        let refusal = |error: ContainerError| {
            error.to_string().replace(&folder.path().display().to_string(), "")
        };
        let readers = [to_read(&path).unwrap(), to_read(&other).unwrap()];
        let message = "cannot write '/link.mp4': this graph or another one reads or writes it; \
                       choose another file";
        assert_eq!(refusal(check_place(&other).unwrap_err()), message);
        assert_eq!(refusal(to_write(&other).unwrap_err()), message);
        assert_eq!(std::fs::read(&path).unwrap(), b"film");
        drop(readers);
        check_place(&path).unwrap();
        let writer = to_write(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"");
        to_read(&other).unwrap();
        assert_eq!(refusal(to_write(&other).unwrap_err()), message);
        drop(writer);
        to_write(&other).unwrap();
    }

    #[test]
    fn what_is_no_file_is_written_as_it_is() {
        to_write(Path::new("/dev/null")).unwrap();
    }
}
