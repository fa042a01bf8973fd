//! What graphs can be made of.

use streamlib::StreamRuntime;
use streamlib_protocol::{ErrorBody, ErrorCode, ProcessorTypes};

use crate::args::PluginPath;
use crate::plugins;

/// All types of processors, by name: those that are built in and those of plugins.
pub(crate) fn all(paths: &[PluginPath]) -> Result<ProcessorTypes, ErrorBody> {
    let builder = StreamRuntime::builder().with_workers(1).with_plugin_loader(plugins::loader());
    let runtime = builder.build().map_err(|error| {
        ErrorBody::new(ErrorCode::Internal, format!("the types cannot be listed: {error}"))
    })?;
    plugins::load(&runtime, paths)?;
    Ok(of(&runtime))
}

/// The types that a runtime has.
pub(crate) fn of(runtime: &StreamRuntime) -> ProcessorTypes {
    let factory = runtime.factory();
    let names = factory.type_names();
    let descriptors = names.iter().filter_map(|name| factory.descriptor(name));
    ProcessorTypes { processors: descriptors.map(|one| (*one).clone()).collect() }
}
