//! The configuration of a processor.

#[doc(hidden)]
pub mod field;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use streamlib_schema::ConfigField;

/// The configuration of a processor: what `#[derive(ProcessorConfig)]` implements.
pub trait ProcessorConfig: Serialize + DeserializeOwned + Default + Clone + Send + 'static {
    /// The fields with types, defaults, ranges and units.
    fn fields() -> Vec<ConfigField>;
}

/// The configuration of a processor that takes no settings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoConfig {}

impl ProcessorConfig for NoConfig {
    fn fields() -> Vec<ConfigField> {
        Vec::new()
    }
}
