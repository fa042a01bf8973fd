//! What packages can be had: folders, files, URLs and the installed ones.

use std::collections::HashMap;
use std::path::Path;

use semver::VersionReq;
use streamlib_manifest::package::{Dependency, PackageSource};

use super::{ASKED, Gather, GatheredPackage, PackageStore, Result, absolute};
use crate::bundle::Bundle;
use crate::cache::{CachedPackage, HeldPackage, Incoming};
use crate::digest::Digest;
use crate::error::PackageError;
use crate::folder::PackageFolder;
use crate::progress::{OnProgress, Progress};
use crate::resolve::{Candidate, Chosen, Conflict, Requirement, Supply, Unresolved};
use crate::trust::Trust;

/// Where a package lies.
#[derive(Debug)]
struct Located {
    folder: PackageFolder,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// A folder that is used in place.
    Folder,
    /// In the cache, and held.
    Held(HeldPackage),
    /// In the cache.
    Cached(CachedPackage),
}

type Key = (String, semver::Version, Option<PackageSource>);

/// Everything that was looked at so far.
pub(super) struct Shelf<'a> {
    store: &'a PackageStore,
    how: &'a Gather,
    on_progress: OnProgress<'a>,
    located: HashMap<Key, Located>,
    of_source: HashMap<PackageSource, (String, Candidate)>,
    /// Installed packages that cannot be used, and why.
    unfit: Vec<PackageError>,
}

impl<'a> Shelf<'a> {
    pub(super) fn new(
        store: &'a PackageStore,
        how: &'a Gather,
        on_progress: OnProgress<'a>,
    ) -> Self {
        let (located, of_source) = (HashMap::new(), HashMap::new());
        Self { store, how, on_progress, located, of_source, unfit: Vec::new() }
    }

    /// What a source asks for.
    pub(super) fn want(&mut self, source: &PackageSource, base: &Path) -> Result<Requirement> {
        if let PackageSource::Name { name, range } = source {
            return Ok(Requirement { name: name.clone(), range: range.clone(), source: None });
        }
        let source = place(source, base)?;
        let (name, _) = self.of_source(&source)?;
        Ok(Requirement { name, range: VersionReq::STAR, source: Some(source) })
    }

    /// What a search that found nothing says; an installed package that cannot be used says more.
    pub(super) fn unresolved(&mut self, why: Unresolved) -> PackageError {
        let is_about = |error: &PackageError| match error {
            PackageError::Manifest { archive, .. } => {
                why.conflicts.iter().any(|one| archive.contains(&one.name))
            }
            _ => false,
        };
        if let [Conflict { name, needs, there }] = why.conflicts.as_slice()
            && let [need] = needs.as_slice()
            && need.by == ASKED
            && self.unfit.is_empty()
        {
            let versions = there.iter().map(|(version, _)| version.clone()).collect();
            let (name, range) = (name.clone(), need.range.clone());
            return PackageError::NotInstalled { name, range, versions };
        }
        match self.unfit.iter().position(is_about) {
            Some(at) if why.conflicts.iter().all(|one| one.there.is_empty()) => {
                self.unfit.swap_remove(at)
            }
            _ => PackageError::Unresolved(Box::new(why)),
        }
    }

    /// Takes what was chosen, and holds it.
    pub(super) fn take(&mut self, chosen: &Chosen, is_wanted: bool) -> Result<GatheredPackage> {
        let candidate = &chosen.candidate;
        let key = (chosen.name.clone(), candidate.version.clone(), candidate.source.clone());
        let gone = || PackageError::NotInstalled {
            name: chosen.name.clone(),
            range: VersionReq::STAR,
            versions: Vec::new(),
        };
        let Located { folder, place } = self.located.remove(&key).ok_or_else(gone)?;
        let held = match place {
            Place::Folder => None,
            Place::Held(held) => Some(held),
            Place::Cached(package) => {
                let held = self.store.cache.hold(package.contents)?;
                Some(held.ok_or_else(gone)?)
            }
        };
        if let Some(held) = &held {
            self.check_lock(held)?;
        }
        Ok(GatheredPackage { folder, source: candidate.source.clone(), held, is_wanted })
    }

