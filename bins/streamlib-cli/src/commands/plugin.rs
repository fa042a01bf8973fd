//! `streamlib plugin`: what a plugin file is. Nothing of it is run.

use std::path::Path;

use serde::Serialize;
use streamlib_package::{PluginFile, PluginFileError};
use streamlib_protocol::exit;

use crate::error::Error;
use crate::screen::Screen;

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Inspected<'a> {
    file: String,
    format: &'a str,
    architecture: &'a str,
    target: &'a str,
    rustc: &'a str,
    streamlib_plugin: &'a str,
    abi: Abi,
    unwinds: bool,
    loadable: bool,
    /// Why it cannot be loaded here.
    reason: Option<String>,
    processors: Vec<Processor<'a>>,
}

#[derive(Debug, Serialize)]
struct Abi {
    major: u32,
    minor: u32,
}

#[derive(Debug, Serialize)]
struct Processor<'a> {
    name: &'a str,
    version: &'a str,
}

/// Prints what the file says about itself. The exit code says whether it can be loaded here.
pub(crate) fn inspect(path: &Path, json: bool, screen: &mut Screen) -> Result<u8, Error> {
    let file = path.display().to_string();
    let bytes =
        std::fs::read(path).map_err(|source| Error::NoFile { file: file.clone(), source })?;
    let refused = |source| Error::NoPlugin { file: file.clone(), source };
    let plugin = PluginFile::read(&bytes).map_err(refused)?;
    let problem = plugin.check_here().err();
    let code = if problem.is_none() { exit::OK } else { exit::USAGE };
    if json {
        screen.print_json(&inspected(&file, &plugin, problem.as_ref()))?;
    } else {
        screen.print(&text(&file, &plugin, problem.as_ref()))?;
    }
    Ok(code)
}

fn inspected<'a>(
    file: &str,
    plugin: &'a PluginFile,
    problem: Option<&PluginFileError>,
) -> Inspected<'a> {
    let processors = plugin.processors.iter();
    Inspected {
        file: file.to_owned(),
        format: plugin.format,
        architecture: &plugin.architecture,
        target: &plugin.target,
        rustc: &plugin.rustc,
        streamlib_plugin: &plugin.api_version,
        abi: Abi { major: plugin.abi.0, minor: plugin.abi.1 },
        unwinds: plugin.unwinds,
        loadable: problem.is_none(),
        reason: problem.map(ToString::to_string),
        processors: processors
            .map(|one| Processor { name: &one.name, version: &one.version })
            .collect(),
    }
}

fn text(file: &str, plugin: &PluginFile, problem: Option<&PluginFileError>) -> String {
    let (major, minor) = plugin.abi;
    let loadable = match problem {
        None => "yes".to_owned(),
        Some(problem) => format!("no: {problem}"),
    };
    let panics = match plugin.unwinds {
        true => "become errors of their processor",
        false => "end the program",
    };
    let rows = [
        ("ABI", format!("{major}.{minor}")),
        ("target", format!("{} ({} for {})", plugin.target, plugin.format, plugin.architecture)),
        ("compiler", plugin.rustc.clone()),
        ("built with", format!("streamlib-plugin {}", plugin.api_version)),
        ("panics", panics.to_owned()),
        ("loads here", loadable),
    ];
    let mut text = format!("{file} is a StreamLib plugin\n\n");
    for (name, value) in rows {
        text.push_str(&format!("  {name:<11} {value}\n"));
    }
    text.push_str("\nProcessors:\n");
    for one in &plugin.processors {
        text.push_str(&format!("  {} {}\n", one.name, one.version));
    }
    text
}
