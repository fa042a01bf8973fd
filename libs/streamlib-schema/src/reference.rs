//! Names and versions of schemas.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A version, `major.minor.patch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Changes when old readers cannot read what new writers write.
    pub major: u32,
    /// Changes when something was added.
    pub minor: u32,
    /// Changes when nothing that is written changed.
    pub patch: u32,
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// Name and version of a schema: `com.tatolab.videoframe@1.0.0`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SchemaRef {
    /// Dotted name in lower case.
    pub name: String,
    /// Version.
    pub version: Version,
}

/// A text that is not the name and version of a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaRefError(String);

impl std::fmt::Display for SchemaRefError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "`{}` is not a schema name with a version; write it as `com.example.name@1.0.0`",
            self.0
        )
    }
}

impl std::error::Error for SchemaRefError {}

impl SchemaRef {
    /// The number that blocks carry: 64-bit FNV-1a of `name@major`. Versions that differ only in
    /// minor or patch read each other's blocks, so they share it.
    pub fn id(&self) -> u64 {
        schema_id(&self.name, self.version.major)
    }

    /// True if a reader of `self` reads what a writer of `other` writes.
    pub fn reads(&self, other: &Self) -> bool {
        self.name == other.name && self.version.major == other.version.major
    }
}

/// See [`SchemaRef::id`].
pub(crate) fn schema_id(name: &str, major: u32) -> u64 {
    let text = name.bytes().chain(*b"@").chain(major.to_le_bytes());
    text.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

impl FromStr for SchemaRef {
    type Err = SchemaRefError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || SchemaRefError(text.to_owned());
        let (name, version) = text.split_once('@').ok_or_else(error)?;
        let word = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_lowercase())
                && part.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_')
        };
        if name.len() > 128 || !name.split('.').all(word) {
            return Err(error());
        }
        let mut numbers = version.split('.').map(|part| part.parse::<u32>().ok());
        let (Some(Some(major)), Some(Some(minor)), Some(Some(patch)), None) =
            (numbers.next(), numbers.next(), numbers.next(), numbers.next())
        else {
            return Err(error());
        };
        Ok(Self { name: name.to_owned(), version: Version { major, minor, patch } })
    }
}

impl TryFrom<String> for SchemaRef {
    type Error = SchemaRefError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<SchemaRef> for String {
    fn from(schema: SchemaRef) -> Self {
        schema.to_string()
    }
}

impl std::fmt::Display for SchemaRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}

/// The name among `known` that is closest to `name`, if one is close: at most a third of its
/// letters differ (Levenshtein distance). For hints in error messages.
pub fn nearest_name<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let close = |candidate: &&str| {
        let distance = edit_distance(name, candidate);
        (distance <= name.chars().count().max(candidate.chars().count()).div_ceil(3))
            .then_some(distance)
    };
    known
        .into_iter()
        .filter_map(|candidate| close(&candidate).map(|distance| (distance, candidate)))
        .min()
        .map(|(_, candidate)| candidate)
}

fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(128).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().take(128).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_strict() {
        let schema: SchemaRef = "com.tatolab.videoframe@1.2.3".parse().unwrap();
        assert_eq!(schema.to_string(), "com.tatolab.videoframe@1.2.3");
        assert_eq!(schema.id(), "com.tatolab.videoframe@1.9.0".parse::<SchemaRef>().unwrap().id());
        assert_ne!(schema.id(), "com.tatolab.videoframe@2.0.0".parse::<SchemaRef>().unwrap().id());
        for bad in ["", "a", "a@1", "a@1.0", "a@1.0.0.0", "A@1.0.0", "a..b@1.0.0", "../x@1.0.0"] {
            assert!(bad.parse::<SchemaRef>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_nearest_name_is_near() {
        let known = ["video_in", "video_out", "audio"];
        assert_eq!(nearest_name("vidoe_in", known), Some("video_in"));
        assert_eq!(nearest_name("zzz", known), None);
    }
}
