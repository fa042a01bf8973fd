//! Help teaches: every command says what it does, with examples.

use crate::home::Home;

#[test]
fn the_program_says_where_to_begin() {
    insta::assert_snapshot!(Home::new().answer("--help"), @"
    exit 0
    --- stdout
    Audio, video and data through a live graph of processors

    Usage: streamlib <COMMAND>

    Commands:
      run          Run a graph and show how far it is
      check        Say everything that is wrong with a graph file
      graph        Draw a graph
      inspect      Look into a running graph: counters, times, who waits
      set          Change the settings of a processor while it runs
      undo         Take back the last change of a running graph
      pause        Stop the clock of a running graph
      resume       Let the clock of a paused graph run on
      stop         Stop a running graph in order
      list         List the graphs that run
      events       Follow what happens in a running graph
      processors   What graphs can be made of
      pack         Make a package of a folder
      pkg          Packages: install, look into, remove, trust
      cache        What is kept of packages, and what of it can go
      plugin       What a plugin file is
      schemas      What frames and settings are: list, check, compare
      doctor       Say what works on this machine and what to install
      completions  Print the completions of a shell
      help         Print this message or the help of the given subcommand(s)

    Options:
      -h, --help     Print help
      -V, --version  Print version

    Begin with:
      streamlib doctor                             what works on this machine
      streamlib processors list                    what graphs can be made of
      streamlib check graph.yaml                   is the file right?
      streamlib run graph.yaml --set clip=my.mp4   run it

    Exit codes:
      0    all went well
      1    the graph failed, or a running graph refused what was asked
      2    the command line, the graph file or a name is wrong
      3    the machine lacks something
      130  interrupted by Ctrl-C; what was written is finished

    Environment:
      STREAMLIB_HOME     folder of everything that StreamLib keeps; ~/.streamlib when absent
      STREAMLIB_RUNTIME  the program streamlib-runtime, if it is not beside this one
    --- stderr
    ");
}

#[test]
fn a_command_says_how_it_is_used() {
    insta::assert_snapshot!(Home::new().answer("run --help"), @"
    exit 0
    --- stdout
    Run a graph and show how far it is

    Usage: streamlib run [OPTIONS] <FILE>

    Arguments:
      <FILE>  The graph file, YAML or JSON; or a package that carries a graph: a folder, an archive, a
              URL or the name of an installed one

    Options:
          --set <NAME=VALUE>      Set a parameter of the graph; may be repeated
          --plugin <PATH>         Load a plugin, a library of processors; may be repeated
          --plugin-dir <DIR>      Load every plugin in a folder; may be repeated
          --name <NAME>           The name under which it is found while it runs; the graph's own when
                                  absent
          --json                  Print the report as JSON when the graph has ended
          --no-progress           Show no progress
          --drain-timeout <TIME>  How long frames under way may take when the graph is stopped, such as
                                  500ms or 10s
      -h, --help                  Print help
      -V, --version               Print version

    The graph runs until its sources have ended. Ctrl-C stops it in order: sources end, frames under
    way are drained, files are finished. A second Ctrl-C cuts at once. While it runs, `streamlib
    inspect`, `set`, `events` and `stop` work on it from another terminal.

    Examples:
      streamlib run graph.yaml
      streamlib run graph.yaml --set clip=my.mp4 --set out=/tmp
      streamlib run graph.yaml --json > report.json
      streamlib run graph.yaml --plugin libeffects.so
      streamlib run graph.yaml --name left & streamlib inspect left
    --- stderr
    ");
}

#[test]
fn every_command_has_examples_that_name_it() {
    let home = Home::new();
    let commands = "run check graph inspect set undo pause resume stop list events doctor \
                    completions processors schemas";
    for command in commands.split_whitespace() {
        let help = home.answer(&format!("{command} --help"));
        assert!(help.starts_with("exit 0\n"), "{help}");
        let (_, examples) = help.split_once("Examples:\n").unwrap_or_else(|| panic!("{help}"));
        let begin = if command == "resume" { "pause" } else { command };
        assert!(examples.contains(&format!("streamlib {begin}")), "{examples}");
    }
}

#[test]
fn a_command_line_that_is_wrong_names_what_is_near() {
    let home = Home::new();
    insta::assert_snapshot!(home.answer("chekc a.yaml"), @r"
    exit 2
    --- stdout
    --- stderr
    error: unrecognized subcommand 'chekc'

      tip: a similar subcommand exists: 'check'

    Usage: streamlib <COMMAND>

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(home.answer("run"), @r"
    exit 2
    --- stdout
    --- stderr
    error: the following required arguments were not provided:
      <FILE>

    Usage: streamlib run <FILE>

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(home.answer("run a.yaml --set clip"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: invalid value 'clip' for '--set <NAME=VALUE>': "clip" does not set a parameter: write `name=value`, such as `clip=other.mp4`

    For more information, try '--help'.
    "#);
    insta::assert_snapshot!(home.answer("stop --drain-timeout 5"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: invalid value '5' for '--drain-timeout <TIME>': "5" is not a duration: write a number and a unit (ns, us, ms, s, m or h), such as `200ms` or `1.5s`

    For more information, try '--help'.
    "#);
}

#[test]
fn completions_know_the_commands() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = home.answer(&format!("completions {shell}"));
        assert!(script.starts_with("exit 0\n"), "{script}");
        assert!(script.contains("inspect") && script.contains("drain-timeout"), "{shell}");
    }
}
