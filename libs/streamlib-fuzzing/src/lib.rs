//! What is fed with hostile bytes.
//!
//! Each function takes any bytes at all, does with them all that a reader does, and panics only if
//! a promise is broken: that there is no panic, that what is read lies inside of what was given,
//! that what was read can be written and read back the same. The fuzzer calls them
//! (`fuzz/fuzz_targets`), and so do the property tests of this crate, which start from the same
//! corpus (`fuzz/corpus`).

mod block;
mod codecs;
mod graph_file;
mod mp4;
mod package;
mod package_archive;
mod plugin_file;
mod protocol;
mod schema;
mod trust;

pub use block::block;
pub use codecs::{aac, h264, opus};
pub use graph_file::graph_file;
pub use mp4::mp4;
pub use package::package_manifest;
pub use package_archive::package_archive;
pub use plugin_file::plugin_file;
pub use protocol::protocol;
pub use schema::schema;
pub use trust::trust;

/// A target: what it is called, in the corpus and for the fuzzer, and what it does with bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("aac", aac),
    ("block", block),
    ("graph_file", graph_file),
    ("h264", h264),
    ("mp4", mp4),
    ("opus", opus),
    ("package_archive", package_archive),
    ("package_manifest", package_manifest),
    ("plugin_file", plugin_file),
    ("protocol", protocol),
    ("schema", schema),
    ("trust", trust),
];
