//! The processors as a host sees them, in the harness.

mod assets;
mod drive;
mod source;
mod writer;
