//! Folders that are packages, and folders that are not.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use streamlib_package::PackageFolder;

use crate::support::folder;

/// What is said about a folder, with `HERE` for its place.
fn report(files: &[(&str, &str)]) -> String {
    let folder = folder(files);
    let here = folder.path().display().to_string();
    match PackageFolder::open(folder.path()) {
        Ok(package) => package.unknown_schemas(&BTreeMap::new()).to_string(),
        Err(error) => error.to_string(),
    }
    .replace(&here, "HERE")
}

const MANIFEST: &str = "package: { name: a.b, version: 1.0.0, namespace: a }\n";
const POINT: &str =
    "metadata: { \"streamlib:schema\": a.point@1.0.0 }\nproperties: { x: { type: float64 } }\n";

#[test]
fn a_package_with_schemas_from_everywhere() {
    let manifest = format!(
        "{MANIFEST}schemas:
  listed@1.2.0: types/listed.json
  inline@1.0.0: {{ type: string }}
processors:
  - name: draw
    runtime: rust
    config_schema: listed@1.0.0
    inputs: [{{ name: points, schema: point@1.0.0 }}]
    outputs: [{{ name: video, schema: com.tatolab.videoframe@1.0.0 }}]
"
    );
    let files = [
        ("streamlib.yaml", manifest.as_str()),
        ("types/listed.json", "{\"properties\": {}}"),
        ("schemas/point.yaml", POINT),
        ("schemas/README.md", "not a schema"),
        ("graph.yaml", ""),
    ];
    let folder = folder(&files);
    let package = PackageFolder::open(folder.path()).unwrap();
    let names: Vec<String> = package.schemas().keys().map(ToString::to_string).collect();
    assert_eq!(names, ["a.inline@1.0.0", "a.listed@1.2.0", "a.point@1.0.0"]);
    assert_eq!(package.graph(), Some(folder.path().join("graph.yaml")));
    // `listed@1.2.0` reads what is written as `listed@1.0.0`.
    assert_eq!(package.unknown_schemas(&BTreeMap::new()).to_string(), "");
}

