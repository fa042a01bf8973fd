//! The official test suite of RFC 8927, and our own beside it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;
use streamlib_schema::Schema;
use streamlib_schema::schema::SchemaFault;

#[derive(Deserialize)]
struct Case {
    schema: Value,
    instance: Value,
    errors: Vec<Indicator>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Indicator {
    instance_path: Vec<String>,
    schema_path: Vec<String>,
}

#[test]
fn every_official_instance_gives_the_official_indicators() {
    let text = include_str!("../json-typedef-spec/validation.json");
    let cases: BTreeMap<String, Case> = serde_json::from_str(text).unwrap();
    assert_eq!(cases.len(), 316);
    for (name, case) in cases {
        let schema = Schema::new(case.schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        let found = schema.check(&case.instance).into_iter().map(|problem| Indicator {
            instance_path: problem.instance_path,
            schema_path: problem.schema_path,
        });
        let found: BTreeSet<Indicator> = found.collect();
        assert_eq!(found, case.errors.into_iter().collect(), "{name}");
    }
}

#[test]
fn every_official_invalid_schema_is_refused_with_its_place() {
    let text = include_str!("../json-typedef-spec/invalid_schemas.json");
    let schemas: BTreeMap<String, Value> = serde_json::from_str(text).unwrap();
    assert_eq!(schemas.len(), 49);
    let mut told = String::new();
    for (name, schema) in schemas {
        let error = Schema::new(schema).expect_err(&name);
        // The crate `jtd` knows no places: it must never be the first to find something.
        assert!(!matches!(error.fault, SchemaFault::Judge(_)), "{name}: {error}");
        told.push_str(&format!("{name}: {error}\n"));
    }
    insta::assert_snapshot!(told);
}
