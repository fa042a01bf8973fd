//! Schemas and values by name or from files.

use std::io::Read as _;
use std::path::Path;

use serde_json::Value;
use streamlib_manifest::{FILE_BYTES_MAX, parse_value};
use streamlib_protocol::ProcessorTypes;
use streamlib_schema::{Schema, builtin, nearest_name};

use crate::error::Error;
use crate::program;

/// The end of the name of a schema of settings.
const SETTINGS: &str = ".config";

/// A schema: what a file holds, else what is built in under the name. A version behind the name
/// has to be the one that is there.
pub(super) fn schema(name: &str) -> Result<Schema, Error> {
    if name == "-" || Path::new(name).is_file() {
        let bad = |source| Error::BadSchema { file: name.to_owned(), source };
        return Schema::new(value(name)?).map_err(bad);
    }
    let plain = name.split_once('@').map_or(name, |(plain, _)| plain);
    let mut known: Vec<String> = builtin::NAMES.iter().map(|name| (*name).to_owned()).collect();
    let found = match builtin::schema(plain) {
        Some(schema) => Some(schema),
        None if plain.contains(['/', '\\']) => None,
        None => of_settings(plain, &mut known)?,
    };
    match found {
        Some(schema) if plain == name || is_reference(&schema, name) => Ok(schema),
        Some(schema) => Err(no_such(name, schema.reference().map(ToString::to_string))),
        None => {
            let near = nearest_name(name, known.iter().map(String::as_str)).map(str::to_owned);
            Err(no_such(name, near))
        }
    }
}

fn no_such(name: &str, near: Option<String>) -> Error {
    Error::NoSuchSchema { name: name.to_owned(), near }
}

fn is_reference(schema: &Schema, name: &str) -> bool {
    schema.reference().is_some_and(|reference| reference.to_string() == name)
}

/// The schema of the settings of a processor. Adds all such names to `known`.
fn of_settings(name: &str, known: &mut Vec<String>) -> Result<Option<Schema>, Error> {
    let types: ProcessorTypes = program::ask("processors", [])?;
    known.extend(types.processors.iter().map(|one| format!("{}{SETTINGS}", one.name)));
    let processor = name.strip_suffix(SETTINGS);
    let Some(found) = processor.and_then(|name| types.find(name)) else { return Ok(None) };
    let bad = |source| Error::BadSchema { file: name.to_owned(), source };
    found.config_schema().map(Some).map_err(bad)
}

/// The value in a file, JSON or YAML; `-` is standard input.
pub(super) fn value(file: &str) -> Result<Value, Error> {
    let shown = if file == "-" { "standard input" } else { file };
    let text = read(file).map_err(|source| Error::NoFile { file: shown.to_owned(), source })?;
    let not_json = match serde_json::from_str(&text) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let bad = |reason| Error::BadDocument { file: shown.to_owned(), reason };
    let is_json = match Path::new(file).extension().and_then(|ending| ending.to_str()) {
        Some("json") => true,
        Some("yaml" | "yml") => false,
        _ => text.trim_start().starts_with(['{', '[']),
    };
    if is_json {
        return Err(bad(format!(" {not_json}")));
    }
    let yaml = parse_value(&text, shown);
    yaml.map(Value::from).map_err(|problems| bad(format!("\n{problems}")))
}

/// A text of limited length.
fn read(file: &str) -> std::io::Result<String> {
    let source: Box<dyn std::io::Read> = match file {
        "-" => Box::new(std::io::stdin()),
        file => Box::new(std::fs::File::open(file)?),
    };
    let mut text = String::new();
    source.take(FILE_BYTES_MAX as u64 + 1).read_to_string(&mut text)?;
    if text.len() > FILE_BYTES_MAX {
        let message = format!("it is larger than {FILE_BYTES_MAX} bytes");
        return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, message));
    }
    Ok(text)
}
