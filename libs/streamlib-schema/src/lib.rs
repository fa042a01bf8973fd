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
//! Without the feature `definitions`, which is on by default, only references, formats and
//! descriptors are there: what a plugin needs, which is to build in seconds.
//!
//! Plain data without I/O. Everything serialises, with names and not with numbers, and two equal
//! values serialise to the same text.

mod base64;
pub mod builtin;
#[cfg(feature = "definitions")]
mod check;
#[cfg(feature = "definitions")]
mod compatibility;
mod config;
mod descriptor;
mod format;
mod format_set;
#[cfg(feature = "definitions")]
pub mod generate;
mod reference;
#[cfg(feature = "definitions")]
mod registry;
#[cfg(feature = "definitions")]
pub mod schema;
mod text;

pub use base64::to_base64;
#[cfg(feature = "definitions")]
pub use check::{Fault, Indicator, PROBLEMS_MAX, Problem};
#[cfg(feature = "definitions")]
pub use compatibility::{Change, Comparison, Level};
#[cfg(feature = "definitions")]
pub use config::{ConfigCheck, ConfigProblem};
pub use config::{ConfigField, ConfigType};
pub use descriptor::{
    Delivery, DeliveryPolicy, FormatTie, InputPortDescriptor, Latency, Needs, OutputPortDescriptor,
    ProcessExecution, ProcessorDescriptor, Trigger,
};
pub use format::{AudioFormat, Format, PacketFormat, VideoFormat};
pub use format_set::{AudioRange, FormatRange, FormatSet, PacketRange, VideoRange};
pub use reference::{SchemaRef, SchemaRefError, Version, nearest_name};
#[cfg(feature = "definitions")]
pub use registry::{RegistryError, SchemaRegistry};
#[cfg(feature = "definitions")]
pub use schema::{Schema, SchemaError};
