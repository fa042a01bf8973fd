//! Schemas by name and version, with the promise that versions of one major version go together.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::compatibility::{Comparison, Level};
use crate::reference::{SchemaRef, nearest_name};
use crate::schema::Schema;

/// Schemas by name and version.
///
/// Two versions that differ only in minor or patch read each other's data: a schema that breaks
/// this is refused when it comes in, field by field. So whether an input takes what an output makes
/// is told by their names and major versions alone.
#[derive(Debug, Clone, Default)]
pub struct SchemaRegistry {
    schemas: BTreeMap<SchemaRef, Arc<Schema>>,
}

/// Why a schema cannot come into a registry.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// Something else has its name and version.
    #[error(
        "the schema {reference} is already there and is another: {}; give the new one a new version",
        lines(.changes)
    )]
    Taken {
        /// Its name and version.
        reference: SchemaRef,
        /// What differs from the one that is there.
        changes: Comparison,
    },
    /// It changes more than its version says.
    #[error(
        "the schema {newer} changes more than its version says, compared with {older}: {}; \
         it needs a new {} version",
        lines(.changes),
        .level.as_str()
    )]
    Incompatible {
        /// The older of the two.
        older: SchemaRef,
        /// The newer of the two.
        newer: SchemaRef,
        /// What changed.
        changes: Comparison,
        /// What the version would have to change by.
        level: Level,
    },
}

impl SchemaRegistry {
    /// A registry with the schemas of StreamLib's own frames.
    #[must_use]
    pub fn with_builtins() -> Self {
        let builtins = crate::builtin::NAMES.into_iter().filter_map(|name| {
            let schema = crate::builtin::schema(name)?;
            Some((crate::builtin::reference(name), Arc::new(schema)))
        });
        Self { schemas: builtins.collect() }
    }

    /// Adds a schema. The same one a second time changes nothing.
    ///
    /// # Errors
    /// Another one has its name and version, or it does not go together with the versions around it.
    pub fn add(&mut self, reference: SchemaRef, schema: Schema) -> Result<(), RegistryError> {
        if let Some(known) = self.schemas.get(&reference) {
            let changes = Comparison::of(known, &schema);
            return match changes.level() {
                None => Ok(()),
                Some(_) => Err(RegistryError::Taken { reference, changes }),
            };
        }
        let is_of_major =
            |other: &SchemaRef| other.reads(&reference) && other.name == reference.name;
        let before = self.schemas.range(..&reference).next_back();
        if let Some((older, known)) = before.filter(|(other, _)| is_of_major(other)) {
            go_together(older, known, &reference, &schema)?;
        }
        let after = self.schemas.range(&reference..).next();
        if let Some((newer, known)) = after.filter(|(other, _)| is_of_major(other)) {
            go_together(&reference, &schema, newer, known)?;
        }
        self.schemas.insert(reference, Arc::new(schema));
        Ok(())
    }

    /// The schema of exactly this name and version.
    #[must_use]
    pub fn get(&self, reference: &SchemaRef) -> Option<&Arc<Schema>> {
        self.schemas.get(reference)
    }

    /// The newest schema that reads what is written as `reference`.
    #[must_use]
    pub fn reader_of(&self, reference: &SchemaRef) -> Option<(&SchemaRef, &Arc<Schema>)> {
        self.schemas.iter().rev().find(|(known, _)| known.reads(reference))
    }

    /// The nearest name of a schema, for hints.
    #[must_use]
    pub fn nearest(&self, name: &str) -> Option<&str> {
        nearest_name(name, self.schemas.keys().map(|known| known.name.as_str()))
    }

    /// All schemas, by name and version.
    pub fn iter(&self) -> impl Iterator<Item = (&SchemaRef, &Arc<Schema>)> {
        self.schemas.iter()
    }
}

