//! Which events a reader wants.

use crate::IpcError;

/// What separates the parts of a topic on the way. No part has it.
const SEPARATOR: u8 = 0;
/// The most bytes of a topic.
const MOST_TOPIC_BYTES: usize = 255;

/// The first parts of the topics that are wanted, with dots between them, `*` for any one part:
/// `processor.movie` and `processor.movie.*` take every event of `movie`,
/// `processor.*.processor_failed` failures only. Without parts: every event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventFilter(Vec<Option<Box<str>>>);

impl EventFilter {
    /// Every event.
    pub fn all() -> Self {
        Self::default()
    }

    /// Reads a filter. Refused where a part is empty, or has a `*` beside other letters.
    pub fn new(text: &str) -> Result<Self, IpcError> {
        let part = |part: &str| match part {
            "*" => Some(None),
            "" => None,
            part if part.contains('*') => None,
            part => Some(Some(part.into())),
        };
        let parts: Option<Vec<_>> = text.split('.').map(part).collect();
        let bad = || IpcError::Topic { what: "filter", topic: text.to_owned() };
        parts.map(Self).ok_or_else(bad)
    }

    /// True if an event with this topic is wanted.
    pub fn takes<'t>(&self, topic: impl IntoIterator<Item = &'t str>) -> bool {
        let mut parts = topic.into_iter();
        self.0.iter().all(|wanted| match (wanted, parts.next()) {
            (None, Some(_)) => true,
            (Some(wanted), Some(part)) => **wanted == *part,
            (_, None) => false,
        })
    }
}

/// A topic as it travels.
pub(crate) fn encode(parts: &[&str]) -> Result<Vec<u8>, IpcError> {
    let is_part = |part: &&str| !part.is_empty() && !part.as_bytes().contains(&SEPARATOR);
    let bytes = parts.join("\0").into_bytes();
    if parts.is_empty() || !parts.iter().all(is_part) || bytes.len() > MOST_TOPIC_BYTES {
        return Err(IpcError::Topic { what: "topic", topic: parts.join(".") });
    }
    Ok(bytes)
}

/// The parts of a topic that came from another process.
pub(crate) fn decode(bytes: &[u8]) -> Vec<String> {
    let parts = bytes.split(|byte| *byte == SEPARATOR);
    parts.map(|part| String::from_utf8_lossy(part).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_take_what_begins_like_them() {
        let check = |filter: &str, topic: &[&str], expected: bool| {
            let filter = EventFilter::new(filter).expect("a filter");
            assert_eq!(filter.takes(topic.iter().copied()), expected, "{filter:?} {topic:?}");
        };
        let failed = ["processor", "movie", "processor_failed"];
        check("processor", &failed, true);
        check("processor.movie", &failed, true);
        check("processor.*.processor_failed", &failed, true);
        check("*", &failed, true);
        check("*.*.*.*", &failed, false);
        check("processor.camera", &failed, false);
        check("graph", &failed, false);
        // A name with a dot is one part.
        check("processor.*.started", &["processor", "a.b", "started"], true);
        assert!(EventFilter::all().takes(failed));
    }

    #[test]
    fn texts_that_are_no_filters_or_topics_are_refused() {
        for text in ["", "a..b", "a*", ".a"] {
            let message = EventFilter::new(text).expect_err("refused").to_string();
            assert!(message.contains("is no filter"), "{message}");
        }
        let long = "x".repeat(256);
        for parts in [&[][..], &[""], &["a\0b"], &[&long]] {
            assert!(
                matches!(encode(parts), Err(IpcError::Topic { what: "topic", .. })),
                "{parts:?}"
            );
        }
        assert_eq!(decode(&encode(&["a.b", "c"]).expect("a topic")), ["a.b", "c"]);
    }
}
