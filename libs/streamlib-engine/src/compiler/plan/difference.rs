//! What differs between two blueprints, and the steps that follow from it.

use std::collections::BTreeSet;
use std::sync::Arc;

use imbl::OrdMap;
use imbl::ordmap::DiffItem;
use serde_json::Value;

use super::Step;
use crate::compiler::blueprint::{Blueprint, LinkPlan, ProcessorPlan};
use crate::graph::Touched;
use crate::ids::ProcessorId;

/// What differs. Every list is in the order of names or numbers.
pub(super) struct Difference<'a> {
    before: &'a Blueprint,
    after: &'a Blueprint,
    added: Vec<&'a ProcessorId>,
    removed: Vec<&'a ProcessorId>,
    replaced: Vec<&'a ProcessorId>,
    configured: Vec<&'a ProcessorId>,
    /// Processors that stay and whose ports change.
    rewired: BTreeSet<&'a ProcessorId>,
    built: Vec<&'a LinkPlan>,
    dropped: Vec<&'a LinkPlan>,
    started: Vec<&'a ProcessorId>,
    ended: Vec<&'a ProcessorId>,
    regrouped: Vec<&'a ProcessorId>,
}

impl<'a> Difference<'a> {
    pub(super) fn new(before: &'a Blueprint, after: &'a Blueprint, touched: &Touched) -> Self {
        let mut this = Self {
            before,
            after,
            added: Vec::new(),
            removed: Vec::new(),
            replaced: Vec::new(),
            configured: Vec::new(),
            rewired: BTreeSet::new(),
            built: Vec::new(),
            dropped: Vec::new(),
            started: Vec::new(),
            ended: Vec::new(),
            regrouped: Vec::new(),
        };
        this.processors(touched);
        this.links();
        this.strands();
        this
    }

    fn processors(&mut self, touched: &Touched) {
        for (id, old, new) in changes(&self.before.processors, &self.after.processors) {
            match (old, new) {
                (None, _) => self.added.push(id),
                (_, None) => self.removed.push(id),
                (Some(old), Some(new)) if touched.replaced.contains(id) || !same_kind(old, new) => {
                    self.replaced.push(id);
                }
                (Some(old), Some(new)) => {
                    if old.node.config != new.node.config {
                        self.configured.push(id);
                    }
                    if old.inputs != new.inputs || old.outputs != new.outputs {
                        self.rewired.insert(id);
                    }
                }
            }
        }
        // A processor may be replaced by one that is declared the same.
        for id in &touched.replaced {
            let both = self.before.processors.contains_key(id);
            if let Some((id, _)) = self.after.processors.get_key_value(id).filter(|_| both)
                && !self.replaced.contains(&id)
            {
                self.replaced.push(id);
            }
        }
        self.replaced.sort_unstable();
    }

    fn links(&mut self) {
        for (_, old, new) in changes(&self.before.links, &self.after.links) {
            if let (Some(old), Some(new)) = (old, new)
                && same_queue(old, new)
            {
                continue;
            }
            self.dropped.extend(old);
            self.built.extend(new);
        }
        let ends = |link: &&'a LinkPlan| [&link.source.0, &link.target.0];
        let touched = self.built.iter().chain(&self.dropped).flat_map(ends);
        let stays = |id: &&ProcessorId| {
            self.before.processors.contains_key(*id) && self.after.processors.contains_key(*id)
        };
        self.rewired.extend(touched.filter(stays).collect::<Vec<_>>());
        for id in &self.replaced {
            self.rewired.remove(id);
        }
    }

    fn strands(&mut self) {
        for (id, old, new) in changes(&self.before.strands, &self.after.strands) {
            match (old, new) {
                (None, _) => self.started.push(id),
                (_, None) => self.ended.push(id),
                _ => self.regrouped.push(id),
            }
        }
    }

    pub(super) fn prepare(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let fresh = || self.added.iter().chain(&self.replaced);
        for id in fresh() {
            let Some(plan) = self.after.processors.get(*id) else { continue };
            steps.push(Step::Create {
                processor: (*id).clone(),
                processor_type: plan.node.processor_type.clone(),
                replaces: self.replaced.contains(id),
            });
        }
        steps.extend(self.built.iter().map(|link| self.build(link)));
        for id in &self.started {
            let Some(plan) = self.after.strands.get(*id) else { continue };
            let (home, members) = (plan.home.clone(), plan.members.len());
            steps.push(Step::StartStrand { strand: (*id).clone(), home, members });
        }
        let (late, early): (Vec<&&ProcessorId>, Vec<&&ProcessorId>) =
            fresh().partition(|id| self.gap(id).is_some());
        steps.extend(early.iter().map(|id| Step::SetUp { processor: (**id).clone() }));
        let strands = self.held();
        if !strands.is_empty() {
            steps.push(Step::Hold { strands });
        }
        for id in &self.configured {
            steps.push(Step::UpdateConfig { processor: (*id).clone() });
        }
        for id in late {
            let reason = self.gap(id).unwrap_or_default();
            steps.push(Step::Gap { processor: (*id).clone(), reason });
            steps.push(Step::SetUp { processor: (*id).clone() });
        }
        steps
    }

