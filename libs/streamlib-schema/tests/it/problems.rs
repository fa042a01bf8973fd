//! What is wrong with a value: sentences, places, indicators.

use serde_json::{Value, json};
use streamlib_schema::{PROBLEMS_MAX, Schema};

/// Checks `instance`; expects indicators and sentences.
fn check(schema: &Schema, instance: Value, expect: &[(&str, &str, &str)]) {
    let problems = schema.check(&instance);
    let told: Vec<_> = problems.iter().map(|one| (one.indicator(), one.to_string())).collect();
    let told: Vec<_> = told
        .iter()
        .map(|(at, text)| (at.instance_path.as_str(), at.schema_path.as_str(), text.as_str()))
        .collect();
    assert_eq!(told, expect, "{instance}");
}

fn schema(json: Value) -> Schema {
    Schema::new(json).unwrap()
}

/// A schema with every form.
fn all_forms() -> Schema {
    schema(json!({
        "definitions": {"point": {"properties": {"x": {"type": "float32"}}}},
        "properties": {
            "at": {"ref": "point"},
            "kind": {"enum": ["fast", "slow"]},
            "needed": {"type": "string", "metadata": {"description": "What it is about."}},
            "sizes": {"elements": {"type": "uint8"}},
            "when": {"type": "timestamp"},
        },
        "optionalProperties": {
            "names": {"values": {"type": "boolean"}},
            "shape": {"discriminator": "is", "mapping": {
                "circle": {"properties": {"radius": {"type": "float64"}}},
                "square": {"properties": {"side": {"type": "float64"}}},
            }},
        },
    }))
}

#[test]
fn every_form_says_what_it_expected() {
    let all = all_forms();
    check(
        &all,
        json!({
            "at": {"x": "1", "y": 2}, "kind": "fsat", "sizes": [1, 256, 1.5], "when": "today",
            "names": {"a/b": 1}, "nedeed": 1, "shape": {"is": "circel"},
        }),
        &[
            (
                "/at/x",
                "/definitions/point/properties/x/type",
                "`at.x`: expected a number, found \"1\"",
            ),
            ("/at/y", "/definitions/point", "`at.y`: there is no such field; did you mean `x`?"),
            (
                "/kind",
                "/properties/kind/enum",
                "`kind`: expected one of fast, slow, found \"fsat\"; did you mean `fast`?",
            ),
            (
                "/names/a~1b",
                "/optionalProperties/names/values/type",
                "`names.a/b`: expected true or false, found 1",
            ),
            ("/nedeed", "", "`nedeed`: there is no such field; did you mean `needed`?"),
            (
                "/shape/is",
                "/optionalProperties/shape/mapping",
                "`shape.is`: expected one of circle, square, found \"circel\"; did you mean \
                 `circle`?",
            ),
            (
                "/sizes/1",
                "/properties/sizes/elements/type",
                "`sizes.1`: expected a whole number from 0 to 255, found 256",
            ),
            (
                "/sizes/2",
                "/properties/sizes/elements/type",
                "`sizes.2`: expected a whole number from 0 to 255, found 1.5",
            ),
            (
                "/when",
                "/properties/when/type",
                "`when`: expected a time such as 2026-01-31T12:00:00Z, found \"today\"",
            ),
            ("", "/properties/needed", "`needed`: this field is required; What it is about."),
        ],
    );
}

#[test]
fn a_discriminator_decides_what_else_is_there() {
    let shape = all_forms().json()["optionalProperties"]["shape"].clone();
    let shape = schema(shape);
    check(
        &shape,
        json!({"is": "square"}),
        &[("", "/mapping/square/properties/side", "`side`: this field is required")],
    );
    check(
        &shape,
        json!({}),
        &[("", "/discriminator", "`is`: this field is required; It says which form the map has.")],
    );
    check(&shape, json!([]), &[("", "/discriminator", "expected a map with `is`, found a list")]);
}

