//! The check of a value against a schema: error indicators for programs, sentences for people.
//!
//! The crate `jtd` says what RFC 8927 says; [`refine`] adds what the metadata says. Both are found
//! in one call and told in one way.

mod problem;
mod refine;

use serde_json::Value;

pub(crate) use problem::describe;
pub use problem::{Fault, Indicator, Problem};

use crate::reference::nearest_name;
use crate::schema::{Form, NESTING_MAX, Node, Properties, Schema};

/// The most problems that one check tells.
pub const PROBLEMS_MAX: usize = 1_000;

impl Schema {
    /// Everything that is wrong with `instance`, up to [`PROBLEMS_MAX`], in the order of the
    /// instance; what is missing in a map comes after what is there.
    pub fn check(&self, instance: &Value) -> Vec<Problem> {
        if is_deep(instance) {
            return vec![Problem::at_top(Fault::TooDeep)];
        }
        // A chain of references is shorter than the number of definitions, and each level of the
        // instance has one chain at most.
        let depth = (NESTING_MAX + 2) * (self.definitions().len() + 1);
        let options =
            ::jtd::ValidateOptions::new().with_max_depth(depth).with_max_errors(PROBLEMS_MAX);
        let Ok(found) = ::jtd::validate(&self.judge, instance, options) else {
            return vec![Problem::at_top(Fault::TooDeep)];
        };
        let told = found.into_iter().map(::jtd::ValidationErrorIndicator::into_owned_paths);
        let mut problems: Vec<Problem> = told
            .filter_map(|(instance_path, schema_path)| {
                let fault = self.fault(instance, &instance_path, &schema_path)?;
                Some(Problem { instance_path, schema_path, fault })
            })
            .collect();
        refine::refine(self, instance, &mut problems);
        problems.sort_by_cached_key(Problem::place_in_order);
        problems
    }

    /// What is wrong at a place that `jtd` named. `None` where it is mistaken: it takes no whole
    /// number over `i64::MAX` for a float, which RFC 8927 (3.3.3) does.
    fn fault(&self, instance: &Value, path: &[String], schema_path: &[String]) -> Option<Fault> {
        let (node, value) = match self.find(instance, path) {
            Found::Node(node, value) => (node, value),
            Found::Unknown(properties) => {
                let name = path.last().map_or("", String::as_str);
                return Some(Fault::UnknownField {
                    near: nearest_name(name, properties.names()).map(str::to_owned),
                    known: properties.names().map(str::to_owned).collect(),
                });
            }
            Found::Tag(node, value) => return Some(expected(node, value)),
        };
        if let (Some(properties), Value::Object(map), [.., keyword, name]) =
            (self.properties(node, value), value, schema_path)
            && keyword == "properties"
            && !map.contains_key(name)
            && let Some(missing) = properties.required.get(name)
        {
            let description = missing.notes.description.clone();
            return Some(Fault::Missing { name: name.clone(), description });
        }
        match (&node.form, value) {
            (Form::Float(_) | Form::Whole(_), Value::Number(number))
                if number.as_u64() > Some(i64::MAX as u64)
                    && schema_path.last().is_some_and(|token| token == "type")
                    && !matches!(&node.form, Form::Whole(whole) if !whole.kind.is_64_bit()) =>
            {
                None
            }
            (Form::Discriminator { tag, .. }, Value::Object(_)) => Some(Fault::Missing {
                name: tag.clone(),
                description: "It says which form the map has.".to_owned(),
            }),
            _ => Some(expected(node, value)),
        }
    }

    /// The names of a map, for a discriminator those of the form that its tag says.
    fn properties<'s>(&self, node: &'s Node, value: &Value) -> Option<&'s Properties> {
        match &node.form {
            Form::Properties(properties) => Some(properties),
            Form::Discriminator { tag, mapping } => {
                match &mapping.get(value.get(tag)?.as_str()?)?.form {
                    Form::Properties(properties) => Some(properties),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// What the schema says of the part of `instance` at `path`.
    fn find<'s, 'v>(&'s self, instance: &'v Value, path: &[String]) -> Found<'s, 'v> {
        let (mut node, mut value) = (self.root(), instance);
        for token in path {
            let whole = self.resolve(node).unwrap_or(node);
            let inside = match value {
                Value::Object(map) => map.get(token),
                Value::Array(list) => token.parse().ok().and_then(|index: usize| list.get(index)),
                _ => None,
            };
            let part = match &whole.form {
                Form::Elements { of, .. } | Form::Values(of) => Some(of.as_ref()),
                Form::Discriminator { tag, .. } if tag == token => {
                    return Found::Tag(whole, inside.unwrap_or(&Value::Null));
                }
                _ => match self.properties(whole, value) {
                    Some(properties) => match properties.get(token) {
                        Some(part) => Some(part),
                        None => return Found::Unknown(properties),
                    },
                    None => None,
                },
            };
            let (Some(part), Some(inside)) = (part, inside) else { break };
            (node, value) = (part, inside);
        }
        Found::Node(self.resolve(node).unwrap_or(node), value)
    }
}

/// What stands at a place of an instance.
enum Found<'s, 'v> {
    /// A part of the schema, references followed.
    Node(&'s Node, &'v Value),
    /// A name that this map does not know.
    Unknown(&'s Properties),
    /// The tag of this discriminator.
    Tag(&'s Node, &'v Value),
}

fn expected(node: &Node, value: &Value) -> Fault {
    let (expected, words): (_, Vec<&str>) = match &node.form {
        Form::Enum(words) => (node.expected(), words.iter().map(String::as_str).collect()),
        Form::Discriminator { mapping, .. } if !value.is_object() && !value.is_array() => {
            let words: Vec<&str> = mapping.keys().map(String::as_str).collect();
            (format!("one of {}", words.join(", ")), words)
        }
        _ => (node.expected(), Vec::new()),
    };
    let near = value.as_str().and_then(|text| nearest_name(text, words)).map(str::to_owned);
    Fault::Expected { expected, found: describe(value), near }
}

/// True if a value is nested deeper than [`NESTING_MAX`]. Not recursive itself.
fn is_deep(value: &Value) -> bool {
    let mut open = vec![(value, 0)];
    while let Some((value, depth)) = open.pop() {
        if depth > NESTING_MAX {
            return true;
        }
        match value {
            Value::Array(list) => open.extend(list.iter().map(|inside| (inside, depth + 1))),
            Value::Object(map) => open.extend(map.values().map(|inside| (inside, depth + 1))),
            _ => {}
        }
    }
    false
}
