//! Where processors come from.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use streamlib_processor::{BoxedProcessor, Error, Processor, create};
use streamlib_schema::{
    FormatSet, ProcessorDescriptor, RegistryError, Schema, SchemaRef, SchemaRegistry,
};

use crate::graph::ProcessorNode;

/// Makes processors from declarations, and knows what can be made.
pub trait FactoryDelegate: Send + Sync {
    /// Makes the processor that `node` declares. Opens nothing: that is for `setup`.
    ///
    /// # Errors
    /// The type is not known, or refuses the configuration.
    fn create(&self, node: &ProcessorNode) -> Result<BoxedProcessor, Error>;

    /// The description of a type. The same `Arc` for the same type, as long as it is registered.
    fn descriptor(&self, processor_type: &str) -> Option<Arc<ProcessorDescriptor>>;

    /// True if a processor of this type can be made.
    fn can_create(&self, processor_type: &str) -> bool {
        self.descriptor(processor_type).is_some()
    }

    /// Every type that can be made, in order.
    fn type_names(&self) -> Vec<String>;

    /// The schemas that are known, by name and version.
    fn schemas(&self) -> BTreeMap<SchemaRef, Schema> {
        BTreeMap::new()
    }

    /// A processor with one input and one output that takes one of `from` and makes one of `to`.
    fn converter(&self, _from: &FormatSet, _to: &FormatSet) -> Option<ConverterChoice> {
        None
    }

    /// Inputs and outputs of a type.
    fn port_info(&self, processor_type: &str) -> Option<(Vec<PortInfo>, Vec<PortInfo>)> {
        let descriptor = self.descriptor(processor_type)?;
        let inputs = descriptor.inputs.iter().map(|port| PortInfo {
            name: port.name.clone(),
            description: port.description.clone(),
            schema: port.schema.clone(),
            formats: port.formats.clone(),
        });
        let outputs = descriptor.outputs.iter().map(|port| PortInfo {
            name: port.name.clone(),
            description: port.description.clone(),
            schema: port.schema.clone(),
            formats: port.formats.clone(),
        });
        Some((inputs.collect(), outputs.collect()))
    }
}

/// A port of a type, input or output.
#[derive(Debug, Clone, PartialEq)]
pub struct PortInfo {
    /// Name.
    pub name: String,
    /// What goes through it.
    pub description: String,
    /// Schema of the frames.
    pub schema: SchemaRef,
    /// Formats, best first.
    pub formats: FormatSet,
}

/// A converter with the configuration that makes it do what is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct ConverterChoice {
    /// Its type.
    pub processor_type: String,
    /// Its configuration.
    pub config: Value,
}

/// A type cannot be registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// Another type has its name.
    #[error(
        "a processor type `{0}` is already registered with another description; \
         give one of the two another name"
    )]
    NameTaken(String),
    /// A converter has other than one input and one output.
    #[error(
        "`{name}` cannot be a converter: it has {inputs} inputs and {outputs} outputs, \
         and a converter has one of each"
    )]
    NotAConverter {
        /// The type.
        name: String,
        /// How many inputs it has.
        inputs: usize,
        /// How many outputs it has.
        outputs: usize,
    },
}

type Constructor = dyn Fn(&ProcessorNode) -> Result<BoxedProcessor, Error> + Send + Sync;
type ConverterConfig = dyn Fn(&FormatSet, &FormatSet) -> Option<Value> + Send + Sync;

/// A type of processor: its description and who makes it. Clones are the same type.
#[derive(Clone)]
pub struct ProcessorType {
    descriptor: Arc<ProcessorDescriptor>,
    constructor: Arc<Constructor>,
}

impl std::fmt::Debug for ProcessorType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProcessorType")
            .field("descriptor", &self.descriptor)
            .finish_non_exhaustive()
    }
}

impl ProcessorType {
    /// A type that is made by `constructor`.
    pub fn new(
        descriptor: impl Into<Arc<ProcessorDescriptor>>,
        constructor: impl Fn(&ProcessorNode) -> Result<BoxedProcessor, Error> + Send + Sync + 'static,
    ) -> Self {
        Self { descriptor: descriptor.into(), constructor: Arc::new(constructor) }
    }

    /// Makes the processor that `node` declares. Opens nothing: that is for `setup`.
    ///
    /// # Errors
    /// The configuration cannot work.
    pub fn create(&self, node: &ProcessorNode) -> Result<BoxedProcessor, Error> {
        (self.constructor)(node)
    }

    /// Its description.
    pub fn descriptor(&self) -> &Arc<ProcessorDescriptor> {
        &self.descriptor
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.descriptor.name
    }
}

/// Makes what was registered with it. Clones share the types that they have, and get new ones each
/// for itself.
#[derive(Clone, Default)]
pub struct RegistryBackedFactory {
    types: BTreeMap<String, ProcessorType>,
    /// In the order of registration: the first that fits is taken.
    converters: Vec<(String, Arc<ConverterConfig>)>,
    schemas: SchemaRegistry,
}

