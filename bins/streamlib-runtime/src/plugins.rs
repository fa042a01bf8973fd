//! Plugins that the command line names.

use streamlib::host::{PluginLoader, PluginLog};
use streamlib::{RuntimeError, StreamRuntime};
use streamlib_protocol::{ErrorBody, ErrorCode};

use crate::args::PluginPath;
use crate::parent;

/// A loader whose plugins speak on standard error.
pub(crate) fn loader() -> PluginLoader {
    PluginLoader::new(|PluginLog { level, plugin, message }| {
        parent::say(&format!("{}: plugin `{plugin}`: {message}", level.as_str()));
    })
}

/// Loads plugins into a runtime.
pub(crate) fn load(runtime: &StreamRuntime, plugins: &[PluginPath]) -> Result<(), ErrorBody> {
    let loaded: Result<(), RuntimeError> = plugins.iter().try_for_each(|plugin| match plugin {
        PluginPath::File(path) => runtime.load_plugin(path).map(drop),
        PluginPath::Folder(path) => runtime.load_plugins(path).map(drop),
    });
    loaded.map_err(|error| {
        ErrorBody::new(ErrorCode::BadRequest, error.to_string())
            .with_hint("`streamlib plugin inspect FILE` shows what a file is")
    })
}
