//! Everything that can be wrong with a file, with the whole text that says so.

use insta::assert_snapshot;

use crate::report;

/// Two processors `a` and `b`, then `rest` at the top level.
fn with(rest: &str) -> String {
    format!("name: g\nprocessors:\n  a: {{ type: x.a }}\n  b: {{ type: x.b }}\n{rest}")
}

#[test]
fn text_that_is_not_yaml() {
    assert_snapshot!(report(""), @"
    graph.yaml:1:1: error[empty-file]: the file is empty
    1 | 
      | ^
    ");
    assert_snapshot!(report("# nothing\n"), @"
    graph.yaml:2:1: error[empty-file]: the file is empty
    2 | 
      | ^
    ");
    assert_snapshot!(report("name: [a"), @"
    graph.yaml:1:7: error[syntax]: this is not valid YAML or JSON: unclosed bracket '['
    1 | name: [a
      |       ^
    ");
    assert_snapshot!(report("name: \"a\n"), @r#"
    graph.yaml:1:7: error[syntax]: this is not valid YAML or JSON: unclosed quote
    1 | name: "a
      |       ^
    hint: the quote that opens here is never closed
    "#);
    assert_snapshot!(report("name: a\nprocessors:\n\ta: 1\n"), @"
    graph.yaml:3:2: error[syntax]: this is not valid YAML or JSON: tabs disallowed within this context (block indentation)
    3 |  a: 1
      |  ^
    hint: indent with spaces
    ");
    assert_snapshot!(report("name: a: b\n"), @"
    graph.yaml:1:8: error[syntax]: this is not valid YAML or JSON: mapping values are not allowed in this context
    1 | name: a: b
      |        ^
    hint: check the indentation, and quote text that holds `: `
    ");
    assert_snapshot!(report("%YAML 1.2\n---\nname: a\n"), @"
    graph.yaml:1:1: error[syntax]: this is not valid YAML or JSON: YAML directives are disallowed
    1 | %YAML 1.2
      | ^
    hint: remove the line that starts with `%`
    ");
    assert_snapshot!(report("name: a\0b\n"), @"
    graph.yaml:1:8: error[control-character]: the file holds the control character U+0000
    1 | name: a�b
      |        ^
    hint: this is not a text file, or it was damaged
    ");
    assert_snapshot!(report("{\"name\": \"a\",}x"), @r#"
    graph.yaml:1:15: error[syntax]: this is not valid YAML or JSON: did not find expected <document start>
    1 | {"name": "a",}x
      |               ^
    "#);
}

#[test]
fn yaml_that_is_not_taken() {
    assert_snapshot!(report("- a\n"), @"
    graph.yaml:1:1: error[wrong-type]: expected a mapping (a graph file), found a list
    1 | - a
      | ^^^
    ");
    assert_snapshot!(report(&with("---\nname: other\n")), @"
    graph.yaml:5:1: error[multiple-documents]: a second document starts here
    5 | ---
      | ^^^
    hint: write each graph into a file of its own
    ");
    assert_snapshot!(report(&with("description: &d text\nlinks: *d\n")), @r#"
    graph.yaml:5:14: error[anchor-or-alias]: the anchor "d" is not supported
    5 | description: &d text
      |              ^^
    hint: write the value out, or declare it under `parameters` and write `${name}`

    graph.yaml:6:8: error[anchor-or-alias]: the alias "d" is not supported
    6 | links: *d
      |        ^^
    hint: write the value out, or declare it under `parameters` and write `${name}`
    "#);
    assert_snapshot!(report(&with("description: *nowhere\n")), @r#"
    graph.yaml:5:14: error[anchor-or-alias]: the alias "nowhere" is not supported
    5 | description: *nowhere
      |              ^^^^^^^^
    hint: write the value out, or declare it under `parameters` and write `${name}`
    "#);
    assert_snapshot!(report(&with("description: !!str 5\n")), @r#"
    graph.yaml:5:20: error[tag]: the tag "!!str" is not supported
    5 | description: !!str 5
      |                    ^
    hint: remove it; write text in quotes and numbers without them
    "#);
    assert_snapshot!(report(&with("? [x]\n: 1\n~: 2\n")), @"
    graph.yaml:5:3: error[key-not-text]: expected a key, found a list
    5 | ? [x]
      |   ^^^

    graph.yaml:7:1: error[key-not-text]: expected a key, found nothing (null)
    7 | ~: 2
      | ^
    ");
    assert_snapshot!(report(&with("description: a\nname: h\n")), @r#"
    graph.yaml:6:1: error[duplicate-key]: the key "name" stands here a second time
    6 | name: h
      | ^^^^
    hint: the first is on line 1; keep one of them
    "#);
}

#[test]
fn numbers_that_nothing_holds() {
    let config = |value: &str| {
        format!("name: g\nprocessors:\n  a: {{ type: x.a, config: {{ n: {value} }} }}\n")
    };
    assert_snapshot!(report(&config("18446744073709551616")), @"
    graph.yaml:3:32: error[number-out-of-range]: the number 18446744073709551616 cannot be represented
    3 |   a: { type: x.a, config: { n: 18446744073709551616 } }
      |                                ^^^^^^^^^^^^^^^^^^^^
    hint: numbers are 64-bit integers or finite floats; quote it if it is text
    ");
    assert_snapshot!(report(&config("1e999")), @"
    graph.yaml:3:32: error[number-out-of-range]: the number 1e999 cannot be represented
    3 |   a: { type: x.a, config: { n: 1e999 } }
      |                                ^^^^^
    hint: numbers are 64-bit integers or finite floats; quote it if it is text
    ");
    assert_snapshot!(report(&config(".inf")), @"
    graph.yaml:3:32: error[number-out-of-range]: the number .inf cannot be represented
    3 |   a: { type: x.a, config: { n: .inf } }
      |                                ^^^^
    hint: numbers are 64-bit integers or finite floats; quote it if it is text
    ");
    assert_snapshot!(report(&config("0x1ffffffffffffffff")), @"
    graph.yaml:3:32: error[number-out-of-range]: the number 0x1ffffffffffffffff cannot be represented
    3 |   a: { type: x.a, config: { n: 0x1ffffffffffffffff } }
      |                                ^^^^^^^^^^^^^^^^^^^
    hint: numbers are 64-bit integers or finite floats; quote it if it is text
    ");
}

#[test]
fn keys() {
    assert_snapshot!(report("nme: g\nprocessor: {}\nzzzzzzzz: 1\n"), @"
    graph.yaml:1:1: error[unknown-key]: `nme` is not a key of a graph file
    1 | nme: g
      | ^^^
    hint: did you mean `name`?

    graph.yaml:2:1: error[unknown-key]: `processor` is not a key of a graph file
    2 | processor: {}
      | ^^^^^^^^^
    hint: did you mean `processors`?

    graph.yaml:3:1: error[unknown-key]: `zzzzzzzz` is not a key of a graph file
    3 | zzzzzzzz: 1
      | ^^^^^^^^
    hint: known keys: `name`, `description`, `parameters`, `packages`, `settings`, `processors`, `links`
    ");
    assert_snapshot!(report(&with("settings: { drain-timeout: 5s, memory: 1GiB }\n")), @"
    graph.yaml:5:13: error[unknown-key]: `drain-timeout` is not a key of settings
    5 | settings: { drain-timeout: 5s, memory: 1GiB }
      |             ^^^^^^^^^^^^^
    hint: did you mean `drain_timeout`?

    graph.yaml:5:32: error[unknown-key]: `memory` is not a key of settings
    5 | settings: { drain-timeout: 5s, memory: 1GiB }
      |                                ^^^^^^
    hint: known keys: `drain_timeout`, `memory_budget`
    ");
    assert_snapshot!(report(&with("links:\n  - { from: a.out, dept: 3 }\n")), @"
    graph.yaml:6:5: error[missing-key]: a link needs the key `to`
    6 |   - { from: a.out, dept: 3 }
      |     ^
    hint: `to` is `processor.port`

    graph.yaml:6:20: error[unknown-key]: `dept` is not a key of a link
    6 |   - { from: a.out, dept: 3 }
      |                    ^^^^
    hint: did you mean `depth`?
    ");
}

#[test]
fn types() {
    assert_snapshot!(report("name: 5\nprocessors: [a]\nlinks:\n"), @"
    graph.yaml:1:7: error[wrong-type]: expected the name of the graph, found the number 5
    1 | name: 5
      |       ^
    hint: put it in quotes if it is meant as text

    graph.yaml:2:13: error[wrong-type]: expected a mapping, found a list
    2 | processors: [a]
      |             ^^^

    graph.yaml:3:6: error[wrong-type]: expected a list, found nothing (null)
    3 | links:
      |      ^
    hint: write `[]` if it is empty, or remove the key
    ");
    assert_snapshot!(report(&with("links:\n  - 5\n  - [a.o, b.i]\n")), @"
    graph.yaml:6:5: error[wrong-type]: expected a link `from.port -> to.port` or a mapping (a link), found the number 5
    6 |   - 5
      |     ^

    graph.yaml:7:5: error[wrong-type]: expected a link `from.port -> to.port` or a mapping (a link), found a list
    7 |   - [a.o, b.i]
      |     ^^^^^^^^^^
    ");
    assert_snapshot!(report(&with("settings: { drain_timeout: 5, memory_budget: 64 }\n")), @"
    graph.yaml:5:28: error[wrong-type]: expected a duration such as `200ms`, found the number 5
    5 | settings: { drain_timeout: 5, memory_budget: 64 }
      |                            ^
    hint: add the unit, such as `5ms` or `5s`

    graph.yaml:5:46: error[wrong-type]: expected a size such as `64MiB`, found the number 64
    5 | settings: { drain_timeout: 5, memory_budget: 64 }
      |                                              ^^
    hint: add the unit, such as `64B` or `64MiB`
    ");
    assert_snapshot!(
        report(&with("links:\n  - { from: a.o, to: b.i, convert: yes, depth: \"8\" }\n")),
        @r#"
    graph.yaml:6:36: error[wrong-type]: expected true or false, found the text "yes"
    6 |   - { from: a.o, to: b.i, convert: yes, depth: "8" }
      |                                    ^^^
    hint: write `true`

    graph.yaml:6:48: error[wrong-type]: expected a whole number from 1 to 4096, found the text "8"
    6 |   - { from: a.o, to: b.i, convert: yes, depth: "8" }
      |                                                ^^^
    hint: remove the quotes
    "#
    );
}

#[test]
fn values() {
    assert_snapshot!(
        report(&with("links:\n  - { from: a.o, to: b.i, delivery: lates, depth: 4097, lane: -1 }\n")),
        @r#"
    graph.yaml:6:37: error[unknown-value]: "lates" is not possible here
    6 |   - { from: a.o, to: b.i, delivery: lates, depth: 4097, lane: -1 }
      |                                     ^^^^^
    hint: did you mean `latest`?

    graph.yaml:6:51: error[out-of-range]: expected a whole number from 1 to 4096, found the number 4097
    6 |   - { from: a.o, to: b.i, delivery: lates, depth: 4097, lane: -1 }
      |                                                   ^^^^

    graph.yaml:6:63: error[out-of-range]: expected a whole number from 0 to 65535, found the number -1
    6 | …- { from: a.o, to: b.i, delivery: lates, depth: 4097, lane: -1 }
      |                                                              ^^
    "#
    );
    assert_snapshot!(
        report(&with("settings: { drain_timeout: 5 sec, memory_budget: 0.3B }\n")),
        @r#"
    graph.yaml:5:28: error[invalid-duration]: "5 sec" is not a duration: write a number and a unit (ns, us, ms, s, m or h), such as `200ms` or `1.5s`
    5 | settings: { drain_timeout: 5 sec, memory_budget: 0.3B }
      |                            ^^^^^

    graph.yaml:5:50: error[invalid-size]: "0.3B" is not a size: write a number and a unit (B, kB, MB, GB, KiB, MiB or GiB), such as `64MiB`
    5 | settings: { drain_timeout: 5 sec, memory_budget: 0.3B }
      |                                                  ^^^^
    "#
    );
    assert_snapshot!(
        report("name: ../g\nprocessors:\n  a b: { type: x..a, scheduling: thread }\n"),
        @r#"
    graph.yaml:1:7: error[invalid-name]: "../g" is not a valid graph name: it starts with a letter, a digit or `_`, goes on with letters, digits, `_`, `-` or `.`, and has at most 64 characters
    1 | name: ../g
      |       ^^^^

    graph.yaml:3:3: error[invalid-name]: "a b" is not a valid identifier: it starts with a letter or `_`, goes on with letters, digits, `_` or `-`, and has at most 64 characters
    3 |   a b: { type: x..a, scheduling: thread }
      |   ^^^

    graph.yaml:3:16: error[invalid-name]: "x..a" is not a valid processor type: it is one or more identifiers joined by dots, such as `com.tatolab.grayscale`, of at most 256 characters
    3 |   a b: { type: x..a, scheduling: thread }
      |                ^^^^

    graph.yaml:3:34: error[unknown-value]: "thread" is not possible here
    3 |   a b: { type: x..a, scheduling: thread }
      |                                  ^^^^^^
    hint: possible values: `dedicated`, `pool`, `main_thread`, `lightweight`
    "#
    );
}

#[test]
fn links() {
    assert_snapshot!(
        report(&with("links:\n  - a.out > b.in\n  - a.out -> b\n  - a.x -> b.y -> a.z\n")),
        @r#"
    graph.yaml:6:5: error[invalid-link]: "a.out > b.in" is not a link: write `from.port -> to.port`
    6 |   - a.out > b.in
      |     ^^^^^^^^^^^^

    graph.yaml:7:5: error[invalid-link]: "b" is not an end of a link: write `processor.port`, such as `movie.video`
    7 |   - a.out -> b
      |     ^^^^^^^^^^

    graph.yaml:8:5: error[invalid-link]: "b.y -> a.z" is not an end of a link: write `processor.port`, such as `movie.video`
    8 |   - a.x -> b.y -> a.z
      |     ^^^^^^^^^^^^^^^^^
    "#
    );
    assert_snapshot!(
        report(&with("links:\n  - aa.out -> b.in\n  - a.out -> movie.in\n")),
        @"
    graph.yaml:6:5: error[unknown-processor]: there is no processor `aa`
    6 |   - aa.out -> b.in
      |     ^^^^^^
    hint: did you mean `a`?

    graph.yaml:7:14: error[unknown-processor]: there is no processor `movie`
    7 |   - a.out -> movie.in
      |              ^^^^^^^^
    hint: processors: `a`, `b`
    "
    );
    assert_snapshot!(
        report(&with("links:\n  - a.o -> b.i\n  - { from: a.o, to: b.i, depth: 2 }\n")),
        @"
    graph.yaml:7:5: error[duplicate-link]: the link a.o -> b.i stands here again
    7 |   - { from: a.o, to: b.i, depth: 2 }
      |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: the first is on line 6; keep one of them
    "
    );
    assert_snapshot!(
        report(&with(
            "links:\n  - { from: a.o, to: b.i, lane: 1 }\n  - { from: a.p, to: b.i, lane: 1 }\n"
        )),
        @"
    graph.yaml:7:33: error[duplicate-lane]: lane 1 of `b.i` is taken
    7 |   - { from: a.p, to: b.i, lane: 1 }
      |                                 ^
    hint: the link on line 6 has it
    "
    );
}

#[test]
fn contradictions() {
    assert_snapshot!(
        report(&with(
            "links:\n  - { from: a.o, to: b.i, delivery: latest, depth: 2 }\n  \
             - { from: b.o, to: a.i, feedback: true, delivery: lossless }\n"
        )),
        @"
    graph.yaml:6:45: error[conflicting-keys]: `depth` has no meaning with `latest`: one frame waits, the newest
    6 |   - { from: a.o, to: b.i, delivery: latest, depth: 2 }
      |                                             ^^^^^

    graph.yaml:7:43: error[conflicting-keys]: a feedback link is always `latest`
    7 |   - { from: b.o, to: a.i, feedback: true, delivery: lossless }
      |                                           ^^^^^^^^
    "
    );
    assert_snapshot!(
        report(
            "name: g\nprocessors:\n  a:\n    type: x.a\n    scheduling: { strategy: pool, \
             priority: high }\n    restart: { policy: never, limit: 3 }\n"
        ),
        @"
    graph.yaml:5:35: error[conflicting-keys]: `priority` is only for `strategy: dedicated`
    5 |     scheduling: { strategy: pool, priority: high }
      |                                   ^^^^^^^^

    graph.yaml:6:31: error[conflicting-keys]: `limit` has no meaning with `policy: never`
    6 |     restart: { policy: never, limit: 3 }
      |                               ^^^^^
    "
    );
}

#[test]
fn parameters() {
    assert_snapshot!(
        report(
            "name: g\nparameters: { clip: { default: 1, type: string }, unused: {} }\n\
             processors:\n  a: { type: x.a, config: { p: \"in ${clop}\", q: [\"${a b}\", \"${\"] } }\n  \
             b: { type: x.b, config: { p: \"${clip}\" } }\n"
        ),
        @r#"
    graph.yaml:2:32: error[parameter-type]: the default of parameter `clip` is the number 1, but its type is string
    2 | parameters: { clip: { default: 1, type: string }, unused: {} }
      |                                ^

    graph.yaml:2:51: warning[unused-parameter]: no config refers to the parameter `unused`
    2 | parameters: { clip: { default: 1, type: string }, unused: {} }
      |                                                   ^^^^^^
    hint: write `${unused}` where it is meant, or remove it

    graph.yaml:4:36: error[unknown-parameter]: there is no parameter `clop`
    4 |   a: { type: x.a, config: { p: "in ${clop}", q: ["${a b}", "${"] } }
      |                                    ^^^^^^^
    hint: did you mean `clip`?

    graph.yaml:4:50: error[invalid-reference]: "${a b}" opens a parameter reference that is not `${name}`; for a literal `${` write `$${`
    4 |   a: { type: x.a, config: { p: "in ${clop}", q: ["${a b}", "${"] } }
      |                                                  ^^^^^^^^

    graph.yaml:4:60: error[invalid-reference]: "${" opens a parameter reference that is not `${name}`; for a literal `${` write `$${`
    4 |   a: { type: x.a, config: { p: "in ${clop}", q: ["${a b}", "${"] } }
      |                                                            ^^^^
    "#
    );
    assert_snapshot!(
        report("name: g\nprocessors:\n  a: { type: x.a, config: { p: \"${clip}\" } }\n"),
        @r#"
    graph.yaml:3:33: error[unknown-parameter]: there is no parameter `clip`
    3 |   a: { type: x.a, config: { p: "${clip}" } }
      |                                 ^^^^^^^
    hint: declare `clip` under `parameters`, or write `$${` for a literal `${`
    "#
    );
}

#[test]
fn places_count_characters_and_all_line_breaks() {
    assert_snapshot!(report("\u{feff}näme: g\r\nprocessors: {}\rlinks: 5\n"), @"
    graph.yaml:1:1: error[unknown-key]: `näme` is not a key of a graph file
    1 | näme: g
      | ^^^^
    hint: did you mean `name`?

    graph.yaml:3:8: error[wrong-type]: expected a list, found the number 5
    3 | links: 5
      |        ^
    ");
    assert_snapshot!(
        report("{\n\t\"name\": \"g\",\n\t\"processors\": { \"ü\": 5 }\n}"),
        @r#"
    graph.yaml:3:18: error[invalid-name]: "ü" is not a valid identifier: it starts with a letter or `_`, goes on with letters, digits, `_` or `-`, and has at most 64 characters
    3 |  "processors": { "ü": 5 }
      |                  ^^^

    graph.yaml:3:23: error[wrong-type]: expected a mapping (a processor), found the number 5
    3 |  "processors": { "ü": 5 }
      |                       ^
    "#
    );
}

#[test]
fn long_lines_are_cut_and_controls_are_not_shown() {
    let long = format!("{}: 1, b: {}", "a".repeat(100), "c".repeat(100));
    assert_snapshot!(report(&format!("{{ {long} }}")), @"
    graph.yaml:1:1: error[missing-key]: a graph file needs the key `name`
    1 | { aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…
      | ^
    hint: `name` is the name of the graph

    graph.yaml:1:1: error[missing-key]: a graph file needs the key `processors`
    1 | { aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…
      | ^
    hint: `processors` is a mapping

    graph.yaml:1:3: error[unknown-key]: `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…` is not a key of a graph file
    1 | { aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: known keys: `name`, `description`, `parameters`, `packages`, `settings`, `processors`, `links`

    graph.yaml:1:108: error[unknown-key]: `b` is not a key of a graph file
    1 | …aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: 1, b: ccccccccccccccccccccccccccccccccccccccccccccccccccccccccc…
      |                                                              ^
    hint: known keys: `name`, `description`, `parameters`, `packages`, `settings`, `processors`, `links`
    ");
    assert_snapshot!(report("\u{202e}key\u{9b}: \"\\e[31m\"\n"), @r#"
    graph.yaml:1:1: error[syntax]: this is not valid YAML or JSON: unexpected character: `\u{9b}'
    1 | �key�: "\e[31m"
      | ^
    "#);
}
