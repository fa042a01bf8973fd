//! The JSON Schema and the parser say the same.

use serde_json::Value;
use streamlib_manifest::{graph_json_schema, parse_graph};

/// Whether a value follows a schema: the keywords that ours uses, patterns excepted.
pub(crate) fn follows(schema: &Value, value: &Value) -> bool {
    if let Some(options) = schema["oneOf"].as_array() {
        return options.iter().filter(|option| follows(option, value)).count() == 1;
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.contains(value);
    }
    let is = |name: &Value| match name.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("number") => value.is_number(),
        Some("integer") => value.is_u64() || value.is_i64(),
        other => panic!("the schema has the type {other:?}"),
    };
    let type_ok = match &schema["type"] {
        Value::Array(names) => names.iter().any(is),
        name => is(name),
    };
    let required = schema["required"].as_array().into_iter().flatten();
    let required_ok = required.filter_map(Value::as_str).all(|key| value.get(key).is_some());
    let entries_ok = value.as_object().into_iter().flatten().all(|(key, value)| {
        match (&schema["properties"][key], &schema["additionalProperties"]) {
            (Value::Null, Value::Bool(allowed)) => *allowed,
            (Value::Null, Value::Null) => true,
            (Value::Null, other) => follows(other, value),
            (known, _) => follows(known, value),
        }
    });
    let items_ok =
        value.as_array().into_iter().flatten().all(|item| follows(&schema["items"], item));
    let in_range = value.as_u64().is_none_or(|n| {
        n >= schema["minimum"].as_u64().unwrap_or(0)
            && n <= schema["maximum"].as_u64().unwrap_or(u64::MAX)
    });
    type_ok && required_ok && entries_ok && items_ok && in_range
}

fn check(text: &str, ok: bool) {
    let parsed = parse_graph(text, "g");
    assert_eq!(parsed.graph().is_some(), ok, "{}", parsed.diagnostics());
    let json: Value = match serde_json::from_str(text) {
        Ok(json) => json,
        Err(_) => serde_json::to_value(parsed.graph().expect("YAML is good here")).expect("JSON"),
    };
    assert_eq!(follows(&graph_json_schema(), &json), ok, "{text}");
}

#[test]
fn files_that_follow_it() {
    check(crate::EXAMPLE, true);
    check(include_str!("../corpus/everything.yaml"), true);
    check(include_str!("../corpus/graph.json"), true);
}

#[test]
fn files_that_do_not() {
    for bad in [
        r#"{ "name": "g" }"#,
        r#"{ "name": "g", "processors": {}, "link": [] }"#,
        r#"{ "name": "g", "processors": { "a": {} } }"#,
        r#"{ "name": "g", "processors": { "a": { "type": "x", "scheduling": "thread" } } }"#,
        r#"{ "name": "g", "processors": { "a": { "type": "x", "restart": { "limit": 1 } } } }"#,
        r#"{ "name": "g", "processors": {}, "links": [ { "from": "a.b" } ] }"#,
    ] {
        check(bad, false);
    }
}

/// Every key that a schema knows, at any depth.
pub(crate) fn keys_of(schema: &Value) -> Vec<String> {
    let mut keys = Vec::new();
    for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
        keys.push(key.clone());
        keys.extend(keys_of(inner));
    }
    for nested in [&schema["additionalProperties"], &schema["items"]] {
        if nested.is_object() {
            keys.extend(keys_of(nested));
        }
    }
    for option in schema["oneOf"].as_array().into_iter().flatten() {
        keys.extend(keys_of(option));
    }
    keys
}

/// Every key of the schema is accepted by the parser at its place: the file with every key
/// leaves none out.
#[test]
fn no_key_is_missing_from_the_file_with_every_key() {
    let keys = keys_of(&graph_json_schema());
    assert!(keys.len() > 35, "{keys:?}");
    let file = include_str!("../corpus/everything.yaml");
    for key in keys {
        assert!(file.contains(&format!("{key}:")), "{key}");
    }
}
