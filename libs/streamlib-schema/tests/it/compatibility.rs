//! What changed between two versions, who reads whose data, and that this is true.

use proptest::prelude::*;
use serde_json::{Value, json};
use streamlib_schema::{Comparison, Schema, Version};

use crate::random::{self, Random};

fn check(old: Value, new: Value, expect: &[&str], next: &str) {
    let schema = |json: &Value| Schema::new(json.clone()).unwrap();
    let comparison = Comparison::of(&schema(&old), &schema(&new));
    let told: Vec<String> = comparison.changes.iter().map(ToString::to_string).collect();
    assert_eq!(told, expect, "{old} -> {new}");
    let version = Version { major: 1, minor: 2, patch: 3 };
    assert_eq!(comparison.next_version(version).to_string(), next, "{old} -> {new}");
}

const BOTH: &str = "both versions read each other's data";
const OLD_REFUSE: &str = "old readers refuse new data";
const NEW_REFUSE: &str = "new readers refuse old data";
const NEITHER: &str = "neither reads the other's data";

#[test]
fn nothing_changed() {
    let tree = json!({
        "definitions": {"tree": {"optionalProperties": {"inside": {"elements": {"ref": "tree"}}}}},
        "ref": "tree",
    });
    check(tree.clone(), tree, &[], "1.2.3");
}

#[test]
fn fields_come_go_and_become_optional() {
    let old = json!({
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}, "c": {"type": "string"}},
        "optionalProperties": {"d": {"type": "string"}, "e": {"type": "string"}},
        "additionalProperties": true,
    });
    let new = json!({
        "properties": {"a": {"type": "string"}, "d": {"type": "string"}, "f": {"type": "string"}},
        "optionalProperties": {"c": {"type": "string"}, "g": {"type": "string"}},
        "additionalProperties": true,
    });
    check(
        old,
        new,
        &[
            &format!("`b`: the field is gone; it was required; {OLD_REFUSE}"),
            &format!("`c`: was required, is optional; {OLD_REFUSE}"),
            &format!("`d`: was optional, is required; {NEW_REFUSE}"),
            &format!("`e`: the field is gone; it was optional; {BOTH}"),
            &format!("`f`: a new field, required; {NEW_REFUSE}"),
            &format!("`g`: a new field, optional; {BOTH}"),
        ],
        "2.0.0",
    );
}

#[test]
fn a_map_that_takes_other_names_can_grow() {
    let with = |open: bool, fields: Value| json!({"properties": {}, "optionalProperties": fields, "additionalProperties": open});
    let field = json!({"x": {"type": "uint8"}});
    let added = format!("`x`: a new field, optional; {BOTH}");
    check(with(true, json!({})), with(true, field.clone()), &[&added], "1.3.0");
    let refused = format!("`x`: a new field, optional; {OLD_REFUSE}");
    check(with(false, json!({})), with(false, field), &[&refused], "2.0.0");
    let opened = format!("may have names that are not declared now; {OLD_REFUSE}");
    check(with(false, json!({})), with(true, json!({})), &[&opened], "2.0.0");
    let closed = format!("must not have names that are not declared any more; {NEW_REFUSE}");
    check(with(true, json!({})), with(false, json!({})), &[&closed], "2.0.0");
}

