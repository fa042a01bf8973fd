//! What each command does.

mod cache;
mod check;
mod control;
mod doctor;
mod events;
mod graph;
mod inspect;
mod list;
mod pack;
mod pkg;
mod plugin;
mod processors;
mod schemas;
mod set;

use clap::CommandFactory as _;
use streamlib_protocol::exit;

use crate::args::{Arguments, Command, PluginCommand, ProcessorsCommand};
use crate::error::Error;
use crate::run;
use crate::screen::Screen;

pub(crate) use control::milliseconds;
pub(crate) use events::line as event_line;
pub(crate) use inspect::dropped;

/// Does what a command says; gives back the exit code.
pub(crate) fn run(command: Command, screen: &mut Screen) -> Result<u8, Error> {
    match command {
        Command::Run(arguments) => return run::run(&arguments, screen),
        Command::Check(arguments) => return check::check(&arguments, screen),
        Command::Graph(arguments) => graph::graph(&arguments, screen),
        Command::Inspect(arguments) => inspect::inspect(&arguments, screen),
        Command::Set(arguments) => set::set(&arguments, screen),
        Command::Undo(arguments) => control::undo(&arguments, screen),
        Command::Pause(arguments) => control::pause(&arguments, screen),
        Command::Resume(arguments) => control::resume(&arguments, screen),
        Command::Stop(arguments) => control::stop(&arguments, screen),
        Command::List(arguments) => list::list(&arguments, screen),
        Command::Events(arguments) => events::events(&arguments, screen),
        Command::Processors { command: ProcessorsCommand::List { plugins, json } } => {
            processors::list(&plugins, json, screen)
        }
        Command::Processors { command: ProcessorsCommand::Describe { name, plugins, json } } => {
            processors::describe(&name, &plugins, json, screen)
        }
        Command::Pack(arguments) => return pack::pack(&arguments, screen),
        Command::Pkg { command } => return pkg::pkg(&command, screen),
        Command::Cache { command } => return cache::cache(&command, screen),
        Command::Plugin { command: PluginCommand::Inspect { file, json } } => {
            return plugin::inspect(&file, json, screen);
        }
        Command::Schemas { command } => return schemas::schemas(&command, screen),
        Command::Doctor(arguments) => return doctor::doctor(&arguments, screen),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "streamlib", &mut script);
            screen.print(&String::from_utf8_lossy(&script))
        }
    }?;
    Ok(exit::OK)
}
