//! What a processor's configuration takes: fields with types, defaults, ranges and units. They make
//! a schema, and that checks configurations.

#[cfg(feature = "definitions")]
mod as_schema;
#[cfg(feature = "definitions")]
mod check;

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[cfg(feature = "definitions")]
pub use check::{ConfigCheck, ConfigProblem};

/// The type of a configuration field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ConfigType {
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer {
        /// Least value.
        min: i64,
        /// Greatest value.
        max: i64,
    },
    /// A number.
    Number {
        /// Least value.
        min: f64,
        /// Greatest value.
        max: f64,
    },
    /// A text.
    Text,
    /// One of these words.
    Choice {
        /// The words.
        values: Vec<String>,
    },
    /// A list of values of one type.
    List {
        /// Type of the elements.
        of: Box<ConfigType>,
    },
    /// A map of named values.
    Map {
        /// The fields.
        fields: Vec<ConfigField>,
    },
    /// Any value; the processor checks it.
    Any,
}

/// One field of a processor's configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConfigField {
    /// Name in files.
    pub name: String,
    /// What it is for, one sentence or more.
    pub description: String,
    /// Type and range.
    #[serde(flatten)]
    pub value_type: ConfigType,
    /// Value where none is given; `None` makes the field required. `null` means "left open".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// Unit of the number (`bit/s`, `ms`), empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
}
