//! The command line of `streamlib schemas`.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand, ValueHint};
use streamlib_schema::generate::Language;

use super::{JsonArguments, help};

/// What `schemas` does.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum SchemasCommand {
    /// List the built-in schemas: of frames and of the settings of processors
    #[command(after_help = help::SCHEMAS_LIST)]
    List(JsonArguments),
    /// Say everything about a schema: fields, types, units, defaults
    #[command(after_help = help::SCHEMAS_DESCRIBE)]
    Describe {
        /// Name of a built-in schema, or a file, YAML or JSON
        schema: String,
        /// Print the document as JSON
        #[arg(long)]
        json: bool,
    },
    /// Check a value against a schema
    #[command(after_help = help::SCHEMAS_VALIDATE)]
    Validate {
        /// Name of a built-in schema, or a file, YAML or JSON
        schema: String,
        #[command(flatten)]
        instance: InstanceArguments,
    },
    /// Check the settings of a processor
    #[command(after_help = help::SCHEMAS_VALIDATE_PROCESSOR)]
    ValidateProcessor {
        /// Its type; the last part of the name is enough if only one type has it
        processor: String,
        #[command(flatten)]
        instance: InstanceArguments,
    },
    /// Write types of a schema for programs
    #[command(after_help = help::SCHEMAS_GENERATE)]
    Generate {
        /// Name of a built-in schema, or a file, YAML or JSON
        schema: String,
        /// For which language
        #[arg(long, value_parser = languages())]
        language: Language,
        /// Name of the type of the whole; that of the schema or of the file when absent
        #[arg(long)]
        name: Option<String>,
        /// The file that is written; standard output when absent
        #[arg(long, short, value_hint = ValueHint::FilePath)]
        output: Option<PathBuf>,
    },
    /// Say what changed between two versions of a schema, and who can still read whose data
    #[command(after_help = help::SCHEMAS_DIFF)]
    Diff {
        /// The old version: name of a built-in schema, or a file
        old: String,
        /// The new version: name of a built-in schema, or a file
        new: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// What is checked, and how it is said.
#[derive(Debug, Clone, Args)]
pub(crate) struct InstanceArguments {
    /// The value: a file, YAML or JSON; `-` for standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) instance: String,
    /// Print the error indicators of RFC 8927 as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// The languages by their names.
fn languages() -> impl clap::builder::TypedValueParser<Value = Language> {
    let names = PossibleValuesParser::new(Language::ALL.map(Language::as_str));
    names.try_map(|name| {
        let found = Language::ALL.into_iter().find(|language| language.as_str() == name);
        found.ok_or_else(|| format!("there is no language `{name}`"))
    })
}
