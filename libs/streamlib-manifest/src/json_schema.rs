//! JSON Schemas (2020-12) of graph files and package manifests, for editors.
//!
//! Made from the same table as the check, so it knows the same keys. It cannot say what holds
//! between parts of a file: what it accepts may still be refused by [`crate::parse_graph`].

use serde_json::{Map, Value, json};

use crate::grammar::GRAPH;
use crate::quantity::{DURATION_PATTERN, SIZE_PATTERN};
use crate::shape::{Object, Shape};

/// The JSON Schema of graph files.
#[must_use]
pub fn graph_json_schema() -> Value {
    titled(&GRAPH, "StreamLib graph file")
}

/// The JSON Schema of package manifests, `streamlib.yaml`.
#[must_use]
pub fn package_json_schema() -> Value {
    titled(&crate::package::MANIFEST, "StreamLib package manifest")
}

fn titled(root: &Object, title: &str) -> Value {
    let mut schema = object(root);
    if let Value::Object(fields) = &mut schema {
        fields.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        fields.insert("title".into(), title.into());
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
        Shape::Known(words) => json!({ "enum": words() }),
        Shape::Word(word) => pattern(word.pattern),
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
            "propertyNames": { "pattern": keys.pattern },
            "additionalProperties": self::shape(values),
        }),
        Shape::List(items) => json!({ "type": "array", "items": self::shape(items) }),
        Shape::Object(known) => object(known),
        Shape::ShortOr { short, long } => {
            json!({ "oneOf": [self::shape(short), self::shape(long)] })
        }
    }
}
