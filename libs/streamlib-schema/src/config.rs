//! What a processor's configuration takes: fields with types, defaults, ranges and units, and the
//! check of a value against them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::reference::nearest_name;

/// The type of a configuration field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ConfigType {
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer {
        /// Least value.
        min: i64,
        /// Greatest value.
        max: i64,
    },
    /// A number.
    Number {
        /// Least value.
        min: f64,
        /// Greatest value.
        max: f64,
    },
    /// A text.
    Text,
    /// One of these words.
    Choice {
        /// The words.
        values: Vec<String>,
    },
    /// A list of values of one type.
    List {
        /// Type of the elements.
        of: Box<ConfigType>,
    },
    /// A map of named values.
    Map {
        /// The fields.
        fields: Vec<ConfigField>,
    },
    /// Any value; the processor checks it.
    Any,
}

/// One field of a processor's configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConfigField {
    /// Name in files.
    pub name: String,
    /// What it is for, one sentence or more.
    pub description: String,
    /// Type and range.
    #[serde(flatten)]
    pub value_type: ConfigType,
    /// Value where none is given; `None` makes the field required. `null` means "left open".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// Unit of the number (`bit/s`, `ms`), empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
}

/// What is wrong with a configuration, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigProblem {
    /// Where: names and positions from the top of the configuration.
    pub path: Vec<String>,
    /// What is wrong.
    pub message: String,
    /// What to do, if there is more to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl std::fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.path.is_empty() {
            write!(f, "`{}`: ", self.path.join("."))?;
        }
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl ConfigField {
    /// Every problem of `config` against `fields`, in the order of the configuration.
    pub fn check_all(fields: &[Self], config: &Value) -> Vec<ConfigProblem> {
        let mut problems = Vec::new();
        check_fields(fields, config, &mut Vec::new(), &mut problems);
        problems
    }
}

fn report(
    problems: &mut Vec<ConfigProblem>,
    path: &[String],
    message: String,
    hint: Option<String>,
) {
    problems.push(ConfigProblem { path: path.to_vec(), message, hint });
}

fn check_fields(
    fields: &[ConfigField],
    config: &Value,
    path: &mut Vec<String>,
    problems: &mut Vec<ConfigProblem>,
) {
    let empty = serde_json::Map::new();
    let map = match config {
        Value::Null => &empty,
        Value::Object(map) => map,
        other => {
            let message = format!("expected a map of settings, found {}", describe(other));
            return report(problems, path, message, None);
        }
    };
    for (name, value) in map {
        path.push(name.clone());
        match fields.iter().find(|field| field.name == *name) {
            Some(field) if value.is_null() && field.default == Some(Value::Null) => {}
            Some(field) => check_value(&field.value_type, &field.unit, value, path, problems),
            None => {
                let names = fields.iter().map(|field| field.name.as_str());
                let hint = match nearest_name(name, names.clone()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if fields.is_empty() => "this processor takes no settings".to_owned(),
                    None => format!("known settings: {}", names.collect::<Vec<_>>().join(", ")),
                };
                report(problems, path, "there is no such setting".to_owned(), Some(hint));
            }
        }
        path.pop();
    }
    for field in fields {
        if field.default.is_none() && !map.contains_key(&field.name) {
            path.push(field.name.clone());
            let hint = Some(field.description.clone()).filter(|text| !text.is_empty());
            report(problems, path, "this setting is required".to_owned(), hint);
            path.pop();
        }
    }
}

fn check_value(
    expected: &ConfigType,
    unit: &str,
    value: &Value,
    path: &mut Vec<String>,
    problems: &mut Vec<ConfigProblem>,
) {
    let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
    let wanted = match expected {
        ConfigType::Any => return,
        ConfigType::Boolean if value.is_boolean() => return,
        ConfigType::Boolean => "true or false".to_owned(),
        ConfigType::Text if value.is_string() => return,
        ConfigType::Text => "a text".to_owned(),
        ConfigType::Integer { min, max } => {
            let number = value.as_i64().map(i128::from).or(value.as_u64().map(i128::from));
            if number.is_some_and(|n| (i128::from(*min)..=i128::from(*max)).contains(&n)) {
                return;
            }
            format!("a whole number from {min} to {max}{unit}")
        }
        ConfigType::Number { min, max } => {
            if value.as_f64().is_some_and(|number| (*min..=*max).contains(&number)) {
                return;
            }
            format!("a number from {min} to {max}{unit}")
        }
        ConfigType::Choice { values } => {
            let text = value.as_str().unwrap_or_default();
            if values.iter().any(|known| known == text) {
                return;
            }
            let near = nearest_name(text, values.iter().map(String::as_str));
            let message =
                format!("expected one of {}, found {}", values.join(", "), describe(value));
            let hint = near.map(|near| format!("did you mean `{near}`?"));
            return report(problems, path, message, hint);
        }
        ConfigType::List { of } => {
            if let Some(list) = value.as_array() {
                for (index, element) in list.iter().enumerate() {
                    path.push(index.to_string());
                    check_value(of, "", element, path, problems);
                    path.pop();
                }
                return;
            }
            "a list".to_owned()
        }
        ConfigType::Map { fields } => return check_fields(fields, value, path, problems),
    };
    report(problems, path, format!("expected {wanted}, found {}", describe(value)), None);
}

fn describe(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) if text.chars().count() > 40 => {
            format!("\"{}...\"", text.chars().take(40).collect::<String>())
        }
        Value::String(_) => value.to_string(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a map".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields() -> Vec<ConfigField> {
        let field = |name: &str, value_type, default: Option<Value>, unit: &str| ConfigField {
            name: name.to_owned(),
            description: format!("The {name}."),
            value_type,
            default,
            unit: unit.to_owned(),
        };
        let range = ConfigType::Integer { min: 1, max: 10 };
        let words = ConfigType::Choice { values: vec!["fast".to_owned(), "slow".to_owned()] };
        vec![
            field("path", ConfigType::Text, None, ""),
            field("bitrate", range.clone(), Some(json!(4)), "Mbit/s"),
            field("speed", words, Some(json!("fast")), ""),
            field("tones", ConfigType::List { of: Box::new(range) }, Some(Value::Null), ""),
        ]
    }

    fn check(config: Value, expect: &[&str]) {
        let problems = ConfigField::check_all(&fields(), &config);
        let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(texts, expect, "{config}");
    }

    #[test]
    fn every_problem_is_named_with_its_place() {
        check(json!({"path": "a", "bitrate": 10, "speed": "slow", "tones": [1, 2]}), &[]);
        check(json!({"path": "a", "tones": null}), &[]);
        check(json!(null), &["`path`: this setting is required; The path."]);
        check(json!([1]), &["expected a map of settings, found a list"]);
        check(
            json!({"path": 1, "bitrate": 11, "speed": "fsat", "tones": [1, "x"], "bitrat": 1}),
            &[
                "`bitrat`: there is no such setting; did you mean `bitrate`?",
                "`bitrate`: expected a whole number from 1 to 10 Mbit/s, found 11",
                "`path`: expected a text, found 1",
                "`speed`: expected one of fast, slow, found \"fsat\"; did you mean `fast`?",
                "`tones.1`: expected a whole number from 1 to 10, found \"x\"",
            ],
        );
    }
}
