//! Trusted keys and signatures.

use streamlib_package::{Digest, Trust, TrustedKeys};

/// What the signatures of the corpus are of.
const SIGNED: &[u8] = b"content";

/// Between the keys and the signature in an input.
const BETWEEN: &str = "-----\n";

/// A file of trusted keys, a line of `-----`, and a signature, against which a fixed text is checked.
///
/// # Panics
/// The keys are not read as they are written, or somebody who is not among them signed.
pub fn trust(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let (keys, signature) = text.split_once(BETWEEN).unwrap_or((text, text));
    let keys = match TrustedKeys::parse(keys, "trusted-keys") {
        Ok(keys) => keys,
        Err(error) => return assert!(error.to_string().starts_with("trusted-keys:")),
    };
    let again = TrustedKeys::parse(&keys.to_text(), "written").expect("it was written");
    assert_eq!(again, keys);
    match keys.check_reader(SIGNED, "gray.slpkg", signature) {
        Ok(Trust::Signed { by, sha256, .. }) => {
            assert_eq!(sha256, Digest::of(SIGNED));
            assert!(keys.keys().iter().any(|key| key.name() == by));
        }
        Ok(trust) => assert_eq!(trust, Trust::UnknownKey),
        Err(error) => assert!(error.to_string().starts_with("`gray.slpkg` is refused")),
    }
}
