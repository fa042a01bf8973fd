//! The program `streamlib-runtime`: where it is, and questions that it answers without a graph
//! that runs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::de::DeserializeOwned;
use streamlib_protocol::ErrorBody;

use crate::args::{FileArguments, PluginArguments};
use crate::error::Error;

/// Name of the program.
const NAME: &str = "streamlib-runtime";
/// The variable that names it.
const VARIABLE: &str = "STREAMLIB_RUNTIME";

/// Where the runtime is: where `STREAMLIB_RUNTIME` says, else beside this program, else in PATH.
pub(crate) fn find() -> Result<PathBuf, Error> {
    if let Some(path) = std::env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
        return Ok(path.into());
    }
    let own = std::env::current_exe()
        .map_err(|source| Error::System { doing: "the program cannot find itself", source })?;
    let folder = own.parent().unwrap_or(Path::new("/"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path));
    folders
        .map(|folder| folder.join(NAME))
        .find(|program| program.is_file())
        .ok_or_else(|| Error::NoRuntime { beside: folder.display().to_string() })
}

/// What the runtime is told of a graph file: the path and the parameters.
pub(crate) fn graph_arguments(graph: &FileArguments) -> Vec<OsString> {
    let mut arguments = Vec::new();
    for assignment in &graph.assignments {
        arguments.push("--set".into());
        arguments.push(format!("{}={}", assignment.name, assignment.value).into());
    }
    // A path that begins with a dash is not taken for an option behind this.
    arguments.push("--".into());
    arguments.push(graph.file.clone().into());
    arguments
}

/// What the runtime is told of plugins.
pub(crate) fn plugin_arguments(plugins: &PluginArguments) -> Vec<OsString> {
    let option = |name: &str, path: &PathBuf| [name.into(), path.clone().into()];
    let files = plugins.files.iter().flat_map(|path| option("--plugin", path));
    files.chain(plugins.folders.iter().flat_map(|path| option("--plugin-dir", path))).collect()
}

/// Asks the runtime's program something. It answers with JSON: what was asked for, or why not.
pub(crate) fn ask<T: DeserializeOwned>(
    command: &str,
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<T, Error> {
    let program = find()?;
    let shown = program.display().to_string();
    let output = Command::new(&program)
        .arg(command)
        .args(arguments)
        .output()
        .map_err(|source| Error::CannotStart { program: shown.clone(), source })?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        return serde_json::from_slice(&output.stdout).map_err(|error| Error::StrangeAnswer {
            program: shown,
            reason: error.to_string(),
            said,
        });
    }
    match serde_json::from_slice::<ErrorBody>(&output.stdout) {
        Ok(body) => Err(body.into()),
        Err(_no_refusal) => {
            let reason = output.status.to_string();
            Err(Error::StrangeAnswer { program: shown, reason, said })
        }
    }
}
