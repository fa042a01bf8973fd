//! What graphs can be made of.

use streamlib::engine::delegates::FactoryDelegate as _;
use streamlib_protocol::{ErrorBody, ErrorCode, ProcessorTypes};

/// All types of processors, by name.
pub(crate) fn all() -> Result<ProcessorTypes, ErrorBody> {
    let registry = streamlib::builtins().map_err(|error| {
        ErrorBody::new(ErrorCode::Internal, format!("the built-in processors clash: {error}"))
    })?;
    let names = registry.type_names();
    let descriptors = names.iter().filter_map(|name| registry.descriptor(name));
    Ok(ProcessorTypes { processors: descriptors.map(|one| (*one).clone()).collect() })
}
