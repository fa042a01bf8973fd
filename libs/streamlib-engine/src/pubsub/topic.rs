//! Which events a subscription wants.

use super::events::EventKind;

/// Which events a subscription wants: the first parts of their topics, `*` for any one part.
///
/// Topics are `runtime.<event>`, `graph.<event>`, `processor.<name>.<event>` and
/// `link.<number>.<event>`. `processor.movie`, `processor.movie.*` and `processor.*` all take
/// every event of `movie`; `processor.*.processor_failed` takes failures only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicFilter(Vec<Option<Box<str>>>);

/// A text that is not a topic filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a filter for events; write the parts of a topic with dots between them and `*` \
     for any one part, `processor.movie.*`"
)]
pub struct BadFilter(pub String);

impl TopicFilter {
    /// Every event.
    pub const fn all() -> Self {
        Self(Vec::new())
    }

    /// Reads a filter.
    ///
    /// # Errors
    /// A part is empty, or has a `*` beside other letters.
    pub fn new(text: &str) -> Result<Self, BadFilter> {
        let part = |part: &str| match part {
            "*" => Some(None),
            "" => None,
            part if part.contains('*') => None,
            part => Some(Some(part.into())),
        };
        let parts: Option<Vec<_>> = text.split('.').map(part).collect();
        parts.map(Self).ok_or_else(|| BadFilter(text.to_owned()))
    }

    /// True if the event is wanted.
    pub fn takes(&self, event: &EventKind) -> bool {
        event.topic(|parts| {
            self.0.iter().all(|wanted| match (wanted, parts.next()) {
                (None, Some(_)) => true,
                (Some(wanted), Some(part)) => **wanted == *part,
                (_, None) => false,
            })
        })
    }
}

impl std::str::FromStr for TopicFilter {
    type Err = BadFilter;

    fn from_str(text: &str) -> Result<Self, BadFilter> {
        Self::new(text)
    }
}