    /// The lock says what a locked version has to be.
    fn check_lock(&self, held: &HeldPackage) -> Result<()> {
        let Some(locked) = self.how.lock.packages.get(&held.name) else { return Ok(()) };
        let found = held.archive.to_string();
        match &locked.sha256 {
            Some(sha256) if locked.version == held.version && *sha256 != found => {
                Err(PackageError::Locked {
                    name: held.name.clone(),
                    version: held.version.clone(),
                    locked: sha256.clone(),
                    found,
                })
            }
            _ => Ok(()),
        }
    }

    /// The package at a place, read once.
    fn of_source(&mut self, source: &PackageSource) -> Result<(String, Candidate)> {
        if let Some(known) = self.of_source.get(source) {
            return Ok(known.clone());
        }
        let (folder, place) = match source {
            PackageSource::Folder(path) if self.how.in_place => {
                (PackageFolder::open(Path::new(path))?, Place::Folder)
            }
            PackageSource::Folder(path) => self.held(|shelf| shelf.pack(Path::new(path)))?,
            PackageSource::File(path) => self.held(|shelf| shelf.file(Path::new(path)))?,
            PackageSource::Url { url, sha256 } => {
                self.held(|shelf| shelf.url(url, sha256.as_deref()))?
            }
            PackageSource::Name { name, range } => {
                let package = self.store.cache.find(name, range)?;
                (PackageFolder::open(&package.folder)?, Place::Cached(package))
            }
        };
        // Paths in a manifest mean something only where the manifest was written.
        let base = matches!(source, PackageSource::Folder(_)).then_some(source);
        let base = base.and_then(|source| match source {
            PackageSource::Folder(path) => Some(Path::new(path)),
            _ => None,
        });
        let info = &folder.manifest().package;
        let candidate = Candidate {
            version: info.version.clone(),
            source: Some(source.clone()),
            requirements: requirements(&folder, base)?,
        };
        let name = info.name.clone();
        let key = (name.clone(), candidate.version.clone(), candidate.source.clone());
        self.located.insert(key, Located { folder, place });
        self.of_source.insert(source.clone(), (name.clone(), candidate.clone()));
        Ok((name, candidate))
    }

    fn held(
        &mut self,
        keep: impl FnOnce(&mut Self) -> Result<HeldPackage>,
    ) -> Result<(PackageFolder, Place)> {
        let held = keep(self)?;
        Ok((PackageFolder::open(&held.folder)?, Place::Held(held)))
    }

    /// Packs a folder, and keeps what comes of it.
    fn pack(&mut self, folder: &Path) -> Result<HeldPackage> {
        let bundle = Bundle::of(folder)?;
        let io_error = |error| PackageError::io("create", std::env::temp_dir(), error);
        let temporary = tempfile::tempdir().map_err(io_error)?;
        let archive = temporary.path().join("package.slpkg");
        bundle.pack(&archive, self.on_progress)?;
        let origin = folder.display().to_string();
        self.keep(&Incoming { archive: &archive, origin: &origin, sha256: None, signed_by: None })
    }

    fn file(&mut self, archive: &Path) -> Result<HeldPackage> {
        let origin = archive.display().to_string();
        let (sha256, signed_by) = match self.store.trust.read()?.check_beside(archive)? {
            Trust::Signed { by, sha256, .. } => (Some(sha256), Some(by)),
            Trust::UnknownKey | Trust::Unsigned => (None, None),
        };
        let signed_by = signed_by.as_deref();
        self.keep(&Incoming { archive, origin: &origin, sha256, signed_by })
    }

