//! `${name}` references in config strings.
//!
//! `$${` stands for a literal `${`; a `$` that no `{` follows stands for itself. References are
//! not nested and what is put in for one is not looked at again.

use crate::error::{ManifestError, excerpt};
use crate::identifier::check_identifier;

/// A piece of a string with references.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    Literal(&'t str),
    Parameter(&'t str),
}

/// Splits a string into literal text and references.
///
/// # Errors
/// [`ManifestError::InvalidReference`] for a `${` that no identifier and `}` follow.
pub(crate) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, ManifestError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if let Some(before) = rest[..at].strip_suffix('$') {
            pieces.push(Piece::Literal(before));
            pieces.push(Piece::Literal("${"));
            rest = &rest[at + 2..];
            continue;
        }
        pieces.push(Piece::Literal(&rest[..at]));
        let invalid = || ManifestError::InvalidReference { text: excerpt(&rest[at..]) };
        let (name, after) = rest[at + 2..].split_once('}').ok_or_else(invalid)?;
        if check_identifier(name).is_err() {
            return Err(invalid());
        }
        pieces.push(Piece::Parameter(name));
        rest = after;
    }
    pieces.push(Piece::Literal(rest));
    pieces.retain(|piece| *piece != Piece::Literal(""));
    Ok(pieces)
}

/// The string whose pieces are one literal, `text`.
pub(crate) fn escape(text: &str) -> String {
    text.replace("${", "$${")
}
