//! The lock file of a project.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Component, Path, PathBuf};

use streamlib_manifest::lock::{LOCK_FILE, Lock, LockedPackage, lock_to_yaml, parse_lock};
use streamlib_manifest::package::PackageSource;

use super::{Gathered, GatheredPackage, Result};
use crate::archive::{CONTENTS_NAME, Contents};
use crate::error::PackageError;
use crate::folder::read_file;

impl Gathered {
    /// The lock of the project in `root`: everything that it needs, and not the project itself.
    ///
    /// # Errors
    /// [`PackageError::Io`].
    pub fn lock(&self, root: &Path) -> Result<Lock> {
        let root = root.canonicalize().map_err(|error| PackageError::io("find", root, error))?;
        let mut lock = Lock::default();
        for package in self.packages.iter().filter(|package| package.folder.root() != root) {
            lock.packages.insert(package.name().to_owned(), locked(package, &root)?);
        }
        Ok(lock)
    }
}

fn locked(package: &GatheredPackage, root: &Path) -> Result<LockedPackage> {
    let source = package.source.as_ref().map(|source| match source {
        PackageSource::Folder(path) => PackageSource::folder(&relative(root, Path::new(path))),
        PackageSource::File(path) => PackageSource::File(relative(root, Path::new(path))),
        PackageSource::Url { url, .. } => PackageSource::Url { url: url.clone(), sha256: None },
        other => other.clone(),
    });
    let mut locked = LockedPackage {
        version: package.version().clone(),
        source,
        sha256: None,
        files: std::collections::BTreeMap::new(),
    };
    if let Some(held) = &package.held {
        let list = held.folder.join(CONTENTS_NAME);
        let bytes = fs::read(&list).map_err(|error| PackageError::io("read", &list, error))?;
        let contents = Contents::parse(&bytes).unwrap_or_default();
        locked.sha256 = Some(held.archive.to_string());
        locked.files =
            contents.files().map(|(name, sum)| (name.to_owned(), sum.to_string())).collect();
    }
    Ok(locked)
}

/// The lock of the project in `root`; an empty one if it has none.
///
/// # Errors
/// [`PackageError::Manifest`] with everything that is wrong in it, [`PackageError::Io`].
pub fn read_lock(root: &Path) -> Result<Lock> {
    let path = root.join(LOCK_FILE);
    let bytes = match read_file(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Lock::default()),
        Err(error) => return Err(PackageError::io("read", &path, error)),
    };
    let text = String::from_utf8_lossy(&bytes);
    parse_lock(&text, &path.display().to_string())
        .map_err(|found| PackageError::manifest(&root.display().to_string(), found))
}

/// Writes the lock of the project in `root`, in the place of the old one. One that would say the
/// same is not touched; gives back whether it was written.
///
/// # Errors
/// [`PackageError::Io`].
pub fn write_lock(root: &Path, lock: &Lock) -> Result<bool> {
    let path = root.join(LOCK_FILE);
    let text = lock_to_yaml(lock);
    if fs::read(&path).is_ok_and(|old| old == text.as_bytes()) {
        return Ok(false);
    }
    let part = root.join(format!(".{LOCK_FILE}.part"));
    let write = || {
        let mut file = fs::File::create(&part)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&part, &path)
    };
    write().map_err(|error| PackageError::io("write", &path, error))?;
    Ok(true)
}

/// The way from one folder to a path, both absolute, with `/`.
fn relative(from: &Path, to: &Path) -> String {
    let parts = |path: &Path| -> Vec<PathBuf> {
        let normal = path.components().filter(|part| !matches!(part, Component::RootDir));
        normal.map(|part| PathBuf::from(part.as_os_str())).collect()
    };
    let (from, to) = (parts(from), parts(to));
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from[shared..].iter().map(|_| "..".to_owned());
    let down = to[shared..].iter().map(|part| part.display().to_string());
    let way: Vec<String> = up.chain(down).collect();
    if way.is_empty() { ".".to_owned() } else { way.join("/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_from_a_folder_to_a_path() {
        let check = |from: &str, to: &str, expected: &str| {
            assert_eq!(relative(Path::new(from), Path::new(to)), expected);
        };
        check("/a/b", "/a/c", "../c");
        check("/a/b", "/a/b/c/d.slpkg", "c/d.slpkg");
        check("/a/b", "/a/b", ".");
        check("/a/b", "/x", "../../x");
    }
}
