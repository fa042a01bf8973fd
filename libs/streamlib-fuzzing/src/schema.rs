//! Schemas.

use serde_json::Value;
use streamlib_schema::generate::{Language, generate};
use streamlib_schema::{Comparison, Schema};

/// Reads a schema, YAML or JSON, compares it with itself, checks instances, and generates types.
///
/// # Panics
/// It differs from itself, a problem has no words, or its document is not read as the same schema.
pub fn schema(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let Ok(json) = streamlib_manifest::parse_value(text, "hostile.yaml") else { return };
    let json = serde_json::to_value(json).expect("what was read has only values of JSON");
    let schema = match Schema::new(json.clone()) {
        Ok(schema) => schema,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert_eq!(Schema::new(schema.json().clone()).as_ref(), Ok(&schema));
    assert_eq!(Comparison::of(&schema, &schema).level(), None);
    for instance in [Value::Null, json] {
        let problems = schema.check(&instance);
        assert!(problems.iter().all(|problem| !problem.to_string().is_empty()));
    }
    for language in [Language::Rust, Language::Python, Language::TypeScript] {
        assert!(!generate(&schema, language, "hostile").is_empty());
    }
}
