//! The types that an engine can make: its registry, which grows, and a factory of the user's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use streamlib_processor::{BoxedProcessor, Processor};
use streamlib_schema::{FormatSet, ProcessorDescriptor, Schema, SchemaRef};

use crate::delegates::{ConverterChoice, FactoryDelegate, RegisterError, RegistryBackedFactory};
use crate::graph::ProcessorNode;

/// See the module. The registry is asked first.
pub(super) struct EngineFactory {
    registry: RwLock<RegistryBackedFactory>,
    updating: Mutex<()>,
    custom: Option<Arc<dyn FactoryDelegate>>,
}

impl EngineFactory {
    pub(super) fn new(
        registry: RegistryBackedFactory,
        custom: Option<Arc<dyn FactoryDelegate>>,
    ) -> Self {
        Self { registry: RwLock::new(registry), updating: Mutex::new(()), custom }
    }

    /// Registers `P`, unless its name is registered already.
    pub(super) fn register<P: Processor>(&self) -> Result<(), RegisterError> {
        if self.registry().can_create(P::NAME) {
            return Ok(());
        }
        self.update(RegistryBackedFactory::register::<P>)
    }

    /// Changes the registry, all or nothing. Whoever asks meanwhile is answered by the old one.
    pub(super) fn update<R, E>(
        &self,
        change: impl FnOnce(&mut RegistryBackedFactory) -> Result<R, E>,
    ) -> Result<R, E> {
        let _one_at_a_time = self.updating.lock().unwrap_or_else(PoisonError::into_inner);
        let mut registry = self.registry().clone();
        let result = change(&mut registry)?;
        *self.registry.write().unwrap_or_else(PoisonError::into_inner) = registry;
        Ok(result)
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

    fn schemas(&self) -> BTreeMap<SchemaRef, Schema> {
        let mut schemas = self.custom.as_ref().map(|custom| custom.schemas()).unwrap_or_default();
        schemas.extend(self.registry().schemas());
        schemas
    }

    fn converter(&self, from: &FormatSet, to: &FormatSet) -> Option<ConverterChoice> {
        let known = self.registry().converter(from, to);
        known.or_else(|| self.custom.as_ref()?.converter(from, to))
    }
}