/// Whether the newer of two schemas of one name and major version changes no more than it may.
fn go_together(
    older: &SchemaRef,
    old: &Schema,
    newer: &SchemaRef,
    new: &Schema,
) -> Result<(), RegistryError> {
    let changes = Comparison::of(old, new);
    match changes.level() {
        Some(level) if newer.version < changes.next_version(older.version) => {
            let (older, newer) = (older.clone(), newer.clone());
            Err(RegistryError::Incompatible { older, newer, changes, level })
        }
        _ => Ok(()),
    }
}

fn lines(changes: &Comparison) -> String {
    let changes: Vec<String> = changes.changes.iter().map(ToString::to_string).collect();
    changes.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema(fields: &[&str], optional: &[&str]) -> Schema {
        let map = |names: &[&str]| -> serde_json::Value {
            names.iter().map(|name| ((*name).to_owned(), json!({ "type": "string" }))).collect()
        };
        let json = json!({ "properties": map(fields), "optionalProperties": map(optional) });
        Schema::new(json).unwrap()
    }

    /// Adds versions of one schema in this order; the message of the first that is refused.
    fn add(versions: &[(&str, Schema)]) -> String {
        let mut registry = SchemaRegistry::default();
        for (version, schema) in versions {
            let reference = format!("a.b@{version}").parse().unwrap();
            if let Err(error) = registry.add(reference, schema.clone()) {
                return error.to_string();
            }
        }
        String::new()
    }

    #[test]
    fn versions_of_one_major_version_go_together() {
        let (x, xy, x_opt) =
            (schema(&["x"], &[]), schema(&["x", "y"], &[]), schema(&["x"], &["y"]));
        assert_eq!(add(&[("1.0.0", x.clone()), ("1.0.0", x.clone())]), "");
        assert_eq!(add(&[("1.0.0", x.clone()), ("2.0.0", xy.clone()), ("1.0.1", x.clone())]), "");
        insta::assert_snapshot!(add(&[("1.0.0", x.clone()), ("1.0.0", xy.clone())]), @"the schema a.b@1.0.0 is already there and is another: `y`: a new field, required; neither reads the other's data; give the new one a new version");
        insta::assert_snapshot!(add(&[("1.0.0", x.clone()), ("1.1.0", xy.clone())]), @"the schema a.b@1.1.0 changes more than its version says, compared with a.b@1.0.0: `y`: a new field, required; neither reads the other's data; it needs a new major version");
        // In whatever order they come.
        insta::assert_snapshot!(add(&[("1.1.0", xy), ("1.0.0", x.clone())]), @"the schema a.b@1.1.0 changes more than its version says, compared with a.b@1.0.0: `y`: a new field, required; neither reads the other's data; it needs a new major version");
        insta::assert_snapshot!(add(&[("1.0.0", x), ("1.0.1", x_opt)]), @"the schema a.b@1.0.1 changes more than its version says, compared with a.b@1.0.0: `y`: a new field, optional; old readers refuse new data; it needs a new major version");
    }

    #[test]
    fn what_reads_what_is_written() {
        let mut registry = SchemaRegistry::with_builtins();
        let frames = registry.iter().count();
        assert_eq!(frames, crate::builtin::NAMES.len());
        for version in ["1.0.0", "1.0.1", "2.0.0"] {
            registry.add(format!("a.b@{version}").parse().unwrap(), schema(&["x"], &[])).unwrap();
        }
        let reader = |text: &str| {
            let found = registry.reader_of(&text.parse().unwrap());
            found.map(|(reference, _)| reference.to_string())
        };
        assert_eq!(reader("a.b@1.0.0").as_deref(), Some("a.b@1.0.1"));
        assert_eq!(reader("a.b@2.7.0").as_deref(), Some("a.b@2.0.0"));
        assert_eq!(reader("a.b@3.0.0"), None);
        assert!(registry.get(&"a.b@1.0.0".parse().unwrap()).is_some());
        assert_eq!(registry.get(&"a.b@1.1.0".parse().unwrap()), None);
        assert_eq!(registry.nearest("com.tatolab.videoframes"), Some("com.tatolab.videoframe"));
    }
}
