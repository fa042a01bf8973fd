//! The command line of `streamlib-runtime`. Programs start it more often than people do, so it
//! is small; `streamlib` is the one for people.

use std::ffi::OsString;
use std::path::PathBuf;

use streamlib_manifest::Assignment;
use streamlib_manifest::package::PackageSource;
use streamlib_protocol::{ErrorBody, ErrorCode};

/// What `--help` prints.
pub(crate) const HELP: &str = "\
streamlib-runtime hosts one graph and answers on a Unix socket. `streamlib` is its client.

Usage:
  streamlib-runtime run FILE [options]       run a graph until it ends or is stopped
      --set NAME=VALUE      set a parameter of the graph; may be repeated
      --name NAME           the name under which it is found; the graph's own when absent
      --socket PATH         where to listen; in the run folder when absent
      --drain-timeout-ms N  how long frames under way may take when it stops
      --parent-on-stdin     standard input is a socket to the program that started it
      --package SOURCE      load a package: a name, a folder, an archive or a URL; may be repeated
      --plugin PATH         load a plugin; may be repeated
      --plugin-dir DIR      load every plugin in a folder; may be repeated
  streamlib-runtime check FILE [--set ..] [--plugin ..]
                                             every problem of a graph, as JSON
  streamlib-runtime graph FILE [--set ..]    the graph as it is declared, as JSON
  streamlib-runtime processors [--plugin ..] what graphs can be made of, as JSON
  streamlib-runtime doctor                   what works on this machine, as JSON
  streamlib-runtime --help | --version

Exit codes: 0 well, 1 the graph failed, 2 wrong input, 3 the machine lacks something,
130 interrupted.
";

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Run(RunArguments),
    Check(GraphArguments),
    Graph(GraphArguments),
    Processors(Vec<PluginPath>),
    Doctor,
    Help,
    Version,
}

/// A graph file with its parameters and the plugins it needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct GraphArguments {
    pub(crate) file: PathBuf,
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) plugins: Vec<PluginPath>,
    /// Packages beside those that the file names.
    pub(crate) packages: Vec<PackageSource>,
}

/// Where plugins are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PluginPath {
    /// One.
    File(PathBuf),
    /// All in a folder.
    Folder(PathBuf),
}

/// What `run` takes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct RunArguments {
    pub(crate) graph: GraphArguments,
    pub(crate) name: Option<String>,
    pub(crate) socket: Option<PathBuf>,
    pub(crate) drain_timeout_ms: Option<u64>,
    pub(crate) parent_on_stdin: bool,
}

/// Reads the command line, without the program's name.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, ErrorBody> {
    parse_command(lexopt::Parser::from_args(arguments)).map_err(|error| {
        ErrorBody::new(ErrorCode::BadRequest, error.to_string())
            .with_hint("`streamlib-runtime --help` shows what it takes")
    })
}

fn parse_command(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    use lexopt::prelude::{Long, Short, Value};
    let command = match parser.next()? {
        Some(Value(word)) => word,
        Some(Long("help") | Short('h')) => return Ok(Command::Help),
        Some(Long("version") | Short('V')) => return Ok(Command::Version),
        Some(other) => return Err(other.unexpected()),
        None => return Err("there is no command".into()),
    };
    match command.to_string_lossy().as_ref() {
        "run" => parse_run(parser, true).map(Command::Run),
        "check" => parse_run(parser, false).map(|run| Command::Check(run.graph)),
        "graph" => parse_run(parser, false).map(|run| Command::Graph(run.graph)),
        "processors" => parse_plugins(parser).map(Command::Processors),
        "doctor" => parse_nothing(parser).map(|()| Command::Doctor),
        "help" => Ok(Command::Help),
        other => Err(format!("there is no command `{other}`").into()),
    }
}

