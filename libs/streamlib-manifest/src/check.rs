//! Checks a document against a [`Shape`]: keys, types, ranges, names. Everything that can be
//! said without knowing the rest of the file.
//!
//! It reports all problems and changes nothing. What it lets through, [`crate::read`] can read.

use crate::diagnostic::{Code, Diagnostic, Problems};
use crate::error::{ManifestError, excerpt};
use crate::graph_file::{Endpoint, LinkEntry};
use crate::node::{Entry, Node, NodeKind};
use crate::path::NodePath;
use crate::quantity::{parse_duration, parse_size};
use crate::shape::{Object, Shape};
use crate::source::ByteSpan;
use crate::suggest;
use crate::word::Word;

/// Checks a node, and all nodes in it, against a shape.
pub(crate) fn check(node: &Node, shape: &Shape, problems: &mut Problems<'_>) {
    Checker { problems, path: NodePath::root() }.value(node, shape);
}

struct Checker<'s, 'p> {
    problems: &'p mut Problems<'s>,
    path: NodePath,
}

impl Checker<'_, '_> {
    fn value(&mut self, node: &Node, shape: &Shape) {
        match (shape, &node.kind) {
            (_, NodeKind::Invalid)
            | (Shape::Text, NodeKind::Text(_))
            | (Shape::Bool, NodeKind::Bool(_))
            | (Shape::Scalar, NodeKind::Text(_) | NodeKind::Number(_) | NodeKind::Bool(_))
            | (Shape::Config, NodeKind::Map(_)) => {}
            (Shape::Integer { min, max }, NodeKind::Number(number)) => {
                if !number.as_u64().is_some_and(|n| (*min..=*max).contains(&n)) {
                    self.error(&node.span, Code::OutOfRange, || (mismatch(node, shape), None));
                }
            }
            (Shape::Choice(words), NodeKind::Text(text)) => self.choice(node, words, text),
            (Shape::Known(words), NodeKind::Text(text)) => self.choice(node, &words(), text),
            (Shape::Word(word), NodeKind::Text(text)) => self.word(&node.span, word, text),
            (Shape::Duration, NodeKind::Text(text)) => {
                self.parsed(node, Code::InvalidDuration, parse_duration(text));
            }
            (Shape::Size, NodeKind::Text(text)) => {
                self.parsed(node, Code::InvalidSize, parse_size(text));
            }
            (Shape::Endpoint, NodeKind::Text(text)) => {
                self.parsed(node, Code::InvalidLink, text.parse::<Endpoint>());
            }
            (Shape::ShortLink, NodeKind::Text(text)) => {
                self.parsed(node, Code::InvalidLink, text.parse::<LinkEntry>());
            }
            (Shape::Point, NodeKind::List(items)) if is_point(items) => {}
            (Shape::List(item_shape), NodeKind::List(items)) => {
                for (at, item) in items.iter().enumerate() {
                    self.path.push(at);
                    self.value(item, item_shape);
                    self.path.pop();
                }
            }
            (Shape::Map { keys, values }, NodeKind::Map(entries)) => {
                for entry in entries {
                    self.path.push(entry.key.as_str());
                    self.word(&entry.key_span, keys, &entry.key);
                    self.value(&entry.value, values);
                    self.path.pop();
                }
            }
            (Shape::Object(object), NodeKind::Map(_)) => self.object(node, object),
            (Shape::ShortOr { long, .. }, NodeKind::Map(_)) => self.value(node, long),
            (Shape::ShortOr { short, .. }, NodeKind::Text(_)) => self.value(node, short),
            _ => self.wrong_type(node, shape),
        }
    }

    fn object(&mut self, node: &Node, object: &Object) {
        // A misspelt key is not missing as well.
        let mut meant = Vec::new();
        for entry in node.entries() {
            self.path.push(entry.key.as_str());
            match object.key(&entry.key) {
                Some(key) => self.value(&entry.value, &key.shape),
                None => self.unknown_key(entry, object, &mut meant),
            }
            self.path.pop();
        }
        let is_missing = |name| node.get(name).is_none() && !meant.contains(&name);
        for key in object.keys.iter().filter(|key| key.required && is_missing(key.name)) {
            let start = node.span.start..node.span.start;
            self.error(&start, Code::MissingKey, || {
                let message = format!("{} needs the key `{}`", object.what, key.name);
                (message, Some(format!("`{}` is {}", key.name, key.shape.describe())))
            });
        }
    }

