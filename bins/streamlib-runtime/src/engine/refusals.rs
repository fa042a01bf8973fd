//! Errors of the engine as the protocol says them.

use streamlib::engine::graph::GraphError;
use streamlib::graph_file::GraphProblem;
use streamlib::{Error, RuntimeError};
use streamlib_manifest::{
    Code, Diagnostic, Diagnostics, NodePath, PathSegment, ResolvedGraph, Spans, Value,
};
use streamlib_protocol::{ErrorBody, ErrorCode};

use crate::load::Loaded;
use crate::problems;

/// The refusal of a graph file, each problem at its line, with the warnings of the file.
pub(super) fn graph_file(found: &[GraphProblem], loaded: &Loaded) -> ErrorBody {
    let spans = loaded.parsed.spans();
    let mut diagnostics = loaded.parsed.diagnostics().clone();
    diagnostics.extend(found.iter().map(|problem| at_its_line(problem, spans)));
    problems::refusal(spans.file(), &diagnostics)
}

/// What was found in a file, and what the types of its processors say besides. What follows from a
/// problem that is known already is left out.
pub(super) fn with_more(
    mut known: Diagnostics,
    more: &[GraphProblem],
    loaded: &Loaded,
) -> Diagnostics {
    let follows = |problem: &GraphProblem| {
        // The file's own rules know all names of processors, also of those that cannot be read.
        matches!(problem.code, Code::UnknownProcessor | Code::RefusedGraph)
            || known.as_slice().iter().any(|one| overlap(&one.path, &problem.path))
            || is_unreadable(&loaded.graph, &problem.path)
    };
    let new = more.iter().filter(|problem| !follows(problem));
    let new: Vec<_> = new.map(|problem| at_its_line(problem, loaded.parsed.spans())).collect();
    known.extend(new);
    known
}

/// Whether a place holds nothing that the types could judge: a type that is missing, or a
/// reference to a parameter that has no value.
fn is_unreadable(graph: &ResolvedGraph, path: &NodePath) -> bool {
    let [PathSegment::Key(_), PathSegment::Key(id), PathSegment::Key(key), rest @ ..] =
        path.segments()
    else {
        return false;
    };
    let Some(entry) = graph.processors.get(id) else { return true };
    if key == "type" {
        return entry.type_name.is_empty();
    }
    let Some((PathSegment::Key(first), rest)) = rest.split_first() else { return false };
    let value = rest.iter().try_fold(entry.config.get(first), |value, part| {
        Some(match (value?, part) {
            (Value::Map(map), PathSegment::Key(key)) => map.get(key),
            (Value::List(items), PathSegment::Index(index)) => items.get(*index),
            _ => None,
        })
    });
    matches!(value.flatten(), Some(Value::String(text)) if text.contains("${"))
}

/// Whether one of two places is within the other. The whole file says nothing about its parts.
fn overlap(one: &NodePath, other: &NodePath) -> bool {
    let (one, other) = (one.segments(), other.segments());
    let length = one.len().min(other.len());
    length > 0 && one[..length] == other[..length]
}

fn at_its_line(problem: &GraphProblem, spans: &Spans) -> Diagnostic {
    let (message, hint) = split_hint(&problem.message);
    let diagnostic = Diagnostic::error(problem.code, problem.path.clone(), message);
    let diagnostic = diagnostic.with_hint(hint);
    if problem.at_key { spans.at_key(diagnostic) } else { spans.at(diagnostic) }
}

/// The refusal of a graph that is right and could not be started: at the line of the processor
/// that failed, if it was one.
pub(super) fn start(error: &Error, loaded: &Loaded) -> ErrorBody {
    let (Error::Create { processor, .. } | Error::SetUp { processor, .. }) = error else {
        return engine(error);
    };
    let spans = loaded.parsed.spans();
    let problem = GraphProblem {
        code: Code::StartFailed,
        path: ["processors", processor.as_str()].into_iter().collect(),
        at_key: true,
        message: with_sources(error),
    };
    let mut found = Diagnostics::default();
    found.push(at_its_line(&problem, spans));
    let message = format!("the graph of `{}` cannot be started", spans.file());
    ErrorBody::new(code(error), message).with_problems(problems::problems(&found))
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
