//! Runs whole graphs and looks at what they made.

mod door;
mod film;
mod graph;

use std::path::{Path, PathBuf};

pub(crate) use door::Door;
pub(crate) use film::{Film, Sound, decoded_frames, numbers, probe};
pub(crate) use graph::{Graph, PATIENCE, id, port};

/// What `cargo xtask test` fetched or made.
fn asset(name: &str) -> PathBuf {
    let folder = match std::env::var_os("STREAMLIB_TEST_ASSETS") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/assets"),
    };
    let path = folder.join(name);
    assert!(path.exists(), "{} is missing; `cargo xtask test` makes it", path.display());
    path
}

/// The film of the demo: 1280x720 at 25 frames a second, 132 of them, and sound in 5.1.
pub(crate) fn film() -> PathBuf {
    asset("bigbuckbunny.mp4")
}

/// The plugin of the example, as a stranger built it.
pub(crate) fn plugin() -> PathBuf {
    asset(&format!("plugins/other-build{}", std::env::consts::DLL_SUFFIX))
}

/// A clip of `xtask/src/clips/recipes.rs`. Its pictures bear their numbers.
pub(crate) fn clip(name: &str) -> PathBuf {
    asset(&format!("clips/{name}.mp4"))
}

/// The two are within this many seconds of each other.
pub(crate) fn assert_near(what: &str, found: f64, expected: f64, within: f64) {
    assert!((found - expected).abs() <= within, "{what}: {found} s, expected {expected} s");
}
