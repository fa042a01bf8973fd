//! Package manifests, `streamlib.yaml`: what a package is, what it brings and what it needs.
//!
//! ```
//! let text = "
//! package: { name: com.example.effects, version: 1.0.0 }
//! processors:
//!   - name: com.example.tint
//!     runtime: rust
//!     inputs: [{ name: video_in, schema: com.tatolab.videoframe@1.0.0 }]
//!     outputs: [{ name: video_out, schema: com.tatolab.videoframe@1.0.0 }]
//! ";
//! let parsed = streamlib_manifest::package::parse_package(text, "streamlib.yaml");
//! let (manifest, _places) = parsed.into_manifest()?;
//! assert_eq!(manifest.package.to_string(), "com.example.effects 1.0.0");
//! # Ok::<(), streamlib_manifest::Diagnostics>(())
//! ```
//!
//! The same holds as for graph files: any bytes are read in bounded time without a panic, every key
//! acts or is refused by name, and all problems are said at once with their lines. Names and
//! versions have strict grammars, so that none of them can leave a folder when a path is made of
//! it. What only files can tell (whether a schema that is named lies in the package), and whether
//! a plugin is what its manifest says, is for those who open them; [`PackageProcessor::differences`]
//! compares.

mod compare;
mod formats;
mod grammar;
mod model;
mod names;
mod parse;
mod read;
mod rules;
mod source;
mod words;

pub use compare::Difference;
pub(crate) use grammar::MANIFEST;
pub use model::{
    ConfigSchema, Dependency, Entrypoint, InputDeclaration, OutputDeclaration, PackageInfo,
    PackageManifest, PackageProcessor, Permissions, Runtime, SchemaSource,
};
pub use names::{
    PACKAGE_NAME_BYTES_MAX, PACKAGE_PATH_BYTES_MAX, check_package_name, check_package_path,
    check_package_pattern, check_sha256, parse_range, parse_version,
};
pub use parse::{ParsedPackage, parse_package, parse_package_bytes};
pub use source::PackageSource;
pub(crate) use words::{PACKAGE_NAME as NAME, PATH as LOCKED_PATH, SHA256 as SUM, SOURCE, VERSION};

/// File name of a package's manifest.
pub const MANIFEST_FILE: &str = "streamlib.yaml";
/// Graph that a package carries where its manifest names none.
pub const GRAPH_FILE: &str = "graph.yaml";
/// Folder in which a package's own schemas lie.
pub const SCHEMAS_FOLDER: &str = "schemas";
