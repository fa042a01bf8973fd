//! A graph file from the disk: read, checked, with its parameters put in.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use streamlib_manifest::package::PackageSource;
use streamlib_manifest::{FILE_BYTES_MAX, Parsed, ResolvedGraph, parse_graph_bytes};
use streamlib_protocol::{ErrorBody, ErrorCode, Problem};

use crate::args::{GraphArguments, PluginPath};
use crate::{engine, problems};

/// A graph file that can be built, as far as can be said without the types of its processors.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    pub(crate) graph: ResolvedGraph,
    pub(crate) parsed: Parsed,
    /// What is not wrong but probably not meant.
    pub(crate) warnings: Vec<Problem>,
    /// Plugins that the command line names.
    pub(crate) plugins: Vec<PluginPath>,
    /// Packages that the command line names.
    pub(crate) packages: Vec<PackageSource>,
    /// The folder of the file, from which its packages are looked for.
    pub(crate) folder: PathBuf,
}

/// Reads a graph file.
pub(crate) fn load(arguments: &GraphArguments) -> Result<Loaded, ErrorBody> {
    let shown = arguments.file.display().to_string();
    let parsed = parse_graph_bytes(&read(&arguments.file)?, &shown);
    let (graph, found) = parsed.resolve_readable(&arguments.assignments);
    let has_errors = found.has_errors();
    let warnings = problems::problems(&found);
    let plugins = arguments.plugins.clone();
    let folder = match arguments.file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let packages = arguments.packages.clone();
    let loaded = Loaded { graph, parsed, warnings, plugins, packages, folder };
    if !has_errors {
        return Ok(loaded);
    }
    // What the types of the processors say belongs to "all problems at once" as well.
    Err(problems::refusal(&shown, &engine::with_more(found, &loaded)))
}

/// The bytes of a file; one byte more than is allowed at most, so that the parser refuses it.
fn read(path: &Path) -> Result<Vec<u8>, ErrorBody> {
    let refuse = |error: std::io::Error| {
        let message = format!("the graph file `{}` cannot be read: {error}", path.display());
        let body = ErrorBody::new(ErrorCode::BadRequest, message);
        match error.kind() {
            std::io::ErrorKind::NotFound => body.with_hint(format!(
                "check the path; it is looked for from `{}`",
                std::env::current_dir().unwrap_or_default().display()
            )),
            _ => body,
        }
    };
    let file = std::fs::File::open(path).map_err(refuse)?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(refuse)?;
    Ok(bytes)
}
