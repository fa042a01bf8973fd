//! Where things lie in the repository.

use std::path::{Path, PathBuf};

/// The repository's root: the folder that holds the workspace's `Cargo.toml`.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or_else(|| Path::new("."))
}

/// The build folder: `CARGO_TARGET_DIR` where it is set, else `target` in the root.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// Downloaded and generated media; tests find it through `STREAMLIB_TEST_ASSETS`.
pub(crate) fn assets() -> PathBuf {
    target().join("assets")
}

/// The test clips that `cargo xtask clips` makes.
pub(crate) fn clips() -> PathBuf {
    assets().join("clips")
}

/// What the demo writes.
pub(crate) fn demo() -> PathBuf {
    target().join("demo")
}

/// What the benches write.
pub(crate) fn bench() -> PathBuf {
    target().join("bench")
}

/// Programs that this repository's commands install for themselves.
pub(crate) fn tools() -> PathBuf {
    target().join("tools")
}

/// `path` relative to the repository's root where it lies in it, for messages.
pub(crate) fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}
