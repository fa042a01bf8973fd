//! The JSON Schema of manifests and the parser say the same.

use serde_json::Value;
use streamlib_manifest::package_json_schema;

use super::{DOCUMENT, EVERYTHING, good};
use crate::schema::{follows, keys_of};

fn check(text: &str, ok: bool) {
    let json = match serde_json::from_str(text) {
        Ok(json) => json,
        Err(_) => streamlib_manifest::parse_value(text, "m").expect("YAML").into(),
    };
    assert_eq!(follows(&package_json_schema(), &json), ok, "{text}");
}

#[test]
fn manifests_that_follow_it_and_manifests_that_do_not() {
    for text in [DOCUMENT, EVERYTHING] {
        good(text);
        check(text, true);
    }
    for bad in [
        r#"{ "package": { "name": "a" } }"#,
        r#"{ "package": { "name": "a", "version": "1.0.0" }, "processor": [] }"#,
        r#"{ "package": { "name": "a", "version": "1.0.0" }, "processors": [{ "name": "a.b" }] }"#,
    ] {
        assert!(!super::report(bad).is_empty());
        check(bad, false);
    }
}

#[test]
fn no_key_is_missing_from_the_manifest_with_every_key() {
    let keys = keys_of(&package_json_schema());
    assert!(keys.len() > 60, "{}", keys.len());
    for key in keys.iter().filter(|key| *key != "license") {
        assert!(EVERYTHING.contains(&format!("{key}:")), "{key}");
    }
}

/// Editors show what a key means.
#[test]
fn every_key_says_what_it_means() {
    fn check(schema: &Value) {
        for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
            assert!(inner["description"].as_str().is_some_and(|text| text.len() > 4), "{key}");
            check(inner);
        }
        for nested in [&schema["additionalProperties"], &schema["items"]] {
            if nested.is_object() {
                check(nested);
            }
        }
        schema["oneOf"].as_array().into_iter().flatten().for_each(check);
    }
    check(&package_json_schema());
}
