//! What a program costs: wall time, processor time and memory, its children included.

use std::fs;
use std::process::Command;
use std::time::Instant;

use crate::error::{Error, Result};
use crate::{files, paths, process};

/// What one run of a program cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// From start to end, in seconds.
    pub(crate) wall_s: f64,
    /// User and system time of it and of the children it waited for, in seconds.
    pub(crate) cpu_s: f64,
    /// The largest resident size that it or one child had, in MiB.
    pub(crate) peak_mib: f64,
}

/// Runs `command` in silence and measures it with the program `time`.
pub(crate) fn run(command: &Command) -> Result<Cost> {
    run_and_capture(command).map(|(cost, _)| cost)
}

/// As [`run`], and returns what it printed.
pub(crate) fn run_and_capture(command: &Command) -> Result<(Cost, String)> {
    let folder = paths::bench();
    files::create_folder(&folder)?;
    let note = folder.join(format!("time.{}", std::process::id()));
    let mut timed = process::command("time");
    timed.args(["--format=%U %S %M", "--quiet", "--output"]).arg(&note);
    timed.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => timed.env(name, value),
            None => timed.env_remove(name),
        };
    }
    let start = Instant::now();
    let result = process::capture(&mut timed);
    let wall_s = start.elapsed().as_secs_f64();
    let text = fs::read_to_string(&note).unwrap_or_default();
    drop(fs::remove_file(&note));
    let printed = result?;
    let cost = parse(&text, wall_s).ok_or_else(|| Error::Output {
        command: process::shown(&timed),
        problem: format!("`{}` is not two times and a size", text.trim()),
    })?;
    Ok((cost, printed))
}

fn parse(text: &str, wall_s: f64) -> Option<Cost> {
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    match numbers.as_slice() {
        [user_s, system_s, peak_kib] => {
            Some(Cost { wall_s, cpu_s: user_s + system_s, peak_mib: peak_kib / 1024.0 })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_time_prints_is_read() {
        let cost = parse("1.50 0.25 20480\n", 2.0).unwrap();
        assert_eq!((cost.wall_s, cost.cpu_s, cost.peak_mib), (2.0, 1.75, 20.0));
        assert!(parse("Command exited with non-zero status 1\n", 2.0).is_none());
    }
}
