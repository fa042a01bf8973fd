//! `streamlib check`: every problem of a graph file.

use serde::Serialize;
use streamlib_protocol::{ErrorBody, ErrorCode, Problem, ProblemSeverity, exit};

use crate::args::CheckArguments;
use crate::error::Error;
use crate::packages::GraphToRun;
use crate::program;
use crate::screen::Screen;
use crate::text;

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Checked {
    ok: bool,
    problems: Vec<Problem>,
}

/// Prints the problems. The exit code is that of a graph that cannot be run, if it cannot.
pub(crate) fn check(arguments: &CheckArguments, screen: &mut Screen) -> Result<u8, Error> {
    let mut asking = program::plugin_arguments(&arguments.plugins);
    asking.extend(GraphToRun::find(&arguments.graph, screen)?.arguments());
    let asked = program::ask("check", asking);
    let (ok, problems) = match asked {
        Ok(warnings) => (true, warnings),
        Err(Error::Refused(ErrorBody { code: ErrorCode::InvalidGraph, problems, .. })) => {
            (false, problems)
        }
        Err(error) => return Err(error),
    };
    let code = if ok { exit::OK } else { exit::USAGE };
    if arguments.json {
        screen.print_json(&Checked { ok, problems })?;
        return Ok(code);
    }
    for problem in &problems {
        screen.print(&format!("{problem}\n\n"))?;
    }
    let file = arguments.graph.file.display();
    let count = |severity| problems.iter().filter(|one| one.severity == severity).count() as u64;
    let errors = text::counted(count(ProblemSeverity::Error), "error");
    let warnings = text::counted(count(ProblemSeverity::Warning), "warning");
    screen.print(&match (ok, problems.is_empty()) {
        (true, true) => format!("{file} is right and can be run"),
        (true, false) => format!("{file} can be run; {warnings}"),
        (false, _) => format!("{file} cannot be run: {errors}, {warnings}"),
    })?;
    Ok(code)
}
