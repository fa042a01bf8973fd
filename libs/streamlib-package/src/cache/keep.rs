//! How a package comes into the cache, and gets its name.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use streamlib_manifest::package::{PackageInfo, parse_package_bytes};

use super::entry::{HeldPackage, Origin, package_folder, write_beside};
use super::index::{Index, Installation, Record};
use super::workspace::Workspace;
use super::{Cache, Result};
use crate::archive::{Archive, MANIFEST_NAME, Refusal, sync_folder};
use crate::digest::{BLOCK_BYTES, Digest, Hasher};
use crate::error::PackageError;
use crate::folder::PackageFolder;
use crate::progress::{OnProgress, Progress};

/// An archive that is to come into the cache.
#[derive(Debug, Clone)]
pub struct Incoming<'a> {
    /// The file.
    pub archive: &'a Path,
    /// Where it came from, as people know it.
    pub origin: &'a str,
    /// What its digest has to be.
    pub sha256: Option<Digest>,
    /// Name of the trusted key that signed it.
    pub signed_by: Option<&'a str>,
}

impl Cache {
    /// Brings an archive into the cache, where it is found by its content. If the same package is
    /// there already and whole, that is all; one that is damaged is replaced. Nothing of what is
    /// refused is left.
    ///
    /// # Errors
    /// [`PackageError::WrongArchive`] if it has another digest, [`PackageError::Refused`] if it
    /// breaks a rule, [`PackageError::Manifest`] with all that is wrong in its manifest and what
    /// that says of the files, or if it is for other versions of StreamLib,
    /// [`PackageError::InUse`] if a damaged one would have to be replaced, [`PackageError::Io`].
    pub fn keep(
        &self,
        incoming: &Incoming<'_>,
        on_progress: OnProgress<'_>,
    ) -> Result<HeldPackage> {
        let workspace = Workspace::make(self)?;
        // What is checked is what is unpacked, whatever happens to the file meanwhile.
        let copy = workspace.path("archive.slpkg");
        let digest = self.copy(incoming, &copy)?;
        if let Some(expected) = incoming.sha256.filter(|expected| *expected != digest) {
            let archive = incoming.origin.to_owned();
            return Err(PackageError::WrongArchive { archive, expected, found: digest });
        }
        let file = File::open(&copy).map_err(|error| PackageError::io("read", &copy, error))?;
        let mut archive = Archive::open(file, incoming.origin, &self.limits)?;
        let info = read_manifest(&mut archive)?;
        let contents = archive.contents().digest();
        let mut is_damaged = false;
        if let Some(held) = self.hold(contents)? {
            if self.verify(&held)?.is_empty() {
                return Ok(held);
            }
            is_damaged = true;
        }
        let folder = workspace.path("entry");
        let files = package_folder(&folder);
        fs::create_dir_all(&files).map_err(|error| PackageError::io("create", &files, error))?;
        archive.unpack(&files, on_progress)?;
        PackageFolder::open_as(&files, incoming.origin)?;
        let origin = Origin {
            format: Origin::FORMAT,
            name: info.name.clone(),
            version: info.version.clone(),
            archive: digest,
            origin: incoming.origin.to_owned(),
            signed_by: incoming.signed_by.map(str::to_owned),
            files: archive.files().len(),
            bytes: archive.total_bytes(),
        };
        write_beside(&folder, &origin)?;
        sync_folder(&folder)?;
        let held = self.publish(contents, &folder, &workspace, is_damaged.then_some(&info))?;
        on_progress(Progress::Kept);
        Ok(held)
    }

    /// Gives packages of the cache their names, all at once. What had a name and version before
    /// loses it, and stays in the cache for who uses it by content.
    ///
    /// # Errors
    /// [`PackageError::Io`], [`PackageError::BadRecord`].
    pub fn install(
        &self,
        packages: &[(&HeldPackage, Installation)],
        on_progress: OnProgress<'_>,
    ) -> Result<()> {
        let _lock = self.lock()?;
        let mut index = Index::read(&self.index_path())?;
        for (package, installation) in packages {
            let mut installation = installation.clone();
            // Who was asked for stays so when another comes to need it.
            let before = index.of_contents(package.contents);
            installation.asked |= before.is_some_and(|record| record.installation.asked);
            index.put(Record {
                name: package.name.clone(),
                version: package.version.clone(),
                contents: package.contents,
                installation,
            });
        }
        index.write(&self.index_path())?;
        on_progress(Progress::Installed);
        Ok(())
    }

    /// Copies an archive that is not too large, and returns its digest.
    fn copy(&self, incoming: &Incoming<'_>, to: &Path) -> Result<Digest> {
        let from = incoming.archive;
        let read_error = |error| PackageError::io("read", from, error);
        let write_error = |error| PackageError::io("write", to, error);
        let mut source = File::open(from).map_err(read_error)?;
        if !source.metadata().map_err(read_error)?.is_file() {
            let (archive, refusal) = (incoming.origin.to_owned(), Refusal::NotAnArchive);
            return Err(PackageError::Refused { archive, refusal });
        }
        let mut copy = File::create_new(to).map_err(write_error)?;
        let mut hasher = Hasher::default();
        let mut block = vec![0; BLOCK_BYTES];
        let mut bytes = 0;
        loop {
            let count = match source.read(&mut block) {
                Ok(0) => return Ok(hasher.finish()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(read_error(error)),
            };
            bytes += count as u64;
            let max = self.limits.archive_bytes;
            if bytes > max {
                let archive = incoming.origin.to_owned();
                let refusal = Refusal::ArchiveTooLarge { bytes, max };
                return Err(PackageError::Refused { archive, refusal });
            }
            hasher.update(&block[..count]);
            copy.write_all(&block[..count]).map_err(write_error)?;
        }
    }

    /// Lets a package appear, in the place of a damaged one if there was one. If another process
    /// was first, that is well.
    fn publish(
        &self,
        contents: Digest,
        folder: &Path,
        workspace: &Workspace,
        damaged: Option<&PackageInfo>,
    ) -> Result<HeldPackage> {
        let entry = self.entry(contents);
        let place = entry.folder();
        let _lock = self.lock()?;
        let io_error = |error| PackageError::io("create", place, error);
        if let Some(info) = damaged.filter(|_| entry.is_there()) {
            if entry.is_in_use()? {
                return Err(PackageError::InUse {
                    name: info.name.clone(),
                    version: info.version.clone(),
                });
            }
            fs::rename(place, workspace.path("damaged")).map_err(io_error)?;
        } else if let Some(held) = self.hold_locked(contents)? {
            return Ok(held);
        }
        let parent = self.root.join("sha256");
        fs::create_dir_all(&parent).map_err(io_error)?;
        fs::rename(folder, place).map_err(io_error)?;
        sync_folder(&parent)?;
        let held = self.hold_locked(contents)?;
        held.ok_or_else(|| io_error(io::ErrorKind::NotFound.into()))
    }
}

/// What the package says it is.
fn read_manifest(archive: &mut Archive<File>) -> Result<PackageInfo> {
    let bytes_max = streamlib_manifest::FILE_BYTES_MAX as u64;
    let bytes = archive.read(MANIFEST_NAME, bytes_max)?.unwrap_or_default();
    match parse_package_bytes(&bytes, MANIFEST_NAME).into_manifest() {
        Ok((manifest, _places)) => Ok(manifest.package),
        Err(diagnostics) => Err(PackageError::manifest(archive.label(), diagnostics)),
    }
}
