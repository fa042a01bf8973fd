//! The domain: the programs that see each other's shared memory, told apart by a *home*.
//!
//! Guarantees: what belongs to a domain lies in one private folder on memory, and in files beside
//! it that begin with its name; programs of different homes or users never meet. Whoever finds
//! itself alone in the domain, at its start or at its end, removes everything that is left in it,
//! whatever way it came there; beside others, the folders of dead runtimes.
//!
//! Presence is a shared lock on a file, which the system gives up with the process.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::error::check_name;
use crate::{IpcError, sys};

/// Where shared memory has names. It is memory: with the transport's own files on a disk, making a
/// port takes fifty times as long.
pub(crate) const SHARED_MEMORY: &str = "/dev/shm";

/// Which programs see each other. A value, not a setting of the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    name: String,
}

/// What was left over from programs that died, and is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Removed {
    /// Files and folders of ours and of the transport that nobody used any more.
    pub files: u64,
    /// Processes that had died, whose parts in living services were taken out.
    pub processes: u64,
    /// Processes that had died and could not be taken out; the next call tries again.
    pub failed: u64,
}

impl Domain {
    /// The domain of all programs of this user that have the same home, which is only a value here:
    /// nothing is read or written there.
    pub fn of_home(home: &Path) -> Self {
        let bytes = home.as_os_str().as_encoded_bytes();
        // FNV-1a, 64 bits: the same in every build, which a hasher of the library is not.
        let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self { name: format!("streamlib-{}-{hash:016x}", sys::user()) }
    }

    /// The folder of the domain, which exists while a program is in it.
    pub fn root(&self) -> PathBuf {
        Path::new(SHARED_MEMORY).join(&self.name)
    }

    /// What the names of the domain's files beside the folder begin with.
    pub fn prefix(&self) -> String {
        format!("{}.", self.name)
    }

    /// Removes what dead programs left, if no living one is in the domain; else only what belongs
    /// to runtimes that died.
    pub fn clean(&self) -> Result<Removed, IpcError> {
        let presence = Presence::enter(self)?;
        Ok(Removed { files: presence.found, ..Removed::default() })
    }

    /// Where the transport keeps its own files.
    pub(crate) fn transport_root(&self) -> PathBuf {
        self.root().join("transport")
    }

    fn runtimes(&self) -> PathBuf {
        self.root().join("runtimes")
    }

    /// Removes all files of the domain but the lock. Only for one that is alone in it.
    fn remove_all(&self) -> io::Result<u64> {
        let mut removed = 0;
        for path in entries(Path::new(SHARED_MEMORY))? {
            let name = path.file_name().map(std::ffi::OsStr::as_encoded_bytes);
            if name.is_some_and(|name| name.starts_with(self.prefix().as_bytes())) {
                removed += remove(&path)?;
            }
        }
        for path in entries(&self.root())? {
            if path != self.lock_path() {
                removed += remove(&path)?;
            }
        }
        Ok(removed)
    }

    fn lock_path(&self) -> PathBuf {
        self.root().join("present.lock")
    }

    /// Removes the folders of runtimes that died.
    pub(crate) fn remove_dead_runtimes(&self) -> io::Result<u64> {
        let mut removed = 0;
        for folder in entries(&self.runtimes())? {
            let lock = folder.join("lock");
            let Ok(file) = OpenOptions::new().read(true).write(true).open(&lock) else {
                // It is being made, or half removed by one that died at it: then an empty folder
                // is all there is, which is removed when it is empty.
                removed += u64::from(fs::remove_dir(&folder).is_ok());
                continue;
            };
            if file.try_lock().is_ok() && sys::is_at(&file, &lock) {
                removed += remove_runtime(&folder)?;
            }
        }
        Ok(removed)
    }
}

/// Removes the folder of a runtime, its lock last: who sees no lock sees nothing else either.
fn remove_runtime(folder: &Path) -> io::Result<u64> {
    let lock = folder.join("lock");
    let mut removed = 0;
    for path in entries(folder)? {
        if path != lock {
            removed += remove(&path)?;
        }
    }
    removed += remove(&lock)?;
    let gone = fs::remove_dir(folder);
    Ok(removed + u64::from(gone.is_ok()))
}

