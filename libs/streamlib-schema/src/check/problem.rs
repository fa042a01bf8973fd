//! What is wrong with a value: data, and a sentence.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One thing that is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Names and positions from the top of the value.
    pub instance_path: Vec<String>,
    /// Names from the top of the schema, or from the definition that was referred to last, to the
    /// keyword or the metadata that was not kept to.
    pub schema_path: Vec<String>,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a part of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A value that does not belong there.
    Expected {
        /// What belongs there.
        expected: String,
        /// What is there.
        found: String,
        /// A word that belongs there and is close.
        near: Option<String>,
    },
    /// A name that the map does not have.
    UnknownField {
        /// All names that it has.
        known: Vec<String>,
        /// The one that is close.
        near: Option<String>,
    },
    /// A name that is not there and has to be.
    Missing {
        /// The name.
        name: String,
        /// What it is for; may be empty.
        description: String,
    },
    /// Nested deeper than [`NESTING_MAX`](crate::schema::NESTING_MAX).
    TooDeep,
}

/// An error indicator of RFC 8927, section 3.2: two JSON Pointers (RFC 6901).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Indicator {
    /// Where in the value.
    pub instance_path: String,
    /// Which part of the schema was not kept to.
    pub schema_path: String,
}

impl Problem {
    pub(super) fn at_top(fault: Fault) -> Self {
        Self { instance_path: vec![], schema_path: vec![], fault }
    }

    /// The problem for programs.
    pub fn indicator(&self) -> Indicator {
        Indicator {
            instance_path: pointer(&self.instance_path),
            schema_path: pointer(&self.schema_path),
        }
    }

    /// Names and positions to what is wrong; for a name that is missing, that name is the last.
    pub fn place(&self) -> Vec<String> {
        let mut place = self.instance_path.clone();
        if let Fault::Missing { name, .. } = &self.fault {
            place.push(name.clone());
        }
        place
    }

    /// What is wrong, without the place.
    pub fn message(&self) -> String {
        match &self.fault {
            Fault::Expected { expected, found, .. } => {
                format!("expected {expected}, found {found}")
            }
            Fault::UnknownField { .. } => "there is no such field".to_owned(),
            Fault::Missing { .. } => "this field is required".to_owned(),
            Fault::TooDeep => {
                format!("nested deeper than {} levels", crate::schema::NESTING_MAX)
            }
        }
    }

    /// What to do, where there is more to say.
    pub fn hint(&self) -> Option<String> {
        match &self.fault {
            Fault::Expected { near: Some(near), .. }
            | Fault::UnknownField { near: Some(near), .. } => {
                Some(format!("did you mean `{near}`?"))
            }
            Fault::UnknownField { known, .. } if !known.is_empty() => {
                Some(format!("known fields: {}", known.join(", ")))
            }
            Fault::Missing { description, .. } if !description.is_empty() => {
                Some(description.clone())
            }
            _ => None,
        }
    }

    /// A key to sort by: the order of the value, and what is missing last in its map.
    pub(super) fn place_in_order(&self) -> impl Ord + use<> {
        let mut place: Vec<Token> =
            self.instance_path.iter().map(|token| Token::of(token)).collect();
        if let Fault::Missing { name, .. } = &self.fault {
            place.push(Token::Missing(name.clone()));
        }
        place
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = self.place();
        if !place.is_empty() {
            write!(f, "`{}`: ", place.join("."))?;
        }
        f.write_str(&self.message())?;
        match self.hint() {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

/// A step into a value. Positions sort as numbers.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Token {
    Position(usize),
    Name(String),
    Missing(String),
}

impl Token {
    fn of(token: &str) -> Self {
        token.parse().map_or_else(|_| Self::Name(token.to_owned()), Self::Position)
    }
}

/// A JSON Pointer, RFC 6901.
fn pointer(path: &[String]) -> String {
    path.iter().map(|token| format!("/{}", token.replace('~', "~0").replace('/', "~1"))).collect()
}

/// A value as words that follow "found".
pub(crate) fn describe(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) if text.chars().nth(40).is_some() => {
            format!("\"{}...\"", text.chars().take(40).collect::<String>())
        }
        Value::String(_) => value.to_string(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a map".to_owned(),
    }
}
