//! The schemas that a package brings.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use streamlib_manifest::package::{PackageManifest, SCHEMAS_FOLDER, SchemaSource};
use streamlib_manifest::{Code, Diagnostic, Diagnostics, NodePath, Spans, parse_value};
use streamlib_schema::{Schema, SchemaRef};

use super::read_file;
use crate::error::PackageError;

/// Endings of files that may be schemas.
const ENDINGS: &[&str] = &["json", "yaml", "yml"];

/// Reads all schemas of a package, and says what is wrong with them.
pub(super) fn read(
    root: &Path,
    manifest: &PackageManifest,
    spans: &Spans,
    found: &mut Diagnostics,
) -> Result<BTreeMap<SchemaRef, Schema>, PackageError> {
    let mut reader = Reader { root, spans, found, schemas: BTreeMap::new() };
    for (reference, source) in &manifest.schemas {
        match source {
            SchemaSource::Inline(schema) => {
                reader.schemas.insert(reference.clone(), (**schema).clone());
            }
            SchemaSource::File(path) => reader.listed(reference, path)?,
        }
    }
    let listed: Vec<&String> = manifest
        .schemas
        .values()
        .filter_map(|source| match source {
            SchemaSource::File(path) => Some(path),
            SchemaSource::Inline(_) => None,
        })
        .collect();
    for path in names(&root.join(SCHEMAS_FOLDER))? {
        let path = format!("{SCHEMAS_FOLDER}/{path}");
        if !listed.contains(&&path) {
            reader.found_in_folder(&path)?;
        }
    }
    Ok(reader.schemas)
}

/// The files of the folder that may be schemas, in order; none if there is no folder.
fn names(folder: &Path) -> Result<Vec<String>, PackageError> {
    let io_error = |error| PackageError::io("read", folder, error);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io_error(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(io_error)?.file_name();
        let ending = Path::new(&name).extension().and_then(OsStr::to_str);
        if ending.is_some_and(|ending| ENDINGS.contains(&ending)) {
            names.extend(name.into_string());
        }
    }
    names.sort();
    Ok(names)
}

struct Reader<'a> {
    root: &'a Path,
    spans: &'a Spans,
    found: &'a mut Diagnostics,
    schemas: BTreeMap<SchemaRef, Schema>,
}

impl Reader<'_> {
    /// A file that the manifest names.
    fn listed(&mut self, reference: &SchemaRef, path: &str) -> Result<(), PackageError> {
        let place = place(self.spans, reference);
        let Some(schema) = self.file(path, &place)? else { return Ok(()) };
        match schema.reference() {
            Some(own) if own != reference => {
                let message = format!("the schema in `{path}` calls itself {own}");
                self.problem(Code::InvalidSchema, place, message, None);
            }
            _ => {
                self.schemas.insert(reference.clone(), schema);
            }
        }
        Ok(())
    }

    /// A file of the folder that the manifest does not name.
    fn found_in_folder(&mut self, path: &str) -> Result<(), PackageError> {
        let Some(schema) = self.file(path, &NodePath::root())? else { return Ok(()) };
        let Some(reference) = schema.reference().cloned() else {
            let message = format!("the schema in `{path}` does not say its name");
            let hint = "write `metadata: { streamlib:schema: com.example.name@1.0.0 }` into it, or \
                        list it under `schemas`";
            let root = NodePath::root();
            self.problem(Code::InvalidSchema, root, message, Some(hint.to_owned()));
            return Ok(());
        };
        if let Some(schema) = self.schemas.insert(reference.clone(), schema) {
            // The first stays; which of them is meant cannot be told.
            self.schemas.insert(reference.clone(), schema);
            let message = format!("the schema {reference} is in `{path}` and elsewhere too");
            self.problem(Code::DuplicateName, NodePath::root(), message, None);
        }
        Ok(())
    }

    /// The schema in a file of the package, if it is one.
    fn file(&mut self, path: &str, place: &NodePath) -> Result<Option<Schema>, PackageError> {
        let full = self.root.join(path);
        let bytes = match read_file(&full) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let message = format!("there is no file `{path}` in the package");
                self.problem(Code::MissingFile, place.clone(), message, None);
                return Ok(None);
            }
            Err(error) => return Err(PackageError::io("read", &full, error)),
        };
        let text = String::from_utf8_lossy(&bytes);
        let value = match parse_value(&text, &full.display().to_string()) {
            Ok(value) => value,
            Err(problems) => {
                self.found.extend(problems);
                return Ok(None);
            }
        };
        match Schema::new(value.into()) {
            Ok(schema) => Ok(Some(schema)),
            Err(error) => {
                let message = format!("`{path}`: {error}");
                self.problem(Code::InvalidSchema, place.clone(), message, error.fault.hint());
                Ok(None)
            }
        }
    }

    fn problem(&mut self, code: Code, path: NodePath, message: String, hint: Option<String>) {
        let problem = Diagnostic::error(code, path, message).with_hint(hint);
        // Without a place in the manifest, no line of it is to blame.
        let is_placed = !problem.path.segments().is_empty();
        self.found.push(if is_placed { self.spans.at(problem) } else { problem });
    }
}

/// The place of a schema in the manifest: names may stand there without their namespace.
pub(super) fn place(spans: &Spans, reference: &SchemaRef) -> NodePath {
    let short = reference.name.rsplit('.').next().unwrap_or_default();
    let keys = [reference.to_string(), format!("{short}@{}", reference.version)];
    let [full, short] = keys.map(|key| NodePath::root().then("schemas").then(key));
    let is_there = |path: &NodePath| spans.locate(path.segments()).is_some();
    if !is_there(&full) && is_there(&short) { short } else { full }
}