    pub(super) fn flip(&self) -> Vec<Step> {
        let mut swapped: Vec<_> = self.rewired.iter().chain(&self.replaced).collect();
        swapped.sort_unstable();
        let mut steps: Vec<_> =
            swapped.iter().map(|id| Step::SwapPorts { processor: (**id).clone() }).collect();
        steps.extend(self.regrouped.iter().map(|id| Step::Regroup { strand: (*id).clone() }));
        steps.push(Step::PublishSnapshot { revision: self.after.revision });
        steps
    }

    pub(super) fn retire(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for id in &self.removed {
            let has_input = self
                .before
                .processors
                .get(*id)
                .is_some_and(|plan| plan.inputs.iter().flatten().any(Option::is_some));
            if has_input {
                steps.push(Step::Drain { processor: (*id).clone() });
            }
        }
        let gone = self.removed.iter().map(|id| (*id, false));
        let replaced = self.replaced.iter().filter(|id| self.gap(id).is_none());
        let gone: Vec<_> = gone.chain(replaced.map(|id| (*id, true))).collect();
        for (id, replaced) in &gone {
            steps.push(Step::Stop { processor: (*id).clone(), replaced: *replaced });
        }
        for (id, replaced) in &gone {
            steps.push(Step::TearDown { processor: (*id).clone(), replaced: *replaced });
        }
        for link in &self.dropped {
            let (from, to) = port_names(self.before, link);
            steps.push(Step::DropLink { key: link.key, from, to });
        }
        steps.extend(self.ended.iter().map(|id| Step::EndStrand { strand: (*id).clone() }));
        steps
    }

    fn build(&self, link: &LinkPlan) -> Step {
        let (from, to) = port_names(self.after, link);
        Step::BuildLink {
            key: link.key,
            from,
            to,
            carrier: link.carrier,
            delivery: link.delivery,
            depth: link.depth,
            deepened: link.deepened.clone(),
        }
    }

    /// The strands, by their names before, of all running processors that are touched.
    fn held(&self) -> Vec<ProcessorId> {
        let rewired = self.rewired.iter();
        let touched = self.removed.iter().chain(&self.replaced).chain(&self.configured);
        let strand = |id: &&ProcessorId| Some(&self.before.processors.get(*id)?.strand);
        let mut strands: BTreeSet<_> = rewired.chain(touched).filter_map(strand).collect();
        strands.extend(&self.regrouped);
        strands.extend(&self.ended);
        strands.into_iter().cloned().collect()
    }

    /// What only one instance can hold and both the old and the new of a processor do.
    fn gap(&self, id: &ProcessorId) -> Option<String> {
        let old = self.before.processors.get(id)?;
        let new = self.after.processors.get(id)?;
        let field = new.descriptor.exclusive.as_ref()?;
        let held = exclusive(new)?;
        (exclusive(old)? == held).then(|| format!("both hold {field} {held}"))
    }
}

fn exclusive(plan: &ProcessorPlan) -> Option<String> {
    let field = plan.descriptor.exclusive.as_ref()?;
    let default = plan.descriptor.config.iter().find(|known| known.name == *field);
    let value = plan.node.config.get(field).or(default?.default.as_ref())?;
    (*value != Value::Null).then(|| value.to_string())
}

/// True if an instance of one can become the other by a change of configuration.
fn same_kind(old: &ProcessorPlan, new: &ProcessorPlan) -> bool {
    let same_type =
        Arc::ptr_eq(&old.descriptor, &new.descriptor) || old.descriptor == new.descriptor;
    same_type && (!new.is_converter || old.node.config == new.node.config)
}

/// True if the queue of one serves the other: nothing that it is made of differs.
fn same_queue(old: &LinkPlan, new: &LinkPlan) -> bool {
    let old =
        LinkPlan { formats: new.formats.clone(), deepened: new.deepened.clone(), ..old.clone() };
    old == *new
}

fn port_names(
    blueprint: &Blueprint,
    link: &LinkPlan,
) -> ((ProcessorId, String), (ProcessorId, String)) {
    let (source, output) = &link.source;
    let (target, input, lane) = &link.target;
    let from = blueprint.processors.get(source).map(|plan| &plan.descriptor.outputs[*output].name);
    let to = blueprint.processors.get(target).map(|plan| &plan.descriptor.inputs[*input]);
    let to = to.map(|port| match port.many {
        true => format!("{}[{lane}]", port.name),
        false => port.name.clone(),
    });
    let from = (source.clone(), from.cloned().unwrap_or_default());
    (from, (target.clone(), to.unwrap_or_default()))
}

/// What differs between two maps, in the order of the keys. What they share is skipped.
fn changes<'a, K: Ord, P: PartialEq>(
    before: &'a OrdMap<K, Arc<P>>,
    after: &'a OrdMap<K, Arc<P>>,
) -> impl Iterator<Item = (&'a K, Option<&'a P>, Option<&'a P>)> {
    before.diff(after).map(|item| match item {
        DiffItem::Add(key, new) => (key, None, Some(&**new)),
        DiffItem::Update { old: (_, old), new: (key, new) } => (key, Some(&**old), Some(&**new)),
        DiffItem::Remove(key, old) => (key, Some(&**old), None),
    })
}
