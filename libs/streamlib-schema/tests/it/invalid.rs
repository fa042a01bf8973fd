//! Schemas that are not valid beyond the official suite.

use serde_json::{Value, json};
use streamlib_schema::Schema;

fn check(schema: Value, expect: &str) {
    let told = match Schema::new(schema.clone()) {
        Ok(_) => "valid".to_owned(),
        Err(error) => match error.fault.hint() {
            Some(hint) => format!("{error}; {hint}"),
            None => error.to_string(),
        },
    };
    assert_eq!(told.strip_prefix("the schema is not valid").unwrap_or(&told), expect, "{schema}");
}

#[test]
fn mistakes_are_named_with_their_place_and_what_was_meant() {
    check(
        json!({"properties": {"a": {"elements": {"typ": "string"}}}}),
        " at `properties.a.elements`: `typ` is no keyword of JSON Type Definition; what it does \
         not have stands in `metadata`; did you mean `type`?",
    );
    check(
        json!({"definitions": {"point": {}}, "ref": "piont"}),
        " at `ref`: there is no definition `piont`; did you mean `point`?",
    );
    check(json!({"type": null}), ": `type` has no value");
    check(
        json!({"type": "uint64"}),
        ": there is no type `uint64`; the types are boolean, string, timestamp, int8, uint8, \
         int16, uint16, int32, uint32, float32, float64; write `float64` with the metadata \
         `streamlib:type: uint64`",
    );
    check(
        json!({"definitions": {"a": {"ref": "b"}, "b": {"ref": "a"}}, "ref": "a"}),
        " at `definitions.a`: the definition `a` refers to nothing but itself",
    );
    let mut deep = json!({});
    for _ in 0..200 {
        deep = json!({"elements": deep});
    }
    let told = Schema::new(deep).unwrap_err().to_string();
    assert!(told.ends_with(": nested deeper than 128 levels"), "{told}");
}

#[test]
fn metadata_of_ours_acts_or_is_refused() {
    let of = |type_name: &str, metadata: Value| json!({"type": type_name, "metadata": metadata});
    check(of("string", json!({"streamlib:type": "bytes", "other:tool": [1]})), "valid");
    check(of("float64", json!({"streamlib:type": "uint64", "streamlib:max": u64::MAX})), "valid");
    check(of("uint8", json!({"streamlib:min": 3, "streamlib:unit": "ms"})), "valid");
    check(
        of("uint8", json!({"streamlib:minimum": 3})),
        ": there is no metadata `streamlib:minimum`; did you mean `streamlib:min`?",
    );
    check(
        of("uint8", json!({"streamlib:min": 300})),
        ": `streamlib:min` is a whole number from 0 to 255",
    );
    check(
        of("uint8", json!({"streamlib:min": 3, "streamlib:max": 2})),
        ": `streamlib:min` is 3, over `streamlib:max`, which is 2",
    );
    check(of("float32", json!({"streamlib:min": "low"})), ": `streamlib:min` is a number");
    check(of("string", json!({"streamlib:min": 1})), ": `streamlib:min` stands on numbers");
    check(
        of("uint32", json!({"streamlib:type": "uint64"})),
        ": `streamlib:type` stands on `float64` (int64, uint64) or on `string` (bytes)",
    );
    check(
        of("string", json!({"streamlib:type": "blob"})),
        ": `streamlib:type` is int64 or uint64 on `float64` and bytes on `string`, not `blob` here",
    );
    check(
        json!({"elements": {}, "metadata": {"streamlib:length": 0}}),
        ": `streamlib:length` is a whole number from 1 to 65536",
    );
    check(
        json!({"values": {"metadata": {"streamlib:schema": "com.example.a@1.0.0"}}}),
        " at `values`: `streamlib:schema` stands at the top of a schema only",
    );
    check(
        json!({"metadata": {"streamlib:schema": "com.example.a"}}),
        ": `streamlib:schema` does not hold: `com.example.a` is not a schema name with a version; \
         write it as `com.example.name@1.0.0`",
    );
}

#[test]
fn defaults_fit_their_own_part() {
    let with = |default: Value| {
        json!({
            "definitions": {"word": {"enum": ["fast", "slow"]}},
            "optionalProperties": {
                "speed": {"ref": "word", "metadata": {"streamlib:default": default}},
            },
        })
    };
    check(with(json!("slow")), "valid");
    check(
        with(json!("slwo")),
        " at `optionalProperties.speed`: `streamlib:default` does not fit: expected one of fast, \
         slow, found \"slwo\"; did you mean `slow`?",
    );
}
