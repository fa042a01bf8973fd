//! The metadata of a part: the keys with the prefix `streamlib:`, and the description.

use serde_json::{Map, Value};

use super::error::SchemaFault;
use super::node::{Float, Notes, Whole, WholeKind};
use crate::reference::{SchemaRef, nearest_name};

pub(super) const SCHEMA: &str = "streamlib:schema";
pub(super) const TYPE: &str = "streamlib:type";
pub(super) const LENGTH: &str = "streamlib:length";
pub(super) const MIN: &str = "streamlib:min";
pub(super) const MAX: &str = "streamlib:max";
pub(super) const UNIT: &str = "streamlib:unit";
pub(super) const DEFAULT: &str = "streamlib:default";
const KEYS: [&str; 7] = [SCHEMA, TYPE, LENGTH, MIN, MAX, UNIT, DEFAULT];

/// The most elements of a list of fixed length.
const LENGTH_MAX: u32 = 65_536;

/// The metadata of one part.
pub(super) struct Metadata<'v>(Option<&'v Map<String, Value>>);

impl<'v> Metadata<'v> {
    pub(super) fn of(node: &'v Map<String, Value>) -> Result<Self, SchemaFault> {
        match node.get("metadata") {
            None => Ok(Self(None)),
            Some(Value::Object(map)) => Ok(Self(Some(map))),
            Some(_) => Err(SchemaFault::Expected { expected: "a map of metadata" }),
        }
    }

    fn get(&self, key: &str) -> Option<&'v Value> {
        self.0?.get(key)
    }

    /// Refuses keys that mean nothing, and keys that mean nothing here: those that only some forms
    /// take are in `allowed`.
    pub(super) fn check(&self, is_root: bool, allowed: &[&'static str]) -> Result<(), SchemaFault> {
        for key in self.0.into_iter().flat_map(Map::keys) {
            let Some(&known) = KEYS.iter().find(|known| *known == key) else {
                if key.starts_with("streamlib:") {
                    let near = nearest_name(key, KEYS).map(str::to_owned);
                    return Err(SchemaFault::UnknownNote(key.clone(), near));
                }
                continue;
            };
            let everywhere = [UNIT, DEFAULT].contains(&known) || is_root && known == SCHEMA;
            if !everywhere && !allowed.contains(&known) {
                let reason = match known {
                    SCHEMA => "stands at the top of a schema only",
                    TYPE => "stands on `float64` (int64, uint64) or on `string` (bytes)",
                    LENGTH => "stands on `elements`",
                    _ => "stands on numbers",
                };
                return Err(note(known, reason));
            }
        }
        Ok(())
    }

    pub(super) fn reference(&self) -> Result<Option<SchemaRef>, SchemaFault> {
        let Some(text) = self.text(SCHEMA)? else { return Ok(None) };
        text.parse().map(Some).map_err(|error| note(SCHEMA, format!("does not hold: {error}")))
    }

    pub(super) fn notes(&self) -> Result<Notes, SchemaFault> {
        // Other tools may put anything there; only a text is a description.
        let description = self.get("description").and_then(Value::as_str).unwrap_or_default();
        Ok(Notes {
            description: description.to_owned(),
            unit: self.text(UNIT)?.unwrap_or_default().to_owned(),
            default: self.get(DEFAULT).cloned(),
        })
    }

    pub(super) fn type_name(&self) -> Result<Option<&'v str>, SchemaFault> {
        self.text(TYPE)
    }

    fn text(&self, key: &'static str) -> Result<Option<&'v str>, SchemaFault> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(note(key, "is a text")),
        }
    }

    pub(super) fn length(&self) -> Result<Option<u32>, SchemaFault> {
        let Some(value) = self.get(LENGTH) else { return Ok(None) };
        let length = value.as_u64().and_then(|length| u32::try_from(length).ok());
        match length {
            Some(length) if (1..=LENGTH_MAX).contains(&length) => Ok(Some(length)),
            _ => Err(note(LENGTH, format!("is a whole number from 1 to {LENGTH_MAX}"))),
        }
    }

    pub(super) fn whole(&self, kind: WholeKind) -> Result<Whole, SchemaFault> {
        let (least, most) = kind.bounds();
        let limit = |key, or: i128| match self.get(key) {
            None => Ok(or),
            Some(value) => whole_number(value)
                .filter(|number| (least..=most).contains(number))
                .ok_or_else(|| note(key, format!("is a whole number from {least} to {most}"))),
        };
        let (min, max) = (limit(MIN, least)?, limit(MAX, most)?);
        if min > max {
            return Err(note(MIN, format!("is {min}, over `{MAX}`, which is {max}")));
        }
        let is_limited = self.get(MIN).or(self.get(MAX)).is_some();
        Ok(Whole { kind, min, max, is_exact: is_limited || kind.is_64_bit() })
    }

    pub(super) fn float(&self, is_single: bool) -> Result<Float, SchemaFault> {
        let limit = |key| match self.get(key) {
            None => Ok(None),
            Some(value) => value.as_f64().map(Some).ok_or_else(|| note(key, "is a number")),
        };
        let (min, max) = (limit(MIN)?, limit(MAX)?);
        match (min, max) {
            (Some(min), Some(max)) if min > max => {
                Err(note(MIN, format!("is {min}, over `{MAX}`, which is {max}")))
            }
            _ => Ok(Float { is_single, min, max }),
        }
    }
}

/// A number that is written without a fraction.
pub(crate) fn whole_number(value: &Value) -> Option<i128> {
    value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from))
}

pub(super) fn note(key: &'static str, reason: impl Into<String>) -> SchemaFault {
    SchemaFault::Note { key, reason: reason.into() }
}
