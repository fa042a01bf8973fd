//! Why nothing fits, in words.

use std::fmt;

use semver::{Version, VersionReq};
use streamlib_manifest::package::PackageSource;

/// Most conflicts that are said.
const SHOWN_MAX: usize = 3;

/// Why no versions go together. Displays as an explanation of some lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    /// What did not fit, first what the newest versions would have needed.
    pub conflicts: Vec<Conflict>,
    /// The search was given up; there may be an answer.
    pub gave_up: bool,
}

/// A package of which no version will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The package.
    pub name: String,
    /// Who needs what of it.
    pub needs: Vec<Need>,
    /// What there is of it, oldest first.
    pub there: Vec<(Version, Option<PackageSource>)>,
}

/// What somebody needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Who.
    pub by: String,
    /// Which versions.
    pub range: VersionReq,
    /// From where, if that is said.
    pub source: Option<PackageSource>,
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, conflict) in self.conflicts.iter().take(SHOWN_MAX).enumerate() {
            f.write_str(if at == 0 { "" } else { "\nand with other versions: " })?;
            write!(f, "{conflict}")?;
        }
        match self.conflicts.len().saturating_sub(SHOWN_MAX) {
            0 => {}
            more => write!(f, "\nand {more} more that do not fit")?,
        }
        if self.gave_up {
            f.write_str("\nthe search was given up; say narrower ranges of versions")?;
        }
        Ok(())
    }
}

impl std::error::Error for Unresolved {}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        if self.there.is_empty() {
            write!(f, "the package `{name}` is not there")?;
        } else if self.needs.len() == 1 {
            write!(f, "no version of `{name}` will do")?;
        } else {
            write!(f, "no version of `{name}` will do for all who need it")?;
        }
        for need in &self.needs {
            let from = match &need.source {
                Some(source) => format!(" from {source}"),
                None => String::new(),
            };
            write!(f, "\n  {} needs {name} {}{from}", need.by, need.range)?;
        }
        if !self.there.is_empty() {
            let version = |(version, source): &(Version, Option<PackageSource>)| match source {
                Some(source) => format!("{version} at {source}"),
                None => version.to_string(),
            };
            let there: Vec<String> = self.there.iter().map(version).collect();
            write!(f, "\n  there is {name} {}", there.join(", "))?;
        }
        Ok(())
    }
}
