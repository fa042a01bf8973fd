//! Everything that can be wrong with a manifest, with the whole text that says so.

use insta::assert_snapshot;

use super::report;

/// A package and then `rest` at the top level.
fn with(rest: &str) -> String {
    format!("package: {{ name: a.b, version: 1.0.0 }}\n{rest}")
}

/// A package with one processor that holds `keys`.
fn processor(keys: &str) -> String {
    with(&format!("processors:\n  - {{ name: a.c, {keys} }}\n"))
}

/// A package with one Python processor that holds `keys`.
fn python(keys: &str) -> String {
    processor(&format!("runtime: python, entrypoint: a:B, {keys}"))
}

#[test]
fn all_problems_at_once() {
    assert_snapshot!(report("
pakage: {}
package:
  name: ../../x
  version: 1.0
  naem: x
  streamlib_version: newest
  include: [../secret]
processors:
  - { runtime: rust, inputs: [{ name: a }] }
  - { name: a.b, runtime: ruby }
depend: {}
"), @r#"
    streamlib.yaml:2:1: error[unknown-key]: `pakage` is not a key of a package manifest
    2 | pakage: {}
      | ^^^^^^
    hint: did you mean `package`?

    streamlib.yaml:4:9: error[invalid-name]: "../../x" is not a valid package name: it is one or more words joined by dots, such as `com.example.effects`; a word starts with a lower-case letter and goes on with lower-case letters, digits, `_` or `-`; all of it has at most 128 characters
    4 |   name: ../../x
      |         ^^^^^^^

    streamlib.yaml:5:12: error[wrong-type]: expected a version such as `1.0.0`, found the number 1.0
    5 |   version: 1.0
      |            ^^^
    hint: put it in quotes if it is meant as text

    streamlib.yaml:6:3: error[unknown-key]: `naem` is not a key of a package
    6 |   naem: x
      |   ^^^^
    hint: did you mean `name`?

    streamlib.yaml:7:22: error[invalid-version]: "newest" is not a range of versions: write it as `^1.2`, `~1.2.3`, `>=1.0, <3.0`, `=1.0.0` or `*`
    7 |   streamlib_version: newest
      |                      ^^^^^^

    streamlib.yaml:8:13: error[invalid-path]: "../secret" is not a pattern of paths inside the package: write it as `src/**`, `*.md` or `assets/?.png`, without `..`
    8 |   include: [../secret]
      |             ^^^^^^^^^

    streamlib.yaml:10:5: error[missing-key]: a processor needs the key `name`
    10 |   - { runtime: rust, inputs: [{ name: a }] }
       |     ^
    hint: `name` is a processor type

    streamlib.yaml:10:31: error[missing-key]: an input needs the key `schema`
    10 |   - { runtime: rust, inputs: [{ name: a }] }
       |                               ^
    hint: `schema` is a schema such as `com.example.point@1.0.0`

    streamlib.yaml:11:27: error[unknown-value]: "ruby" is not possible here
    11 |   - { name: a.b, runtime: ruby }
       |                           ^^^^
    hint: possible values: `rust`, `python`, `typescript`, `deno`

    streamlib.yaml:12:1: error[unknown-key]: `depend` is not a key of a package manifest
    12 | depend: {}
       | ^^^^^^
    hint: known keys: `package`, `processors`, `dependencies`, `schemas`, `graph`, `env`, `permissions`
    "#);
}

#[test]
fn names_and_namespaces() {
    assert_snapshot!(report("package: { name: Upper, version: 1.0.0 }"), @r#"
    streamlib.yaml:1:18: error[invalid-name]: "Upper" is not a valid package name: it is one or more words joined by dots, such as `com.example.effects`; a word starts with a lower-case letter and goes on with lower-case letters, digits, `_` or `-`; all of it has at most 128 characters
    1 | package: { name: Upper, version: 1.0.0 }
      |                  ^^^^^
    "#);
    assert_snapshot!(report(&with("processors: [{ name: tint, runtime: rust }]")), @"
    streamlib.yaml:2:22: error[invalid-name]: the short name `tint` needs a namespace
    2 | processors: [{ name: tint, runtime: rust }]
      |                      ^^^^
    hint: write `namespace: com.example` under `package`, or the full name here
    ");
    assert_snapshot!(report(&with("schemas: { point@1.0.0: schemas/point.yaml }")), @"
    streamlib.yaml:2:12: error[invalid-name]: the short name `point` needs a namespace
    2 | schemas: { point@1.0.0: schemas/point.yaml }
      |            ^^^^^^^^^^^
    hint: write `namespace: com.example` under `package`, or the full name here
    ");
    assert_snapshot!(report("
package: { name: a, version: 1.0.0, namespace: my-own }
schemas: { point@1.0.0: schemas/point.yaml }
"), @"
    streamlib.yaml:3:12: error[invalid-name]: `my-own.point@1.0.0` is not a schema name with a version; write it as `com.example.name@1.0.0`
    3 | schemas: { point@1.0.0: schemas/point.yaml }
      |            ^^^^^^^^^^^
    ");
    assert_snapshot!(report("
package: { name: a, version: 1.0.0, namespace: com.example }
processors:
  - { name: tint, runtime: rust }
  - { name: com.example.tint, runtime: rust }
"), @"
    streamlib.yaml:5:13: error[duplicate-name]: the processor `com.example.tint` stands here a second time
    5 |   - { name: com.example.tint, runtime: rust }
      |             ^^^^^^^^^^^^^^^^
    hint: the first is on line 4; give each its own name
    ");
    assert_snapshot!(report("
package: { name: a.b, version: 1.0.0, licence: MIT, license: MIT }
"), @"
    streamlib.yaml:2:53: error[conflicting-keys]: `license` says the same as `licence`; keep one of them
    2 | package: { name: a.b, version: 1.0.0, licence: MIT, license: MIT }
      |                                                     ^^^^^^^
    ");
}

#[test]
fn processors() {
    assert_snapshot!(report(&processor("runtime: rust, entrypoint: a:B")), @"
    streamlib.yaml:3:33: error[conflicting-keys]: `entrypoint` is not for `runtime: rust`: the plugin in `lib` says what it brings
    3 |   - { name: a.c, runtime: rust, entrypoint: a:B }
      |                                 ^^^^^^^^^^
    ");
    assert_snapshot!(report(&processor("runtime: python")), @"
    streamlib.yaml:3:5: error[missing-key]: a processor with `runtime: python` needs the key `entrypoint`
    3 |   - { name: a.c, runtime: python }
      |     ^

    streamlib.yaml:3:5: error[missing-key]: a processor with `runtime: python` needs the key `execution`
    3 |   - { name: a.c, runtime: python }
      |     ^
    ");
    assert_snapshot!(report(&processor("runtime: rust, execution: { mode: manual, interval: 1ms }")), @"
    streamlib.yaml:3:60: error[conflicting-keys]: `interval` is only for `mode: continuous`
    3 |   - { name: a.c, runtime: rust, execution: { mode: manual, interval: 1ms } }
      |                                                            ^^^^^^^^
    ");
    assert_snapshot!(report(&processor("runtime: rust, execution: { mode: continuous, interval: 1us }")), @"
    streamlib.yaml:3:64: error[conflicting-keys]: an interval is a whole number of milliseconds
    3 | … { name: a.c, runtime: rust, execution: { mode: continuous, interval: 1us } }
      |                                                              ^^^^^^^^
    ");
    assert_snapshot!(report(&python("execution: reactive, entrypont: x")), @"
    streamlib.yaml:3:73: error[unknown-key]: `entrypont` is not a key of a processor
    3 | …a.c, runtime: python, entrypoint: a:B, execution: reactive, entrypont: x }
      |                                                              ^^^^^^^^^
    hint: did you mean `entrypoint`?
    ");
    assert_snapshot!(report(&python("execution: fast")), @r#"
    streamlib.yaml:3:63: error[unknown-value]: "fast" is not possible here
    3 | …- { name: a.c, runtime: python, entrypoint: a:B, execution: fast }
      |                                                              ^^^^
    hint: possible values: `reactive`, `continuous`, `manual`
    "#);
}

#[test]
fn ports() {
    let port = |keys: &str| processor(&format!("runtime: rust, inputs: [{{ name: p, {keys} }}]"));
    assert_snapshot!(report(&port("schema: videoframe")), @r#"
    streamlib.yaml:3:61: error[invalid-name]: "videoframe" is not a schema: write its name and version as `com.example.point@1.0.0`; the name is of lower-case letters, digits, `_` and dots
    3 |   - { name: a.c, runtime: rust, inputs: [{ name: p, schema: videoframe }] }
      |                                                             ^^^^^^^^^^
    "#);
    assert_snapshot!(report(&port("schema: a.b@1.0.0, delivery: latest, depth: 3")), @"
    streamlib.yaml:3:90: error[conflicting-keys]: `depth` has no meaning with `latest`: one frame waits, the newest
    3 | …t, inputs: [{ name: p, schema: a.b@1.0.0, delivery: latest, depth: 3 }] }
      |                                                              ^^^^^
    ");
    assert_snapshot!(report(&port("schema: a.b@1.0.0, formats: [{ kind: video, codecs: [h264] }]")), @"
    streamlib.yaml:3:97: error[conflicting-keys]: `codecs` is not for `kind: video`
    3 | …ts: [{ name: p, schema: a.b@1.0.0, formats: [{ kind: video, codecs: [h264] }] }] }
      |                                                              ^^^^^^
    ");
    assert_snapshot!(report(&port("schema: a.b@1.0.0, formats: [{ kind: video, pixel_formats: [RGB9] }]")), @r#"
    streamlib.yaml:3:113: error[unknown-value]: "RGB9" is not possible here
    3 | …schema: a.b@1.0.0, formats: [{ kind: video, pixel_formats: [RGB9] }] }] }
      |                                                              ^^^^
    hint: did you mean `rgb8`?
    "#);
    assert_snapshot!(report(&port("schema: a.b@1.0.0, formats: [{ kind: video, size: [0, 1.5] }]")), @"
    streamlib.yaml:3:103: error[out-of-range]: width and height are whole numbers of pixels, 1 or more
    3 | … name: p, schema: a.b@1.0.0, formats: [{ kind: video, size: [0, 1.5] }] }] }
      |                                                              ^^^^^^^^
    ");
    assert_snapshot!(report(&processor("runtime: rust, inputs: [{ name: p, schema: a.b@1.0.0 }, { name: p, schema: a.b@1.0.0 }]")), @"
    streamlib.yaml:3:82: error[duplicate-name]: the port `p` stands here a second time
    3 | …ime: rust, inputs: [{ name: p, schema: a.b@1.0.0 }, { name: p, schema: a.b@1.0.0 }] }
      |                                                              ^
    hint: the first is on line 3
    ");
    assert_snapshot!(report(&processor("runtime: rust, outputs: [{ name: p, schema: a.b@1.0.0, same_as: video }]")), @"
    streamlib.yaml:3:82: error[unknown-port]: the processor has no input `video`
    3 | …ime: rust, outputs: [{ name: p, schema: a.b@1.0.0, same_as: video }] }
      |                                                              ^^^^^
    ");
}

#[test]
fn triggers() {
    let two = "inputs: [{ name: left, schema: a.b@1.0.0 }, { name: right, schema: a.b@1.0.0 }]";
    let trigger = |text: &str| python(&format!("execution: reactive, {two}, {text}"));
    assert_snapshot!(report(&trigger("")), @"
    streamlib.yaml:3:5: error[missing-key]: a processor with several inputs needs the key `trigger`
    3 |   - { name: a.c, runtime: python, entrypoint: a:B, execution: re…
      |     ^
    hint: write `any`, `{ primary: port }` or `{ aligned: 20ms }`
    ");
    assert_snapshot!(report(&trigger("trigger: { primary: lefft }")), @"
    streamlib.yaml:3:174: error[unknown-port]: the processor has no input `lefft`
    3 | …}, { name: right, schema: a.b@1.0.0 }], trigger: { primary: lefft } }
      |                                                              ^^^^^
    hint: did you mean `left`?
    ");
    assert_snapshot!(report(&trigger("trigger: {}")), @"
    streamlib.yaml:3:163: error[missing-key]: a trigger needs the key `primary` or `aligned`
    3 | … a.b@1.0.0 }, { name: right, schema: a.b@1.0.0 }], trigger: {} }
      |                                                              ^
    ");
    assert_snapshot!(report(&trigger("trigger: { primary: left, aligned: 20ms }")), @"
    streamlib.yaml:3:180: error[conflicting-keys]: `aligned` and `primary` are different triggers; keep one of them
    3 | …ame: right, schema: a.b@1.0.0 }], trigger: { primary: left, aligned: 20ms } }
      |                                                              ^^^^^^^
    ");
}

#[test]
fn schemas() {
    assert_snapshot!(report(&with("schemas: { a.b@1.0.0: { type: sting } }")), @"
    streamlib.yaml:2:23: error[invalid-schema]: this is not a schema: there is no type `sting`; the types are boolean, string, timestamp, int8, uint8, int16, uint16, int32, uint32, float32, float64
    2 | schemas: { a.b@1.0.0: { type: sting } }
      |                       ^
    hint: did you mean `string`?
    ");
    assert_snapshot!(report(&with("schemas: { a.b@1.0.0: { properties: { x: { tpye: string } } } }")), @"
    streamlib.yaml:2:42: error[invalid-schema]: this is not a schema: `tpye` is no keyword of JSON Type Definition; what it does not have stands in `metadata`
    2 | schemas: { a.b@1.0.0: { properties: { x: { tpye: string } } } }
      |                                          ^
    hint: did you mean `type`?
    ");
    assert_snapshot!(report(&with("schemas: { a.b@1.0.0: ../x.yaml }")), @r#"
    streamlib.yaml:2:23: error[invalid-path]: "../x.yaml" is not a path inside the package: parts joined by `/`, such as `schemas/point.yaml`, without `..`, backslashes and colons, of at most 256 bytes
    2 | schemas: { a.b@1.0.0: ../x.yaml }
      |                       ^^^^^^^^^
    "#);
    assert_snapshot!(report(&with("schemas: { a.b@1.0.0: { metadata: { \"streamlib:schema\": a.c@1.0.0 } } }")), @r#"
    streamlib.yaml:2:12: error[invalid-schema]: the schema calls itself a.c@1.0.0, and its key says a.b@1.0.0
    2 | schemas: { a.b@1.0.0: { metadata: { "streamlib:schema": a.c@1.0.0 } } }
      |            ^^^^^^^^^
    "#);
    assert_snapshot!(report(&python("execution: manual, config_schema: { type: string }")), @"
    streamlib.yaml:3:86: error[invalid-schema]: a configuration is a map: the schema has the form `properties`
    3 | … python, entrypoint: a:B, execution: manual, config_schema: { type: string } }
      |                                                              ^
    ");
    assert_snapshot!(report(&python("execution: manual, config_schema: { properties: { device: { type: string } } }, exclusive: devise")), @"
    streamlib.yaml:3:143: error[unknown-value]: there is no setting `devise` in `config_schema`
    3 | …a: { properties: { device: { type: string } } }, exclusive: devise }
      |                                                              ^^^^^^
    hint: did you mean `device`?
    ");
    assert_snapshot!(report("
package: { name: a, version: 1.0.0, namespace: com.example }
schemas: { point@1.0.0: a.yaml, com.example.point@1.0.0: b.yaml }
"), @"
    streamlib.yaml:3:33: error[duplicate-name]: the schema com.example.point@1.0.0 stands here a second time
    3 | schemas: { point@1.0.0: a.yaml, com.example.point@1.0.0: b.yaml }
      |                                 ^^^^^^^^^^^^^^^^^^^^^^^
    hint: the first is on line 3; keep one of them
    ");
}

#[test]
fn dependencies() {
    let on = |text: &str| with(&format!("dependencies: {{ c.d: {text} }}"));
    let sum = "a".repeat(64);
    assert_snapshot!(report(&on("newest")), @r#"
    streamlib.yaml:2:22: error[invalid-version]: "newest" is not a range of versions: write it as `^1.2`, `~1.2.3`, `>=1.0, <3.0`, `=1.0.0` or `*`
    2 | dependencies: { c.d: newest }
      |                      ^^^^^^
    "#);
    assert_snapshot!(report(&on("1.2")), @"
    streamlib.yaml:2:22: error[wrong-type]: expected a range of versions such as `^1.2` or a mapping (a dependency), found the number 1.2
    2 | dependencies: { c.d: 1.2 }
      |                      ^^^
    hint: put it in quotes if it is meant as text
    ");
    assert_snapshot!(report(&on("{ path: ../a, file: a.slpkg }")), @"
    streamlib.yaml:2:36: error[conflicting-keys]: `file` and `path` both say where it is
    2 | dependencies: { c.d: { path: ../a, file: a.slpkg } }
      |                                    ^^^^
    ");
    assert_snapshot!(report(&on(&format!("{{ path: ../a, sha256: {sum} }}"))), @"
    streamlib.yaml:2:36: error[conflicting-keys]: `sha256` is only for a `url`
    2 | dependencies: { c.d: { path: ../a, sha256: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…
      |                                    ^^^^^^
    ");
    assert_snapshot!(report(&on("{ file: a.zip }")), @r#"
    streamlib.yaml:2:30: error[invalid-path]: "a.zip" is not the path of an archive, which ends in `.slpkg`
    2 | dependencies: { c.d: { file: a.zip } }
      |                              ^^^^^
    "#);
    assert_snapshot!(report(&on(&format!("{{ url: \"https://x/a.slpkg#sha256={sum}\", sha256: {} }}", "b".repeat(64)))), @r#"
    streamlib.yaml:2:122: error[conflicting-keys]: the URL says another sum; keep one of them
    2 | …aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", sha256: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb…
      |                                                              ^^^^^^
    "#);
    assert_snapshot!(report(&with("dependencies: { a.b: \"*\", ../../x: \"*\" }")), @r#"
    streamlib.yaml:2:17: error[conflicting-keys]: a package cannot depend on itself
    2 | dependencies: { a.b: "*", ../../x: "*" }
      |                 ^^^

    streamlib.yaml:2:27: error[invalid-name]: "../../x" is not a valid package name: it is one or more words joined by dots, such as `com.example.effects`; a word starts with a lower-case letter and goes on with lower-case letters, digits, `_` or `-`; all of it has at most 128 characters
    2 | dependencies: { a.b: "*", ../../x: "*" }
      |                           ^^^^^^^
    "#);
}

#[test]
fn keys_that_have_nothing_to_act_on() {
    assert_snapshot!(report(&with("env: { A: b }")), @"
    streamlib.yaml:2:1: error[conflicting-keys]: `env` is for processes of Python and TypeScript, and this package starts none
    2 | env: { A: b }
      | ^^^
    ");
    assert_snapshot!(report(&with("permissions: { network: yes, camera: true }")), @r#"
    streamlib.yaml:2:25: error[wrong-type]: expected a list, found the text "yes"
    2 | permissions: { network: yes, camera: true }
      |                         ^^^

    streamlib.yaml:2:30: error[unknown-key]: `camera` is not a key of permissions
    2 | permissions: { network: yes, camera: true }
      |                              ^^^^^^
    hint: known keys: `network`, `read`, `write`, `run`, `devices`
    "#);
}
