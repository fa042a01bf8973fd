//! What both ends of each link can agree on.
//!
//! An output, its links, the inputs behind them and the outputs tied to those inputs share one
//! format. So what an input takes is narrowed by what is behind the outputs tied to it (consumers
//! first), and what an output makes by what came in (producers first). A link that is left with
//! nothing gets a converter, and a new format begins behind it.

use std::sync::Arc;

use streamlib_schema::{FormatSet, FormatTie, OutputPortDescriptor};

use super::draft::{Carries, Converter, Draft, Stop};
use crate::compiler::error::PlanError;
use crate::graph::{Link, NoCommonFormat, ProcessorNode, Slot, SnapshotEntry};
use crate::ids::{LinkId, ProcessorId};

impl Draft<'_> {
    /// Settles the formats of every link.
    pub(super) fn formats(&mut self) -> Result<(), Stop> {
        let mut to_settle = self.dirty.clone();
        // What goes round follows the producer's declaration, which may be another.
        for entry in self.dirty.iter().filter_map(|slot| self.entry(*slot)) {
            let links = entry.ports.outputs.iter().flatten().filter_map(|id| self.target(*id));
            let feedback = links.filter(|(link, ..)| link.options.feedback);
            to_settle.extend(feedback.map(|(_, consumer, _)| consumer.slot));
        }
        let mut narrowing = self.worklist();
        self.dirty.iter().rev().for_each(|slot| narrowing.push(*slot));
        while let Some(slot) = narrowing.pop()? {
            let Some(entry) = self.entry(slot) else { continue };
            let (takes, wants) = self.narrow(entry);
            if takes != self.derived(slot).takes {
                self.topology().producers(slot).for_each(|(_, from)| narrowing.push(from));
                to_settle.push(slot);
                self.derived_mut(slot).takes = takes;
            }
            if wants != self.derived(slot).wants {
                to_settle.push(slot);
                self.derived_mut(slot).wants = wants;
            }
        }
        let mut settling = self.worklist();
        to_settle.into_iter().for_each(|slot| settling.push(slot));
        while let Some(slot) = settling.pop()? {
            let Some(entry) = self.entry(slot) else { continue };
            let (lanes, makes) = self.settle(slot, entry);
            if makes != self.derived(slot).makes {
                self.topology().consumers(slot).for_each(|(_, to)| settling.push(to));
                self.derived_mut(slot).makes = makes;
            }
            if lanes != self.derived(slot).lanes {
                self.touched.insert(slot);
                self.derived_mut(slot).lanes = lanes;
            }
        }
        match self.errors.pop_first() {
            Some((_, error)) => Err(Stop::Refused(Box::new(error))),
            None => Ok(()),
        }
    }

    /// What the inputs of a processor take and its outputs can make, given what is behind them.
    fn narrow(&self, entry: &SnapshotEntry) -> (Vec<FormatSet>, Vec<FormatSet>) {
        let descriptor = &entry.descriptor;
        let mut wants = Vec::with_capacity(descriptor.outputs.len());
        for (output, links) in descriptor.outputs.iter().zip(&entry.ports.outputs) {
            let mut formats = output.formats.clone();
            for (link, consumer, input) in links.iter().filter_map(|id| self.target(*id)) {
                let takes = self.derived(consumer.slot).takes.get(input);
                let common = takes.and_then(|takes| takes.intersect(&formats));
                if let Some(common) = common.filter(|_| !link.options.feedback) {
                    formats = common;
                }
            }
            wants.push(formats);
        }
        let mut takes = Vec::with_capacity(descriptor.inputs.len());
        for input in &descriptor.inputs {
            let mut formats = input.formats.clone();
            for (output, wants) in descriptor.outputs.iter().zip(&wants) {
                if tied_to(output) == Some(&input.name)
                    && let Some(common) = wants.intersect(&formats)
                {
                    formats = common;
                }
            }
            takes.push(formats);
        }
        (takes, wants)
    }

    /// What the links into a processor carry, and what its outputs make because of that. What is
    /// wrong is noted, for it may be right once its neighbours are settled.
    fn settle(
        &mut self,
        slot: Slot,
        entry: &SnapshotEntry,
    ) -> (Vec<Vec<Option<Carries>>>, Vec<FormatSet>) {
        self.errors.remove(&slot);
        let mut inputs = Vec::with_capacity(entry.ports.inputs.len());
        for (input, lanes) in entry.ports.inputs.iter().enumerate() {
            let mut settled = Vec::with_capacity(lanes.len());
            for id in lanes {
                settled.push(id.and_then(|id| match self.lane(id, entry, input)? {
                    Ok(carries) => Some(carries),
                    Err(error) => {
                        self.errors.insert(slot, error);
                        None
                    }
                }));
            }
            inputs.push(settled);
        }
        let mut makes = self.derived(slot).wants.clone();
        for (output, makes) in entry.descriptor.outputs.iter().zip(&mut makes) {
            let Some(tied) = tied_to(output) else { continue };
            let index = entry.descriptor.inputs.iter().position(|input| input.name == *tied);
            let lanes = index.and_then(|index| inputs.get(index)).into_iter().flatten();
            for carries in lanes.flatten().map(|lane| &lane.formats) {
                let common = makes.intersect(carries);
                if let Some(common) = common.or_else(|| output.formats.intersect(carries)) {
                    *makes = common;
                }
            }
        }
        (inputs, makes)
    }

    /// What a link into `consumer` carries.
    fn lane(
        &self,
        id: LinkId,
        consumer: &SnapshotEntry,
        input: usize,
    ) -> Option<Result<Carries, PlanError>> {
        let (link, producer, output) = self.source(id)?;
        let declared = &producer.descriptor.outputs[output].formats;
        let makes = match link.options.feedback {
            // What goes round is not known yet; what is declared was checked.
            true => declared,
            false => self.derived(producer.slot).makes.get(output).unwrap_or(declared),
        };
        Some(self.agree(link, consumer, input, makes))
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
        let narrowed = self.derived(consumer.slot).takes.get(input).unwrap_or(declared);
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
        let id = converter_id(link);
        let node = Arc::new(ProcessorNode::new(id, choice.processor_type, choice.config));
        let before = descriptor.inputs[0].formats.intersect(makes);
        let behind = takes.intersect(&descriptor.outputs[0].formats);
        let (Some(formats), Some(behind)) = (before, behind) else { return Ok(None) };
        let converter = Converter { node, descriptor, formats };
        Ok(Some(Carries { formats: behind, converter: Some(Box::new(converter)) }))
    }
}

/// The name of the converter in a link, if it has one: `gray.video_in~convert`.
pub(super) fn converter_id(link: &Link) -> ProcessorId {
    let lane = if link.lane > 0 { format!(".{}", link.lane) } else { String::new() };
    ProcessorId::internal(&format!("{}{lane}~convert", link.target))
}

/// The input that the format of an output follows.
fn tied_to(output: &OutputPortDescriptor) -> Option<&String> {
    output.tie.as_ref().map(|FormatTie::SameAs(input)| input)
}
