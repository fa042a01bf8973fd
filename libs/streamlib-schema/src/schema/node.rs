//! The parts of a schema as values.

use std::collections::BTreeMap;

use serde_json::Value;

/// One part of a schema: a form, and what is said about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What values it takes.
    pub form: Form,
    /// Takes `null` as well.
    pub nullable: bool,
    /// What is said about it.
    pub notes: Notes,
}

/// What is said about a part beside its form.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Notes {
    /// For people; empty for none.
    pub description: String,
    /// Unit of the number, or of the numbers inside; empty for none.
    pub unit: String,
    /// The value where none is given.
    pub default: Option<Value>,
}

/// The eight forms of RFC 8927, the types one by one.
#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    /// Any value.
    Empty,
    /// What the definition of this name takes.
    Ref(String),
    /// `true` or `false`.
    Boolean,
    /// A text.
    Text,
    /// A text that is a time, RFC 3339.
    Timestamp,
    /// Bytes, as base64.
    Bytes,
    /// A whole number.
    Whole(Whole),
    /// A number.
    Float(Float),
    /// One of these words, in the order of the document.
    Enum(Vec<String>),
    /// A list.
    Elements {
        /// What each element is.
        of: Box<Node>,
        /// How many there are, if that is fixed.
        length: Option<u32>,
    },
    /// A map with known names.
    Properties(Properties),
    /// A map with any names.
    Values(Box<Node>),
    /// A map whose form the value of one of its names decides.
    Discriminator {
        /// That name.
        tag: String,
        /// The forms, all [`Form::Properties`], by value of the tag.
        mapping: BTreeMap<String, Node>,
    },
}

/// A map with known names.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Properties {
    /// What must be there.
    pub required: BTreeMap<String, Node>,
    /// What may be there.
    pub optional: BTreeMap<String, Node>,
    /// Takes other names as well, with any value.
    pub additional: bool,
}

impl Properties {
    /// What stands under `name`.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.required.get(name).or_else(|| self.optional.get(name))
    }

    /// All names that it knows: first those that must be there.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.required.keys().chain(self.optional.keys()).map(String::as_str)
    }
}

/// A whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole {
    /// Its type.
    pub kind: WholeKind,
    /// Least value.
    pub min: i128,
    /// Greatest value.
    pub max: i128,
    /// Written without a fraction, `1` and not `1.0`: so are numbers with limits or 64 bits.
    pub is_exact: bool,
}

/// The type of a whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WholeKind {
    /// 8 bits with sign.
    Int8,
    /// 8 bits.
    Uint8,
    /// 16 bits with sign.
    Int16,
    /// 16 bits.
    Uint16,
    /// 32 bits with sign.
    Int32,
    /// 32 bits.
    Uint32,
    /// 64 bits with sign.
    Int64,
    /// 64 bits.
    Uint64,
}

impl WholeKind {
    /// Every type.
    pub const ALL: [Self; 8] = [
        Self::Int8,
        Self::Uint8,
        Self::Int16,
        Self::Uint16,
        Self::Int32,
        Self::Uint32,
        Self::Int64,
        Self::Uint64,
    ];

    /// The name in a schema.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Int8 => "int8",
            Self::Uint8 => "uint8",
            Self::Int16 => "int16",
            Self::Uint16 => "uint16",
            Self::Int32 => "int32",
            Self::Uint32 => "uint32",
            Self::Int64 => "int64",
            Self::Uint64 => "uint64",
        }
    }

    /// The type of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// True for 64 bits: JSON Type Definition has no such type of its own.
    pub const fn is_64_bit(self) -> bool {
        matches!(self, Self::Int64 | Self::Uint64)
    }

    /// Least and greatest value.
    pub const fn bounds(self) -> (i128, i128) {
        match self {
            Self::Int8 => (i8::MIN as i128, i8::MAX as i128),
            Self::Uint8 => (0, u8::MAX as i128),
            Self::Int16 => (i16::MIN as i128, i16::MAX as i128),
            Self::Uint16 => (0, u16::MAX as i128),
            Self::Int32 => (i32::MIN as i128, i32::MAX as i128),
            Self::Uint32 => (0, u32::MAX as i128),
            Self::Int64 => (i64::MIN as i128, i64::MAX as i128),
            Self::Uint64 => (0, u64::MAX as i128),
        }
    }
}

/// A number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Float {
    /// 32 bits in typed languages, else 64.
    pub is_single: bool,
    /// Least value.
    pub min: Option<f64>,
    /// Greatest value.
    pub max: Option<f64>,
}

impl Node {
    /// What it takes, as words that follow "expected".
    pub fn expected(&self) -> String {
        let unit = match self.notes.unit.as_str() {
            "" => String::new(),
            unit => format!(" {unit}"),
        };
        match &self.form {
            Form::Empty => "any value".to_owned(),
            Form::Ref(name) => format!("a value of `{name}`"),
            Form::Boolean => "true or false".to_owned(),
            Form::Text => "a text".to_owned(),
            Form::Timestamp => "a time such as 2026-01-31T12:00:00Z".to_owned(),
            Form::Bytes => "bytes as base64".to_owned(),
            Form::Whole(whole) => {
                format!("a whole number from {} to {}{unit}", whole.min, whole.max)
            }
            Form::Float(float) => match (float.min, float.max) {
                (Some(min), Some(max)) => {
                    format!("a number from {} to {}{unit}", decimal(min), decimal(max))
                }
                (Some(min), None) => format!("a number of at least {}{unit}", decimal(min)),
                (None, Some(max)) => format!("a number of at most {}{unit}", decimal(max)),
                (None, None) => "a number".to_owned(),
            },
            Form::Enum(words) => format!("one of {}", words.join(", ")),
            Form::Elements { length: Some(length), .. } => format!("a list of {length}"),
            Form::Elements { .. } => "a list".to_owned(),
            Form::Properties(_) | Form::Values(_) => "a map".to_owned(),
            Form::Discriminator { tag, .. } => format!("a map with `{tag}`"),
        }
    }
}

/// A number as people write it.
fn decimal(number: f64) -> String {
    if number.abs() < 1e15 { number.to_string() } else { format!("{number:e}") }
}
