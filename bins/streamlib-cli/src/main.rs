//! `streamlib`: the client of the StreamLib runtime.
//!
//! It knows no engine and no codec: it starts `streamlib-runtime` or talks to one that runs, and
//! shows what it says. Tables and sentences are for people; every command that tells something
//! takes `--json` for scripts. Answers go to standard output, progress and complaints to standard
//! error. Exit codes are those of [`streamlib_protocol::exit`].

mod args;
mod client;
mod commands;
mod draw;
mod error;
mod packages;
mod program;
mod run;
mod running;
mod screen;
mod table;
mod text;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let arguments = match args::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // `--help` and `--version` come this way too, and are no errors.
            let code = if error.use_stderr() { streamlib_protocol::exit::USAGE } else { 0 };
            let _printed = error.print();
            return ExitCode::from(code);
        }
    };
    let mut screen = screen::Screen::new();
    match commands::run(arguments.command, &mut screen) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            screen.complain(&error.to_string());
            ExitCode::from(error.exit_code())
        }
    }
}
