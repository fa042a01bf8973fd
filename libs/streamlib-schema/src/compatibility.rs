//! What changed from one version of a schema to another, and who can still read whose data.
//!
//! Each difference says two things: whether readers of the new version take what writers of the
//! old one wrote, and whether readers of the old version take what writers of the new one write. A
//! major version promises both ways within itself, so a change that breaks one of them needs a new
//! major version.
//!
//! Guaranteed: where a [`Comparison`] says that the new version reads old data, every instance that
//! the old schema takes and that holds no names beyond those it declares is taken by the new one;
//! the same the other way round.
//!
//! Not promised: numbers of whole types that are written with a fraction (`1.0`), and names that a
//! schema with `additionalProperties` does not declare. Where it cannot be told whether data still
//! fits (a map that became a dictionary, a definition that became another form), the answer is no.

mod compare;
mod scalar;

use serde::{Deserialize, Serialize};

use crate::reference::Version;
use crate::schema::Schema;

/// How much a version number has to change for a change of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing that is written changed: descriptions.
    Patch,
    /// Both versions read each other's data.
    Minor,
    /// One of them cannot read what the other writes.
    Major,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Names from the top of an instance; `*` stands for each element or value, `tag=name` for a
    /// form of a discriminator.
    pub path: Vec<String>,
    /// What changed, a phrase.
    pub what: String,
    /// Readers of the new version take what writers of the old version wrote.
    pub new_reads_old: bool,
    /// Readers of the old version take what writers of the new version write.
    pub old_reads_new: bool,
    /// What the version number has to change by for this.
    pub level: Level,
}

/// Every difference of two versions of a schema.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Comparison {
    /// The differences, by place.
    pub changes: Vec<Change>,
}

impl Comparison {
    /// What changed from `old` to `new`.
    pub fn of(old: &Schema, new: &Schema) -> Self {
        Self { changes: compare::compare(old, new) }
    }

    /// True if readers of the new version take what writers of the old version wrote.
    pub fn new_reads_old(&self) -> bool {
        self.changes.iter().all(|change| change.new_reads_old)
    }

    /// True if readers of the old version take what writers of the new version write.
    pub fn old_reads_new(&self) -> bool {
        self.changes.iter().all(|change| change.old_reads_new)
    }

    /// What the version number has to change by; `None` if nothing changed.
    pub fn level(&self) -> Option<Level> {
        self.changes.iter().map(|change| change.level).max()
    }

    /// The least version that may follow `old` with these changes; `old` if nothing changed.
    pub fn next_version(&self, old: Version) -> Version {
        let Version { major, minor, patch } = old;
        match self.level() {
            None => old,
            Some(Level::Patch) => Version { major, minor, patch: patch.saturating_add(1) },
            Some(Level::Minor) => Version { major, minor: minor.saturating_add(1), patch: 0 },
            Some(Level::Major) => Version { major: major.saturating_add(1), minor: 0, patch: 0 },
        }
    }
}

impl Change {
    /// Who can read whose data after this change, a phrase.
    pub fn consequence(&self) -> &'static str {
        match (self.new_reads_old, self.old_reads_new, self.level) {
            (_, _, Level::Patch) => "nothing that is written changes",
            (true, true, _) => "both versions read each other's data",
            (true, false, _) => "old readers refuse new data",
            (false, true, _) => "new readers refuse old data",
            (false, false, _) => "neither reads the other's data",
        }
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.path.is_empty() {
            write!(f, "`{}`: ", self.path.join("."))?;
        }
        write!(f, "{}; {}", self.what, self.consequence())
    }
}

impl Level {
    /// The name in messages and files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}
