//! The note of a plugin that is built with this crate.

use streamlib_abi::note::NoteSection;

/// The note of these processors, each a name and a version.
pub const fn note<const N: usize>(processors: &[(&str, &str)]) -> NoteSection<N> {
    NoteSection::new(
        env!("CARGO_PKG_VERSION"),
        env!("STREAMLIB_PLUGIN_RUSTC"),
        env!("STREAMLIB_PLUGIN_TARGET"),
        processors,
    )
}
