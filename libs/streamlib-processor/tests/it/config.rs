//! Configurations: what the derives say of them, and how they reach a processor.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use streamlib_processor::create;
use streamlib_processor::prelude::*;
use streamlib_processor::schema::ConfigField;

use crate::processors::{Brighten, Overflow};

/// One part of [`Everything`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, rename_all = "camelCase")]
#[config(crate = streamlib_processor)]
struct Part {
    /// How much of the whole.
    #[config(min = 0, max = 1)]
    share_of_all: f64,
}

/// A configuration with a setting of every kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
#[config(crate = streamlib_processor)]
struct Everything {
    /// A file that must be named.
    ///
    /// It is made anew.
    #[config(required)]
    path: String,
    /// Bits a second.
    #[serde(rename = "bitrate")]
    #[config(min = 1_000, max = Self::RATE_MAX, unit = "bit/s")]
    rate: u32,
    /// Left open, the processor decides.
    #[config(min = -1.5, max = 1.5, unit = "dB")]
    gain: Option<f32>,
    #[config(choices("fast", "good"))]
    preset: String,
    #[config(min = 0.5)]
    steps: Vec<i64>,
    overflow: Overflow,
    parts: Vec<Part>,
    r#loop: bool,
    /// Whatever the other side understands.
    #[config(any)]
    options: std::collections::BTreeMap<String, u8>,
    #[serde(skip)]
    seen: u64,
}

impl Everything {
    const RATE_MAX: u32 = 1_000_000;
}

impl Default for Everything {
    fn default() -> Self {
        Self {
            path: String::new(),
            rate: 128_000,
            gain: None,
            preset: "good".to_owned(),
            steps: vec![1, 2],
            overflow: Overflow::WrapAround,
            parts: vec![Part { share_of_all: 0.5 }],
            r#loop: true,
            options: [("a".to_owned(), 1)].into(),
            seen: 0,
        }
    }
}

#[test]
fn fields_have_names_types_ranges_units_and_defaults() {
    insta::assert_json_snapshot!(Everything::fields());
}

#[test]
fn defaults_keep_their_own_ranges() {
    let fields = Everything::fields();
    let mut config = serde_json::to_value(Everything::default()).unwrap();
    assert_eq!(ConfigField::check_all(&fields, &config), []);
    config["bitrate"] = json!(999);
    config["gain"] = json!(1.6);
    config["steps"] = json!([1, 0]);
    config["overflow"] = json!("stay-whit");
    config["parts"] = json!([{"shareOfAll": 2}]);
    let problems: Vec<String> =
        ConfigField::check_all(&fields, &config).iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "`bitrate`: expected a whole number from 1000 to 1000000 bit/s, found 999",
            "`gain`: expected a number from -1.5 to 1.5 dB, found 1.6",
            "`overflow`: expected one of stay-white, wrap, found \"stay-whit\"; did you mean \
             `stay-white`?",
            "`parts.0.shareOfAll`: expected a number from 0 to 1, found 2",
            "`steps.1`: expected a whole number from 1 to 9223372036854775807, found 0",
        ]
    );
}

fn check(config: &Value, refused: Option<&str>) {
    let error = create::<Brighten>(config).err().map(|error| error.to_string());
    assert_eq!(error.as_deref(), refused, "{config}");
}

#[test]
fn a_processor_is_created_from_what_is_given() {
    check(&json!(null), None);
    check(&json!({}), None);
    check(&json!({"amount": 3, "overflow": "wrap"}), None);
    check(
        &json!({"amount": 3, "ammount": 4}),
        Some(
            "the configuration is not valid: unknown field `ammount`, expected `amount` or \
             `overflow`",
        ),
    );
    check(&json!([1]), Some("the configuration is not valid: it is a map of settings"));
}
