//! The grammars of names.
//!
//! Names reach thread names, service names and file names, so they are checked here, once,
//! before anything is made from them.

use crate::error::{ManifestError, excerpt};

/// Longest identifier or graph name, in bytes (they are ASCII).
pub const IDENTIFIER_BYTES_MAX: usize = 64;
/// Longest name of a processor type, in bytes (it is ASCII).
pub const TYPE_NAME_BYTES_MAX: usize = 256;

/// Regular expression of an identifier, for the JSON Schema.
pub(crate) const IDENTIFIER_PATTERN: &str = "^[A-Za-z_][A-Za-z0-9_-]{0,63}$";
/// Regular expression of a graph name, for the JSON Schema.
pub(crate) const GRAPH_NAME_PATTERN: &str = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$";
/// Regular expression of a processor type, for the JSON Schema.
pub(crate) const TYPE_NAME_PATTERN: &str = "^[A-Za-z_][A-Za-z0-9_-]*([.][A-Za-z_][A-Za-z0-9_-]*)*$";

fn is_identifier_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

fn is_identifier_rest(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn is_identifier_word(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(|&b| is_identifier_start(b))
        && bytes.iter().all(|&b| is_identifier_rest(b))
}

/// Checks a processor id, port name or parameter name: `[A-Za-z_][A-Za-z0-9_-]*`, at most 64
/// characters.
///
/// # Errors
/// [`ManifestError::InvalidIdentifier`].
pub fn check_identifier(text: &str) -> Result<(), ManifestError> {
    if text.len() <= IDENTIFIER_BYTES_MAX && is_identifier_word(text) {
        Ok(())
    } else {
        Err(ManifestError::InvalidIdentifier { text: excerpt(text) })
    }
}

/// Checks the name of a graph: `[A-Za-z0-9_][A-Za-z0-9_.-]*`, at most 64 characters. It never
/// starts with a dot and has no separator, so it is safe as a file name.
///
/// # Errors
/// [`ManifestError::InvalidGraphName`].
pub fn check_graph_name(text: &str) -> Result<(), ManifestError> {
    let bytes = text.as_bytes();
    let ok = text.len() <= IDENTIFIER_BYTES_MAX
        && bytes.first().is_some_and(|&b| b.is_ascii_alphanumeric() || b == b'_')
        && bytes.iter().all(|&b| is_identifier_rest(b) || b == b'.');
    if ok { Ok(()) } else { Err(ManifestError::InvalidGraphName { text: excerpt(text) }) }
}

/// Checks the name of a processor type: identifiers joined by dots, at most 256 characters. A
/// name without a dot is a short name, which a namespace completes.
///
/// # Errors
/// [`ManifestError::InvalidTypeName`].
pub fn check_type_name(text: &str) -> Result<(), ManifestError> {
    if text.len() <= TYPE_NAME_BYTES_MAX && text.split('.').all(is_identifier_word) {
        Ok(())
    } else {
        Err(ManifestError::InvalidTypeName { text: excerpt(text) })
    }
}
