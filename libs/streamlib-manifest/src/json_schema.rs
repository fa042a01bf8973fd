//! A JSON Schema (2020-12) of graph files, for editors.
//!
//! Made from the same table as the check, so it knows the same keys. It cannot say what holds
//! between parts of a file: what it accepts may still be refused by [`crate::parse_graph`].

use serde_json::{Map, Value, json};

use crate::grammar::GRAPH;
use crate::identifier::{GRAPH_NAME_PATTERN, IDENTIFIER_PATTERN, TYPE_NAME_PATTERN};
use crate::quantity::{DURATION_PATTERN, SIZE_PATTERN};
use crate::shape::{NameKind, Object, Shape};

/// The JSON Schema of graph files.
#[must_use]
pub fn graph_json_schema() -> Value {
    let mut schema = object(&GRAPH);
    if let Value::Object(fields) = &mut schema {
        fields.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        fields.insert("title".into(), "StreamLib graph file".into());
    }
    schema
}

fn object(object: &Object) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for key in object.keys {
        let mut schema = shape(&key.shape);
        if let Value::Object(fields) = &mut schema {
            fields.insert("description".into(), key.doc.into());
        }
        properties.insert(key.name.into(), schema);
        if key.required {
            required.push(key.name);
        }
    }
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn shape(shape: &Shape) -> Value {
    const IDENTIFIER: &str = "[A-Za-z_][A-Za-z0-9_-]{0,63}";
    let pattern = |pattern: &str| json!({ "type": "string", "pattern": pattern });
    match shape {
        Shape::Text => json!({ "type": "string" }),
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Integer { min, max } => {
            json!({ "type": "integer", "minimum": min, "maximum": max })
        }
        Shape::Choice(words) => json!({ "enum": words }),
        Shape::Name(kind) => pattern(name_pattern(*kind)),
        Shape::Duration => pattern(DURATION_PATTERN),
        Shape::Size => pattern(SIZE_PATTERN),
        Shape::Endpoint => pattern(&format!("^{IDENTIFIER}[.]{IDENTIFIER}$")),
        Shape::ShortLink => {
            let end = format!("\\s*{IDENTIFIER}[.]{IDENTIFIER}\\s*");
            pattern(&format!("^{end}->{end}$"))
        }
        Shape::Scalar => json!({ "type": ["string", "number", "boolean"] }),
        Shape::Config => json!({ "type": "object" }),
        Shape::Point => json!({
            "type": "array", "items": { "type": "number" }, "minItems": 2, "maxItems": 2,
        }),
        Shape::Map { keys, values } => json!({
            "type": "object",
            "propertyNames": { "pattern": name_pattern(*keys) },
            "additionalProperties": self::shape(values),
        }),
        Shape::List(items) => json!({ "type": "array", "items": self::shape(items) }),
        Shape::Object(known) => object(known),
        Shape::ShortOr { short, long } => {
            json!({ "oneOf": [self::shape(short), object(long)] })
        }
    }
}

fn name_pattern(kind: NameKind) -> &'static str {
    match kind {
        NameKind::Identifier => IDENTIFIER_PATTERN,
        NameKind::Graph => GRAPH_NAME_PATTERN,
        NameKind::ProcessorType => TYPE_NAME_PATTERN,
    }
}
