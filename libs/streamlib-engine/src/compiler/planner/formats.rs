//! What both ends of each link can agree on.
//!
//! An output, its links, the inputs behind them and the outputs tied to those inputs share one
//! format. So what an input takes is narrowed by what is behind the outputs tied to it (consumers
//! first), and what an output makes by what came in (producers first). A link that is left with
//! nothing gets a converter, and a new format begins behind it.

use std::sync::Arc;

use streamlib_schema::{FormatSet, FormatTie, OutputPortDescriptor};

use super::draft::{Carries, Converter, Draft};
use crate::compiler::error::PlanError;
use crate::graph::{Link, NoCommonFormat, ProcessorNode, Slot, SnapshotEntry};
use crate::ids::ProcessorId;

impl Draft<'_> {
    /// Settles the formats of every link.
    pub(super) fn formats(&mut self) -> Result<(), PlanError> {
        let order = self.in_order();
        for (slot, entry) in order.iter().rev() {
            self.narrow(*slot, entry);
        }
        for (slot, entry) in &order {
            self.settle(*slot, entry)?;
        }
        Ok(())
    }

    /// What the inputs of a processor take and its outputs make, given what is behind them.
    fn narrow(&mut self, slot: Slot, entry: &SnapshotEntry) {
        let descriptor = &entry.descriptor;
        let mut makes = Vec::with_capacity(descriptor.outputs.len());
        for (output, links) in descriptor.outputs.iter().zip(&entry.ports.outputs) {
            let mut formats = output.formats.clone();
            for (link, consumer, input) in links.iter().filter_map(|id| self.target(*id)) {
                let takes = self.derived[consumer.slot.index()].takes.get(input);
                let common = takes.and_then(|takes| takes.intersect(&formats));
                if let Some(common) = common.filter(|_| !link.options.feedback) {
                    formats = common;
                }
            }
            makes.push(formats);
        }
        let mut takes = Vec::with_capacity(descriptor.inputs.len());
        for input in &descriptor.inputs {
            let mut formats = input.formats.clone();
            for (output, makes) in descriptor.outputs.iter().zip(&makes) {
                if tied_to(output) == Some(&input.name)
                    && let Some(common) = makes.intersect(&formats)
                {
                    formats = common;
                }
            }
            takes.push(formats);
        }
        let derived = &mut self.derived[slot.index()];
        derived.makes = makes;
        derived.takes = takes;
    }

    /// What the links into a processor carry, and what its outputs make because of that.
    fn settle(&mut self, slot: Slot, entry: &SnapshotEntry) -> Result<(), PlanError> {
        let mut inputs = Vec::with_capacity(entry.ports.inputs.len());
        for (input, lanes) in entry.ports.inputs.iter().enumerate() {
            let mut settled = Vec::with_capacity(lanes.len());
            for id in lanes {
                let Some((link, producer, output)) = id.and_then(|id| self.source(id)) else {
                    settled.push(None);
                    continue;
                };
                let makes = match link.options.feedback {
                    // What goes round is not known yet; what is declared was checked.
                    true => &producer.descriptor.outputs[output].formats,
                    false => &self.derived[producer.slot.index()].makes[output],
                };
                settled.push(Some(self.agree(link, entry, input, makes)?));
            }
            inputs.push(settled);
        }
        let derived = &mut self.derived[slot.index()];
        for (output, makes) in entry.descriptor.outputs.iter().zip(&mut derived.makes) {
            let Some(tied) = tied_to(output) else { continue };
            let index = entry.descriptor.inputs.iter().position(|input| input.name == *tied);
            let lanes = index.and_then(|index| inputs.get(index)).into_iter().flatten();
            for (carries, declared) in lanes.flatten().map(|lane| (&lane.formats, &output.formats))
            {
                if let Some(common) =
                    makes.intersect(carries).or_else(|| declared.intersect(carries))
                {
                    *makes = common;
                }
            }
        }
        derived.lanes = inputs;
        Ok(())
    }

    /// What a link carries whose producer makes `makes`.
    fn agree(
        &self,
        link: &Link,
        consumer: &SnapshotEntry,
        input: usize,
        makes: &FormatSet,
    ) -> Result<Carries, PlanError> {
        let declared = &consumer.descriptor.inputs[input].formats;
        let narrowed = &self.derived[consumer.slot.index()].takes[input];
        let direct = narrowed.intersect(makes).or_else(|| declared.intersect(makes));
        if let Some(formats) = direct {
            return Ok(Carries { formats, converter: None });
        }
        if link.options.convert {
            for takes in [narrowed, declared] {
                if let Some(carries) = self.convert(link, makes, takes)? {
                    return Ok(carries);
                }
            }
        }
        Err(PlanError::NoCommonFormat(Box::new(NoCommonFormat {
            from: link.source.clone(),
            target: link.target.clone(),
            makes: makes.clone(),
            takes: declared.clone(),
            convert: link.options.convert,
        })))
    }

    /// A converter for a link, if the factory has one.
    fn convert(
        &self,
        link: &Link,
        makes: &FormatSet,
        takes: &FormatSet,
    ) -> Result<Option<Carries>, PlanError> {
        let Some(choice) = self.factory.converter(makes, takes) else { return Ok(None) };
        let descriptor = self.factory.descriptor(&choice.processor_type);
        let fitting =
            descriptor.filter(|known| known.inputs.len() == 1 && known.outputs.len() == 1);
        let Some(descriptor) = fitting else {
            return Err(PlanError::Converter {
                target: link.target.clone(),
                processor_type: choice.processor_type,
            });
        };
        let lane = if link.lane > 0 { format!(".{}", link.lane) } else { String::new() };
        let id = ProcessorId::internal(&format!("{}{lane}~convert", link.target));
        let node = Arc::new(ProcessorNode::new(id, choice.processor_type, choice.config));
        let before = descriptor.inputs[0].formats.intersect(makes);
        let behind = takes.intersect(&descriptor.outputs[0].formats);
        let (Some(formats), Some(behind)) = (before, behind) else { return Ok(None) };
        let converter = Converter { node, descriptor, formats };
        Ok(Some(Carries { formats: behind, converter: Some(Box::new(converter)) }))
    }
}

/// The input that the format of an output follows.
fn tied_to(output: &OutputPortDescriptor) -> Option<&String> {
    output.tie.as_ref().map(|FormatTie::SameAs(input)| input)
}
