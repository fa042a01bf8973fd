//! Names of the things in a graph.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The name of a processor in its graph: a letter or `_`, then letters, digits, `_` and `-`, at
/// most 64. Cheap to clone and to compare: the order is that of the text.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProcessorId {
    /// The first eight bytes as a number that orders as they do, with zeros behind a shorter name.
    /// Most names differ here, or are no longer; so maps seldom look at the text.
    head: u64,
    text: Arc<str>,
}

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
            return Ok(Self::internal(text));
        }
        Err(BadProcessorId(text.to_owned()))
    }

    /// For the compiler's own processors, whose names (`gray.video_in~convert`) no user can take.
    pub(crate) fn internal(text: &str) -> Self {
        let mut head = [0; 8];
        let known = text.len().min(head.len());
        head[..known].copy_from_slice(&text.as_bytes()[..known]);
        Self { head: u64::from_be_bytes(head), text: text.into() }
    }

    /// True if `head` is all of the text, but for its length.
    #[inline]
    fn is_short(&self) -> bool {
        self.text.len() <= size_of::<u64>()
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl PartialEq for ProcessorId {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.head == other.head
            && self.text.len() == other.text.len()
            && (self.is_short() || self.text == other.text)
    }
}

impl Eq for ProcessorId {}

impl Ord for ProcessorId {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        match self.head.cmp(&other.head) {
            Ordering::Equal if self.is_short() && other.is_short() => {
                self.text.len().cmp(&other.text.len())
            }
            Ordering::Equal => self.text.cmp(&other.text),
            by_head => by_head,
        }
    }
}

impl PartialOrd for ProcessorId {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for ProcessorId {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.head);
        if !self.is_short() {
            self.text.hash(state);
        }
    }
}

impl std::fmt::Debug for ProcessorId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ProcessorId").field(&&*self.text).finish()
    }
}

impl std::fmt::Display for ProcessorId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.text)
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
    use std::hash::BuildHasher;

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

    #[test]
    fn names_compare_as_their_texts_do() {
        let texts = ["a", "ab", "abcdefg", "abcdefgh", "abcdefgha", "abcdefghb", "b", "a-", "a_"];
        let internal = ["a~convert", "abcdefgh~convert", "é.in~convert", "é.in~convert2"];
        let texts: Vec<&str> = texts.into_iter().chain(internal).collect();
        let hash = |id: &ProcessorId| foldhash::fast::FixedState::default().hash_one(id);
        for (a, b) in texts.iter().flat_map(|a| texts.iter().map(move |b| (a, b))) {
            let ids = [ProcessorId::internal(a), ProcessorId::internal(b)];
            assert_eq!(ids[0].cmp(&ids[1]), a.cmp(b), "{a} {b}");
            assert_eq!(ids[0] == ids[1], a == b, "{a} {b}");
            assert_eq!(hash(&ids[0]) == hash(&ids[1]), a == b, "{a} {b}");
        }
    }
}
