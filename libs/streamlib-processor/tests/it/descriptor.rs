//! The description that the attribute makes of a struct.

use streamlib_processor::__private::ProcessorParts;
use streamlib_processor::schema::{ProcessExecution, ProcessorDescriptor};

use crate::processors::{Brighten, Caption, Counter, Mixer};

/// What differs from a processor of which nothing is said, as `path: value` lines.
fn said(descriptor: &ProcessorDescriptor) -> String {
    let plain = ProcessorDescriptor::new("", ProcessExecution::Reactive);
    let [plain, described] =
        [&plain, descriptor].map(|d| serde_json::to_value(d).expect("a descriptor is plain data"));
    let mut lines = Vec::new();
    difference("", &plain, &described, &mut lines);
    lines.join("\n")
}

fn difference(
    path: &str,
    plain: &serde_json::Value,
    described: &serde_json::Value,
    lines: &mut Vec<String>,
) {
    use serde_json::Value;
    let inside = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match described {
        Value::Object(map) => {
            for (key, value) in map {
                difference(&inside(key), &plain[key], value, lines);
            }
        }
        Value::Array(list) if list.iter().any(Value::is_object) => {
            for (index, value) in list.iter().enumerate() {
                difference(&inside(&index.to_string()), &Value::Null, value, lines);
            }
        }
        value if value == plain => {}
        value => lines.push(format!("{path}: {value}")),
    }
}

#[test]
fn a_descriptor_is_whole() {
    insta::assert_json_snapshot!(Brighten::descriptor());
}

#[test]
fn triggers_needs_and_ports_are_described() {
    insta::assert_snapshot!("caption", said(&Caption::descriptor()));
    insta::assert_snapshot!("mixer", said(&Mixer::descriptor()));
    insta::assert_snapshot!("counter", said(&Counter::descriptor()));
}
