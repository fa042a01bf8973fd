//! What metadata says beyond RFC 8927: exact whole numbers, limits, bytes, fixed lengths.
//!
//! Where the RFC is not kept to, `jtd` has said so, and nothing is added.

use serde_json::Value;

use super::problem::Problem;
use super::{PROBLEMS_MAX, expected};
use crate::base64::is_base64;
use crate::schema::{Float, Form, Node, Properties, Schema, Whole, whole_number};

/// Adds to `problems` what the metadata of `schema` does not allow.
pub(super) fn refine(schema: &Schema, instance: &Value, problems: &mut Vec<Problem>) {
    let mut walk = Walk { schema, problems, instance_path: Vec::new(), schema_path: Vec::new() };
    walk.node(schema.root(), instance);
}

struct Walk<'a> {
    schema: &'a Schema,
    problems: &'a mut Vec<Problem>,
    instance_path: Vec<String>,
    schema_path: Vec<String>,
}

impl Walk<'_> {
    fn node(&mut self, node: &Node, value: &Value) {
        if value.is_null() && node.nullable {
            return;
        }
        match (&node.form, value) {
            (Form::Ref(name), _) => {
                let Some(definition) = self.schema.definitions().get(name) else { return };
                let start = vec!["definitions".to_owned(), name.clone()];
                let before = std::mem::replace(&mut self.schema_path, start);
                self.node(definition, value);
                self.schema_path = before;
            }
            (Form::Whole(whole), Value::Number(_)) => {
                if let Some(key) = not_whole(whole, value) {
                    self.refuse(node, value, key);
                }
            }
            (Form::Float(float), Value::Number(number)) => {
                if let Some(key) = number.as_f64().and_then(|number| not_within(float, number)) {
                    self.refuse(node, value, key);
                }
            }
            (Form::Bytes, Value::String(text)) if !is_base64(text) => {
                self.refuse(node, value, "streamlib:type");
            }
            (Form::Elements { of, length }, Value::Array(list)) => {
                if length.is_some_and(|length| length as usize != list.len()) {
                    self.refuse_list(node, list.len());
                }
                self.schema_path.push("elements".to_owned());
                for (index, element) in list.iter().enumerate() {
                    self.inside(index.to_string(), of, element);
                }
                self.schema_path.pop();
            }
            (Form::Values(of), Value::Object(map)) => {
                self.schema_path.push("values".to_owned());
                for (name, value) in map {
                    self.inside(name.clone(), of, value);
                }
                self.schema_path.pop();
            }
            (Form::Properties(properties), Value::Object(_)) => self.properties(properties, value),
            (Form::Discriminator { tag, mapping }, Value::Object(map)) => {
                let variant = map.get(tag).and_then(Value::as_str);
                let node = variant.and_then(|variant| mapping.get_key_value(variant));
                if let Some((variant, node)) = node {
                    self.schema_path.extend(["mapping".to_owned(), variant.clone()]);
                    self.node(node, value);
                    self.schema_path.truncate(self.schema_path.len() - 2);
                }
            }
            _ => {}
        }
    }

    fn properties(&mut self, properties: &Properties, value: &Value) {
        let kinds =
            [("properties", &properties.required), ("optionalProperties", &properties.optional)];
        for (keyword, nodes) in kinds {
            for (name, node) in nodes {
                if let Some(value) = value.get(name) {
                    self.schema_path.extend([keyword.to_owned(), name.clone()]);
                    self.inside(name.clone(), node, value);
                    self.schema_path.truncate(self.schema_path.len() - 2);
                }
            }
        }
    }

    fn inside(&mut self, token: String, node: &Node, value: &Value) {
        self.instance_path.push(token);
        self.node(node, value);
        self.instance_path.pop();
    }

    fn refuse(&mut self, node: &Node, value: &Value, key: &str) {
        if self.problems.len() >= PROBLEMS_MAX {
            return;
        }
        let mut schema_path = self.schema_path.clone();
        schema_path.extend(["metadata".to_owned(), key.to_owned()]);
        let instance_path = self.instance_path.clone();
        self.problems.push(Problem { instance_path, schema_path, fault: expected(node, value) });
    }

    fn refuse_list(&mut self, node: &Node, length: usize) {
        let before = self.problems.len();
        self.refuse(node, &Value::Null, "streamlib:length");
        for problem in &mut self.problems[before..] {
            if let super::Fault::Expected { found, .. } = &mut problem.fault {
                *found = format!("a list of {length}");
            }
        }
    }
}

/// The metadata that a number does not keep to.
fn not_whole(whole: &Whole, value: &Value) -> Option<&'static str> {
    let (least, most) = whole.kind.bounds();
    let Some(number) = whole_number(value) else {
        // What is no whole number at all, `jtd` has refused for all types but ours.
        let fits = value.as_f64().is_some_and(|number| {
            number.fract() == 0.0 && number >= least as f64 && number <= most as f64
        });
        return match (whole.kind.is_64_bit(), whole.is_exact && fits) {
            (true, _) => Some("streamlib:type"),
            (false, true) if whole.min == least => Some("streamlib:max"),
            (false, true) => Some("streamlib:min"),
            (false, false) => None,
        };
    };
    if !(least..=most).contains(&number) {
        return whole.kind.is_64_bit().then_some("streamlib:type");
    }
    match (number < whole.min, number > whole.max) {
        (true, _) => Some("streamlib:min"),
        (_, true) => Some("streamlib:max"),
        _ => None,
    }
}

fn not_within(float: &Float, number: f64) -> Option<&'static str> {
    if float.min.is_some_and(|min| number < min) {
        return Some("streamlib:min");
    }
    float.max.is_some_and(|max| number > max).then_some("streamlib:max")
}
