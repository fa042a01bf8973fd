//! StreamLib: audio, video and data through a live graph of processors.
//!
//! A program declares a graph, starts it, looks into it while it runs and changes it while it
//! runs:
//!
//! ```no_run
//! use streamlib::prelude::*;
//! use streamlib::video::{Grayscale, GrayscaleConfig, TestPattern, TestPatternConfig};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let runtime = StreamRuntime::new()?;
//! let camera = runtime.add_processor::<TestPattern>(TestPatternConfig::default())?;
//! let gray = runtime.add_processor::<Grayscale>(GrayscaleConfig::default())?;
//! runtime.connect(&camera, &gray)?;
//! runtime.start()?;
//! runtime.wait_for_signal()?;
//! # Ok(())
//! # }
//! ```
//!
//! This crate puts the parts together: the engine, the built-in processors and graph files. The
//! parts say for themselves what they guarantee: [`engine`], [`streamlib_processor`],
//! [`video`], [`audio`], [`codec`], [`container`], [`manifest`].

mod builtins;
pub mod graph_file;
mod packages;
mod plugins;
mod runtime;
mod writer_scaler;

pub use builtins::builtins;
pub use graph_file::GraphFileError;
pub use packages::{LoadPackageError, LoadedPackage};
pub use runtime::{RuntimeBuilder, RuntimeError, StreamRuntime};
pub use streamlib_audio::processors as audio;
pub use streamlib_codec as codec;
pub use streamlib_container as container;
pub use streamlib_engine as engine;
pub use streamlib_engine::execution::ProcessorEnd;
pub use streamlib_engine::{
    CommitMode, Committed, Engine, Error, GraphOutcome, ProcessorHandle, Transaction,
};
pub use streamlib_host as host;
pub use streamlib_manifest as manifest;
pub use streamlib_package as package;
#[doc(hidden)]
pub use streamlib_processor::__private;
pub use streamlib_processor::harness;
pub use streamlib_processor::{ConfigChoice, MediaConfig, ProcessorConfig, processor};
pub use streamlib_schema as schema;
pub use streamlib_video::processors as video;

/// What most programs and processors import.
pub mod prelude {
    pub use crate::{GraphOutcome, ProcessorHandle, StreamRuntime};
    pub use streamlib_processor::prelude::*;
}

/// The guide's code is compiled and run with the documentation tests.
#[cfg(doctest)]
mod guide {
    #[doc = include_str!("../../../docs/guide/processors.md")]
    struct Processors;

    #[doc = include_str!("../../../docs/guide/live-graphs.md")]
    struct LiveGraphs;

    #[doc = include_str!("../../../docs/guide/plugins.md")]
    struct Plugins;

    #[doc = include_str!("../../../docs/guide/packages.md")]
    struct Packages;
}
