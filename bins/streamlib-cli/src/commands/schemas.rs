//! `streamlib schemas`: what frames and settings are.

mod document;
mod outline;

use std::path::Path;

use serde::Serialize;
use serde_json::Value;
use streamlib_protocol::{ProcessorTypes, exit};
use streamlib_schema::generate::{self, Language};
use streamlib_schema::{Comparison, ConfigCheck, Schema, SchemaRef, builtin};

use super::processors::{first_sentence, no_such_type};
use crate::args::{InstanceArguments, SchemasCommand};
use crate::error::Error;
use crate::program;
use crate::screen::Screen;
use crate::table::Table;
use crate::text::counted;

/// Does what `schemas` says; gives back the exit code.
pub(super) fn schemas(command: &SchemasCommand, screen: &mut Screen) -> Result<u8, Error> {
    match command {
        SchemasCommand::List(arguments) => list(arguments.json, screen),
        SchemasCommand::Describe { schema, json } => describe(schema, *json, screen),
        SchemasCommand::Validate { schema, instance } => validate(schema, instance, screen),
        SchemasCommand::ValidateProcessor { processor, instance } => {
            validate_processor(processor, instance, screen)
        }
        SchemasCommand::Generate { schema, language, name, output } => {
            generate(schema, *language, name.as_deref(), output.as_deref(), screen)
        }
        SchemasCommand::Diff { old, new, json } => diff(old, new, *json, screen),
    }
}

/// A line of the list.
#[derive(Debug, Serialize)]
struct Listed {
    name: String,
    version: String,
    kind: &'static str,
    description: String,
}

impl Listed {
    fn of(reference: Option<&SchemaRef>, kind: &'static str, description: &str) -> Option<Self> {
        let reference = reference?;
        Some(Self {
            name: reference.name.clone(),
            version: reference.version.to_string(),
            kind,
            description: first_sentence(description).to_owned(),
        })
    }
}

fn list(json: bool, screen: &mut Screen) -> Result<u8, Error> {
    let types: ProcessorTypes = program::ask("processors", [])?;
    let frames = builtin::NAMES.into_iter().filter_map(builtin::schema);
    let frames: Vec<Listed> = frames
        .filter_map(|schema| {
            Listed::of(schema.reference(), "frame", &schema.root().notes.description)
        })
        .collect();
    let settings = types.processors.iter().filter_map(|one| {
        let reference = one.config_schema().ok()?.reference().cloned();
        Listed::of(reference.as_ref(), "settings", &one.description)
    });
    let all: Vec<Listed> = frames.into_iter().chain(settings).collect();
    if json {
        screen.print_json(&all)?;
        return Ok(exit::OK);
    }
    let mut table = Table::new(&["SCHEMA", "VERSION", "OF", "WHAT IT IS"]);
    for one in all {
        table.row([one.name, one.version, one.kind.to_owned(), one.description]);
    }
    screen.print(&table.to_text())?;
    Ok(exit::OK)
}

fn describe(name: &str, json: bool, screen: &mut Screen) -> Result<u8, Error> {
    let schema = document::schema(name)?;
    if json {
        screen.print_json(schema.json())?;
    } else {
        screen.print(&outline::outline(&schema))?;
    }
    Ok(exit::OK)
}

fn validate(name: &str, what: &InstanceArguments, screen: &mut Screen) -> Result<u8, Error> {
    let schema = document::schema(name)?;
    let instance = document::value(&what.instance)?;
    let problems = schema.check(&instance);
    let sentences: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let indicators: Vec<_> = problems.iter().map(streamlib_schema::Problem::indicator).collect();
    tell(what, &indicators, &sentences, screen)
}

fn validate_processor(
    name: &str,
    what: &InstanceArguments,
    screen: &mut Screen,
) -> Result<u8, Error> {
    let types: ProcessorTypes = program::ask("processors", [])?;
    let found = types.find(name).ok_or_else(|| no_such_type(&types, name))?;
    let instance = document::value(&what.instance)?;
    if !what.json {
        let problems = ConfigCheck::new(&found.config).check(&instance);
        let sentences: Vec<String> = problems.iter().map(ToString::to_string).collect();
        return tell(what, &[], &sentences, screen);
    }
    let schema = found
        .config_schema()
        .map_err(|source| Error::BadSchema { file: format!("{}.config", found.name), source })?;
    let settings =
        if instance.is_null() { Value::Object(serde_json::Map::new()) } else { instance };
    let problems = schema.check(&settings);
    let indicators: Vec<_> = problems.iter().map(streamlib_schema::Problem::indicator).collect();
    tell(what, &indicators, &[], screen)
}

