//! A manifest beside the code it speaks of.

use insta::assert_snapshot;
use streamlib_schema::{Delivery, FormatTie, ProcessorDescriptor};

use super::{EVERYTHING, good};

/// What is said when the code is as the manifest's first processor, but for one change.
fn differences(change: impl FnOnce(&mut ProcessorDescriptor)) -> String {
    let manifest = good(&EVERYTHING.replace("runtime: python", "runtime: deno"));
    let mut code = manifest.processors[0].descriptor(&manifest.package);
    change(&mut code);
    let mut declared = manifest.processors[0].clone();
    declared.config_schema = None;
    let found = declared.differences(&code);
    found.iter().map(|one| format!("{}: {}\n", one.path, one.message)).collect()
}

#[test]
fn code_that_is_as_declared() {
    assert_eq!(differences(|_| {}), "");
    // What the manifest leaves out is as the code has it.
    let manifest = good(super::DOCUMENT);
    let mut code = manifest.processors[0].descriptor(&manifest.package);
    code.inputs[0].policy.delivery = Delivery::Latest;
    code.needs.cheap = true;
    assert_eq!(manifest.processors[0].differences(&code), []);
}

#[test]
fn each_difference_is_said_with_both_sides() {
    assert_snapshot!(differences(|code| { code.inputs.remove(1); }), @"inputs[1].name: the code has no input `sound`; it has `video_in`");
    assert_snapshot!(differences(|code| code.inputs[0].name = "pictures".to_owned()), @"
    inputs[0].name: the code has no input `video_in`; it has `pictures`, `sound`
    inputs: the code has the input `pictures`, which the manifest leaves out
    ");
    assert_snapshot!(differences(|code| code.outputs[0].schema = "a.b@2.0.0".parse().unwrap()), @"outputs[0].schema: `things` is of com.example.things@1.0.0 in the manifest and of a.b@2.0.0 in the code");
    assert_snapshot!(differences(|code| code.inputs[0].policy.delivery = Delivery::Latest), @"
    inputs[0].delivery: the delivery of `video_in` is every_sample in the manifest and latest in the code
    inputs[0].depth: the depth of `video_in` is 4 in the manifest and 1 in the code
    ");
    assert_snapshot!(differences(|code| code.inputs[0].policy.max_age = None), @"inputs[0].max_age: the greatest age of `video_in` is 100ms in the manifest and nothing in the code");
    assert_snapshot!(differences(|code| code.inputs[0].holds = 0), @"inputs[0].holds: `holds` of `video_in` is 2 in the manifest and 0 in the code");
    assert_snapshot!(differences(|code| code.outputs[1].tie = None), @"outputs[1].same_as: `same_as` of `picture` is video_in in the manifest and nothing in the code");
    assert_snapshot!(
        differences(|code| code.outputs[1].tie = Some(FormatTie::SameAs("sound".to_owned()))), @"outputs[1].same_as: `same_as` of `picture` is video_in in the manifest and sound in the code");
    assert_snapshot!(differences(|code| code.exclusive = None), @"exclusive: its exclusive setting is device in the manifest and nothing in the code");
    assert_snapshot!(differences(|code| code.version = "2.0.0".to_owned()), @"version: its version is 1.2.3 in the manifest and 2.0.0 in the code");
    assert_snapshot!(differences(|code| code.latency.max_ns = 1), @r#"latency: its latency is {"min_ns":1000000,"max_ns":20000000} in the manifest and {"min_ns":1000000,"max_ns":1} in the code"#);
}

#[test]
fn settings_that_the_code_does_not_have() {
    let manifest = good(
        "
package: { name: a, version: 1.0.0 }
processors:
  - name: a.b
    runtime: rust
    config_schema: { properties: { path: { type: string } } }
",
    );
    let code = manifest.processors[0].descriptor(&manifest.package);
    let found = manifest.processors[0].differences(&code);
    let texts: Vec<_> = found.iter().map(|one| format!("{}: {}", one.path, one.message)).collect();
    assert_snapshot!(texts.join("\n"), @"config_schema: `path`: from the manifest to the code, the field is gone; it was required");
}
