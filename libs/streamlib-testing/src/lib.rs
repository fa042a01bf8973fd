//! What the tests of StreamLib share. No product crate depends on this one.
//!
//! Here so far: [`CountingAllocator`], which counts what every thread of a process allocates while
//! a [`Watch`] runs, and shows where; [`LiveAllocator`], which knows what was not freed; and
//! [`conformance`], what a processor must do alike in whatever way it comes to be.

#![expect(unsafe_code, reason = "a global allocator is an unsafe trait")]

mod allocator;
pub mod conformance;
mod error;
mod live;
mod report;
mod watch;

pub use allocator::{CountingAllocator, exempt};
pub use error::{Error, Result};
pub use live::LiveAllocator;
pub use report::{Report, Site};
pub use watch::Watch;
