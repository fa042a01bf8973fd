//! The command line: what one may type, and the help that teaches it.

use crate::error::{Error, Result};
use crate::setup::Goal;

/// A command line that was understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// Print help, for one command or for all.
    Help(Topic),
    /// Install what `goal` needs, or only report it.
    Setup {
        /// What the machine shall be ready for.
        goal: Goal,
        /// Report only; change nothing.
        check_only: bool,
    },
    /// Build and run the demo.
    Demo,
    /// Make the test clips.
    Clips,
    /// Run the tests; with arguments, only what they select.
    Test {
        /// Arguments for `cargo nextest run`.
        nextest_arguments: Vec<String>,
    },
    /// Measure.
    Bench {
        /// The suite's name.
        suite: String,
    },
    /// Check layers, unsafe code, file lengths and stray marks.
    Tidy,
    /// Run every check of a change.
    Ci,
    /// Run what is too long for `ci`.
    Nightly,
}

/// What help is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    /// All commands.
    All,
    /// One command, an index into [`COMMANDS`].
    Command(usize),
}

struct Page {
    name: &'static str,
    help: &'static str,
}

const OVERVIEW: &str = "\
Set-up, demo, tests and checks of this repository.

Usage: cargo xtask <COMMAND>

Commands:
  demo      Install what is missing, build, run the demo, say what it made
  test      Install what the tests need, make their clips, run every test
  ci        Format, lint, layer checks, documentation, then every test
  setup     Install what a goal needs: demo, clips, test, bench or all
  clips     Make the test clips with ffmpeg
  bench     Measure, beside peers where there are any, against budgets
  tidy      Check layers, unsafe code, file lengths and stray marks
  nightly   Run what is too long for ci: long property tests, fuzzing, Miri

`cargo xtask <COMMAND> --help` says more about one of them.

Everything is written below `target`. Environment: CARGO_TARGET_DIR moves that folder.
Exit codes: 0 all is well, 1 something failed, 2 something must be installed first (the command
is printed), 64 the command line was not understood.";

const COMMANDS: &[Page] = &[
    Page {
        name: "demo",
        help: "\
Usage: cargo xtask demo

Installs what the demo needs, fetches the film clip (2 MB, checked by hash, kept for later runs,
so that the second run needs no network), builds the programs in release mode and sends the clip
through the graph in examples/demo. It writes

  target/demo/comparison.mp4      the film beside its processed self, with sound
  target/demo/contact-sheet.png   frames before and after

and says how to look at them.",
    },
    Page {
        name: "test",
        help: "\
Usage: cargo xtask test [-- NEXTEST ARGUMENTS]

Installs what the tests need, makes their clips, and runs the unit and integration tests, the
documentation's examples, the tests that need a release build and the models of the concurrent
parts (loom). A summary stands at the end.

With arguments after `--`, runs only the unit and integration tests that they select:

  cargo xtask test -- -p streamlib-engine          one crate
  cargo xtask test -- -E 'test(rotated)'           tests by name",
    },
    Page {
        name: "ci",
        help: "\
Usage: cargo xtask ci

Runs, in this order and each with its time: format, lint (warnings are errors), tidy,
documentation (warnings are errors), and the test command that the README states.
It stops at the first step that fails.",
    },
    Page {
        name: "setup",
        help: "\
Usage: cargo xtask setup [--for demo|clips|test|bench|all] [--check]

Looks for each program and library that the goal needs (default: all) and installs what is
missing: system packages through apt, when this user is root or may use sudo without a password,
and cargo-nextest into target/tools. Where it may not install, it prints the exact command and
stops with exit code 2. It says nothing when nothing is missing.

  --for GOAL   what the machine shall be ready for
  --check      only report; change nothing",
    },
    Page {
        name: "clips",
        help: "\
Usage: cargo xtask clips

Makes the test clips in target/assets/clips with ffmpeg. Each is kept until its recipe changes,
and each is checked by ffprobe for the property it is made for. Tests find the folder above it
through the variable STREAMLIB_TEST_ASSETS. Every picture carries its own number in a form that
a program can read; xtask/src/clips/picture.rs documents the code.",
    },
    Page {
        name: "bench",
        help: "\
Usage: cargo xtask bench <SUITE>

Measures, prints a table and writes target/bench/<SUITE>.json. Fails when a budget is not met,
after all is written. Leave the machine alone meanwhile. Suites:

  build   a clean build of everything; build and test of the engine after a change",
    },
    Page {
        name: "tidy",
        help: "\
Usage: cargo xtask tidy

Checks what review would otherwise have to: which crate may use which, which module of the engine
may use which, where unsafe code may stand, how long a file may be, stray marks, waits in tests,
paths of one machine. The tables of what is allowed are in xtask/src/tidy.",
    },
    Page {
        name: "nightly",
        help: "\
Usage: cargo xtask nightly

Runs what is too long for `ci`: the property tests with many more cases, the fuzz targets (needs
cargo-fuzz and a nightly toolchain) and Miri (needs a toolchain that has it). What cannot run on
this machine is named at the end.",
    },
];

