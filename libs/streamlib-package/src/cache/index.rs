//! The installed packages: which name and version is which content.
//!
//! The file is replaced by a rename, so it is read without a lock. Only who has the cache's lock
//! writes it.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use semver::Version;
use serde::{Deserialize, Serialize};

use super::Result;
use crate::archive::sync_folder;
use crate::digest::Digest;
use crate::error::PackageError;

/// The form of `index.json`.
const FORMAT: u32 = 1;

/// Why a package is found by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installation {
    /// Whether somebody asked for it; else it is there because another needs it.
    pub asked: bool,
    /// The packages that were chosen for its dependencies, by content.
    pub uses: Vec<Digest>,
}

/// A name and a version, and what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) name: String,
    pub(super) version: Version,
    pub(super) contents: Digest,
    #[serde(flatten)]
    pub(super) installation: Installation,
}

/// All installed packages, by name and version.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Index {
    format: u32,
    packages: Vec<Record>,
}

impl Index {
    /// Reads the index; an empty one if there is no file.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self { format: FORMAT, packages: Vec::new() });
            }
            Err(error) => return Err(PackageError::io("read", path, error)),
        };
        let bad = |reason: String| {
            let path = path.display().to_string();
            PackageError::BadRecord { remove: path.clone(), path, reason }
        };
        let index: Self = serde_json::from_slice(&bytes).map_err(|error| bad(error.to_string()))?;
        if index.format != FORMAT {
            return Err(bad(format!(
                "it has format {}, and this program knows {FORMAT}",
                index.format
            )));
        }
        Ok(index)
    }

    /// Brings the index to the disk in the place of the old one.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let part = path.with_extension("json.part");
        let write = || {
            let file = File::create(&part)?;
            serde_json::to_writer_pretty(&file, self)?;
            file.sync_all()?;
            fs::rename(&part, path)
        };
        write().map_err(|error| PackageError::io("write", path, error))?;
        path.parent().map_or(Ok(()), sync_folder)
    }

    pub(super) fn of_name(&self, name: &str) -> impl Iterator<Item = &Record> {
        self.packages.iter().filter(move |record| record.name == name)
    }

    pub(super) fn of_contents(&self, contents: Digest) -> Option<&Record> {
        self.packages.iter().find(|record| record.contents == contents)
    }

    pub(super) fn records(&self) -> &[Record] {
        &self.packages
    }

    /// Puts a record in, in the place of one of the same name and version, which is returned.
    pub(super) fn put(&mut self, record: Record) -> Option<Record> {
        let key = |record: &Record| (record.name.clone(), record.version.clone());
        match self.packages.binary_search_by_key(&key(&record), key) {
            Ok(at) => Some(std::mem::replace(&mut self.packages[at], record)),
            Err(at) => {
                self.packages.insert(at, record);
                None
            }
        }
    }

    /// Removes all records that are not wanted.
    pub(super) fn retain(&mut self, is_wanted: impl FnMut(&Record) -> bool) {
        self.packages.retain(is_wanted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(name: &str, version: &str, content: &[u8]) -> Record {
        Record {
            name: name.to_owned(),
            version: version.parse().unwrap(),
            contents: Digest::of(content),
            installation: Installation { asked: true, uses: vec![Digest::of(b"other")] },
        }
    }

    #[test]
    fn it_is_read_as_it_is_written_and_is_in_order() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("index.json");
        let mut index = Index::read(&path).unwrap();
        assert_eq!(index.put(record("b", "1.10.0", b"1")), None);
        assert_eq!(index.put(record("b", "1.9.0", b"2")), None);
        assert_eq!(index.put(record("a", "3.0.0", b"3")), None);
        let old = index.put(record("b", "1.9.0", b"4"));
        assert_eq!(old, Some(record("b", "1.9.0", b"2")));
        index.write(&path).unwrap();
        let read = Index::read(&path).unwrap();
        assert_eq!(read, index);
        let versions: Vec<String> = read.of_name("b").map(|one| one.version.to_string()).collect();
        assert_eq!(versions, ["1.9.0", "1.10.0"]);
        assert!(read.of_contents(Digest::of(b"4")).is_some());
        assert!(read.of_contents(Digest::of(b"2")).is_none());
    }
}
