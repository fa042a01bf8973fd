//! How packages leave the cache.

use std::collections::BTreeSet;
use std::fs;
use std::time::SystemTime;

use super::entry::CachedPackage;
use super::index::Index;
use super::workspace::Workspace;
use super::{Cache, Result};
use crate::archive::sync_folder;
use crate::digest::Digest;
use crate::error::PackageError;

/// Which of the packages that nothing uses are removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prune {
    /// Only those that were not used since then.
    pub unused_since: Option<SystemTime>,
    /// Only says what would be removed.
    pub dry_run: bool,
}

/// What was removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// The packages.
    pub packages: Vec<CachedPackage>,
    /// Bytes of downloads that were not complete.
    pub download_bytes: u64,
}

impl Cache {
    /// Takes a package its name and removes it.
    ///
    /// # Errors
    /// [`PackageError::NeededBy`] if another installed package uses it, [`PackageError::InUse`] if
    /// a process does; then nothing has changed. [`PackageError::Io`],
    /// [`PackageError::BadRecord`].
    pub fn remove(&self, package: &CachedPackage) -> Result<()> {
        let workspace = Workspace::make(self)?;
        let _lock = self.lock()?;
        let mut index = Index::read(&self.index_path())?;
        let (name, version) = (package.name.clone(), package.version.clone());
        let users = index.records().iter().filter(|record| {
            record.contents != package.contents
                && record.installation.uses.contains(&package.contents)
        });
        let by: Vec<String> =
            users.map(|record| format!("{} {}", record.name, record.version)).collect();
        if !by.is_empty() {
            return Err(PackageError::NeededBy { name, version, by });
        }
        if self.entry(package.contents).is_in_use()? {
            return Err(PackageError::InUse { name, version });
        }
        index.retain(|record| record.contents != package.contents);
        index.write(&self.index_path())?;
        self.take_out(package.contents, &workspace)
    }

    /// Removes what nothing uses: packages that nobody asked for and no installed package uses,
    /// and downloads that were given up. What a process uses stays.
    ///
    /// # Errors
    /// [`PackageError::Io`], [`PackageError::BadRecord`].
    pub fn prune(&self, what: &Prune) -> Result<Pruned> {
        if !self.root.exists() && !self.downloads.exists() {
            return Ok(Pruned::default());
        }
        let workspace = Workspace::make(self)?;
        let _lock = self.lock()?;
        let mut index = Index::read(&self.index_path())?;
        let used = used(&index);
        let mut pruned = Pruned::default();
        for package in self.list()? {
            let is_recent = what.unused_since.is_some_and(|since| package.last_used >= since);
            let is_used = used.contains(&package.contents);
            if !is_used && !is_recent && !self.entry(package.contents).is_in_use()? {
                pruned.packages.push(package);
            }
        }
        pruned.download_bytes = crate::fetch::prune(&self.downloads, what)?;
        if what.dry_run || pruned.packages.is_empty() {
            return Ok(pruned);
        }
        index.retain(|record| {
            !pruned.packages.iter().any(|package| package.contents == record.contents)
        });
        index.write(&self.index_path())?;
        for package in &pruned.packages {
            self.take_out(package.contents, &workspace)?;
        }
        Ok(pruned)
    }

    /// Lets a package disappear; its files are removed with the workspace.
    fn take_out(&self, contents: Digest, workspace: &Workspace) -> Result<()> {
        let entry = self.entry(contents);
        if !entry.is_there() {
            return Ok(());
        }
        fs::rename(entry.folder(), workspace.path(&contents.to_string()))
            .map_err(|error| PackageError::io("remove", entry.folder(), error))?;
        sync_folder(&self.root.join("sha256"))
    }
}

/// The packages that were asked for, with all that they use.
fn used(index: &Index) -> BTreeSet<Digest> {
    let mut used = BTreeSet::new();
    let asked = index.records().iter().filter(|record| record.installation.asked);
    let mut open: Vec<Digest> = asked.map(|record| record.contents).collect();
    while let Some(contents) = open.pop() {
        if used.insert(contents) {
            let record = index.of_contents(contents);
            open.extend(record.into_iter().flat_map(|record| &record.installation.uses));
        }
    }
    used
}