fn parse_run(mut parser: lexopt::Parser, is_run: bool) -> Result<RunArguments, lexopt::Error> {
    use lexopt::ValueExt as _;
    use lexopt::prelude::{Long, Value};
    let mut run = RunArguments::default();
    let mut file = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Value(path) if file.is_none() => file = Some(PathBuf::from(path)),
            Long("set") => {
                let text = parser.value()?.string()?;
                let assignment = text.parse::<Assignment>().map_err(|error| error.to_string())?;
                run.graph.assignments.push(assignment);
            }
            Long("package") => {
                let text = parser.value()?.string()?;
                let source = text.parse::<PackageSource>().map_err(|error| error.to_string())?;
                run.graph.packages.push(source);
            }
            Long("plugin") => run.graph.plugins.push(PluginPath::File(parser.value()?.into())),
            Long("plugin-dir") => {
                run.graph.plugins.push(PluginPath::Folder(parser.value()?.into()));
            }
            Long("name") if is_run => {
                let name = parser.value()?.string()?;
                streamlib_manifest::check_graph_name(&name).map_err(|error| error.to_string())?;
                run.name = Some(name);
            }
            Long("socket") if is_run => run.socket = Some(parser.value()?.into()),
            Long("drain-timeout-ms") if is_run => {
                run.drain_timeout_ms = Some(parser.value()?.parse()?);
            }
            Long("parent-on-stdin") if is_run => run.parent_on_stdin = true,
            other => return Err(other.unexpected()),
        }
    }
    run.graph.file = file.ok_or("there is no graph file")?;
    Ok(run)
}

fn parse_plugins(mut parser: lexopt::Parser) -> Result<Vec<PluginPath>, lexopt::Error> {
    use lexopt::prelude::Long;
    let mut plugins = Vec::new();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("plugin") => plugins.push(PluginPath::File(parser.value()?.into())),
            Long("plugin-dir") => plugins.push(PluginPath::Folder(parser.value()?.into())),
            other => return Err(other.unexpected()),
        }
    }
    Ok(plugins)
}

fn parse_nothing(mut parser: lexopt::Parser) -> Result<(), lexopt::Error> {
    match parser.next()? {
        Some(other) => Err(other.unexpected()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(OsString::from)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_run_with_everything() {
        let expected = RunArguments {
            graph: GraphArguments {
                file: "a.yaml".into(),
                assignments: vec!["x=1".parse().unwrap(), "y=".parse().unwrap()],
                plugins: vec![PluginPath::File("/a.so".into()), PluginPath::Folder("/b".into())],
                packages: vec!["a.b@^1".parse().unwrap()],
            },
            name: Some("left".to_owned()),
            socket: Some("/s.sock".into()),
            drain_timeout_ms: Some(100),
            parent_on_stdin: true,
        };
        let line = "run a.yaml --set x=1 --set y= --name left --socket /s.sock \
                    --drain-timeout-ms=100 --parent-on-stdin --plugin /a.so --plugin-dir /b --package a.b@^1";
        assert_eq!(read(line), Ok(Command::Run(expected)));
    }

    #[test]
    fn the_other_commands() {
        let graph = GraphArguments { file: "a.yaml".into(), ..GraphArguments::default() };
        assert_eq!(read("check a.yaml"), Ok(Command::Check(graph.clone())));
        assert_eq!(read("graph a.yaml"), Ok(Command::Graph(graph)));
        assert_eq!(read("processors"), Ok(Command::Processors(Vec::new())));
        let plugins = vec![PluginPath::File("a.so".into())];
        assert_eq!(read("processors --plugin a.so"), Ok(Command::Processors(plugins)));
        assert_eq!(read("doctor"), Ok(Command::Doctor));
        assert_eq!((read("--help"), read("help")), (Ok(Command::Help), Ok(Command::Help)));
        assert_eq!(read("--version"), Ok(Command::Version));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let check = |line: &str, expected: &str| {
            let hint = "\nhint: `streamlib-runtime --help` shows what it takes";
            assert_eq!(read(line), Err(format!("{expected}{hint}")), "{line}");
        };
        check("", "there is no command");
        check("fly", "there is no command `fly`");
        check("run", "there is no graph file");
        check("run a.yaml b.yaml", "unexpected argument \"b.yaml\"");
        check("run a.yaml --sett x=1", "invalid option '--sett'");
        check("check a.yaml --name x", "invalid option '--name'");
        check("processors all", "unexpected argument \"all\"");
        check(
            "run a.yaml --drain-timeout-ms x",
            "cannot parse argument \"x\": invalid digit found in string",
        );
        check(
            "run a.yaml --set x",
            "\"x\" does not set a parameter: write `name=value`, such as `clip=other.mp4`",
        );
        check(
            "run a.yaml --name ../x",
            "\"../x\" is not a valid graph name: it starts with a letter, a digit or `_`, goes on with \
             letters, digits, `_`, `-` or `.`, and has at most 64 characters",
        );
    }
}
