//! Which versions of which packages: dependencies with ranges to one version each.
//!
//! One version of a package is chosen, since its processors and schemas have one name each. The
//! newest that everybody takes wins, unless a lock names another that will do. Packages may need
//! each other in circles, and several may need the same one.
//!
//! The search goes forward with the newest version of each and takes back what turns out not to
//! fit. It is our own and not that of a solver, because [`semver::VersionReq`] stays the one judge
//! of what a range takes (pre-releases are no interval), and because a package has few versions
//! here: those installed, or the one at the end of a path or URL. The number of steps is bounded;
//! beyond it the answer is an error, never a wait.
//!
//! Guarantees: the answer depends on what can be had alone, not on the order in which it is found.
//! No input or output: who asks says what can be had.

mod explain;
mod search;

use std::collections::BTreeMap;

use semver::{Version, VersionReq};
use streamlib_manifest::package::PackageSource;

pub use explain::{Conflict, Need, Unresolved};

/// Something that is needed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Requirement {
    /// The package.
    pub name: String,
    /// Which versions will do.
    pub range: VersionReq,
    /// Where it has to come from; from anywhere when absent.
    pub source: Option<PackageSource>,
}

/// A version of a package that can be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its version.
    pub version: Version,
    /// Where it comes from; among the installed packages when absent.
    pub source: Option<PackageSource>,
    /// What it needs itself.
    pub requirements: Vec<Requirement>,
}

/// What can be had.
pub trait Supply {
    /// Why it cannot be said what can be had.
    type Error;

    /// The versions of `requirement.name` that can be had, whatever its range says: of its source
    /// if it names one. In any order; none is a good answer.
    ///
    /// # Errors
    /// The source cannot be read, for example. It ends the search.
    fn candidates(&mut self, requirement: &Requirement) -> Result<Vec<Candidate>, Self::Error>;
}

/// What was chosen, each package behind those that it needs, as far as circles allow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resolution {
    /// The packages.
    pub packages: Vec<Chosen>,
}

/// A package that was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Its name.
    pub name: String,
    /// The version.
    pub candidate: Candidate,
}

impl Resolution {
    /// The package called `name`.
    pub fn get(&self, name: &str) -> Option<&Chosen> {
        self.packages.iter().find(|one| one.name == name)
    }

    /// The ways on which `name` is needed, each from a requirement of `roots` down to it, without
    /// going round in circles. Sorted; at most `limit`.
    pub fn why(&self, roots: &[Requirement], name: &str, limit: usize) -> Vec<Vec<Requirement>> {
        let mut found = Vec::new();
        for root in roots {
            self.ways(vec![root.clone()], name, limit, &mut found);
        }
        found
    }

    fn ways(
        &self,
        way: Vec<Requirement>,
        name: &str,
        limit: usize,
        found: &mut Vec<Vec<Requirement>>,
    ) {
        let Some(last) = way.last() else { return };
        if found.len() >= limit {
            return;
        }
        if last.name == name {
            found.push(way);
            return;
        }
        let needs = self.get(&last.name).map(|one| one.candidate.requirements.as_slice());
        for next in needs.unwrap_or_default() {
            if !way.iter().any(|before| before.name == next.name) {
                let mut longer = way.clone();
                longer.push(next.clone());
                self.ways(longer, name, limit, found);
            }
        }
    }
}

/// Why nothing was chosen.
#[derive(Debug)]
pub enum ResolveError<E> {
    /// What can be had cannot be said.
    Supply(E),
    /// Nothing fits.
    Unresolved(Unresolved),
}

/// Chooses versions for `roots` and everything that they need. `who` is what has those needs, for
/// messages; `preferred` are versions that win over newer ones where they will do.
///
/// # Errors
/// Nothing fits, with an explanation; or `supply` cannot say what can be had.
pub fn resolve<S: Supply>(
    who: &str,
    roots: &[Requirement],
    preferred: &BTreeMap<String, Version>,
    supply: &mut S,
) -> Result<Resolution, ResolveError<S::Error>> {
    search::Search::new(who, preferred, supply).run(roots)
}