/// A schema with every kind of metadata.
fn noted() -> Schema {
    schema(json!({"optionalProperties": {
        "key": {"type": "string", "metadata": {"streamlib:type": "bytes"}},
        "level": {"type": "float64", "metadata": {"streamlib:max": 1, "streamlib:unit": "dB"}},
        "matrix": {
            "elements": {"type": "float64", "metadata": {"streamlib:type": "int64"}},
            "metadata": {"streamlib:length": 2},
        },
        "rate": {"type": "uint32", "metadata": {"streamlib:min": 1, "streamlib:unit": "Hz"}},
        "time": {
            "type": "float64", "nullable": true, "metadata": {"streamlib:type": "uint64"},
        },
    }}))
}

#[test]
fn metadata_narrows_what_the_form_takes() {
    let all = noted();
    check(
        &all,
        json!({
            "key": "AAA=", "level": -7.5, "matrix": [i64::MIN, 1], "rate": 48_000,
            "time": u64::MAX,
        }),
        &[],
    );
    check(&all, json!({"time": null}), &[]);
    let at = |name: &str, key: &str| format!("/optionalProperties/{name}/metadata/streamlib:{key}");
    let element = at("matrix/elements", "type");
    check(
        &all,
        json!({
            "key": "AAA", "level": 1.5, "matrix": [u64::MAX, 1.0, 2], "rate": 0, "time": -1,
        }),
        &[
            ("/key", &at("key", "type"), "`key`: expected bytes as base64, found \"AAA\""),
            (
                "/level",
                &at("level", "max"),
                "`level`: expected a number of at most 1 dB, found 1.5",
            ),
            (
                "/matrix",
                &at("matrix", "length"),
                "`matrix`: expected a list of 2, found a list of 3",
            ),
            (
                "/matrix/0",
                &element,
                "`matrix.0`: expected a whole number from -9223372036854775808 to \
                 9223372036854775807, found 18446744073709551615",
            ),
            (
                "/matrix/1",
                &element,
                "`matrix.1`: expected a whole number from -9223372036854775808 to \
                 9223372036854775807, found 1.0",
            ),
            (
                "/rate",
                &at("rate", "min"),
                "`rate`: expected a whole number from 1 to 4294967295 Hz, found 0",
            ),
            (
                "/time",
                &at("time", "type"),
                "`time`: expected a whole number from 0 to 18446744073709551615, found -1",
            ),
        ],
    );
    check(
        &all,
        json!({"rate": 48_000.0}),
        &[(
            "/rate",
            &at("rate", "min"),
            "`rate`: expected a whole number from 1 to 4294967295 Hz, found 48000.0",
        )],
    );
}

#[test]
fn a_float_takes_every_number_of_json() {
    check(&schema(json!({"type": "float64"})), json!(u64::MAX), &[]);
    check(&schema(json!({"type": "float32"})), json!(u64::MAX), &[]);
    check(
        &schema(json!({"type": "uint32"})),
        json!(u64::MAX),
        &[(
            "",
            "/type",
            "expected a whole number from 0 to 4294967295, found 18446744073709551615",
        )],
    );
}

#[test]
fn hostile_values_are_told_within_limits() {
    let list = schema(json!({"definitions": {"l": {"elements": {"ref": "l"}}}, "ref": "l"}));
    let nested = |levels: usize| (0..levels).fold(json!([]), |inside, _| json!([inside]));
    check(&list, nested(128), &[]);
    check(&list, nested(129), &[("", "", "nested deeper than 128 levels")]);
    let numbers = schema(json!({"elements": {"type": "string"}}));
    assert_eq!(numbers.check(&json!(vec![1; 5_000])).len(), PROBLEMS_MAX);
    let limited = json!({"elements": {"type": "uint8", "metadata": {"streamlib:min": 2}}});
    assert_eq!(schema(limited).check(&json!(vec![1; 5_000])).len(), PROBLEMS_MAX);
}