/// Prints what was found; the exit code says whether anything was.
fn tell(
    what: &InstanceArguments,
    indicators: &[streamlib_schema::Indicator],
    sentences: &[String],
    screen: &mut Screen,
) -> Result<u8, Error> {
    let name = if what.instance == "-" { "the value" } else { &what.instance };
    if what.json {
        screen.print_json(&indicators)?;
    } else if sentences.is_empty() {
        screen.print(&format!("{name} is right"))?;
    } else {
        let count = counted(sentences.len() as u64, "problem");
        screen.print(&format!("{}\n\n{name} has {count}", sentences.join("\n")))?;
    }
    let is_right = indicators.is_empty() && sentences.is_empty();
    Ok(if is_right { exit::OK } else { exit::FAILED })
}

fn generate(
    name: &str,
    language: Language,
    root: Option<&str>,
    output: Option<&Path>,
    screen: &mut Screen,
) -> Result<u8, Error> {
    let schema = document::schema(name)?;
    let stem = Path::new(name).file_stem().and_then(|stem| stem.to_str()).unwrap_or("root");
    let root = root.unwrap_or_else(|| generate::root_name(&schema, stem));
    let text = generate::generate(&schema, language, root);
    match output {
        None => screen.print(&text)?,
        Some(file) => std::fs::write(file, text)
            .map_err(|source| Error::System { doing: "the output cannot be written", source })?,
    }
    Ok(exit::OK)
}

/// What `diff --json` prints.
#[derive(Debug, Serialize)]
struct Difference {
    #[serde(flatten)]
    comparison: Comparison,
    new_reads_old: bool,
    old_reads_new: bool,
    /// What the version has to change by: `patch`, `minor`, `major`; absent if nothing changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<streamlib_schema::Level>,
    /// The least version that may follow, where the old schema says its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_version: Option<String>,
    /// Whether the version, as far as it is said, allows the changes.
    ok: bool,
}

fn diff(old: &str, new: &str, json: bool, screen: &mut Screen) -> Result<u8, Error> {
    let (old, new) = (document::schema(old)?, document::schema(new)?);
    let comparison = Comparison::of(&old, &new);
    let reads_both = comparison.new_reads_old() && comparison.old_reads_new();
    let next = old.reference().map(|from| comparison.next_version(from.version));
    let ok = match (next, declared(&old, &new)) {
        (Some(next), Some(declared)) => declared >= next,
        _ => reads_both,
    };
    let code = if ok { exit::OK } else { exit::FAILED };
    if json {
        screen.print_json(&Difference {
            new_reads_old: comparison.new_reads_old(),
            old_reads_new: comparison.old_reads_new(),
            level: comparison.level(),
            next_version: next.map(|next| next.to_string()),
            ok,
            comparison,
        })?;
        return Ok(code);
    }
    let lines: String = comparison.changes.iter().map(|change| format!("{change}\n")).collect();
    let verdict = match comparison.level() {
        None => "nothing changed".to_owned(),
        Some(level) => {
            let needed = match next {
                Some(next) => format!("needs a new {} version: {next} or later", level.as_str()),
                None => format!("needs a new {} version", level.as_str()),
            };
            match declared(&old, &new) {
                Some(version) if ok => format!("{needed}; it is {version}"),
                Some(version) => format!("{needed}; it is {version}, which does not allow this"),
                None => needed,
            }
        }
    };
    let gap = if lines.is_empty() { "" } else { "\n" };
    screen.print(&format!("{lines}{gap}{verdict}"))?;
    Ok(code)
}

/// The version of the new schema, if both are versions of one schema.
fn declared(old: &Schema, new: &Schema) -> Option<streamlib_schema::Version> {
    let (old, new) = (old.reference()?, new.reference()?);
    (old.name == new.name).then_some(new.version)
}
