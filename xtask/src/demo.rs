//! `cargo xtask demo`: the film through the example graph, with the programs as they are shipped.

use std::path::Path;
use std::process::Command;

use crate::error::{Error, Result};
use crate::{assets, files, paths, process, setup, ui};

const GRAPH: &str = "examples/demo/comparison.yaml";
const FILM: &str = "comparison.mp4";
const SHEET: &str = "contact-sheet.png";

/// Installs, fetches, builds, runs, and says what was made.
pub(crate) fn run() -> Result<()> {
    setup::ensure(setup::Goal::Demo)?;
    let clip = assets::film()?;
    ui::say("Building the programs in release mode. The first time, this takes some minutes.");
    process::run(&mut process::cargo(&[
        "build",
        "--release",
        "--quiet",
        "--package=streamlib-cli",
        "--package=streamlib-runtime",
    ]))?;
    let folder = paths::demo();
    files::create_folder(&folder)?;
    for old in [FILM, SHEET].map(|name| folder.join(name)) {
        if old.exists() {
            std::fs::remove_file(&old).map_err(Error::file(&old))?;
        }
    }
    let mut demo = invocation(&clip, &folder);
    ui::say(format!("\nRunning: {}\n", process::shown(&demo)));
    process::run(&mut demo)?;
    for made in [FILM, SHEET].map(|name| folder.join(name)) {
        if !made.is_file() {
            let what = format!("The demo ended well but did not write {}.", paths::shown(&made));
            return Err(Error::Failed { what });
        }
    }
    ui::say(what_it_made(&folder));
    Ok(())
}

/// The one place that knows how the demo is started.
fn invocation(clip: &Path, folder: &Path) -> Command {
    let mut streamlib = process::command(paths::target().join("release/streamlib"));
    streamlib.args(["run", GRAPH]);
    for (name, value) in [("clip", clip), ("out", folder)] {
        streamlib.arg("--set").arg(format!("{name}={}", value.display()));
    }
    streamlib
}

fn what_it_made(folder: &Path) -> String {
    let folder = paths::shown(folder);
    format!(
        "
The demo made two files:

  {folder}/{FILM}
      The film beside its processed self, with its sound mixed down to stereo.
      Look at it with any player that knows H.264 and Opus: `mpv`, `vlc`, `ffplay`, or a browser.

  {folder}/{SHEET}
      Frames before (above) and after (below). Any picture viewer shows it.

What the graph is made of:  target/release/streamlib graph {GRAPH} --format table"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_is_one_command_that_can_be_typed() {
        let demo = invocation(Path::new("clip.mp4"), Path::new("out"));
        assert_eq!(
            process::shown(&demo),
            "streamlib run examples/demo/comparison.yaml --set clip=clip.mp4 --set out=out"
        );
    }
}