impl std::fmt::Debug for RegistryBackedFactory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let converters: Vec<_> = self.converters.iter().map(|(name, _)| name).collect();
        f.debug_struct("RegistryBackedFactory")
            .field("types", &self.types.keys().collect::<Vec<_>>())
            .field("converters", &converters)
            .finish()
    }
}

impl RegistryBackedFactory {
    /// A factory that makes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// A factory that makes nothing, and knows these schemas.
    pub fn with_schemas(schemas: SchemaRegistry) -> Self {
        Self { schemas, ..Self::default() }
    }

    /// Registers the Rust type `P`. A second time is the same as once.
    ///
    /// # Errors
    /// Another type has its name.
    pub fn register<P: Processor>(&mut self) -> Result<(), RegisterError> {
        self.register_dynamic(P::descriptor(), |node| create::<P>(&node.config))
    }

    /// Registers a type that is made by `constructor`. The same description a second time changes
    /// nothing: the first constructor stays.
    ///
    /// # Errors
    /// Another type has its name.
    pub fn register_dynamic(
        &mut self,
        descriptor: ProcessorDescriptor,
        constructor: impl Fn(&ProcessorNode) -> Result<BoxedProcessor, Error> + Send + Sync + 'static,
    ) -> Result<(), RegisterError> {
        self.add(ProcessorType::new(descriptor, constructor))
    }

    /// Registers a type. One of the same description a second time changes nothing: the first stays.
    ///
    /// # Errors
    /// Another type has its name.
    pub fn add(&mut self, processor_type: ProcessorType) -> Result<(), RegisterError> {
        let name = processor_type.name().to_owned();
        match self.types.get(&name) {
            Some(known) if known.descriptor == processor_type.descriptor => Ok(()),
            Some(_) => Err(RegisterError::NameTaken(name)),
            None => {
                self.types.insert(name, processor_type);
                Ok(())
            }
        }
    }

    /// Registers a type in the place of whatever has its name, and gives that back. Processors that
    /// exist stay what they are; those that are made from now on are of the new type.
    pub fn put(&mut self, processor_type: ProcessorType) -> Option<ProcessorType> {
        self.types.insert(processor_type.name().to_owned(), processor_type)
    }

    /// The type of this name.
    pub fn get(&self, name: &str) -> Option<&ProcessorType> {
        self.types.get(name)
    }

    /// Adds a schema. The same one a second time changes nothing.
    ///
    /// # Errors
    /// Another one has its name and version, or it does not go together with other versions of it.
    pub fn add_schema(
        &mut self,
        reference: SchemaRef,
        schema: Schema,
    ) -> Result<(), RegistryError> {
        self.schemas.add(reference, schema)
    }

    /// The schemas that were added.
    pub fn schema_registry(&self) -> &SchemaRegistry {
        &self.schemas
    }

    /// Takes a type out.
    pub fn remove(&mut self, name: &str) -> Option<ProcessorType> {
        self.types.remove(name)
    }

    /// Registers `P` as a converter that the compiler may put into links. `config` is asked for
    /// the configuration that makes one of the first formats into one of the second; `None` if it
    /// cannot. It is asked only where the ports of `P` take the first and make the second.
    ///
    /// # Errors
    /// Another type has its name, or `P` has other than one input and one output.
    pub fn register_converter<P: Processor>(
        &mut self,
        config: impl Fn(&FormatSet, &FormatSet) -> Option<Value> + Send + Sync + 'static,
    ) -> Result<(), RegisterError> {
        let descriptor = P::descriptor();
        if (descriptor.inputs.len(), descriptor.outputs.len()) != (1, 1) {
            return Err(RegisterError::NotAConverter {
                name: descriptor.name,
                inputs: descriptor.inputs.len(),
                outputs: descriptor.outputs.len(),
            });
        }
        self.register::<P>()?;
        self.converters.push((descriptor.name, Arc::new(config)));
        Ok(())
    }
}

impl FactoryDelegate for RegistryBackedFactory {
    fn create(&self, node: &ProcessorNode) -> Result<BoxedProcessor, Error> {
        match self.types.get(&node.processor_type) {
            Some(entry) => entry.create(node),
            None => Err(Error::new(format!(
                "there is no processor type `{}`; register it with the runtime's factory",
                node.processor_type
            ))),
        }
    }

    fn descriptor(&self, processor_type: &str) -> Option<Arc<ProcessorDescriptor>> {
        self.types.get(processor_type).map(|entry| Arc::clone(&entry.descriptor))
    }

    fn type_names(&self) -> Vec<String> {
        self.types.keys().cloned().collect()
    }

    fn schemas(&self) -> BTreeMap<SchemaRef, Schema> {
        self.schemas.iter().map(|(name, schema)| (name.clone(), (**schema).clone())).collect()
    }

    fn converter(&self, from: &FormatSet, to: &FormatSet) -> Option<ConverterChoice> {
        self.converters.iter().find_map(|(name, config)| {
            let descriptor = &self.types.get(name)?.descriptor;
            let (input, output) = (descriptor.inputs.first()?, descriptor.outputs.first()?);
            input.formats.intersect(from)?;
            output.formats.intersect(to)?;
            let config = config(from, to)?;
            Some(ConverterChoice { processor_type: name.clone(), config })
        })
    }
}
