//! `streamlib schemas`, against files and what is built in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use crate::home::{Home, check};

#[test]
fn a_value_is_checked_by_a_file() {
    let home = Home::new();
    check!(home.answer("schemas validate schemas/old.yaml schemas/fish.json"), @r#"
    exit 1
    --- stdout
    `kind`: expected one of perch, pike, found "pkie"; did you mean `pike`?
    `length`: expected a number of at least 0 cm, found -3
    `seen_ns`: expected a whole number from -9223372036854775808 to 9223372036854775807, found 1.5

    schemas/fish.json has 3 problems
    --- stderr
    "#);
    check!(home.answer("schemas validate schemas/old.yaml schemas/fish.json --json"), @r#"
    exit 1
    --- stdout
    [
      {
        "instancePath": "/kind",
        "schemaPath": "/properties/kind/enum"
      },
      {
        "instancePath": "/length",
        "schemaPath": "/properties/length/metadata/streamlib:min"
      },
      {
        "instancePath": "/seen_ns",
        "schemaPath": "/optionalProperties/seen_ns/metadata/streamlib:type"
      }
    ]
    --- stderr
    "#);
    check!(home.answer("schemas validate schemas/not-valid.yaml schemas/fish.json --json"), @r"
    exit 2
    --- stdout
    --- stderr
    error: `schemas/not-valid.yaml`: the schema is not valid at `properties.length`: there is no type `flaot32`; the types are boolean, string, timestamp, int8, uint8, int16, uint16, int32, uint32, float32, float64; did you mean `float32`?
    ");
    check!(home.answer("schemas validate schemas/old.yaml schemas/none.json"), @r"
    exit 2
    --- stdout
    --- stderr
    error: `schemas/none.json` cannot be read: No such file or directory (os error 2)
    ");
    let broken = home.path().join("broken.json");
    std::fs::write(&broken, "{ \"length\": 1,").unwrap();
    let line = format!("schemas validate schemas/old.yaml {}", broken.display());
    check!(home.answer(&line), @r"
    exit 2
    --- stdout
    --- stderr
    error: `[HOME]/broken.json` cannot be read as JSON or YAML: EOF while parsing a value at line 1 column 14
    ");
    let broken = broken.with_extension("yaml");
    std::fs::write(&broken, "length: 1\nlength: 2\n").unwrap();
    let line = format!("schemas validate schemas/old.yaml {}", broken.display());
    check!(home.answer(&line), @r#"
    exit 2
    --- stdout
    --- stderr
    error: `[HOME]/broken.yaml` cannot be read as JSON or YAML:
    [HOME]/broken.yaml:2:1: error[duplicate-key]: the key "length" stands here a second time
    2 | length: 2
      | ^^^^^^
    hint: the first is on line 1; keep one of them
    "#);
}

#[test]
fn versions_are_compared() {
    let home = Home::new();
    check!(home.answer("schemas diff schemas/old.yaml schemas/new.yaml"), @r"
    exit 1
    --- stdout
    `depth`: a new field, optional; both versions read each other's data
    `kind`: has a new value `eel`; old readers refuse new data

    needs a new major version: 2.0.0 or later; it is 1.1.0, which does not allow this
    --- stderr
    ");
    check!(home.answer("schemas diff schemas/old.yaml schemas/old.yaml"), @r"
    exit 0
    --- stdout
    nothing changed
    --- stderr
    ");
    let difference = home.answer("schemas diff schemas/old.yaml schemas/new.yaml --json");
    check!(difference, @r#"
    exit 1
    --- stdout
    {
      "changes": [
        {
          "path": [
            "depth"
          ],
          "what": "a new field, optional",
          "new_reads_old": true,
          "old_reads_new": true,
          "level": "minor"
        },
        {
          "path": [
            "kind"
          ],
          "what": "has a new value `eel`",
          "new_reads_old": true,
          "old_reads_new": false,
          "level": "major"
        }
      ],
      "new_reads_old": true,
      "old_reads_new": false,
      "level": "major",
      "next_version": "2.0.0",
      "ok": false
    }
    --- stderr
    "#);
}

#[test]
fn schemas_are_described() {
    let home = Home::new();
    check!(home.answer("schemas describe schemas/old.yaml"), @r"
    exit 0
    --- stdout
    com.example.fish@1.0.0
      A fish that was seen

    It is a map, other names allowed
      kind: one of perch, pike
      length: a number of at least 0 cm
      seen_ns: int64, optional
    --- stderr
    ");
    check!(home.answer("schemas describe com.tatolab.grayscale.config"), @r"
    exit 0
    --- stdout
    com.tatolab.grayscale.config@1.0.0

    It is a map
      amount: a number from 0 to 1, default 1.0
          How much of the colour is taken away: 0 none, 1 all.
    --- stderr
    ");
    check!(home.answer("schemas describe com.tatolab.audiofrme"), @r"
    exit 2
    --- stdout
    --- stderr
    error: there is no file and no built-in schema `com.tatolab.audiofrme`; did you mean `com.tatolab.audioframe`? `streamlib schemas list` shows all
    ");
    check!(home.answer("schemas describe com.tatolab.audioframe@1.2.0"), @r"
    exit 2
    --- stdout
    --- stderr
    error: there is no file and no built-in schema `com.tatolab.audioframe@1.2.0`; did you mean `com.tatolab.audioframe@1.0.0`? `streamlib schemas list` shows all
    ");
}

#[test]
fn settings_are_checked_as_a_graph_checks_them() {
    let home = Home::new();
    let settings = home.path().join("settings.yaml");
    std::fs::write(&settings, "{ amount: 7, amuont: 1 }").unwrap();
    let line = format!("schemas validate-processor grayscale {}", settings.display());
    check!(home.answer(&line), @r"
    exit 1
    --- stdout
    `amount`: expected a number from 0 to 1, found 7
    `amuont`: there is no such setting; did you mean `amount`?

    [HOME]/settings.yaml has 2 problems
    --- stderr
    ");
    check!(home.answer(&format!("{line} --json")), @r#"
    exit 1
    --- stdout
    [
      {
        "instancePath": "/amount",
        "schemaPath": "/optionalProperties/amount/metadata/streamlib:max"
      },
      {
        "instancePath": "/amuont",
        "schemaPath": ""
      }
    ]
    --- stderr
    "#);
    std::fs::write(&settings, "amount: 0.5").unwrap();
    check!(home.answer(&line), @r"
    exit 0
    --- stdout
    [HOME]/settings.yaml is right
    --- stderr
    ");
    check!(home.answer("schemas validate-processor graysacle settings.yaml"), @r"
    exit 2
    --- stdout
    --- stderr
    error: there is no processor type `graysacle`; did you mean `grayscale`? `streamlib processors list` shows all
    ");
}

#[test]
fn types_are_generated() {
    let home = Home::new();
    check!(home.answer("schemas generate com.tatolab.grayscale.config --language rust"), @r#"
    exit 0
    --- stdout
    //! Types of a schema. Generated by `streamlib schemas generate`; changes are lost.

    use serde::{Deserialize, Serialize};

    /// `GrayscaleConfig` of the schema.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct GrayscaleConfig {
        /// How much of the colour is taken away: 0 none, 1 all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub amount: Option<f64>,
    }
    --- stderr
    "#);
    let file = home.path().join("fish.py");
    let line = "schemas generate schemas/old.yaml --language python";
    let output = home.client(line).output().unwrap();
    let told = home.answer(&format!("{line} -o {}", file.display()));
    assert_eq!(told, "exit 0\n--- stdout\n--- stderr\n");
    assert_eq!(std::fs::read(&file).unwrap(), output.stdout);
    assert!(String::from_utf8(output.stdout).unwrap().contains("\nclass Fish:\n"));
    let nowhere = home.path().join("none/fish.py");
    check!(home.answer(&format!("{line} -o {}", nowhere.display())), @r"
    exit 3
    --- stdout
    --- stderr
    error: the output cannot be written: No such file or directory (os error 2)
    ");
    check!(home.answer("schemas generate schemas/old.yaml --language cobol"), @r"
    exit 2
    --- stdout
    --- stderr
    error: invalid value 'cobol' for '--language <LANGUAGE>'
      [possible values: rust, python, typescript]

    For more information, try '--help'.
    ");
}

/// Everything that a command prints for scripts.
fn json(home: &Home, line: &str) -> Value {
    let output = home.client(line).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{line}: {error}"))
}

#[test]
fn every_built_in_schema_is_listed_and_reads_itself() {
    let home = Home::new();
    let listed = json(&home, "schemas list --json");
    let listed = listed.as_array().unwrap();
    assert!(listed.len() >= 20, "{}", listed.len());
    let table = home.answer("schemas list");
    for one in listed {
        let name = one["name"].as_str().unwrap();
        assert!(table.contains(&format!("\n{name} ")), "{name}");
        let output = home.client(&format!("schemas describe {name} --json")).output().unwrap();
        let file = home.path().join("schema.json");
        std::fs::write(&file, output.stdout).unwrap();
        let line = format!("schemas diff {name} {}", file.display());
        assert_eq!(home.answer(&line), "exit 0\n--- stdout\nnothing changed\n--- stderr\n");
    }
}

fn official(file: &str) -> BTreeMap<String, Value> {
    let folder = "../../libs/streamlib-schema/tests/json-typedef-spec";
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder).join(file);
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// Checks an instance by files; gives the exit code and what was printed.
fn validate(home: &Home, schema: &Value, instance: &Value) -> (Option<i32>, Vec<u8>) {
    let (first, second) = (home.path().join("schema.json"), home.path().join("instance.json"));
    std::fs::write(&first, schema.to_string()).unwrap();
    std::fs::write(&second, instance.to_string()).unwrap();
    let line = format!("schemas validate --json {} {}", first.display(), second.display());
    let output = home.client(&line).output().unwrap();
    (output.status.code(), output.stdout)
}

#[test]
fn the_official_suite_passes() {
    let home = Home::new();
    for (name, case) in official("validation.json") {
        let pointer = |path: &Value| -> String {
            let tokens = path.as_array().unwrap().iter().map(|token| token.as_str().unwrap());
            tokens
                .map(|token| format!("/{}", token.replace('~', "~0").replace('/', "~1")))
                .collect()
        };
        let pair = |one: &Value| (pointer(&one["instancePath"]), pointer(&one["schemaPath"]));
        let expected: BTreeSet<_> = case["errors"].as_array().unwrap().iter().map(pair).collect();
        let (code, printed) = validate(&home, &case["schema"], &case["instance"]);
        let found: Vec<BTreeMap<String, String>> = serde_json::from_slice(&printed).unwrap();
        let pair = |one: &BTreeMap<String, String>| {
            (one["instancePath"].clone(), one["schemaPath"].clone())
        };
        assert_eq!(found.iter().map(pair).collect::<BTreeSet<_>>(), expected, "{name}");
        assert_eq!(code, Some(i32::from(!expected.is_empty())), "{name}");
    }
}

#[test]
fn the_official_invalid_schemas_are_refused() {
    let home = Home::new();
    for (name, schema) in official("invalid_schemas.json") {
        assert_eq!(validate(&home, &schema, &Value::Null), (Some(2), vec![]), "{name}");
    }
}
