//! The types that an engine can make: its registry, which grows, and a factory of the user's.

use std::sync::{Arc, PoisonError, RwLock};

use streamlib_processor::{BoxedProcessor, Processor};
use streamlib_schema::{FormatSet, ProcessorDescriptor};

use crate::delegates::{ConverterChoice, FactoryDelegate, RegisterError, RegistryBackedFactory};
use crate::graph::ProcessorNode;

/// See the module. The registry is asked first.
pub(super) struct EngineFactory {
    registry: RwLock<RegistryBackedFactory>,
    custom: Option<Arc<dyn FactoryDelegate>>,
}

impl EngineFactory {
    pub(super) fn new(
        registry: RegistryBackedFactory,
        custom: Option<Arc<dyn FactoryDelegate>>,
    ) -> Self {
        Self { registry: RwLock::new(registry), custom }
    }

    /// Registers `P`, unless its name is registered already.
    pub(super) fn register<P: Processor>(&self) -> Result<(), RegisterError> {
        let name = P::descriptor().name;
        if self.registry().can_create(&name) {
            return Ok(());
        }
        self.registry.write().unwrap_or_else(PoisonError::into_inner).register::<P>()
    }

    fn registry(&self) -> std::sync::RwLockReadGuard<'_, RegistryBackedFactory> {
        self.registry.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FactoryDelegate for EngineFactory {
    fn create(&self, node: &ProcessorNode) -> Result<BoxedProcessor, streamlib_processor::Error> {
        match &self.custom {
            Some(custom) if !self.registry().can_create(&node.processor_type) => {
                custom.create(node)
            }
            _ => self.registry().create(node),
        }
    }

    fn descriptor(&self, processor_type: &str) -> Option<Arc<ProcessorDescriptor>> {
        let known = self.registry().descriptor(processor_type);
        known.or_else(|| self.custom.as_ref()?.descriptor(processor_type))
    }

    fn type_names(&self) -> Vec<String> {
        let mut names = self.registry().type_names();
        names.extend(self.custom.iter().flat_map(|custom| custom.type_names()));
        names.sort_unstable();
        names.dedup();
        names
    }

    fn converter(&self, from: &FormatSet, to: &FormatSet) -> Option<ConverterChoice> {
        let known = self.registry().converter(from, to);
        known.or_else(|| self.custom.as_ref()?.converter(from, to))
    }
}