    fn url(&mut self, url: &str, sha256: Option<&str>) -> Result<HeldPackage> {
        let of_lock = || {
            let mut locked = self.how.lock.packages.values();
            let is_it = |source: &PackageSource| matches!(source, PackageSource::Url { url: known, .. } if known == url);
            locked.find(|one| one.source.as_ref().is_some_and(is_it))?.sha256.as_deref()
        };
        let sha256: Option<Digest> = sha256.or_else(of_lock).map(str::parse).transpose()?;
        if let Some(sha256) = sha256
            && let Some(package) = self.store.cache.get_by_archive(sha256)?
            && let Some(held) = self.store.cache.hold(package.contents)?
        {
            return Ok(held);
        }
        let keys = self.store.trust.read()?;
        let download = self.store.fetcher.fetch(url, sha256, &keys, self.on_progress)?;
        self.keep(&Incoming {
            archive: download.file(),
            origin: url,
            sha256: Some(download.sha256()),
            signed_by: download.signed_by(),
        })
    }

    fn keep(&mut self, incoming: &Incoming<'_>) -> Result<HeldPackage> {
        let on_progress = &mut *self.on_progress;
        self.store.cache.keep(incoming, &mut |progress: Progress<'_>| on_progress(progress))
    }

    /// The installed packages of a name.
    fn installed(&mut self, name: &str) -> Result<Vec<Candidate>> {
        let mut candidates = Vec::new();
        for package in self.store.cache.versions(name)? {
            let folder = match PackageFolder::open(&package.folder) {
                Ok(folder) => folder,
                // One for another StreamLib is no candidate; the others are.
                Err(PackageError::Manifest { diagnostics, .. }) => {
                    let archive = format!("{} {}", package.name, package.version);
                    self.unfit.push(PackageError::Manifest { archive, diagnostics });
                    continue;
                }
                Err(error) => return Err(error),
            };
            let candidate = Candidate {
                version: package.version.clone(),
                source: None,
                requirements: requirements(&folder, None)?,
            };
            let key = (name.to_owned(), package.version.clone(), None);
            let place = Place::Cached(package);
            self.located.insert(key, Located { folder, place });
            candidates.push(candidate);
        }
        Ok(candidates)
    }
}

impl Supply for Shelf<'_> {
    type Error = PackageError;

    fn candidates(&mut self, requirement: &Requirement) -> Result<Vec<Candidate>> {
        let Some(source) = &requirement.source else { return self.installed(&requirement.name) };
        let (name, candidate) = self.of_source(source)?;
        if name != requirement.name {
            let (place, expected) = (source.to_string(), requirement.name.clone());
            return Err(PackageError::OtherName { place, expected, found: name });
        }
        Ok(vec![candidate])
    }
}

/// A source that does not depend on where it was written.
fn place(source: &PackageSource, base: &Path) -> Result<PackageSource> {
    let text = |path: &str| Ok::<_, PackageError>(absolute(base, path)?.display().to_string());
    Ok(match source {
        PackageSource::Folder(path) => PackageSource::folder(&text(path)?),
        PackageSource::File(path) => PackageSource::File(text(path)?),
        other => other.clone(),
    })
}

/// What a package needs. Without `base`, where it was packed, paths have no meaning any more: what
/// was there is looked for among the installed packages.
fn requirements(folder: &PackageFolder, base: Option<&Path>) -> Result<Vec<Requirement>> {
    let dependencies = folder.manifest().dependencies.iter();
    let requirement = |(name, dependency): (&String, &Dependency)| {
        let source = match (&dependency.source, base) {
            (Some(PackageSource::Folder(_) | PackageSource::File(_)), None) | (None, _) => None,
            (Some(source), Some(base)) => Some(place(source, base)?),
            (Some(source), None) => Some(source.clone()),
        };
        let (name, range) = (name.clone(), dependency.range.clone());
        Ok(Requirement { name, range, source })
    };
    dependencies.map(requirement).collect()
}
