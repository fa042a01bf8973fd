//! `cargo xtask`: set-up, demo, tests and checks of this repository in one program.
//!
//! It guarantees that nothing outside the repository's `target` folder is written, except by the
//! system's package manager, which it names before it runs. It depends on none of the crates it
//! builds, so it still runs when they do not compile.

mod assets;
mod bench;
mod ci;
mod cli;
mod clips;
mod demo;
mod error;
mod files;
mod nightly;
mod paths;
mod plugins;
mod process;
mod setup;
mod suite;
mod tidy;
mod ui;
mod wheel;
mod workspace;

use std::process::ExitCode;

use cli::Request;
use error::Result;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = cli::parse(&arguments).and_then(run);
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            ui::complain(&error.to_string());
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(request: Request) -> Result<()> {
    match request {
        Request::Help(topic) => {
            ui::say(cli::help(topic));
            Ok(())
        }
        Request::Setup { goal, check_only } => setup::run(goal, check_only),
        Request::Demo => demo::run(),
        Request::Clips => clips::run(),
        Request::Test { nextest_arguments } => suite::run(&nextest_arguments),
        Request::Bench { suite } => bench::run(&suite),
        Request::Tidy => tidy::run(),
        Request::Ci => ci::run(),
        Request::Nightly => nightly::run(),
    }
}
