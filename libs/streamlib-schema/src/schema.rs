//! Schemas: JSON Type Definition (RFC 8927), with metadata for what it lacks.
//!
//! A schema is a JSON document. The crate `jtd` says what the RFC says of it; the metadata below
//! says more. Every key with the prefix `streamlib:` acts, or the schema is refused with its place.
//!
//! | key | stands on | says |
//! |---|---|---|
//! | `streamlib:schema` | the root | name and version, `com.example.name@1.0.0` |
//! | `streamlib:type` | `float64` | `int64`, `uint64`: a whole number, a number in JSON and MessagePack |
//! | `streamlib:type` | `string` | `bytes`: base64 (RFC 4648, padded) in JSON, `bin` in MessagePack |
//! | `streamlib:length` | `elements` | exactly so many elements |
//! | `streamlib:min`, `streamlib:max` | numbers | limits, both included |
//! | `streamlib:unit` | anything | the unit of the number, or of the numbers inside |
//! | `streamlib:default` | anything | the value where none is given; it is checked against the form |
//! | `description` | anything | for people |
//!
//! Metadata of other tools is kept and not looked at. A whole number of 64 bits or with limits is
//! written without a fraction: typed readers take no `1.0` for it.
//!
//! Not offered: a definition that refers to nothing but itself, though the RFC allows one.

mod error;
mod node;
mod notes;
mod read;

use std::collections::BTreeMap;

use serde_json::Value;

pub use error::{SchemaError, SchemaFault};
pub use node::{Float, Form, Node, Notes, Properties, Whole, WholeKind};
pub(crate) use notes::whole_number;

use crate::reference::SchemaRef;

/// How deep a schema and an instance may be nested.
pub const NESTING_MAX: usize = 128;

/// A schema that was read and is valid.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    json: Value,
    reference: Option<SchemaRef>,
    root: Node,
    definitions: BTreeMap<String, Node>,
    pub(crate) judge: ::jtd::Schema,
}

impl Schema {
    /// The schema that `json` is.
    ///
    /// # Errors
    /// It is no schema, or its metadata cannot be obeyed: the first place where that is so.
    pub fn new(json: Value) -> Result<Self, SchemaError> {
        let (schema, defaults) = Self::read(json)?;
        for default in defaults {
            default.check(&schema.json)?;
        }
        Ok(schema)
    }

    /// As [`Self::new`], with the defaults that are not checked yet.
    pub(crate) fn read(json: Value) -> Result<(Self, Vec<read::Default>), SchemaError> {
        let read::Document { reference, root, definitions, defaults } = read::document(&json)?;
        let judge = read::judge(json.clone())?;
        Ok((Self { json, reference, root, definitions, judge }, defaults))
    }

    /// The document.
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// Its name and version, where it says them.
    pub fn reference(&self) -> Option<&SchemaRef> {
        self.reference.as_ref()
    }

    /// What the whole of an instance is.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// The parts that have names.
    pub fn definitions(&self) -> &BTreeMap<String, Node> {
        &self.definitions
    }

    /// `node`, or what it refers to in the end. `None` for a node of another schema.
    pub fn resolve<'s>(&'s self, mut node: &'s Node) -> Option<&'s Node> {
        while let Form::Ref(name) = &node.form {
            node = self.definitions.get(name)?;
        }
        Some(node)
    }
}
