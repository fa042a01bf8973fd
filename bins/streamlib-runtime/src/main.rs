//! `streamlib-runtime`: hosts one graph and answers on a private Unix socket.
//!
//! Programs start it, `streamlib` above all. It writes to standard output only what a command
//! other than `run` is asked for, as JSON; while a graph runs, standard output belongs to nobody.
//! Exit codes are those of [`streamlib_protocol::exit`].

mod args;
mod control;
mod doctor;
mod engine;
mod event_log;
mod hosted;
mod load;
mod packages;
mod parent;
mod plugins;
mod problems;
mod run;
mod run_folder;
mod server;
mod stopping;
mod types;

use std::io::Write as _;
use std::process::ExitCode;

use args::{Command, GraphArguments};
use serde::Serialize;
use streamlib_protocol::{ErrorBody, ErrorCode, exit};

fn main() -> ExitCode {
    let command = match args::parse(std::env::args_os().skip(1)) {
        Ok(command) => command,
        Err(error) => {
            parent::complain(&error);
            return ExitCode::from(error.code.exit_code());
        }
    };
    ExitCode::from(match command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Check(arguments) => answer(check(&arguments)),
        Command::Graph(arguments) => answer(graph(&arguments)),
        Command::Processors(plugins) => answer(types::all(&plugins)),
        Command::Doctor => answer(Ok(doctor::examine())),
        Command::Help => print(args::HELP.as_bytes()),
        Command::Version => {
            print(concat!("streamlib-runtime ", env!("CARGO_PKG_VERSION"), "\n").as_bytes())
        }
    })
}

/// The warnings of a graph that can be run; every problem of one that cannot.
fn check(arguments: &GraphArguments) -> Result<Vec<streamlib_protocol::Problem>, ErrorBody> {
    let loaded = load::load(arguments)?;
    engine::EngineGraph::build(&loaded, &loaded.graph.name)?.check(&loaded)?;
    Ok(loaded.warnings)
}

/// The graph as its file declares it.
fn graph(arguments: &GraphArguments) -> Result<streamlib_protocol::Snapshot, ErrorBody> {
    load::load(arguments).map(|loaded| engine::of_file(&loaded.graph))
}

/// Prints an answer or a refusal as JSON; gives back the exit code.
fn answer<T: Serialize>(answer: Result<T, ErrorBody>) -> u8 {
    let (json, code) = match &answer {
        Ok(answer) => (serde_json::to_vec(answer), exit::OK),
        Err(error) => (serde_json::to_vec(error), error.code.exit_code()),
    };
    match json {
        Ok(json) => print(&json).max(code),
        Err(error) => {
            let message = format!("the answer cannot be written as JSON: {error}");
            parent::complain(&ErrorBody::new(ErrorCode::Internal, message));
            exit::FAILED
        }
    }
}

/// Prints to standard output; gives back the exit code.
fn print(bytes: &[u8]) -> u8 {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => exit::OK,
        Err(error) => {
            let message = format!("the answer cannot be printed: {error}");
            parent::complain(&ErrorBody::new(ErrorCode::Environment, message));
            exit::ENVIRONMENT
        }
    }
}
