//! The test clips that `cargo xtask clips` makes.

use std::path::{Path, PathBuf};

/// The clip called `name`.
pub(crate) fn asset(name: &str) -> PathBuf {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../assets");
    let folder = std::env::var_os("STREAMLIB_TEST_ASSETS").map_or(kept, PathBuf::from);
    let path = folder.join("clips").join(name);
    assert!(path.is_file(), "{} is missing: `cargo xtask clips` makes it", path.display());
    path
}
