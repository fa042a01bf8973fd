//! Archives of packages.

use std::io::Cursor;

use streamlib_package::{Archive, Contents, Digest, Limits, check_file_name};

/// What is allowed here; smaller than usual, so that every input is through at once.
const LIMITS: Limits =
    Limits { archive_bytes: 1 << 20, files: 100, file_bytes: 1 << 20, total_bytes: 4 << 20 };

/// Opens an archive and reads every file in it. The bytes are read as a list of contents, too,
/// which else only those get to be that are in a whole archive.
///
/// # Panics
/// A file has a name that leads out of the package, or is not what the archive says of it.
pub fn package_archive(bytes: &[u8]) {
    if let Ok(contents) = Contents::parse(bytes) {
        assert_eq!(contents.to_text().as_bytes(), bytes);
        assert!(contents.files().all(|(name, _)| check_file_name(name).is_ok()));
    }
    let mut archive = match Archive::open(Cursor::new(bytes), "hostile.slpkg", &LIMITS) {
        Ok(archive) => archive,
        Err(refusal) => return assert!(refusal.to_string().starts_with("`hostile.slpkg` is")),
    };
    assert!(archive.total_bytes() <= LIMITS.total_bytes && archive.files().len() <= LIMITS.files);
    for file in archive.files().to_vec() {
        assert_eq!(check_file_name(&file.name), Ok(()));
        if let Ok(content) = archive.read(&file.name, LIMITS.file_bytes) {
            let content = content.expect("it is in the list");
            assert_eq!(content.len() as u64, file.bytes);
            assert_eq!(archive.contents().digest_of(&file.name), Some(Digest::of(&content)));
        }
    }
}
