//! The schema of a configuration.

use serde_json::{Map, Value, json};

use super::{ConfigField, ConfigType};
use crate::reference::SchemaRef;
use crate::schema::{Schema, SchemaError, WholeKind};

impl ConfigField {
    /// What a configuration with these fields is, as a schema: a field without default is
    /// required, one whose default is `null` may be `null`.
    ///
    /// # Errors
    /// The fields contradict themselves (a choice without words, a range without numbers).
    pub fn schema(fields: &[Self]) -> Result<Schema, SchemaError> {
        Self::named_schema(fields, None)
    }

    pub(crate) fn named_schema(
        fields: &[Self],
        reference: Option<&SchemaRef>,
    ) -> Result<Schema, SchemaError> {
        let mut map = record(fields);
        if let Some(reference) = reference {
            map.insert("metadata".to_owned(), json!({ "streamlib:schema": reference.to_string() }));
        }
        // Defaults come from values of Rust types and may lie outside the ranges of files: a
        // required text is empty there.
        Schema::read(Value::Object(map)).map(|(schema, _)| schema)
    }

    fn node(&self) -> Value {
        let (mut map, mut metadata) = node(&self.value_type);
        if self.default == Some(Value::Null) {
            map.insert("nullable".to_owned(), Value::Bool(true));
        }
        for (key, text) in [("description", &self.description), ("streamlib:unit", &self.unit)] {
            if !text.is_empty() {
                metadata.insert(key.to_owned(), Value::String(text.clone()));
            }
        }
        if let Some(default) = &self.default {
            metadata.insert("streamlib:default".to_owned(), default.clone());
        }
        with(map, metadata)
    }
}

/// A map with these fields.
fn record(fields: &[ConfigField]) -> Map<String, Value> {
    let (mut required, mut optional) = (Map::new(), Map::new());
    for field in fields {
        let names = if field.default.is_none() { &mut required } else { &mut optional };
        names.insert(field.name.clone(), field.node());
    }
    let mut map = Map::new();
    if !required.is_empty() {
        map.insert("properties".to_owned(), Value::Object(required));
    }
    if !optional.is_empty() || map.is_empty() {
        map.insert("optionalProperties".to_owned(), Value::Object(optional));
    }
    map
}

/// The form of a type, and the metadata that belongs to it.
fn node(value_type: &ConfigType) -> (Map<String, Value>, Map<String, Value>) {
    let (mut map, mut metadata) = (Map::new(), Map::new());
    let mut form = |keyword: &str, value: Value| map.insert(keyword.to_owned(), value);
    match value_type {
        ConfigType::Any => {}
        ConfigType::Boolean => {
            form("type", json!("boolean"));
        }
        ConfigType::Text => {
            form("type", json!("string"));
        }
        ConfigType::Integer { min, max } => {
            let kind = whole_kind((*min).into(), (*max).into());
            form("type", json!(if kind.is_64_bit() { "float64" } else { kind.as_str() }));
            if kind.is_64_bit() {
                metadata.insert("streamlib:type".to_owned(), json!(kind.as_str()));
            }
            metadata.insert("streamlib:min".to_owned(), json!(min));
            metadata.insert("streamlib:max".to_owned(), json!(max));
        }
        ConfigType::Number { min, max } => {
            form("type", json!("float64"));
            for (key, limit, none) in
                [("streamlib:min", min, f64::MIN), ("streamlib:max", max, f64::MAX)]
            {
                if limit.is_finite() && *limit != none {
                    metadata.insert(key.to_owned(), json!(limit));
                }
            }
        }
        ConfigType::Choice { values } => {
            form("enum", json!(values));
        }
        ConfigType::List { of } => {
            let (of, inner) = node(of);
            form("elements", with(of, inner));
        }
        ConfigType::Map { fields } => map = record(fields),
    }
    (map, metadata)
}

fn with(mut map: Map<String, Value>, metadata: Map<String, Value>) -> Value {
    if !metadata.is_empty() {
        map.insert("metadata".to_owned(), Value::Object(metadata));
    }
    Value::Object(map)
}

/// The narrowest of the usual types that holds the range.
fn whole_kind(min: i128, max: i128) -> WholeKind {
    let holds = |kind: &WholeKind| {
        let (least, most) = kind.bounds();
        min >= least && max <= most
    };
    let usual = [WholeKind::Uint32, WholeKind::Int32, WholeKind::Uint64];
    usual.into_iter().find(holds).unwrap_or(WholeKind::Int64)
}
