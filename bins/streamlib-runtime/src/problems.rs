//! Problems of graph files as the protocol says them.

use streamlib_manifest::{Diagnostic, Diagnostics, Severity};
use streamlib_protocol::{ErrorBody, ErrorCode, Place, Problem, ProblemSeverity};

/// One problem, with the text that people are shown.
pub(crate) fn problem(diagnostic: &Diagnostic) -> Problem {
    Problem {
        severity: match diagnostic.severity {
            Severity::Error => ProblemSeverity::Error,
            Severity::Warning => ProblemSeverity::Warning,
        },
        code: diagnostic.code.to_string(),
        message: diagnostic.message.clone(),
        path: diagnostic.path.to_string(),
        location: diagnostic.location.as_ref().map(|location| Place {
            file: location.file.clone(),
            line: location.line,
            column: location.column,
            length: location.length,
        }),
        hint: diagnostic.hint.clone(),
        shown: diagnostic.to_string(),
    }
}

/// All problems of a file, in its order.
pub(crate) fn problems(diagnostics: &Diagnostics) -> Vec<Problem> {
    diagnostics.as_slice().iter().map(problem).collect()
}

/// The refusal of a graph because of its problems.
pub(crate) fn refusal(file: &str, found: &Diagnostics) -> ErrorBody {
    let problems = problems(found);
    let is_error = |problem: &&Problem| problem.severity == ProblemSeverity::Error;
    let message = match problems.iter().filter(is_error).count() {
        1 => format!("`{file}` has a problem and cannot be run"),
        count => format!("`{file}` has {count} problems and cannot be run"),
    };
    ErrorBody::new(ErrorCode::InvalidGraph, message).with_problems(problems)
}
