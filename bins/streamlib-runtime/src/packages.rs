//! Packages that a graph file or the command line names.

use streamlib::StreamRuntime;
use streamlib_manifest::{Code, Diagnostic, Diagnostics, NodePath};
use streamlib_protocol::ErrorBody;

use crate::load::Loaded;
use crate::problems;

/// Loads the packages of a graph file, and those of the command line, into a runtime.
pub(crate) fn load(runtime: &StreamRuntime, loaded: &Loaded) -> Result<(), ErrorBody> {
    let found = problem(runtime, loaded);
    match found.has_errors() {
        true => Err(problems::refusal(loaded.parsed.spans().file(), &found)),
        false => Ok(()),
    }
}

/// The same; what is wrong is at its place in the list.
pub(crate) fn problem(runtime: &StreamRuntime, loaded: &Loaded) -> Diagnostics {
    let mut found = Diagnostics::default();
    let here = std::env::current_dir().unwrap_or_default();
    if let Err((_, error)) = runtime.load_packages(&loaded.packages, &here, &mut |_| {}) {
        let message = error.to_string();
        found.push(Diagnostic::error(Code::PackageNotLoaded, NodePath::root(), message));
        return found;
    }
    let sources = &loaded.graph.packages;
    if let Err((at, error)) = runtime.load_packages(sources, &loaded.folder, &mut |_| {}) {
        let path = NodePath::root().then("packages").then(at);
        let problem = Diagnostic::error(Code::PackageNotLoaded, path, error.to_string());
        found.push(loaded.parsed.spans().at(problem));
    }
    found
}
