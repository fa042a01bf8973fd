//! A folder for what is under way, which the next process removes if this one is killed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::{Cache, Result, names_in};
use crate::error::PackageError;

const LOCK_ENDING: &str = ".lock";

/// A folder of our own. It is removed when this is dropped, and by the next process that makes one
/// if this process does not come to it.
#[derive(Debug)]
pub(super) struct Workspace {
    folder: PathBuf,
    lock_path: PathBuf,
    _lock: File,
}

impl Workspace {
    /// Makes a folder, and removes those whose owners are dead.
    pub(super) fn make(cache: &Cache) -> Result<Self> {
        // Without the lock somebody could take the folder for one of the dead before it is ours.
        let _lock = cache.lock()?;
        let temporary = cache.root.join("temporary");
        fs::create_dir_all(&temporary)
            .map_err(|error| PackageError::io("create", &temporary, error))?;
        remove_dead(&temporary)?;
        let io_error = |error| PackageError::io("create", &temporary, error);
        for number in 0_u32.. {
            let name = format!("{}-{number}", std::process::id());
            let lock_path = temporary.join(format!("{name}{LOCK_ENDING}"));
            let lock = match File::create_new(&lock_path) {
                Ok(lock) => lock,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(io_error(error)),
            };
            lock.lock().map_err(io_error)?;
            let folder = temporary.join(name);
            fs::create_dir(&folder).map_err(io_error)?;
            return Ok(Self { folder, lock_path, _lock: lock });
        }
        Err(io_error(io::ErrorKind::AlreadyExists.into()))
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        // What cannot be removed now is tried again by the next process.
        let _gone =
            fs::remove_dir_all(&self.folder).and_then(|()| fs::remove_file(&self.lock_path));
    }
}

/// Removes the folders of processes that are dead. For who has the cache's lock.
fn remove_dead(temporary: &Path) -> Result<()> {
    let names = names_in(temporary)?;
    for name in &names {
        let path = temporary.join(name);
        let io_error = |error| PackageError::io("remove", &path, error);
        match name.strip_suffix(LOCK_ENDING) {
            Some(folder) => {
                let lock = match File::open(&path) {
                    Ok(lock) => lock,
                    // Its owner was just done with it.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    Err(error) => return Err(io_error(error)),
                };
                match lock.try_lock() {
                    Ok(()) => {}
                    Err(fs::TryLockError::WouldBlock) => continue,
                    Err(fs::TryLockError::Error(error)) => return Err(io_error(error)),
                }
                // The folder first: without its lock nobody would know that it is dead.
                remove(&temporary.join(folder), |path| fs::remove_dir_all(path))?;
                remove(&path, |path| fs::remove_file(path))?;
            }
            None if names.binary_search(&format!("{name}{LOCK_ENDING}")).is_err() => {
                remove(&path, |path| fs::remove_dir_all(path))?;
            }
            None => {}
        }
    }
    Ok(())
}

fn remove(path: &Path, how: impl Fn(&Path) -> io::Result<()>) -> Result<()> {
    match how(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(PackageError::io("remove", path, error))
        }
        _gone => Ok(()),
    }
}
