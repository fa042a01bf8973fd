//! The packages of a user: what is wanted, found with everything that it needs.
//!
//! Packages come from folders, files, URLs and the cache; [`resolve`](crate::resolve) chooses one
//! version of each. Nothing is installed, and no lock is written, before everything was found: a
//! failure leaves what was downloaded into the cache, by content and without a name, and nothing
//! else.

mod lock;
mod supply;

use std::path::{Path, PathBuf};

use semver::Version;
use streamlib_manifest::lock::Lock;
use streamlib_manifest::package::PackageSource;

use crate::cache::{Cache, HeldPackage, Installation};
use crate::digest::Digest;
use crate::error::PackageError;
use crate::fetch::Fetcher;
use crate::folder::PackageFolder;
use crate::home::Home;
use crate::progress::OnProgress;
use crate::resolve::{Requirement, Resolution, ResolveError, resolve};
use crate::trust::TrustStore;
pub use lock::{read_lock, write_lock};
use supply::Shelf;

type Result<T, E = PackageError> = std::result::Result<T, E>;

/// Who has the needs that nobody but the user has, for messages.
const ASKED: &str = "what is asked for";

/// Where the packages of a user are, and how they are found.
#[derive(Debug, Clone)]
pub struct PackageStore {
    cache: Cache,
    fetcher: Fetcher,
    trust: TrustStore,
}

/// How packages are gathered.
#[derive(Debug, Clone, Default)]
pub struct Gather {
    /// Folders are used where they are. Otherwise they come into the cache like archives.
    pub in_place: bool,
    /// What a lock says. Its versions win where they will do, and its sums have to be right.
    pub lock: Lock,
}

/// Packages with everything that they need, each behind what it needs.
#[derive(Debug, Default)]
pub struct Gathered {
    /// The packages.
    pub packages: Vec<GatheredPackage>,
    /// What was wanted.
    pub roots: Vec<Requirement>,
    resolution: Resolution,
}

/// A package that was found.
#[derive(Debug)]
pub struct GatheredPackage {
    /// Its folder, read and checked.
    pub folder: PackageFolder,
    /// Where it came from; among the installed packages when absent.
    pub source: Option<PackageSource>,
    /// Keeps it in the cache. A folder that is used in place has none.
    pub held: Option<HeldPackage>,
    /// Whether it was wanted itself, and not only needed by another.
    pub is_wanted: bool,
}

impl GatheredPackage {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.folder.manifest().package.name
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> &Version {
        &self.folder.manifest().package.version
    }
}

impl Gathered {
    /// The package called `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&GatheredPackage> {
        self.packages.iter().find(|package| package.name() == name)
    }

    /// The ways on which a package is needed, see [`Resolution::why`].
    #[must_use]
    pub fn why(&self, name: &str, limit: usize) -> Vec<Vec<Requirement>> {
        self.resolution.why(&self.roots, name, limit)
    }
}

impl PackageStore {
    /// The packages of a home.
    #[must_use]
    pub fn of(home: &Home) -> Self {
        let (cache, fetcher) = (Cache::of(home), Fetcher::of(home));
        Self { cache, fetcher, trust: TrustStore::of(home) }
    }

    /// The same, with another way to the network.
    #[must_use]
    pub fn with_fetcher(self, fetcher: Fetcher) -> Self {
        Self { fetcher, ..self }
    }

    /// The cache.
    #[must_use]
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// The way to the network.
    #[must_use]
    pub fn fetcher(&self) -> &Fetcher {
        &self.fetcher
    }

    /// The trusted keys.
    #[must_use]
    pub fn trust(&self) -> &TrustStore {
        &self.trust
    }

    /// Finds packages with everything that they need. Paths are taken from the folder `base`.
    ///
    /// # Errors
    /// One is not there, is refused, or is not right; nothing goes together
    /// ([`PackageError::Unresolved`]); the lock says another sum ([`PackageError::Locked`]).
    pub fn gather(
        &self,
        wanted: &[PackageSource],
        base: &Path,
        how: &Gather,
        on_progress: OnProgress<'_>,
    ) -> Result<Gathered> {
        let mut shelf = Shelf::new(self, how, on_progress);
        let mut roots = Vec::new();
        for source in wanted {
            roots.push(shelf.want(source, base)?);
        }
        let preferred = how.lock.packages.iter();
        let preferred =
            preferred.map(|(name, locked)| (name.clone(), locked.version.clone())).collect();
        let resolution =
            resolve(ASKED, &roots, &preferred, &mut shelf).map_err(|error| match error {
                ResolveError::Supply(error) => error,
                ResolveError::Unresolved(why) => shelf.unresolved(why),
            })?;
        let mut packages = Vec::new();
        for chosen in &resolution.packages {
            let is_wanted = roots.iter().any(|root| root.name == chosen.name);
            packages.push(shelf.take(chosen, is_wanted)?);
        }
        Ok(Gathered { packages, roots, resolution })
    }

    /// Gives everything that was gathered its name, all at once: it is found by it from now on.
    /// Folders that are used in place stay what they are.
    ///
    /// # Errors
    /// As [`Cache::install`].
    pub fn install(&self, gathered: &Gathered, on_progress: OnProgress<'_>) -> Result<()> {
        let contents_of = |requirement: &Requirement| -> Option<Digest> {
            Some(gathered.get(&requirement.name)?.held.as_ref()?.contents)
        };
        let installed: Vec<(&HeldPackage, Installation)> = gathered
            .packages
            .iter()
            .filter_map(|package| {
                let held = package.held.as_ref()?;
                let chosen = gathered.resolution.get(package.name());
                let needs = chosen.map(|one| one.candidate.requirements.as_slice());
                let mut uses: Vec<Digest> =
                    needs.unwrap_or_default().iter().filter_map(contents_of).collect();
                uses.sort();
                uses.dedup();
                uses.retain(|one| *one != held.contents);
                Some((held, Installation { asked: package.is_wanted, uses }))
            })
            .collect();
        self.cache.install(&installed, on_progress)
    }
}

/// A path that does not depend on where the program runs.
fn absolute(base: &Path, path: &str) -> Result<PathBuf> {
    let joined = base.join(path);
    joined.canonicalize().map_err(|error| PackageError::io("find", &joined, error))
}
