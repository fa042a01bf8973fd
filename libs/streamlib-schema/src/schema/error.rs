//! What can be wrong with a schema.

/// A value that is no schema, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the schema is not valid{}: {fault}", place(.path))]
pub struct SchemaError {
    /// Names and positions from the top of the document.
    pub path: Vec<String>,
    /// What is wrong there.
    pub fault: SchemaFault,
}

/// What is wrong with a part of a schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaFault {
    /// A value of another kind than belongs there.
    #[error("expected {expected}")]
    Expected {
        /// What belongs there.
        expected: &'static str,
    },
    /// A key that JSON Type Definition does not have.
    #[error(
        "`{0}` is no keyword of JSON Type Definition; what it does not have stands in `metadata`"
    )]
    UnknownKeyword(String, Option<String>),
    /// Keywords of several forms, or half a form.
    #[error("{0}")]
    Keywords(String),
    /// A type that is not there.
    #[error("there is no type `{name}`; the types are {known}")]
    UnknownType {
        /// The name.
        name: String,
        /// All types.
        known: String,
    },
    /// An enumeration without values.
    #[error("an `enum` has one value or more")]
    EmptyEnum,
    /// A value twice in an enumeration.
    #[error("the value `{0}` stands twice in the `enum`")]
    ValueTwice(String),
    /// A name both in `properties` and in `optionalProperties`.
    #[error("`{0}` stands in `properties` and in `optionalProperties`; leave one of them")]
    PropertyTwice(String),
    /// A reference to nothing.
    #[error("there is no definition `{0}`")]
    NoDefinition(String, Option<String>),
    /// A definition that is only itself.
    #[error("the definition `{0}` refers to nothing but itself")]
    Endless(String),
    /// A mapping of a discriminator that is not a map.
    #[error("what a `mapping` maps to is of the form `properties`, and not nullable")]
    Mapping,
    /// A mapping that has the tag as property.
    #[error("`{0}` is the discriminator; it cannot be a property as well")]
    TagTwice(String),
    /// Nested too deep.
    #[error("nested deeper than {} levels", super::NESTING_MAX)]
    TooDeep,
    /// A `streamlib:` key that means nothing.
    #[error("there is no metadata `{0}`")]
    UnknownNote(String, Option<String>),
    /// A `streamlib:` key that cannot be obeyed.
    #[error("`{key}` {reason}")]
    Note {
        /// The key.
        key: &'static str,
        /// Why.
        reason: String,
    },
    /// What only the crate `jtd` found.
    #[error("{0}")]
    Judge(String),
}

impl SchemaFault {
    /// What to do, where there is more to say.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownKeyword(_, near)
            | Self::NoDefinition(_, near)
            | Self::UnknownNote(_, near) => {
                near.as_ref().map(|near| format!("did you mean `{near}`?"))
            }
            Self::UnknownType { name, known } => {
                let near = crate::nearest_name(name, known.split([',', ' ', ';', '`']));
                near.filter(|near| near != name).map(|near| format!("did you mean `{near}`?"))
            }
            _ => None,
        }
    }
}

fn place(path: &[String]) -> String {
    if path.is_empty() { String::new() } else { format!(" at `{}`", path.join(".")) }
}

#[cfg(test)]
mod tests;
