//! Every message, as it is written.

use super::{SchemaError, SchemaFault};

#[track_caller]
fn check(fault: &SchemaFault, expected: &str, hint: Option<&str>) {
    assert_eq!((fault.to_string().as_str(), fault.hint().as_deref()), (expected, hint));
}

#[test]
fn every_fault_is_a_sentence() {
    let name = || "size".to_owned();
    let near = || Some("sizes".to_owned());
    let hint = Some("did you mean `sizes`?");
    check(&SchemaFault::Expected { expected: "a map" }, "expected a map", None);
    check(
        &SchemaFault::UnknownKeyword(name(), near()),
        "`size` is no keyword of JSON Type Definition; what it does not have stands in `metadata`",
        hint,
    );
    check(&SchemaFault::Keywords("two forms".to_owned()), "two forms", None);
    check(
        &SchemaFault::UnknownType { name: "int3".to_owned(), known: "int8, int32".to_owned() },
        "there is no type `int3`; the types are int8, int32",
        Some("did you mean `int32`?"),
    );
    check(&SchemaFault::EmptyEnum, "an `enum` has one value or more", None);
    check(&SchemaFault::ValueTwice(name()), "the value `size` stands twice in the `enum`", None);
    check(
        &SchemaFault::PropertyTwice(name()),
        "`size` stands in `properties` and in `optionalProperties`; leave one of them",
        None,
    );
    check(&SchemaFault::NoDefinition(name(), near()), "there is no definition `size`", hint);
    check(
        &SchemaFault::Endless(name()),
        "the definition `size` refers to nothing but itself",
        None,
    );
    check(
        &SchemaFault::Mapping,
        "what a `mapping` maps to is of the form `properties`, and not nullable",
        None,
    );
    check(
        &SchemaFault::TagTwice(name()),
        "`size` is the discriminator; it cannot be a property as well",
        None,
    );
    check(&SchemaFault::UnknownNote(name(), near()), "there is no metadata `size`", hint);
    let reason = "belongs to numbers".to_owned();
    check(&SchemaFault::Note { key: "min", reason }, "`min` belongs to numbers", None);
    check(&SchemaFault::Judge("it is odd".to_owned()), "it is odd", None);
}

#[test]
fn the_place_stands_with_the_fault() {
    let at = |path: &[&str]| SchemaError {
        path: path.iter().map(|part| (*part).to_owned()).collect(),
        fault: SchemaFault::EmptyEnum,
    };
    assert_eq!(
        at(&["properties", "kind"]).to_string(),
        "the schema is not valid at `properties.kind`: an `enum` has one value or more"
    );
    assert_eq!(at(&[]).to_string(), "the schema is not valid: an `enum` has one value or more");
}