pub(crate) fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Removes a file or a folder with all that is in it; how many there were. What somebody else
/// removed meanwhile is no error.
pub(crate) fn remove(path: &Path) -> io::Result<u64> {
    let result = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            let mut removed = 0;
            for inner in entries(path)? {
                removed += remove(&inner)?;
            }
            fs::remove_dir(path).map(|()| removed + 1)
        }
        Ok(_) => fs::remove_file(path).map(|()| 1),
        Err(error) => Err(error),
    };
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        other => other,
    }
}

/// That this process is in a domain. The last one to leave takes everything with it.
#[derive(Debug)]
pub(crate) struct Presence {
    domain: Domain,
    lock: File,
    /// How many files dead programs had left.
    pub(crate) found: u64,
}

impl Presence {
    /// Enters `domain`, and cleans it if nobody else is there.
    pub(crate) fn enter(domain: &Domain) -> Result<Self, IpcError> {
        let root = domain.root();
        let failed = |what, source| IpcError::system(what, root.display(), source);
        let mut found = 0;
        loop {
            make_private(&root)?;
            let path = domain.lock_path();
            let lock = match lock_file(&path) {
                Ok(lock) => lock,
                // The last one left between the two steps.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(failed("open the lock of", error)),
            };
            match lock.try_lock() {
                Ok(()) if sys::is_at(&lock, &path) => {
                    found += domain.remove_all().map_err(|error| failed("clean", error))?;
                }
                Ok(()) => continue,
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(failed("lock", error)),
            }
            lock.lock_shared().map_err(|error| failed("lock", error))?;
            if sys::is_at(&lock, &path) {
                found += domain.remove_dead_runtimes().map_err(|error| failed("clean", error))?;
                return Ok(Self { domain: domain.clone(), lock, found });
            }
        }
    }

    /// Makes the folder of a runtime, and holds it.
    pub(crate) fn claim_runtime(&self, name: &str) -> Result<RuntimeFolder, IpcError> {
        check_name("runtime", name)?;
        let runtimes = self.domain.runtimes();
        let path = runtimes.join(name);
        let failed = |what, source| IpcError::system(what, path.display(), source);
        loop {
            make_private(&runtimes)?;
            make_private(&path)?;
            let lock_path = path.join("lock");
            let lock = match lock_file(&lock_path) {
                Ok(lock) => lock,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(failed("open the lock of", error)),
            };
            match lock.try_lock() {
                Ok(()) if sys::is_at(&lock, &lock_path) => {
                    return Ok(RuntimeFolder { path, _lock: lock });
                }
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(IpcError::RuntimeExists { name: name.to_owned() });
                }
                Err(TryLockError::Error(error)) => return Err(failed("lock", error)),
            }
        }
    }

    /// The folder of a runtime that lives.
    pub(crate) fn runtime_folder(&self, name: &str) -> Result<PathBuf, IpcError> {
        check_name("runtime", name)?;
        let path = self.domain.runtimes().join(name);
        let is_there = fs::symlink_metadata(path.join("lock")).is_ok();
        let is_ours = fs::symlink_metadata(&path).is_ok_and(|data| sys::is_private_folder(&data));
        if is_there && is_ours {
            return Ok(path);
        }
        Err(IpcError::NoRuntime { name: name.to_owned() })
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let path = self.domain.lock_path();
        if self.lock.try_lock().is_ok() && sys::is_at(&self.lock, &path) {
            // Nobody is here to be told: what cannot be removed now, the next start removes.
            drop(self.domain.remove_all());
            drop(fs::remove_file(&path));
            drop(fs::remove_dir(self.domain.root()));
        }
    }
}

/// The folder of a living runtime. It goes with this value.
#[derive(Debug)]
pub(crate) struct RuntimeFolder {
    pub(crate) path: PathBuf,
    _lock: File,
}

impl Drop for RuntimeFolder {
    fn drop(&mut self) {
        drop(remove_runtime(&self.path));
    }
}

pub(crate) fn lock_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.open(path)
}

fn make_private(path: &Path) -> Result<(), IpcError> {
    let made = fs::DirBuilder::new().mode(0o700).create(path);
    match made {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(IpcError::system("make", path.display(), error));
        }
        _ => {}
    }
    match fs::symlink_metadata(path) {
        Ok(metadata) if !sys::is_private_folder(&metadata) => {
            Err(IpcError::NotPrivate { path: path.display().to_string() })
        }
        // If it is gone again, the next step finds that.
        _ => Ok(()),
    }
}
