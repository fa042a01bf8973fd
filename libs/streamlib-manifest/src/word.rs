//! Grammars of single words as data: names, versions, paths.

use crate::diagnostic::Code;
use crate::error::ManifestError;
use crate::identifier::{
    GRAPH_NAME_PATTERN, IDENTIFIER_PATTERN, TYPE_NAME_PATTERN, check_graph_name, check_identifier,
    check_type_name,
};

/// A text with a grammar.
#[derive(Debug)]
pub(crate) struct Word {
    /// What it is, with its article, for messages.
    pub(crate) what: &'static str,
    /// Regular expression, for the JSON Schema. It may let through more than `check` does.
    pub(crate) pattern: &'static str,
    /// Code of the problem that a text is which does not follow it.
    pub(crate) code: Code,
    pub(crate) check: fn(&str) -> Result<(), ManifestError>,
}

pub(crate) static IDENTIFIER: Word = Word {
    what: "an identifier",
    pattern: IDENTIFIER_PATTERN,
    code: Code::InvalidName,
    check: check_identifier,
};

pub(crate) static GRAPH_NAME: Word = Word {
    what: "the name of the graph",
    pattern: GRAPH_NAME_PATTERN,
    code: Code::InvalidName,
    check: check_graph_name,
};

pub(crate) static TYPE_NAME: Word = Word {
    what: "a processor type",
    pattern: TYPE_NAME_PATTERN,
    code: Code::InvalidName,
    check: check_type_name,
};
