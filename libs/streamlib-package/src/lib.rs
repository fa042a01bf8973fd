//! Packages: how they are packed, fetched, trusted, kept and found.
//!
//! What a package declares is read by `streamlib-manifest`; what it does is the host's. This crate
//! has the files between the two, and it alone of the libraries does input and output for them.
//!
//! Guarantees:
//! - No global state: the environment, the home and every limit are arguments.
//! - Nothing of a package is run, and no name that a package gives becomes part of a path before
//!   its grammar is checked.

mod archive;
mod bundle;
mod cache;
mod digest;
mod error;
mod fetch;
mod folder;
mod home;
pub mod plugin_file;
mod progress;
pub mod resolve;
mod store;
mod trust;

pub use archive::{
    Archive, CONTENTS_NAME, Contents, ContentsProblem, FileRules, LARGEST_ARCHIVE_BYTES, LeftOut,
    Limits, NAME_BYTES_MAX, NameProblem, PackPlan, Packed, PackedFile, PlannedFile, Reason,
    Refusal, check_file_name,
};
pub use bundle::Bundle;
pub use cache::{Cache, CachedPackage, Damage, HeldPackage, Incoming, Installation, Prune, Pruned};
pub use digest::Digest;
pub use error::{PackProblem, PackageError};
pub use fetch::{Download, FetchLimits, FetchProblem, Fetcher, UrlProblem};
pub use folder::{PackageFolder, PackagePlugin, STREAMLIB_VERSION};
pub use home::Home;
pub use plugin_file::{PluginFile, PluginFileError, PluginProcessorName};
pub use progress::{OnProgress, Progress};
pub use store::{Gather, Gathered, GatheredPackage, PackageStore, read_lock, write_lock};
pub use trust::{SignatureProblem, Trust, TrustStore, TrustedKey, TrustedKeys, signature_path};
