//! Types for programs from a schema: Rust with serde, Python with dataclasses, TypeScript.
//!
//! The text depends on the schema alone: the same schema gives the same bytes. What is generated
//! reads and writes JSON as the schema says it; it does not check limits, which is what
//! [`Schema::check`] is for. Names that a map does not declare are dropped where the schema allows
//! them, and refused where it does not.

mod model;
mod names;
mod python;
mod rust;
mod typescript;

use crate::schema::Schema;

/// A language that types are generated for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Structs and enumerations with serde's derives. Needs the crates `serde` (with `derive`) and,
    /// for values of any form, `serde_json`.
    Rust,
    /// Dataclasses with functions that read and write them. Python 3.10 or later, nothing else.
    Python,
    /// Types in the shape of the JSON, with functions that read and write them; 64-bit numbers are
    /// `bigint`. ES2020 or later, nothing else.
    TypeScript,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 3] = [Self::Rust, Self::Python, Self::TypeScript];

    /// The name on a command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Python => "python",
            Self::TypeScript => "typescript",
        }
    }

    /// How names of files end, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Rust => "rs",
            Self::Python => "py",
            Self::TypeScript => "ts",
        }
    }
}

/// The types of `schema` as a source file. `name` is that of the root, such as `video_frame`.
pub fn generate(schema: &Schema, language: Language, name: &str) -> String {
    let model = model::Model::of(schema, name);
    match language {
        Language::Rust => rust::print(&model),
        Language::Python => python::print(&model),
        Language::TypeScript => typescript::print(&model),
    }
}

/// The name of the root of a schema: the last part of its own (`grayscale.config` for settings), or
/// `fallback`.
pub fn root_name<'s>(schema: &'s Schema, fallback: &'s str) -> &'s str {
    schema.reference().map_or(fallback, |reference| {
        // Settings are called after their processor.
        let name = reference.name.as_str();
        let start = name.strip_suffix(".config").unwrap_or(name);
        &name[start.rfind('.').map_or(0, |dot| dot + 1)..]
    })
}
