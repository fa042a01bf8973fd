//! What graphs can be made of.

use serde::{Deserialize, Serialize};
use streamlib_schema::ProcessorDescriptor;

/// The types of processors that a runtime knows.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ProcessorTypes {
    /// Their descriptions, by name.
    pub processors: Vec<ProcessorDescriptor>,
}

impl ProcessorTypes {
    /// The type called `name`. A name without dots is the last part of exactly one type's name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&ProcessorDescriptor> {
        let exact = self.processors.iter().find(|one| one.name == name);
        exact.or_else(|| {
            let is_short = |full: &str| full.rsplit('.').next() == Some(name);
            let mut short = self.processors.iter().filter(|one| is_short(&one.name));
            short.next().filter(|_| short.next().is_none())
        })
    }
}