#[test]
fn ranges_words_and_lengths_widen_and_narrow() {
    let number = |kind: &str, metadata: Value| json!({"type": kind, "metadata": metadata});
    let limits = |min: i64, max: i64| json!({"streamlib:min": min, "streamlib:max": max});
    check(
        number("uint8", limits(1, 5)),
        number("int32", limits(0, 5)),
        &[&format!("was a whole number from 1 to 5, is a whole number from 0 to 5; {OLD_REFUSE}")],
        "2.0.0",
    );
    check(
        json!({"type": "uint32"}),
        number("float64", json!({"streamlib:type": "uint64"})),
        &[&format!(
            "was a whole number from 0 to 4294967295, is a whole number from 0 to \
             18446744073709551615; {OLD_REFUSE}"
        )],
        "2.0.0",
    );
    let whole = "a whole number from -9223372036854775808 to 9223372036854775807";
    check(
        number("float64", json!({"streamlib:type": "int64"})),
        json!({"type": "float64"}),
        &[&format!("was {whole}, is a number; {NEITHER}")],
        "2.0.0",
    );
    check(
        json!({"elements": {"enum": ["a", "b"]}, "metadata": {"streamlib:length": 2}}),
        json!({"elements": {"enum": ["b", "c"]}}),
        &[
            &format!("had 2 elements, has any number; {OLD_REFUSE}"),
            &format!("`*`: has no value `a` any more; {NEW_REFUSE}"),
            &format!("`*`: has a new value `c`; {OLD_REFUSE}"),
        ],
        "2.0.0",
    );
    check(
        json!({"enum": ["a"], "nullable": true}),
        json!({"type": "string"}),
        &[
            &format!("must not be null any more; {NEW_REFUSE}"),
            &format!("was one of a, is a text; {OLD_REFUSE}"),
        ],
        "2.0.0",
    );
}

#[test]
fn forms_of_a_discriminator_come_and_go() {
    let circle = |kind: &str| json!({"properties": {"radius": {"type": kind}}});
    check(
        json!({"discriminator": "is", "mapping": {"circle": circle("uint8"), "dot": circle("int8")}}),
        json!({"discriminator": "is", "mapping": {"circle": circle("int8"), "ring": circle("int8")}}),
        &[
            &format!("has no form `dot` any more; {NEW_REFUSE}"),
            &format!("has a new form `ring`; {OLD_REFUSE}"),
            &format!(
                "`is=circle.radius`: was a whole number from 0 to 255, is a whole number from -128 \
                 to 127; {NEITHER}"
            ),
        ],
        "2.0.0",
    );
}

#[test]
fn what_is_said_about_a_value_counts_too() {
    let with = |metadata: Value| json!({"type": "uint8", "metadata": metadata});
    let silent = "nothing that is written changes";
    check(
        with(json!({"description": "Old."})),
        with(json!({"description": "New.", "streamlib:unit": "ms"})),
        &[&format!("says its unit, ms; {silent}"), &format!("the description changed; {silent}")],
        "1.2.4",
    );
    check(
        with(json!({"streamlib:unit": "s"})),
        with(json!({"streamlib:unit": "ms"})),
        &[&format!("was in s, is in ms: the same number means another; {NEITHER}")],
        "2.0.0",
    );
    check(
        with(json!({"streamlib:default": 1})),
        with(json!({"streamlib:default": 2})),
        &[&format!("the value where none is given was 1, is 2; {BOTH}")],
        "1.3.0",
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() })]

    /// Random schemas, randomly changed: what is promised holds for random instances.
    #[test]
    fn what_is_promised_is_kept(seed: u64) {
        let mut random = Random(seed);
        let json = random::schema(&mut random);
        let mut changed = json.clone();
        for _ in 0..1 + random.below(3) {
            random::change(&mut random, &mut changed);
        }
        let old = Schema::new(json.clone()).unwrap_or_else(|error| panic!("{error}: {json:#}"));
        let Ok(new) = Schema::new(changed) else { return Ok(()) };
        let comparison = Comparison::of(&old, &new);
        let ways = [
            (comparison.new_reads_old(), &old, &new),
            (comparison.old_reads_new(), &new, &old),
        ];
        for (is_promised, writer, reader) in ways {
            for _ in 0..8 {
                let Some(instance) = random::instance(&mut random, writer) else { continue };
                prop_assert_eq!(writer.check(&instance), vec![], "its own: {}", instance);
                if is_promised {
                    prop_assert_eq!(
                        reader.check(&instance), vec![],
                        "{}\n{:#}\n{:#}\n{:?}", instance, old.json(), new.json(), comparison
                    );
                }
            }
        }
    }
}
