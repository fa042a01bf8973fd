//! Manifests that are made to hurt: errors, never a panic.

use proptest::prelude::*;
use streamlib_manifest::package::{Difference, parse_package_bytes};

use super::{DOCUMENT, EVERYTHING};

/// Reads a manifest and shows what is wrong with it.
fn exercise(bytes: &[u8]) {
    let parsed = parse_package_bytes(bytes, "f");
    assert_eq!(parsed.manifest().is_none(), parsed.diagnostics().has_errors());
    for diagnostic in parsed.diagnostics().as_slice() {
        assert!(diagnostic.location.is_some(), "{diagnostic}");
    }
    let Some(manifest) = parsed.manifest() else { return };
    for processor in &manifest.processors {
        let of_ports = |one: &Difference| !one.path.to_string().starts_with("config_schema");
        let found = processor.differences(&processor.descriptor(&manifest.package));
        assert!(!found.iter().any(of_ports), "{found:?}");
    }
}

#[test]
fn bytes_that_are_not_text() {
    exercise(b"\xff\xfe");
    exercise(b"");
    exercise(&vec![b'a'; streamlib_manifest::FILE_BYTES_MAX + 1]);
}

proptest! {
    #[test]
    fn a_changed_manifest_is_read_or_refused(
        from in 0..EVERYTHING.len(),
        length in 0..40_usize,
        put in "[a-z0-9:{}\\[\\], \n@./\"-]{0,12}",
    ) {
        for text in [DOCUMENT, EVERYTHING] {
            let start = text.floor_char_boundary(from.min(text.len()));
            let end = text.floor_char_boundary((start + length).min(text.len()));
            exercise(format!("{}{put}{}", &text[..start], &text[end..]).as_bytes());
        }
    }

    #[test]
    fn any_bytes_are_refused_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        exercise(&bytes);
    }
}
