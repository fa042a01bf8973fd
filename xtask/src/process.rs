//! Starting other programs: every failure names the command line as one could type it.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use crate::error::{Error, Result};
use crate::{paths, ui};

/// A command that runs in the repository's root.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(paths::root());
    command
}

/// A command of the cargo that started this program.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = command(program);
    command.args(arguments);
    command
}

/// Runs with the terminal's own input and output.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().map_err(not_started(command))?;
    check(command, status, "")
}

/// Runs in silence and returns standard output; a failure carries standard error.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().map_err(not_started(command))?;
    check(command, output.status, &String::from_utf8_lossy(&output.stderr))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs in silence with `feed` writing standard input; a failure carries standard error.
///
/// A program that closes its input early is judged by its exit status, not by the broken pipe.
pub(crate) fn feed(
    command: &mut Command,
    feed: impl FnOnce(&mut dyn Write) -> std::io::Result<()> + Send,
) -> Result<()> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(not_started(command))?;
    let input = child.stdin.take();
    let (fed, output) = std::thread::scope(|scope| {
        let feeder = scope.spawn(move || match input {
            Some(mut input) => feed(&mut input),
            None => Ok(()),
        });
        let output = child.wait_with_output();
        (feeder.join(), output)
    });
    let output = output.map_err(not_started(command))?;
    check(command, output.status, &String::from_utf8_lossy(&output.stderr))?;
    match fed {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(ended(command, &format!("did not read its input: {error}"))),
        Err(_) => Err(ended(command, "got no input: its generator panicked")),
    }
}

/// Runs, passes both outputs on line by line, and returns the lines that `keep` chooses.
pub(crate) fn run_and_keep(
    command: &mut Command,
    keep: impl Fn(&str) -> bool + Sync,
) -> (Vec<String>, Result<()>) {
    let spawned =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => return (Vec::new(), Err(not_started(command)(error))),
    };
    let (output, errors) = (child.stdout.take(), child.stderr.take());
    let kept = std::thread::scope(|scope| {
        let from_output = scope.spawn(|| pass_on(output, &keep, |line| ui::say(line)));
        let from_errors = scope.spawn(|| pass_on(errors, &keep, ui::complain));
        let mut kept = from_output.join().unwrap_or_default();
        kept.extend(from_errors.join().unwrap_or_default());
        kept
    });
    let result =
        child.wait().map_err(not_started(command)).and_then(|status| check(command, status, ""));
    (kept, result)
}

/// The file of `program` on the search path.
pub(crate) fn find_program(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .map(|folder| folder.join(program))
        .find(|file| is_executable(file))
}

/// The command line as one could type it.
pub(crate) fn shown(command: &Command) -> String {
    let variables = command
        .get_envs()
        .filter_map(|(name, value)| Some((name, value?)))
        .map(|(name, value)| format!("{}={}", name.display(), quoted(value)));
    let program = Path::new(command.get_program());
    let program = program.file_name().unwrap_or(program.as_os_str());
    let words = std::iter::once(program).chain(command.get_args());
    variables.chain(words.map(quoted)).collect::<Vec<_>>().join(" ")
}

fn pass_on(
    stream: Option<impl std::io::Read>,
    keep: &impl Fn(&str) -> bool,
    print: impl Fn(&str),
) -> Vec<String> {
    let mut kept = Vec::new();
    let Some(stream) = stream else { return kept };
    for line in BufReader::new(stream).split(b'\n') {
        let Ok(line) = line else { break };
        let line = String::from_utf8_lossy(&line);
        print(&line);
        if keep(&line) {
            kept.push(line.trim().to_owned());
        }
    }
    kept
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    if word.is_empty() || word.contains(|c: char| c.is_whitespace() || "'\"$&|;()*".contains(c)) {
        format!("'{}'", word.replace('\'', "'\\''"))
    } else {
        word.into_owned()
    }
}

fn check(command: &Command, status: ExitStatus, errors: &str) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    let errors = errors.trim();
    if errors.is_empty() {
        Err(ended(command, &format!("ended with {status}")))
    } else {
        Err(ended(command, &format!("ended with {status}:\n{errors}")))
    }
}

fn ended(command: &Command, outcome: &str) -> Error {
    Error::Command { command: shown(command), outcome: outcome.to_owned() }
}

fn not_started(command: &Command) -> impl Fn(std::io::Error) -> Error + use<> {
    let program = Path::new(command.get_program()).display().to_string();
    move |source| Error::Start { program: program.clone(), source }
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut shell = command("sh");
        shell.args(["-c", script]);
        shell
    }

    #[test]
    fn a_command_line_is_shown_as_one_could_type_it() {
        let mut probe = command("/usr/bin/ffprobe");
        probe.args(["-v", "error", "it's here", ""]).env("LEVEL", "2");
        assert_eq!(shown(&probe), r"LEVEL=2 ffprobe -v error 'it'\''s here' ''");
    }

    #[test]
    fn a_failure_carries_what_the_program_said() {
        let error = capture(&mut shell("echo no luck >&2; exit 3")).unwrap_err();
        let expected = "`sh -c 'echo no luck >&2; exit 3'` ended with exit status: 3:\nno luck";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn input_is_fed_to_the_end() {
        let counts = |bytes: usize| {
            feed(&mut shell("test $(wc -c) -eq 100000"), |input| input.write_all(&vec![0; bytes]))
        };
        counts(100_000).unwrap();
        counts(99_999).unwrap_err();
    }

    #[test]
    fn chosen_lines_are_kept_of_both_outputs() {
        let mut talk = shell("echo a; echo keep 1; echo keep 2 >&2; exit 1");
        let (kept, result) = run_and_keep(&mut talk, |line| line.starts_with("keep"));
        assert_eq!(kept, ["keep 1", "keep 2"]);
        result.unwrap_err();
    }

    #[test]
    fn a_program_is_found_on_the_search_path_only_when_it_is_there() {
        assert!(find_program("sh").is_some());
        assert!(find_program("no-such-program-anywhere").is_none());
    }
}
