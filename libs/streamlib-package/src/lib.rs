//! Packages: how they are packed, fetched, trusted, kept and found.
//!
//! What a package declares is read by `streamlib-manifest`; what it does is the host's. This crate
//! has the files between the two, and it alone of the libraries does input and output for them.
//!
//! Guarantees:
//! - No global state: the environment, the home and every limit are arguments.
//! - Nothing of a package is run, and no name that a package gives becomes part of a path before
//!   its grammar is checked.

mod error;
mod home;

pub use error::PackageError;
pub use home::Home;
