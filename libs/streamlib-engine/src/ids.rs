//! Names of the things in a graph.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The name of a processor in its graph: a letter or `_`, then letters, digits, `_` and `-`, at
/// most 64. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProcessorId(Arc<str>);

/// A text that is not the name of a processor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a name for a processor; use a letter or `_`, then letters, digits, `_` and `-`, \
     at most 64"
)]
pub struct BadProcessorId(pub String);

impl ProcessorId {
    /// Checks the name.
    ///
    /// # Errors
    /// The text does not follow the grammar of names.
    pub fn new(text: impl AsRef<str>) -> Result<Self, BadProcessorId> {
        let text = text.as_ref();
        let first = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let rest = text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_' || c == b'-');
        if first && rest && text.len() <= 64 {
            return Ok(Self(text.into()));
        }
        Err(BadProcessorId(text.to_owned()))
    }

    /// For the compiler's own processors, whose names (`gray.video_in~convert`) no user can take.
    pub(crate) fn internal(text: &str) -> Self {
        Self(text.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ProcessorId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for ProcessorId {
    type Error = BadProcessorId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<ProcessorId> for String {
    fn from(id: ProcessorId) -> Self {
        id.as_str().to_owned()
    }
}

/// The number of a link in its graph; never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LinkId(pub u64);

impl std::fmt::Display for LinkId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "link {}", self.0)
    }
}

/// A port of a processor, `movie.video`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PortRef {
    /// The processor.
    pub processor: ProcessorId,
    /// The port's name.
    pub port: Arc<str>,
}

impl PortRef {
    /// Port `port` of `processor`.
    pub fn new(processor: ProcessorId, port: impl Into<Arc<str>>) -> Self {
        Self { processor, port: port.into() }
    }
}

impl std::fmt::Display for PortRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.processor, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_strict() {
        for good in ["a", "_x", "movie-2", &"a".repeat(64)] {
            assert!(ProcessorId::new(good).is_ok(), "{good}");
        }
        for bad in ["", "1a", "a.b", "a/b", "é", &"a".repeat(65)] {
            assert!(ProcessorId::new(bad).is_err(), "{bad}");
        }
    }
}
