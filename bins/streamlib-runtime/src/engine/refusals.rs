//! Errors of the engine as the protocol says them.

use streamlib::engine::graph::GraphError;
use streamlib::graph_file::GraphProblem;
use streamlib::{Error, RuntimeError};
use streamlib_manifest::Diagnostic;
use streamlib_protocol::{ErrorBody, ErrorCode};

use crate::load::Loaded;
use crate::problems;

/// The refusal of a graph file, each problem at its line, with the warnings of the file.
pub(super) fn graph_file(found: &[GraphProblem], loaded: &Loaded) -> ErrorBody {
    let spans = loaded.parsed.spans();
    let mut diagnostics = loaded.parsed.diagnostics().clone();
    diagnostics.extend(found.iter().map(|problem| {
        let (message, hint) = split_hint(&problem.message);
        let diagnostic = Diagnostic::error(problem.code, problem.path.clone(), message);
        let diagnostic = diagnostic.with_hint(hint);
        if problem.at_key { spans.at_key(diagnostic) } else { spans.at(diagnostic) }
    }));
    problems::refusal(spans.file(), problems::problems(&diagnostics))
}

/// The engine says what to do behind the last semicolon.
fn split_hint(message: &str) -> (&str, Option<String>) {
    match message.rsplit_once("; ") {
        Some((message, hint)) if !hint.contains('\n') => (message, Some(hint.to_owned())),
        _ => (message, None),
    }
}

/// An error of the runtime that is not about a file.
pub(super) fn runtime(error: &RuntimeError) -> ErrorBody {
    match error {
        RuntimeError::Engine(error) => engine(error),
        other => ErrorBody::new(ErrorCode::Internal, other.to_string()),
    }
}

/// An error of the engine.
pub(super) fn engine(error: &Error) -> ErrorBody {
    ErrorBody::new(code(error), with_sources(error))
}

fn code(error: &Error) -> ErrorCode {
    match error {
        Error::Graph(error) => graph_code(error),
        Error::NoSuchProcessor(..) | Error::NoSuchLink(_) | Error::NoSuchPort(_) => {
            ErrorCode::UnknownName
        }
        Error::Plan(_) | Error::BadName(_) => ErrorCode::InvalidGraph,
        Error::Outdated { .. } => ErrorCode::RevisionConflict,
        Error::NothingToUndo | Error::NotRunning | Error::AlreadyRunning => ErrorCode::WrongState,
        Error::Threads(_) | Error::StartThread { .. } => ErrorCode::Environment,
        Error::NotPlanned { .. } => ErrorCode::Internal,
        _ => ErrorCode::CommitFailed,
    }
}

fn graph_code(error: &GraphError) -> ErrorCode {
    match error {
        GraphError::UnknownType { .. }
        | GraphError::UnknownProcessor { .. }
        | GraphError::UnknownPort { .. }
        | GraphError::UnknownLink(_) => ErrorCode::UnknownName,
        _ => ErrorCode::InvalidGraph,
    }
}

/// The message, and those of its sources that it does not repeat.
fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_do_stands_behind_the_last_semicolon() {
        let check = |text: &str, message: &str, hint: Option<&str>| {
            assert_eq!(split_hint(text), (message, hint.map(str::to_owned)));
        };
        check("it is wrong", "it is wrong", None);
        check("it is; wrong; do that", "it is; wrong", Some("do that"));
        check("a list:\n  a; b\n  c", "a list:\n  a; b\n  c", None);
    }
}
