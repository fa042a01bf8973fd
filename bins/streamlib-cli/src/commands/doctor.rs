//! `streamlib doctor`: what works on this machine, and what to install.

use streamlib_protocol::{CheckStatus, DoctorReport, exit};

use crate::args::JsonArguments;
use crate::error::Error;
use crate::program;
use crate::screen::Screen;

/// Prints the checks. The exit code says whether something that is needed is missing.
pub(crate) fn doctor(arguments: &JsonArguments, screen: &mut Screen) -> Result<u8, Error> {
    let report: DoctorReport = program::ask("doctor", [])?;
    let code = if report.is_healthy() { exit::OK } else { exit::ENVIRONMENT };
    if arguments.json {
        screen.print_json(&report)?;
        return Ok(code);
    }
    let width = report.checks.iter().map(|check| check.name.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for check in &report.checks {
        let status = match check.status {
            CheckStatus::Ok => "ok     ",
            CheckStatus::Warning => "warning",
            CheckStatus::Failed => "FAILED ",
        };
        text.push_str(&format!("{status}  {:width$}  {}\n", check.name, check.detail));
        if let Some(fix) = &check.fix {
            text.push_str(&format!("         {:width$}  -> {fix}\n", ""));
        }
    }
    screen.print(&text)?;
    Ok(code)
}
