//! A grammar as data: what keys an object has and what their values look like.
//!
//! The tables made of these types drive the check of a document ([`crate::check`]) and the JSON
//! Schema for editors ([`crate::json_schema`]), so the two cannot drift apart.

use crate::word::Word;

/// What a value must look like.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Any text.
    Text,
    /// `true` or `false`.
    Bool,
    /// An integer in a range, both ends included.
    Integer { min: u64, max: u64 },
    /// One of some words.
    Choice(&'static [&'static str]),
    /// One of some words that another crate knows.
    Known(fn() -> Vec<&'static str>),
    /// Text with a grammar.
    Word(&'static Word),
    /// A duration with its unit.
    Duration,
    /// A size with its unit.
    Size,
    /// One end of a link, `processor.port`.
    Endpoint,
    /// A link in its short form, `from.port -> to.port`.
    ShortLink,
    /// Text, a number or a boolean.
    Scalar,
    /// A free mapping.
    Config,
    /// Two numbers.
    Point,
    /// A mapping from names to values of one shape.
    Map { keys: &'static Word, values: &'static Shape },
    /// A list of values of one shape.
    List(&'static Shape),
    /// A mapping with known keys.
    Object(&'static Object),
    /// A text as a short form of a mapping.
    ShortOr { short: &'static Shape, long: &'static Shape },
}

/// A mapping with known keys.
#[derive(Debug)]
pub(crate) struct Object {
    /// What it is, with its article, for messages.
    pub(crate) what: &'static str,
    pub(crate) keys: &'static [Key],
}

/// A known key of an object.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    pub(crate) shape: Shape,
    /// What it means, for editors.
    pub(crate) doc: &'static str,
}

/// A key that must be there.
pub(crate) const fn required(name: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key { name, required: true, shape, doc }
}

/// A key that may be left out.
pub(crate) const fn optional(name: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key { name, required: false, shape, doc }
}

impl Object {
    pub(crate) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    pub(crate) fn key_names(&self) -> Vec<&'static str> {
        self.keys.iter().map(|key| key.name).collect()
    }
}

impl Shape {
    /// What is expected, with its article, for messages.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Bool => "true or false".to_owned(),
            Self::Integer { min, max } => format!("a whole number from {min} to {max}"),
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::Known(words) => format!("one of {}", words().join(", ")),
            Self::Word(word) => word.what.to_owned(),
            Self::Duration => "a duration such as `200ms`".to_owned(),
            Self::Size => "a size such as `64MiB`".to_owned(),
            Self::Endpoint => "`processor.port`".to_owned(),
            Self::ShortLink => "a link `from.port -> to.port`".to_owned(),
            Self::Scalar => "text, a number or a boolean".to_owned(),
            Self::Config => "a mapping".to_owned(),
            Self::Point => "a list of two numbers".to_owned(),
            Self::Map { .. } => "a mapping".to_owned(),
            Self::List(_) => "a list".to_owned(),
            Self::Object(object) => format!("a mapping ({})", object.what),
            Self::ShortOr { short, long } => {
                format!("{} or {}", short.describe(), long.describe())
            }
        }
    }
}