    fn unknown_key(&mut self, entry: &Entry, object: &Object, meant: &mut Vec<&'static str>) {
        self.error(&entry.key_span, Code::UnknownKey, || {
            let names = object.key_names();
            meant.extend(suggest::nearest(&entry.key, names.iter().copied()));
            let message = format!("`{}` is not a key of {}", excerpt(&entry.key), object.what);
            (message, suggest::hint(&entry.key, "known keys", &names))
        });
    }

    fn choice(&mut self, node: &Node, words: &[&str], text: &str) {
        if !words.contains(&text) {
            self.error(&node.span, Code::UnknownValue, || {
                let hint = suggest::hint(text, "possible values", words);
                (format!("{:?} is not possible here", excerpt(text)), hint)
            });
        }
    }

    fn word(&mut self, span: &ByteSpan, word: &Word, text: &str) {
        if let Err(error) = (word.check)(text) {
            self.error(span, word.code, || (error.to_string(), None));
        }
    }

    fn parsed<T>(&mut self, node: &Node, code: Code, parsed: Result<T, ManifestError>) {
        if let Err(error) = parsed {
            self.error(&node.span, code, || (error.to_string(), None));
        }
    }

    fn wrong_type(&mut self, node: &Node, shape: &Shape) {
        self.error(&node.span, Code::WrongType, || (mismatch(node, shape), type_hint(node, shape)));
    }

    /// Reports an error; its text is made only when there is room for it.
    fn error(
        &mut self,
        span: &ByteSpan,
        code: Code,
        text: impl FnOnce() -> (String, Option<String>),
    ) {
        let path = &self.path;
        self.problems.error(span, || {
            let (message, hint) = text();
            Diagnostic::error(code, path.clone(), message).with_hint(hint)
        });
    }
}

fn mismatch(node: &Node, shape: &Shape) -> String {
    format!("expected {}, found {}", shape.describe(), node.describe())
}

fn is_point(items: &[Node]) -> bool {
    let is_number = |node: &Node| matches!(node.kind, NodeKind::Number(_) | NodeKind::Invalid);
    items.len() == 2 && items.iter().all(is_number)
}

/// What to do about a value of the wrong type, where that is known.
fn type_hint(node: &Node, shape: &Shape) -> Option<String> {
    match (shape, &node.kind) {
        (Shape::Bool, NodeKind::Text(text)) => match text.to_ascii_lowercase().as_str() {
            "yes" | "on" | "y" => Some("write `true`".to_owned()),
            "no" | "off" | "n" => Some("write `false`".to_owned()),
            "true" | "false" => Some("remove the quotes".to_owned()),
            _ => None,
        },
        (Shape::Integer { .. }, NodeKind::Text(text)) if text.parse::<u64>().is_ok() => {
            Some("remove the quotes".to_owned())
        }
        (Shape::Duration, NodeKind::Number(number)) => {
            Some(format!("add the unit, such as `{number}ms` or `{number}s`"))
        }
        (Shape::Size, NodeKind::Number(number)) => {
            Some(format!("add the unit, such as `{number}B` or `{number}MiB`"))
        }
        (
            Shape::Text | Shape::Word(_) | Shape::ShortOr { short: Shape::Word(_), .. },
            NodeKind::Number(_) | NodeKind::Bool(_),
        ) => Some("put it in quotes if it is meant as text".to_owned()),
        (Shape::Config | Shape::Map { .. }, NodeKind::Null) => {
            Some("write `{}` if it is empty, or remove the key".to_owned())
        }
        (Shape::List(_), NodeKind::Null) => {
            Some("write `[]` if it is empty, or remove the key".to_owned())
        }
        (_, NodeKind::Null) => Some("give it a value, or remove the key".to_owned()),
        _ => None,
    }
}
