//! `cargo xtask bench start`: from the command line to the first frame.
//!
//! What is measured ends later than the first frame, so it can only be worse: `streamlib run` from
//! its start to its end, with a graph of one frame. That takes in the start of both programs, the
//! check of the file, the graph, the frame, the stop, and the report.

use std::fs;

use super::measure;
use super::report::{Budget, Row};
use super::sides::median;
use crate::error::{Error, Result};
use crate::{files, paths, process};

const RUNS: usize = 25;

const GRAPH: &str = "name: one-frame
processors:
  picture: { type: com.tatolab.test_pattern, config: { frames: 1 } }
  end: { type: com.tatolab.null_sink }
links:
  - picture.video_out -> end.input
";

/// Measures and returns the rows.
pub(crate) fn run() -> Result<Vec<Row>> {
    let programs = ["--package", "streamlib-cli", "--package", "streamlib-runtime"];
    let mut build = process::cargo(&["build", "--quiet", "--release", "--locked"]);
    process::run(build.args(programs))?;
    let folder = paths::bench();
    files::create_folder(&folder)?;
    let graph = folder.join("one-frame.yaml");
    fs::write(&graph, GRAPH).map_err(Error::file(&graph))?;
    let mut streamlib = process::command(paths::target().join("release/streamlib"));
    streamlib.args(["run", "--no-progress"]).arg(&graph).env("STREAMLIB_HOME", &folder);
    // The first one reads the programs from the disk.
    measure::run(&streamlib)?;
    let mut times_ms = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        times_ms.push(measure::run(&streamlib)?.wall_s * 1e3);
    }
    let row = |name: &str, value: f64, budget| Row {
        name: format!("streamlib run of one frame, start to end, {name}"),
        value,
        unit: "ms",
        peer: None,
        budget,
    };
    let least = times_ms.iter().copied().fold(f64::INFINITY, f64::min);
    let most = times_ms.iter().copied().fold(0.0, f64::max);
    Ok(vec![
        row("least", least, None),
        row("median", median(times_ms), Some(Budget::AtMost(50.0))),
        row("most", most, None),
    ])
}