/// Understands the words after `cargo xtask`.
pub(crate) fn parse(arguments: &[String]) -> Result<Request> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (name, rest) = match words.as_slice() {
        [] | ["help" | "--help" | "-h"] => return Ok(Request::Help(Topic::All)),
        ["help", name] => return Ok(Request::Help(topic(name)?)),
        [name, rest @ ..] => (*name, rest),
    };
    let topic = topic(name)?;
    let before_dashes = rest.iter().take_while(|word| **word != "--");
    if before_dashes.clone().any(|word| matches!(*word, "--help" | "-h")) {
        return Ok(Request::Help(topic));
    }
    match name {
        "setup" => parse_setup(rest),
        "test" => parse_test(rest),
        "bench" => parse_bench(rest),
        _ if !rest.is_empty() => Err(unexpected(name, rest[0])),
        "demo" => Ok(Request::Demo),
        "clips" => Ok(Request::Clips),
        "tidy" => Ok(Request::Tidy),
        "ci" => Ok(Request::Ci),
        _ => Ok(Request::Nightly),
    }
}

/// The text of a help page.
pub(crate) fn help(topic: Topic) -> &'static str {
    match topic {
        Topic::All => OVERVIEW,
        Topic::Command(index) => COMMANDS[index].help,
    }
}

fn topic(name: &str) -> Result<Topic> {
    let index = COMMANDS.iter().position(|page| page.name == name);
    index
        .map(Topic::Command)
        .ok_or_else(|| Error::Usage { problem: format!("There is no command `{name}`.") })
}

fn parse_setup(words: &[&str]) -> Result<Request> {
    let (mut goal, mut check_only) = (Goal::All, false);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "--check" => check_only = true,
            "--for" => goal = parse_goal(words.next().copied())?,
            other => match other.strip_prefix("--for=") {
                Some(name) => goal = parse_goal(Some(name))?,
                None => return Err(unexpected("setup", other)),
            },
        }
    }
    Ok(Request::Setup { goal, check_only })
}

fn parse_goal(name: Option<&str>) -> Result<Goal> {
    name.and_then(Goal::from_name).ok_or_else(|| Error::Usage {
        problem: format!(
            "`--for` takes demo, clips, test, bench or all, not {}.",
            name.map_or("nothing".to_owned(), |name| format!("`{name}`")),
        ),
    })
}

fn parse_test(words: &[&str]) -> Result<Request> {
    let nextest_arguments = match words {
        [] => Vec::new(),
        ["--", rest @ ..] => rest.iter().map(|word| (*word).to_owned()).collect(),
        [other, ..] => return Err(unexpected("test", other)),
    };
    Ok(Request::Test { nextest_arguments })
}

fn parse_bench(words: &[&str]) -> Result<Request> {
    match words {
        [suite] => Ok(Request::Bench { suite: (*suite).to_owned() }),
        [] => Err(Error::Usage {
            problem: "`cargo xtask bench` takes the name of a suite.".to_owned(),
        }),
        [_, other, ..] => Err(unexpected("bench", other)),
    }
}

fn unexpected(command: &str, word: &str) -> Error {
    Error::Usage { problem: format!("`cargo xtask {command}` does not take `{word}`.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: std::result::Result<Request, &str>) {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        match (parse(&words), expected) {
            (Ok(request), Ok(expected)) => assert_eq!(request, expected, "{line}"),
            (Err(error), Err(expected)) => {
                let message = error.to_string();
                assert_eq!(message.lines().next(), Some(expected), "{line}");
            }
            (found, expected) => panic!("{line}: {found:?}, but {expected:?} is expected"),
        }
    }

    #[test]
    fn command_lines() {
        let setup = |goal, check_only| Ok(Request::Setup { goal, check_only });
        let test = |words: &[&str]| {
            let nextest_arguments = words.iter().map(|word| (*word).to_owned()).collect();
            Ok(Request::Test { nextest_arguments })
        };
        check("", Ok(Request::Help(Topic::All)));
        check("--help", Ok(Request::Help(Topic::All)));
        check("help demo", Ok(Request::Help(Topic::Command(0))));
        check("demo --help", Ok(Request::Help(Topic::Command(0))));
        check("demo", Ok(Request::Demo));
        check("demo fast", Err("`cargo xtask demo` does not take `fast`."));
        check("setup", setup(Goal::All, false));
        check("setup --for bench --check", setup(Goal::Bench, true));
        check("setup --for=test", setup(Goal::Test, false));
        check("setup --for", Err("`--for` takes demo, clips, test, bench or all, not nothing."));
        check("setup --for x", Err("`--for` takes demo, clips, test, bench or all, not `x`."));
        check("setup now", Err("`cargo xtask setup` does not take `now`."));
        check("test", test(&[]));
        check("test -- -p xtask --help", test(&["-p", "xtask", "--help"]));
        check("test -p xtask", Err("`cargo xtask test` does not take `-p`."));
        check("bench hop", Ok(Request::Bench { suite: "hop".to_owned() }));
        check("bench", Err("`cargo xtask bench` takes the name of a suite."));
        check("bench hop now", Err("`cargo xtask bench` does not take `now`."));
        check("clips", Ok(Request::Clips));
        check("tidy", Ok(Request::Tidy));
        check("ci", Ok(Request::Ci));
        check("nightly", Ok(Request::Nightly));
        check("tset", Err("There is no command `tset`."));
    }

    #[test]
    fn the_overview_names_every_command_and_every_page_fits_a_terminal() {
        for page in COMMANDS {
            assert!(OVERVIEW.contains(&format!("\n  {:<10}", page.name)), "{}", page.name);
            assert!(page.help.contains(&format!("cargo xtask {}", page.name)), "{}", page.name);
        }
        let pages = COMMANDS.iter().map(|page| page.help).chain([OVERVIEW]);
        for line in pages.flat_map(str::lines) {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }
}
