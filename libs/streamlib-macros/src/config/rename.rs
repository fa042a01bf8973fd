//! What serde is told about names, read the way serde reads it.

use proc_macro2::Span;
use syn::{Attribute, LitStr};

use crate::arguments::Argument;
use crate::common::Errors;

/// The part of `#[serde(..)]` that decides under which name a value is read.
#[derive(Debug, Default)]
pub(super) struct SerdeArguments {
    pub(super) rename: Option<String>,
    pub(super) rename_all: Option<Rule>,
    pub(super) skip: bool,
    pub(super) flatten: Option<Span>,
}

impl SerdeArguments {
    /// Reads the `#[serde(..)]` among `attributes`; what has nothing to do with names is serde's.
    pub(super) fn parse(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut serde = Self::default();
        for attribute in attributes.iter().filter(|a| a.path().is_ident("serde")) {
            let Ok(list) = attribute.meta.require_list() else { continue };
            let arguments = Argument::parse_all(list.tokens.clone());
            for argument in errors.take(arguments).unwrap_or_default() {
                serde.read(&argument, errors);
            }
        }
        serde
    }

    fn read(&mut self, argument: &Argument, errors: &mut Errors) {
        match argument.key.to_string().as_str() {
            "rename" => self.rename = errors.take(argument.text()).map(|name| name.value()),
            "rename_all" => {
                self.rename_all = errors.take(argument.text().and_then(|rule| Rule::parse(&rule)));
            }
            "skip" | "skip_deserializing" => self.skip = true,
            "flatten" => self.flatten = Some(argument.key.span()),
            _ => {}
        }
    }
}

/// The values of serde's `rename_all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

const RULES: [(&str, Rule); 8] = [
    ("lowercase", Rule::Lower),
    ("UPPERCASE", Rule::Upper),
    ("PascalCase", Rule::Pascal),
    ("camelCase", Rule::Camel),
    ("snake_case", Rule::Snake),
    ("SCREAMING_SNAKE_CASE", Rule::ScreamingSnake),
    ("kebab-case", Rule::Kebab),
    ("SCREAMING-KEBAB-CASE", Rule::ScreamingKebab),
];

impl Rule {
    fn parse(text: &LitStr) -> syn::Result<Self> {
        let value = text.value();
        let found = RULES.iter().find(|(name, _)| *name == value).map(|(_, rule)| *rule);
        found.ok_or_else(|| {
            let names: Vec<&str> = RULES.iter().map(|(name, _)| *name).collect();
            let message = format!("`{value}` is no rule of serde; known: {}", names.join(", "));
            syn::Error::new(text.span(), message)
        })
    }

    /// The name of the field `name`, which is in snake case.
    pub(super) fn field(self, name: &str) -> String {
        match self {
            Self::Lower | Self::Snake => name.to_owned(),
            Self::Upper | Self::ScreamingSnake => name.to_ascii_uppercase(),
            Self::Pascal => pascal(name),
            Self::Camel => first_lower(&pascal(name)),
            Self::Kebab => name.replace('_', "-"),
            Self::ScreamingKebab => name.to_ascii_uppercase().replace('_', "-"),
        }
    }

    /// The name of the variant `name`, which is in Pascal case.
    pub(super) fn variant(self, name: &str) -> String {
        match self {
            Self::Pascal => name.to_owned(),
            Self::Lower => name.to_ascii_lowercase(),
            Self::Upper => name.to_ascii_uppercase(),
            Self::Camel => first_lower(name),
            Self::Snake => snake(name),
            Self::ScreamingSnake => snake(name).to_ascii_uppercase(),
            Self::Kebab => snake(name).replace('_', "-"),
            Self::ScreamingKebab => snake(name).to_ascii_uppercase().replace('_', "-"),
        }
    }
}

fn first_lower(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(chars).collect()
}

fn pascal(name: &str) -> String {
    let mut starts_word = true;
    let mut pascal = String::new();
    for letter in name.chars() {
        if letter == '_' {
            starts_word = true;
        } else {
            pascal.push(if starts_word { letter.to_ascii_uppercase() } else { letter });
            starts_word = false;
        }
    }
    pascal
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (index, letter) in name.char_indices() {
        if index > 0 && letter.is_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_serde() {
        let both = |rule: Rule| (rule.field("key_frames"), rule.variant("KeyFrames"));
        for ((_, rule), (field, variant)) in RULES.into_iter().zip([
            ("key_frames", "keyframes"),
            ("KEY_FRAMES", "KEYFRAMES"),
            ("KeyFrames", "KeyFrames"),
            ("keyFrames", "keyFrames"),
            ("key_frames", "key_frames"),
            ("KEY_FRAMES", "KEY_FRAMES"),
            ("key-frames", "key-frames"),
            ("KEY-FRAMES", "KEY-FRAMES"),
        ]) {
            assert_eq!(both(rule), (field.to_owned(), variant.to_owned()), "{rule:?}");
        }
    }
}
