//! `cargo xtask bench plugin`: a processor in a plugin beside the same one in the program: what a
//! call costs, alone and in a graph, and whether pictures are copied; and how long one waits for
//! the example plugin to be built from nothing.

use std::fs;

use serde_json::Value;

use super::measure::{self, Cost};
use super::report::{Budget, Row};
use super::sides::{median, number, ours};
use crate::error::{Error, Result};
use crate::{paths, process, ui};

const ROUNDS: usize = 5;
const FRAMES: &str = "400000";
/// What a call may cost more than one in the program, ns.
const CALL_NS: f64 = 10.0;
/// How long a clean release build of the example may take, s.
const BUILD_S: f64 = 30.0;

/// Measures and returns the rows.
pub(crate) fn run() -> Result<Vec<Row>> {
    for what in [&["--bin", "streamlib-bench"], &["--example", "bench_plugin"]] {
        let mut build = process::cargo(&["build", "--quiet", "--release", "--locked"]);
        process::run(build.args(["--package", "streamlib-bench"]).args(what))?;
    }
    let library =
        format!("{}bench_plugin{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let plugin = paths::target().join("release/examples").join(library).display().to_string();
    let mut runs = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        runs.push(ours(&["plugin", "--plugin", &plugin, "--frames", FRAMES])?.1);
    }
    ui::say("Building the example plugin from nothing.");
    let mut rows = rows(&runs);
    rows.extend(build_rows(&build_example()?));
    Ok(rows)
}

fn rows(runs: &[Value]) -> Vec<Row> {
    let of = |name: &str| median(runs.iter().map(|run| number(run, name)).collect());
    let peer = |name: &str| Some(("in process".to_owned(), of(name)));
    let plain = |name: &str, value, unit, at_most| Row {
        name: name.to_owned(),
        value,
        unit,
        peer: None,
        budget: at_most,
    };
    let beside = |name: &str, ours: &str, theirs: &str| Row {
        name: name.to_owned(),
        value: of(ours),
        unit: "ns",
        peer: peer(theirs),
        budget: None,
    };
    let more = |ours: &str, theirs: &str| of(ours) - of(theirs);
    let within = Some(Budget::AtMost(CALL_NS));
    let none = Some(Budget::AtMost(0.0));
    let moved = of("pictures") - of("pictures_at_one_address");
    vec![
        beside("a call of a plugin that does nothing", "call_plugin_ns", "call_in_process_ns"),
        plain("more for a call", more("call_plugin_ns", "call_in_process_ns"), "ns", within),
        beside("a stage of a plugin in a chain of 50", "hop_plugin_ns", "hop_in_process_ns"),
        plain("more for a stage", more("hop_plugin_ns", "hop_in_process_ns"), "ns", within),
        plain("pictures of 1080p at another address in the plugin", moved, "pictures", none),
        plain("pictures of 1080p copied", of("pictures_copied"), "pictures", none),
    ]
}

/// A clean release build of the example's plugin, with all sources already fetched.
fn build_example() -> Result<Cost> {
    let folder = paths::bench().join("plugin-build");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(Error::file(&folder))?;
    }
    let manifest = paths::root().join("examples/camera-rust-plugin/plugin/Cargo.toml");
    let cargo = |words: &[&str]| {
        let mut command = process::cargo(words);
        command.args(["--quiet", "--locked", "--manifest-path"]).arg(&manifest);
        command.env("CARGO_TARGET_DIR", &folder);
        command
    };
    process::run(&mut cargo(&["fetch"]))?;
    let cost = measure::run(&cargo(&["build", "--release"]))?;
    fs::remove_dir_all(&folder).map_err(Error::file(&folder))?;
    Ok(cost)
}

fn build_rows(cost: &Cost) -> [Row; 2] {
    let row = |name: &str, value, budget| Row {
        name: format!("clean release build of the example plugin{name}"),
        value,
        unit: "s",
        peer: None,
        budget,
    };
    [row("", cost.wall_s, Some(Budget::AtMost(BUILD_S))), row(", processor time", cost.cpu_s, None)]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::bench::report::count_not_met;

    fn not_met(call_ns: f64, same: u64, copied: u64, wall_s: f64) -> usize {
        let run = json!({
            "call_in_process_ns": 2.0, "call_plugin_ns": call_ns, "hop_in_process_ns": 20.0,
            "hop_plugin_ns": 25.0, "pictures": 100, "pictures_at_one_address": same,
            "pictures_copied": copied,
        });
        let mut rows = rows(&[run]);
        rows.extend(build_rows(&Cost { wall_s, cpu_s: 0.0, peak_mib: 0.0 }));
        count_not_met(&rows)
    }

    #[test]
    fn calls_copies_and_the_build_have_budgets() {
        assert_eq!(not_met(12.0, 100, 0, 30.0), 0);
        assert_eq!(not_met(12.1, 100, 0, 30.0), 1);
        assert_eq!(not_met(12.0, 99, 0, 30.0), 1);
        assert_eq!(not_met(12.0, 100, 1, 31.0), 2);
    }

    #[test]
    fn what_was_not_measured_meets_no_budget() {
        assert_eq!(count_not_met(&rows(&[json!({})])), 4);
    }
}
