//! The command line of `streamlib`: arguments only, the commands are in [`crate::commands`].

mod help;
mod packages;
mod schemas;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use streamlib_manifest::Assignment;

pub(crate) use packages::{CacheCommand, PackArguments, PkgCommand, TrustCommand};
pub(crate) use schemas::{InstanceArguments, SchemasCommand};

/// Audio, video and data through a live graph of processors.
#[derive(Debug, Clone, Parser)]
#[command(name = "streamlib", version, after_help = help::MAIN, max_term_width = 100)]
#[command(propagate_version = true, subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Command {
    /// Run a graph and show how far it is
    #[command(after_help = help::RUN)]
    Run(RunArguments),
    /// Say everything that is wrong with a graph file
    #[command(after_help = help::CHECK)]
    Check(CheckArguments),
    /// Draw a graph
    #[command(after_help = help::GRAPH)]
    Graph(GraphArguments),
    /// Look into a running graph: counters, times, who waits
    #[command(after_help = help::INSPECT)]
    Inspect(NameArguments),
    /// Change the settings of a processor while it runs
    #[command(after_help = help::SET)]
    Set(SetArguments),
    /// Take back the last change of a running graph
    #[command(after_help = help::UNDO)]
    Undo(PlainNameArguments),
    /// Stop the clock of a running graph
    #[command(after_help = help::PAUSE)]
    Pause(PlainNameArguments),
    /// Let the clock of a paused graph run on
    #[command(after_help = help::PAUSE)]
    Resume(PlainNameArguments),
    /// Stop a running graph in order
    #[command(after_help = help::STOP)]
    Stop(StopArguments),
    /// List the graphs that run
    #[command(after_help = help::LIST)]
    List(JsonArguments),
    /// Follow what happens in a running graph
    #[command(after_help = help::EVENTS)]
    Events(EventsArguments),
    /// What graphs can be made of
    #[command(after_help = help::PROCESSORS)]
    Processors {
        #[command(subcommand)]
        command: ProcessorsCommand,
    },
    /// Make a package of a folder
    #[command(after_help = help::PACK)]
    Pack(PackArguments),
    /// Packages: install, look into, remove, trust
    #[command(after_help = help::PKG)]
    Pkg {
        #[command(subcommand)]
        command: PkgCommand,
    },
    /// What is kept of packages, and what of it can go
    #[command(after_help = help::CACHE)]
    Cache {
        #[command(subcommand)]
        command: CacheCommand,
    },
    /// What a plugin file is
    #[command(after_help = help::PLUGIN)]
    Plugin {
        #[command(subcommand)]
        command: PluginCommand,
    },
    /// What frames and settings are: list, check, compare
    #[command(after_help = help::SCHEMAS)]
    Schemas {
        #[command(subcommand)]
        command: SchemasCommand,
    },
    /// Say what works on this machine and what to install
    #[command(after_help = help::DOCTOR)]
    Doctor(JsonArguments),
    /// Print the completions of a shell
    #[command(after_help = help::COMPLETIONS)]
    Completions {
        /// Which shell
        shell: Shell,
    },
}

/// A graph file and values of its parameters.
#[derive(Debug, Clone, Args)]
pub(crate) struct FileArguments {
    /// The graph file, YAML or JSON; or a package that carries a graph: a folder, an archive, a URL
    /// or the name of an installed one
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// Set a parameter of the graph; may be repeated
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub(crate) assignments: Vec<Assignment>,
}

/// Plugins whose processors a graph may have.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PluginArguments {
    /// Load a plugin, a library of processors; may be repeated
    #[arg(long = "plugin", value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
    /// Load every plugin in a folder; may be repeated
    #[arg(long = "plugin-dir", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) folders: Vec<PathBuf>,
}

/// What `run` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct RunArguments {
    #[command(flatten)]
    pub(crate) graph: FileArguments,
    #[command(flatten)]
    pub(crate) plugins: PluginArguments,
    /// The name under which it is found while it runs; the graph's own when absent
    #[arg(long, value_parser = parse_graph_name)]
    pub(crate) name: Option<String>,
    /// Print the report as JSON when the graph has ended
    #[arg(long)]
    pub(crate) json: bool,
    /// Show no progress
    #[arg(long)]
    pub(crate) no_progress: bool,
    /// How long frames under way may take when the graph is stopped, such as 500ms or 10s
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(crate) drain_timeout: Option<std::time::Duration>,
}

/// What `check` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    pub(crate) graph: FileArguments,
    #[command(flatten)]
    pub(crate) plugins: PluginArguments,
    /// Print the problems as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// How a graph is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum GraphFormat {
    /// Two tables: processors and links
    #[default]
    Table,
    /// For programs
    Json,
    /// For Graphviz
    Dot,
    /// For Markdown pages
    Mermaid,
}

/// What `graph` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct GraphArguments {
    #[command(flatten)]
    pub(crate) graph: FileArguments,
    /// How it is drawn
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: GraphFormat,
}

/// Which running graph, and how to say it.
#[derive(Debug, Clone, Args)]
pub(crate) struct NameArguments {
    /// Name of a running graph, or the number of its process; the only one when absent
    pub(crate) name: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which running graph.
#[derive(Debug, Clone, Args)]
pub(crate) struct PlainNameArguments {
    /// Name of a running graph, or the number of its process; the only one when absent
    pub(crate) name: Option<String>,
}

/// How to say it.
#[derive(Debug, Clone, Args)]
pub(crate) struct JsonArguments {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What `set` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct SetArguments {
    /// The processor: GRAPH.PROCESSOR, or PROCESSOR if only one graph runs
    #[arg(value_name = "PROCESSOR")]
    pub(crate) target: String,
    /// The settings; those that are not named stay
    #[arg(required = true, value_name = "NAME=VALUE")]
    pub(crate) settings: Vec<Assignment>,
    /// Only say what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// What `stop` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct StopArguments {
    #[command(flatten)]
    pub(crate) graph: PlainNameArguments,
    /// How long frames under way may take, such as 500ms or 10s; 0s cuts at once
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(crate) drain_timeout: Option<std::time::Duration>,
}

/// What `events` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct EventsArguments {
    #[command(flatten)]
    pub(crate) graph: NameArguments,
    /// Begin with the oldest event that is kept, not with the next one
    #[arg(long)]
    pub(crate) all: bool,
}

/// What `processors` does.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ProcessorsCommand {
    /// List all types of processors
    #[command(after_help = help::PROCESSORS)]
    List {
        #[command(flatten)]
        plugins: PluginArguments,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Say everything about one type: ports, formats, settings
    #[command(after_help = help::PROCESSORS)]
    Describe {
        /// Its name; the last part is enough if only one type has it
        name: String,
        #[command(flatten)]
        plugins: PluginArguments,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// What `plugin` does.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum PluginCommand {
    /// Say what a plugin was built for and what it offers, without running it
    #[command(after_help = help::PLUGIN)]
    Inspect {
        /// The library
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

fn parse_graph_name(text: &str) -> Result<String, streamlib_manifest::ManifestError> {
    streamlib_manifest::check_graph_name(text).map(|()| text.to_owned())
}

fn parse_duration(text: &str) -> Result<std::time::Duration, streamlib_manifest::ManifestError> {
    streamlib_manifest::parse_duration(text)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        super::Arguments::command().debug_assert();
    }
}
