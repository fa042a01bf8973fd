//! What `cargo xtask bench` runs: graphs of the engine as it is shipped, with default settings,
//! and the bare queues, wakes and codecs that they are compared with.
//!
//! One process measures one thing, so that its memory and processor time are those of that thing,
//! and prints it as one JSON object of numbers. Not offered: tables, peers, budgets; `xtask` has
//! those.

mod arguments;
mod chain;
mod codecs;
mod edit;
mod error;
mod link;
mod marks;
mod nulls;
mod pictures;
mod plugin;
mod stages;
mod summary;
mod wake;

use std::io::Write as _;
use std::process::ExitCode;

use arguments::Command;
use error::Result;
use serde_json::Value;

fn main() -> ExitCode {
    match arguments::parse(std::env::args_os().skip(1)).and_then(measure).and_then(print) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell if standard error is gone.
            drop(writeln!(std::io::stderr(), "{error}"));
            ExitCode::FAILURE
        }
    }
}

fn measure(command: Command) -> Result<Value> {
    match command {
        Command::Nulls(arguments) => nulls::run(&arguments),
        Command::Pictures(arguments) => pictures::run(&arguments),
        Command::Edit { chain, edits } => edit::run(&chain, edits),
        Command::Link { frames } => link::run(frames),
        Command::Wake { frames } => wake::run(frames),
        Command::Codecs { film } => codecs::run(&film),
        Command::Plugin { file, frames } => plugin::run(&file, frames),
    }
}

fn print(measured: Value) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{measured}")?)
}
