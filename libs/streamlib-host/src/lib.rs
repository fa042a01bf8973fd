//! Foreign code as processors: what is compiled into a library of its own runs in the graph like
//! what is built in.
//!
//! Guarantees:
//! - a file is read and checked before any of its code runs ([`streamlib_package::plugin_file`]);
//! - a loaded library is never unloaded, and a newer one is loaded beside it;
//! - frames, ports and calls go to a plugin as they are: no copy, no second set of counters;
//! - a failure of a plugin is that of its processor: an error with what led to it, or a panic that the
//!   engine sees like one of a built-in processor.
//!
//! Not offered: protection. A plugin shares the process and can do what the process can do.

#![expect(unsafe_code, reason = "the host's side of the plugin tables of streamlib-abi")]

mod error;
mod library;
mod loader;
mod processor;

pub use error::PluginError;
pub use loader::{Plugin, PluginLoader, PluginLog};
pub use streamlib_abi::plugin::LogLevel;
