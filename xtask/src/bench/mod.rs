//! `cargo xtask bench`: measures, prints a table, and writes `target/bench/<suite>.json`.

mod build;
mod hop;
mod measure;
mod plugin;
mod report;
mod sides;
mod start;
mod transcode;

use std::collections::BTreeMap;
use std::fs;

use crate::error::{Error, Result};
use crate::{paths, process, setup, ui};
use report::Row;

struct Suite {
    name: &'static str,
    run: fn() -> Result<Vec<Row>>,
}

const SUITES: &[Suite] = &[
    Suite { name: "build", run: build::run },
    Suite { name: "hop", run: hop::run },
    Suite { name: "plugin", run: plugin::run },
    Suite { name: "start", run: start::run },
    Suite { name: "transcode", run: transcode::run },
];

/// Runs the suite of that name. It fails when a budget is not met, after all is written.
pub(crate) fn run(name: &str) -> Result<()> {
    let suite = SUITES.iter().find(|suite| suite.name == name).ok_or_else(|| {
        let names: Vec<&str> = SUITES.iter().map(|suite| suite.name).collect();
        let problem = format!("There is no suite `{name}`; there is: {}.", names.join(", "));
        Error::Usage { problem }
    })?;
    setup::ensure(setup::Goal::Bench)?;
    let mut machine = machine();
    let rows = (suite.run)()?;
    machine.extend(load().map(|load| ("load_after".to_owned(), load)));
    let versions = versions();
    let path = report::write(name, &machine, &versions, &rows)?;
    ui::say(format!("\n{}\n\n{}", report::table(&rows), conditions(&machine, &versions)));
    ui::say(format!("Written to {}.", paths::shown(&path)));
    match report::count_not_met(&rows) {
        0 => Ok(()),
        count => Err(Error::Failed { what: format!("{count} budget(s) not met, see above.") }),
    }
}

/// What the numbers were measured on.
fn machine() -> BTreeMap<String, String> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| Some(line.split_once(':')?.1.trim().to_owned()))
    };
    let cores = std::thread::available_parallelism().map(|cores| cores.to_string());
    let known = [
        ("processor", field(&read("/proc/cpuinfo"), "model name")),
        ("cores", cores.ok()),
        ("memory", field(&read("/proc/meminfo"), "MemTotal")),
        ("kernel", Some(read("/proc/sys/kernel/osrelease").trim().to_owned())),
        ("load_before", load()),
    ];
    known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// Threads that wanted to run in the last minute, on average.
fn load() -> Option<String> {
    fs::read_to_string("/proc/loadavg").ok()?.split(' ').next().map(str::to_owned)
}

/// The machine and the versions as a reader of the table needs them.
fn conditions(machine: &BTreeMap<String, String>, versions: &BTreeMap<String, String>) -> String {
    let listed = |map: &BTreeMap<String, String>| {
        map.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("; ")
    };
    let mut text = format!("{}\n{}", listed(machine), listed(versions));
    let number = |name: &str| machine.get(name).and_then(|text| text.parse::<f64>().ok());
    if let (Some(load), Some(cores)) = (number("load_before"), number("cores"))
        && load > cores / 4.0
    {
        text.push_str("\nOthers used the machine too: times are worse than they would be alone,");
        text.push_str(" ratios hold better.");
    }
    text
}

/// The versions of what was measured and of what it was compared with.
fn versions() -> BTreeMap<String, String> {
    let first_line = |program: &str, arguments: &[&str]| {
        let output = process::capture(process::command(program).args(arguments)).ok()?;
        output.lines().next().map(str::to_owned)
    };
    let known = [
        ("streamlib", first_line("git", &["describe", "--always", "--dirty", "--tags"])),
        ("rustc", first_line("rustc", &["--version"])),
        ("gstreamer", first_line("gst-launch-1.0", &["--version"])),
        ("ffmpeg", first_line("ffmpeg", &["-version"])),
    ];
    known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_that_is_shared_is_said_to_be() {
        let map = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let text = |load| conditions(&map(&[("cores", "2"), ("load_before", load)]), &map(&[]));
        assert_eq!(text("0.50"), "cores: 2; load_before: 0.50\n");
        assert!(text("0.51").contains("Others used the machine too"));
    }

    #[test]
    fn a_suite_that_is_not_there_is_refused_with_those_that_are() {
        let message = run("fast").unwrap_err().to_string();
        assert!(
            message.starts_with(
                "There is no suite `fast`; there is: build, hop, plugin, start, \
                               transcode."
            ),
            "{message}"
        );
    }
}
