//! Model, parser and validator of StreamLib graph files, package manifests ([`package`])
//! and lock files ([`lock`]).
//!
//! Text goes in; a model and everything that is wrong come out, each problem with file, line,
//! column, a hint and a stable code. There is no I/O here and no knowledge of processors: what
//! a type's ports and config keys are, the engine checks, and shows at its line with
//! [`Spans::at`].
//!
//! Guarantees:
//! - Any input at all is read in bounded time and memory, without a panic. Nothing is expanded:
//!   YAML anchors, aliases and tags are refused.
//! - Every key acts or is refused by name, with the nearest known key.
//! - All problems are reported at once (up to [`DIAGNOSTICS_MAX`]); a syntax error ends the
//!   reading, since what follows it means nothing.
//! - [`to_yaml`] writes what [`parse_graph`] reads back as the same graph.
//!
//! Not kept: comments and the style of the file.
//!
//! ```
//! let text = "
//! name: gray
//! parameters: { clip: { default: clip.mp4 } }
//! processors:
//!   movie: { type: com.tatolab.mp4_source, config: { path: \"${clip}\" } }
//!   gray: { type: com.tatolab.grayscale }
//! links:
//!   - movie.video -> gray.video_in
//! ";
//! let parsed = streamlib_manifest::parse_graph(text, "gray.yaml");
//! let graph = parsed.resolve(&["clip=other.mp4".parse()?])?;
//! assert_eq!(graph.processors["movie"].config["path"].as_str(), Some("other.mp4"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod check;
mod diagnostic;
mod document;
mod emit;
mod error;
mod grammar;
mod graph_file;
mod identifier;
mod json_schema;
pub mod lock;
mod node;
pub mod package;
mod parse;
mod path;
mod quantity;
mod read;
mod reference;
mod resolve;
mod rules;
mod save;
mod scalar;
mod shape;
mod source;
mod spans;
mod suggest;
mod value;
mod word;
mod words;
mod write;

pub use diagnostic::{Code, DIAGNOSTICS_MAX, Diagnostic, Diagnostics, Location, Severity};
pub use document::NESTING_MAX;
pub use emit::to_yaml;
pub use error::ManifestError;
pub use graph_file::{
    Annotations, Delivery, Endpoint, GraphFile, LINK_DEPTH_MAX, LinkEntry, Parameter,
    ParameterType, Priority, ProcessorEntry, Restart, RestartPolicy, Scheduling, Settings,
    Strategy,
};
pub use identifier::{
    IDENTIFIER_BYTES_MAX, TYPE_NAME_BYTES_MAX, check_graph_name, check_identifier, check_type_name,
};
pub use json_schema::{graph_json_schema, package_json_schema};
pub use parse::{FILE_BYTES_MAX, Parsed, parse_graph, parse_graph_bytes, parse_value};
pub use path::{NodePath, PathSegment};
pub use quantity::{format_duration, format_size, parse_duration, parse_size};
pub use resolve::{Assignment, ResolvedGraph};
pub use spans::Spans;
pub use value::{Map, Number, Value};
