//! Small things about files that several commands need.

use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::{paths, ui};

/// The SHA-256 of some bytes, in lower-case hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Refuses a file that does not have the hash it must have.
pub(crate) fn verify(path: &Path, expected: &'static str) -> Result<()> {
    let bytes = fs::read(path).map_err(Error::file(path))?;
    let found = sha256(&bytes);
    if found == expected {
        return Ok(());
    }
    Err(Error::Hash { path: path.to_path_buf(), expected, found })
}

/// Creates a folder and those above it.
pub(crate) fn create_folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(Error::file(folder))
}

/// Removes a folder with all that is in it; one that stays is complained of.
pub(crate) fn remove_folder(folder: &Path) {
    if fs::remove_dir_all(folder).is_err() && folder.exists() {
        ui::complain(&format!("{} could not be removed.", paths::shown(folder)));
    }
}

/// Moves a finished file to its final name in one step, so that no half file is ever found there.
pub(crate) fn publish(finished: &Path, name: &Path) -> Result<()> {
    fs::rename(finished, name).map_err(Error::file(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_another_hash_is_refused_by_name() {
        let path = std::env::temp_dir().join(format!("xtask-hash-{}", std::process::id()));
        fs::write(&path, b"abc").unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        verify(&path, abc).unwrap();
        let message = verify(&path, "00").unwrap_err().to_string();
        fs::remove_file(&path).unwrap();
        assert!(message.contains(abc) && message.contains("00 is expected"), "{message}");
    }
}