#[test]
fn folders_that_are_no_packages() {
    assert_snapshot!(report(&[]), @"`HERE` is not a package: it has no `streamlib.yaml`");
    assert_snapshot!(report(&[("streamlib.yaml", "package: { name: a.b }\nprocesors: []\n")]), @"
    the package in `HERE` is not right:
    HERE/streamlib.yaml:1:10: error[missing-key]: a package needs the key `version`
    1 | package: { name: a.b }
      |          ^
    hint: `version` is a version such as `1.0.0`

    HERE/streamlib.yaml:2:1: error[unknown-key]: `procesors` is not a key of a package manifest
    2 | procesors: []
      | ^^^^^^^^^
    hint: did you mean `processors`?
    ");
    let late = "package: { name: a.b, version: 1.0.0, streamlib_version: \">=99\" }";
    assert_snapshot!(report(&[("streamlib.yaml", late)]), @r#"
    the package in `HERE` is not right:
    HERE/streamlib.yaml:1:58: error[wrong-version]: a.b 1.0.0 works with StreamLib >=99, and this is StreamLib 0.1.0
    1 | package: { name: a.b, version: 1.0.0, streamlib_version: ">=99" }
      |                                                          ^^^^^^
    "#);
    let graph = format!("{MANIFEST}graph: graphs/none.yaml\n");
    assert_snapshot!(report(&[("streamlib.yaml", &graph)]), @"
    the package in `HERE` is not right:
    HERE/streamlib.yaml:2:8: error[missing-file]: there is no file `graphs/none.yaml` in the package
    2 | graph: graphs/none.yaml
      |        ^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn schemas_that_are_not_right() {
    let manifest = format!("{MANIFEST}schemas: {{ point@1.0.0: point.yaml }}\n");
    let with =
        |file: &str, content: &str| report(&[("streamlib.yaml", &manifest), (file, content)]);
    assert_snapshot!(with("other.yaml", ""), @"
    the package in `HERE` is not right:
    HERE/streamlib.yaml:2:25: error[missing-file]: there is no file `point.yaml` in the package
    2 | schemas: { point@1.0.0: point.yaml }
      |                         ^^^^^^^^^^
    ");
    assert_snapshot!(with("point.yaml", "properties: {"), @"
    the package in `HERE` is not right:
    HERE/point.yaml:1:13: error[syntax]: this is not valid YAML or JSON: unclosed bracket '{'
    1 | properties: {
      |             ^
    ");
    assert_snapshot!(with("point.yaml", "tpye: string"), @"
    the package in `HERE` is not right:
    HERE/streamlib.yaml:2:25: error[invalid-schema]: `point.yaml`: the schema is not valid: `tpye` is no keyword of JSON Type Definition; what it does not have stands in `metadata`
    2 | schemas: { point@1.0.0: point.yaml }
      |                         ^^^^^^^^^^
    hint: did you mean `type`?
    ");
    assert_snapshot!(with("point.yaml", "metadata: { \"streamlib:schema\": a.other@1.0.0 }"), @"
    the package in `HERE` is not right:
    HERE/streamlib.yaml:2:25: error[invalid-schema]: the schema in `point.yaml` calls itself a.other@1.0.0
    2 | schemas: { point@1.0.0: point.yaml }
      |                         ^^^^^^^^^^
    ");
    let of_folder =
        |content: &str| report(&[("streamlib.yaml", MANIFEST), ("schemas/x.json", content)]);
    assert_snapshot!(of_folder("{}"), @"
    the package in `HERE` is not right:
    error[invalid-schema]: the schema in `schemas/x.json` does not say its name
    hint: write `metadata: { streamlib:schema: com.example.name@1.0.0 }` into it, or list it under `schemas`
    ");
    assert_snapshot!(of_folder("{"), @"
    the package in `HERE` is not right:
    HERE/schemas/x.json:1:1: error[syntax]: this is not valid YAML or JSON: unclosed bracket '{'
    1 | {
      | ^
    ");
    let twice =
        [("streamlib.yaml", MANIFEST), ("schemas/a.yaml", POINT), ("schemas/b.yaml", POINT)];
    assert_snapshot!(report(&twice), @"
    the package in `HERE` is not right:
    error[duplicate-name]: the schema a.point@1.0.0 is in `schemas/b.yaml` and elsewhere too
    ");
}

#[test]
fn schemas_that_nobody_brings() {
    let port = |schema: &str| {
        let manifest = format!(
            "{MANIFEST}processors: [{{ name: x, runtime: rust, inputs: [{{ name: i, schema: {schema} }}] }}]\n"
        );
        report(&[("streamlib.yaml", &manifest), ("schemas/point.yaml", POINT)])
    };
    assert_snapshot!(port("point@2.0.0"), @"
    HERE/streamlib.yaml:2:68: error[unknown-schema]: there is no schema a.point@2.0.0
    2 | …ors: [{ name: x, runtime: rust, inputs: [{ name: i, schema: point@2.0.0 }] }]
      |                                                              ^^^^^^^^^^^
    hint: there is version 1.0.0
    ");
    assert_snapshot!(port("com.tatolab.videoframes@1.0.0"), @"
    HERE/streamlib.yaml:2:68: error[unknown-schema]: there is no schema com.tatolab.videoframes@1.0.0
    2 | …ors: [{ name: x, runtime: rust, inputs: [{ name: i, schema: com.tatolab.videoframes@1.0.0 }] }]
      |                                                              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: did you mean `com.tatolab.videoframe`?
    ");
    assert_snapshot!(port("something.else@1.0.0"), @"
    HERE/streamlib.yaml:2:68: error[unknown-schema]: there is no schema something.else@1.0.0
    2 | …ors: [{ name: x, runtime: rust, inputs: [{ name: i, schema: something.else@1.0.0 }] }]
      |                                                              ^^^^^^^^^^^^^^^^^^^^
    hint: put it into `schemas/`, or depend on a package that brings it
    ");
}
