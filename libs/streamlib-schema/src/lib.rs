//! What frames and processors are called and how they are described.
//!
//! - [`Schema`]: a JSON Type Definition (RFC 8927) with metadata for what it lacks, and the check
//!   of values against it: [`Problem`] is an error indicator and a sentence.
//! - [`Comparison`]: what changed between two versions of a schema, and who still reads whose data.
//! - [`SchemaRegistry`]: schemas by name and version.
//! - [`generate`]: types for Rust, Python and TypeScript.
//! - [`SchemaRef`]: the name and version of a schema; [`builtin`]: the schemas of StreamLib's own
//!   frames.
//! - [`Format`]: which frame exactly (pixel format, size, sample rate, codec);
//!   [`FormatSet`]: which formats a port takes or makes, best first, and what two ends share.
//! - [`ProcessorDescriptor`]: the one description of a processor, the same for Rust, for a
//!   manifest and for the control plane.
//!
//! Plain data without I/O. Everything serialises, with names and not with numbers, and two equal
//! values serialise to the same text.

mod base64;
pub mod builtin;
mod check;
mod compatibility;
mod config;
mod descriptor;
mod format;
mod format_set;
pub mod generate;
mod reference;
mod registry;
pub mod schema;
mod text;

pub use base64::to_base64;
pub use check::{Fault, Indicator, PROBLEMS_MAX, Problem};
pub use compatibility::{Change, Comparison, Level};
pub use config::{ConfigCheck, ConfigField, ConfigProblem, ConfigType};
pub use descriptor::{
    Delivery, DeliveryPolicy, FormatTie, InputPortDescriptor, Latency, Needs, OutputPortDescriptor,
    ProcessExecution, ProcessorDescriptor, Trigger,
};
pub use format::{AudioFormat, Format, PacketFormat, VideoFormat};
pub use format_set::{AudioRange, FormatRange, FormatSet, PacketRange, VideoRange};
pub use reference::{SchemaRef, SchemaRefError, Version, nearest_name};
pub use registry::{RegistryError, SchemaRegistry};
pub use schema::{Schema, SchemaError};
