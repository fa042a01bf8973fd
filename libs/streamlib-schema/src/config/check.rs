//! The check of configurations against their fields.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ConfigField;
use crate::check::{Fault, Problem};
use crate::schema::{Schema, SchemaError};

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
    /// Every problem of `config` against `fields`. Where many are checked against the same fields,
    /// a [`ConfigCheck`] is made once.
    pub fn check_all(fields: &[Self], config: &Value) -> Vec<ConfigProblem> {
        if fields.is_empty() && is_nothing(config) {
            return Vec::new();
        }
        ConfigCheck::new(fields).check(config)
    }
}

/// The check of configurations: what [`ConfigField::schema`] says of them, in the words of
/// settings.
#[derive(Debug, Clone)]
pub struct ConfigCheck {
    schema: Result<Schema, SchemaError>,
    takes_nothing: bool,
}

impl ConfigCheck {
    /// The check against these fields.
    pub fn new(fields: &[ConfigField]) -> Self {
        Self { schema: ConfigField::schema(fields), takes_nothing: fields.is_empty() }
    }

    /// Every problem of `config`, in its order; settings that are missing come last. `null` is no
    /// settings at all.
    pub fn check(&self, config: &Value) -> Vec<ConfigProblem> {
        if self.takes_nothing && is_nothing(config) {
            return Vec::new();
        }
        let none = Value::Object(serde_json::Map::new());
        let config = if config.is_null() { &none } else { config };
        match &self.schema {
            Ok(schema) => schema.check(config).into_iter().map(ConfigProblem::from).collect(),
            Err(error) => vec![ConfigProblem {
                path: error.path.clone(),
                message: format!("the processor describes its settings wrongly: {error}"),
                hint: None,
            }],
        }
    }
}

fn is_nothing(config: &Value) -> bool {
    config.is_null() || config.as_object().is_some_and(serde_json::Map::is_empty)
}

impl From<Problem> for ConfigProblem {
    fn from(problem: Problem) -> Self {
        let (path, is_top) = (problem.place(), problem.instance_path.is_empty());
        let (message, hint) = match &problem.fault {
            Fault::UnknownField { known, near } => {
                let hint = match near {
                    Some(near) => Some(format!("did you mean `{near}`?")),
                    None if !known.is_empty() => {
                        Some(format!("known settings: {}", known.join(", ")))
                    }
                    None if path.len() == 1 => Some("this processor takes no settings".to_owned()),
                    None => None,
                };
                ("there is no such setting".to_owned(), hint)
            }
            Fault::Missing { .. } => ("this setting is required".to_owned(), problem.hint()),
            Fault::Expected { found, .. } if is_top => {
                (format!("expected a map of settings, found {found}"), None)
            }
            Fault::Expected { .. } | Fault::TooDeep => (problem.message(), problem.hint()),
        };
        Self { path, message, hint }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::ConfigType;

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

    #[test]
    fn a_whole_number_is_written_without_a_fraction() {
        check(
            json!({"path": "a", "bitrate": 4.0}),
            &["`bitrate`: expected a whole number from 1 to 10 Mbit/s, found 4.0"],
        );
        let none = ConfigField::check_all(&[], &json!({"a": 1}));
        let text = "`a`: there is no such setting; this processor takes no settings";
        assert_eq!(none.iter().map(ToString::to_string).collect::<Vec<_>>(), [text]);
        assert_eq!(ConfigField::check_all(&[], &json!({})), []);
    }

    #[test]
    fn fields_that_contradict_themselves_are_the_processors_fault() {
        let mut fields = fields();
        fields[1].value_type = ConfigType::Integer { min: 2, max: 1 };
        let problems = ConfigField::check_all(&fields, &json!({"path": "a"}));
        assert_eq!(
            problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["`optionalProperties.bitrate`: the processor describes its settings wrongly: the \
              schema is not valid at `optionalProperties.bitrate`: `streamlib:min` is 2, over \
              `streamlib:max`, which is 1"]
        );
    }

    #[test]
    fn fields_make_a_schema_that_reads_itself() {
        let mut descriptor =
            crate::ProcessorDescriptor::new("com.example.fast", crate::ProcessExecution::Manual);
        descriptor.config = fields();
        let schema = descriptor.config_schema().unwrap();
        assert_eq!(schema.reference().unwrap().to_string(), "com.example.fast.config@1.0.0");
        assert_eq!(
            *schema.json(),
            json!({
                "metadata": {"streamlib:schema": "com.example.fast.config@1.0.0"},
                "properties": {"path": {"type": "string", "metadata": {"description": "The path."}}},
                "optionalProperties": {
                    "bitrate": {"type": "uint32", "metadata": {
                        "description": "The bitrate.",
                        "streamlib:min": 1, "streamlib:max": 10,
                        "streamlib:unit": "Mbit/s", "streamlib:default": 4,
                    }},
                    "speed": {"enum": ["fast", "slow"], "metadata": {
                        "description": "The speed.", "streamlib:default": "fast",
                    }},
                    "tones": {
                        "elements": {
                            "type": "uint32",
                            "metadata": {"streamlib:min": 1, "streamlib:max": 10},
                        },
                        "nullable": true,
                        "metadata": {"description": "The tones.", "streamlib:default": null},
                    },
                },
            })
        );
        assert_eq!(Schema::new(schema.json().clone()), Ok(schema));
    }
}
