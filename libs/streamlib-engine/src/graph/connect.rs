//! Which ports fit together.

use std::sync::Arc;

use streamlib_processor::frame::ANY_SCHEMA;
use streamlib_schema::{
    FormatSet, InputPortDescriptor, OutputPortDescriptor, ProcessorDescriptor, SchemaRef,
    nearest_name,
};

use super::error::{NoCommonFormat, SchemaMismatch, Side};
use super::snapshot::{Entry, Graph};
use super::{GraphError, GraphSnapshot};
use crate::delegates::FactoryDelegate;
use crate::ids::{PortRef, ProcessorId};

/// How well an output fits an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// As they are.
    Direct,
    /// With a converter between.
    Converted,
}

/// The pair of ports by which `from` can be linked to `to`: the only one that fits as it is, else
/// the only one that fits with a converter. Inputs that are linked and take one link do not count.
///
/// # Errors
/// One of the two is not in the graph, or no pair fits, or several do; the message lists them.
pub fn choose_ports(
    snapshot: &GraphSnapshot,
    from: &ProcessorId,
    to: &ProcessorId,
    factory: &dyn FactoryDelegate,
) -> Result<(PortRef, PortRef), GraphError> {
    let graph = snapshot.graph();
    let (producer, consumer) = (find(graph, from)?, find(graph, to)?);
    let mut pairs = Vec::new();
    for output in &producer.descriptor.outputs {
        for (index, input) in consumer.descriptor.inputs.iter().enumerate() {
            let is_free = input.many || consumer.ports.inputs[index].is_empty();
            if let Some(fit) = fit(output, input, factory).filter(|_| is_free) {
                pairs.push((fit, output, input));
            }
        }
    }
    let best = pairs.iter().map(|(fit, ..)| *fit).min();
    pairs.retain(|(fit, ..)| Some(*fit) == best);
    let port = |id: &ProcessorId, name: &str| PortRef::new(id.clone(), name);
    match &pairs[..] {
        [(_, output, input)] => Ok((port(from, &output.name), port(to, &input.name))),
        [] => Err(no_pair(from, to, producer, consumer)),
        several => {
            let text = |(_, output, input): &(Fit, &OutputPortDescriptor, &InputPortDescriptor)| {
                format!("{} -> {}", port(from, &output.name), port(to, &input.name))
            };
            let pairs = several.iter().map(text).collect();
            Err(GraphError::ManyPortPairs { from: from.clone(), to: to.clone(), pairs })
        }
    }
}

fn fit(
    output: &OutputPortDescriptor,
    input: &InputPortDescriptor,
    factory: &dyn FactoryDelegate,
) -> Option<Fit> {
    if !reads(&input.schema, &output.schema) {
        return None;
    }
    if input.formats.intersect(&output.formats).is_some() {
        return Some(Fit::Direct);
    }
    factory.converter(&output.formats, &input.formats).map(|_| Fit::Converted)
}

fn no_pair(from: &ProcessorId, to: &ProcessorId, producer: &Entry, consumer: &Entry) -> GraphError {
    let list = |ports: Vec<String>| match ports.is_empty() {
        true => "nothing".to_owned(),
        false => ports.join(", "),
    };
    let outputs = producer.descriptor.outputs.iter();
    let outputs = outputs.map(|port| describe(&port.name, &port.schema, &port.formats, false));
    let inputs = consumer.descriptor.inputs.iter().zip(&consumer.ports.inputs);
    let inputs = inputs.map(|(port, lanes)| {
        describe(&port.name, &port.schema, &port.formats, !port.many && !lanes.is_empty())
    });
    GraphError::NoPortPair {
        from: from.clone(),
        to: to.clone(),
        outputs: list(outputs.collect()),
        inputs: list(inputs.collect()),
    }
}

fn describe(name: &str, schema: &SchemaRef, formats: &FormatSet, linked: bool) -> String {
    let formats = if formats.is_any() { String::new() } else { format!(", {formats}") };
    format!("`{name}` ({schema}{formats}{})", if linked { ", linked" } else { "" })
}

/// True if an input of one schema takes frames of the other. Ports of any schema fit all.
fn reads(input: &SchemaRef, output: &SchemaRef) -> bool {
    input.name == ANY_SCHEMA || output.name == ANY_SCHEMA || input.reads(output)
}

/// Checks that frames of an output can go into an input, with a converter if one is registered
/// and allowed. What ties between ports and other links add to this is the planner's to find.
pub(super) fn check_fit(
    from: &PortRef,
    target: &PortRef,
    output: &OutputPortDescriptor,
    input: &InputPortDescriptor,
    convert: bool,
    factory: &dyn FactoryDelegate,
) -> Result<(), GraphError> {
    if !reads(&input.schema, &output.schema) {
        return Err(GraphError::SchemaMismatch(Box::new(SchemaMismatch {
            from: from.clone(),
            target: target.clone(),
            makes: output.schema.clone(),
            takes: input.schema.clone(),
        })));
    }
    let fits = match fit(output, input, factory) {
        Some(Fit::Direct) => true,
        Some(Fit::Converted) => convert,
        None => false,
    };
    if fits {
        return Ok(());
    }
    Err(GraphError::NoCommonFormat(Box::new(NoCommonFormat {
        from: from.clone(),
        target: target.clone(),
        makes: output.formats.clone(),
        takes: input.formats.clone(),
        convert,
    })))
}

/// The processor called `id`.
pub(super) fn find<'a>(graph: &'a Graph, id: &ProcessorId) -> Result<&'a Entry, GraphError> {
    graph.processors.get(id).ok_or_else(|| {
        let near = nearest_name(id.as_str(), graph.processors.keys().map(ProcessorId::as_str));
        GraphError::UnknownProcessor { id: id.clone(), near: near.map(str::to_owned) }
    })
}

/// The index of an output.
pub(super) fn output_index(
    descriptor: &Arc<ProcessorDescriptor>,
    port: &PortRef,
) -> Result<usize, GraphError> {
    let index = descriptor.outputs.iter().position(|output| output.name == *port.port);
    index.ok_or_else(|| unknown_port(descriptor, port, Side::Output))
}

/// The index of an input.
pub(super) fn input_index(
    descriptor: &Arc<ProcessorDescriptor>,
    port: &PortRef,
) -> Result<usize, GraphError> {
    let index = descriptor.inputs.iter().position(|input| input.name == *port.port);
    index.ok_or_else(|| unknown_port(descriptor, port, Side::Input))
}

fn unknown_port(descriptor: &ProcessorDescriptor, port: &PortRef, side: Side) -> GraphError {
    let inputs = descriptor.inputs.iter().map(|port| port.name.clone()).collect();
    let outputs = descriptor.outputs.iter().map(|port| port.name.clone()).collect();
    let (ports, others): (Vec<String>, Vec<String>) = match side {
        Side::Input => (inputs, outputs),
        Side::Output => (outputs, inputs),
    };
    let near = nearest_name(&port.port, ports.iter().map(String::as_str)).map(str::to_owned);
    GraphError::UnknownPort {
        port: port.clone(),
        side,
        near,
        is_other_side: others.iter().any(|name| *name == *port.port),
        ports,
    }
}
