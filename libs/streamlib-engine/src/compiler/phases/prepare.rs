//! The first stage: all that can fail, each step with its undo.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use streamlib_processor::SetupContext;
use streamlib_schema::Delivery;

use super::undo::Undo;
use super::{NewLink, Phases};
use crate::compiler::blueprint::{Carrier, LinkKey, ProcessorPlan, StrandPlan};
use crate::compiler::plan::Step;
use crate::delegates::SchedulingStrategy;
use crate::error::Error;
use crate::execution::ProcessorCell;
use crate::execution::cell::Phase;
use crate::execution::dedicated::DedicatedThread;
use crate::execution::held::{Detached, HeldStrand};
use crate::execution::home::Home;
use crate::execution::step::panicked;
use crate::execution::strand::Strand;
use crate::graph::RestartPolicy;
use crate::ids::ProcessorId;
use crate::link_channel::link::link;
use crate::maps::HashSet;

impl Phases<'_> {
    pub(super) fn prepare(&mut self, step: &Step) -> Result<(), Error> {
        match step {
            Step::Create { processor, .. } => self.create(processor),
            Step::BuildLink { key, .. } => self.build_link(*key),
            // Strands are made once their members are known to be set up: see `prepare_flip`.
            Step::StartStrand { .. } => Ok(()),
            Step::SetUp { processor } => self.set_up(processor),
            Step::Hold { strands } => self.hold(strands),
            Step::Gap { processor, .. } => self.stop_holder(processor),
            Step::UpdateConfig { processor } => self.update_config(processor),
            _ => Ok(()),
        }
    }

    fn create(&mut self, processor: &ProcessorId) -> Result<(), Error> {
        let plan = self.planned(processor)?;
        let failed = |source| Error::Create { processor: processor.clone(), source };
        self.delegates.processor.will_create(&plan.node).map_err(failed)?;
        let create = AssertUnwindSafe(|| self.delegates.factory.create(&plan.node));
        let instance = catch_unwind(create)
            .unwrap_or_else(|panic| Err(panicked(panic.as_ref())))
            .map_err(failed)?;
        self.delegates
            .processor
            .did_create(&plan.node, &plan.descriptor, instance.as_ref())
            .map_err(failed)?;
        let origin = self.installed.next_origin;
        self.installed.next_origin += plan.descriptor.outputs.len().max(1) as u64;
        let env = Arc::clone(&self.installed.env);
        let descriptor = Arc::clone(&plan.descriptor);
        let cell = ProcessorCell::new(processor.clone(), descriptor, instance, origin, env);
        cell.restarts.store(!plan.node.restart.is_never(), Relaxed);
        let is_always = matches!(plan.node.restart, RestartPolicy::Always { .. });
        cell.restarts_always.store(is_always, Relaxed);
        let not_alone = || Error::NotPlanned { what: processor.to_string() };
        let fresh = Detached::new(cell).ok_or_else(not_alone)?;
        self.new_cells.insert(processor.clone(), Arc::clone(fresh.cell()));
        self.holdings.add_fresh(fresh);
        Ok(())
    }

    fn planned(&self, processor: &ProcessorId) -> Result<Arc<ProcessorPlan>, Error> {
        let plan = self.after.processors.get(processor).cloned();
        plan.ok_or_else(|| Error::NotPlanned { what: processor.to_string() })
    }

    fn build_link(&mut self, key: LinkKey) -> Result<(), Error> {
        let not_planned = || Error::NotPlanned { what: key.link.to_string() };
        let plan = self.after.links.get(&key).cloned().ok_or_else(not_planned)?;
        let source = self.cell(&plan.source.0).cloned().ok_or_else(not_planned)?;
        let target = self.cell(&plan.target.0).cloned().ok_or_else(not_planned)?;
        let per_call = source.descriptor.outputs.get(plan.source.1).map_or(1, |p| p.max_per_call);
        let depth = match plan.carrier {
            // What holds its producer up holds what one call may send, and no more.
            Carrier::Inline if plan.holds_producer() && plan.deepened.is_none() => per_call,
            Carrier::Inline if plan.delivery == Delivery::Latest => 1,
            // What one call may send fits beside what waits until one less than the depth.
            _ => plan.depth.saturating_add(per_call).saturating_sub(1),
        };
        // A queue that is made anew for the same link goes on counting.
        let before = self.installed.links.get(&key).map(|link| Arc::clone(&link.counters));
        let (sender, receiver) = link(&plan, depth, &source, &target, before.unwrap_or_default());
        let shared = Arc::clone(&sender.shared);
        let (sender, receiver) = (Some(sender), Some(receiver));
        self.new_links.insert(key, NewLink { sender, receiver, shared });
        Ok(())
    }

    fn set_up(&mut self, processor: &ProcessorId) -> Result<(), Error> {
        let not_planned = || Error::NotPlanned { what: processor.to_string() };
        let cell = self.new_cells.get(processor).cloned().ok_or_else(not_planned)?;
        self.undo.push(Undo::TearDown(Arc::clone(&cell)));
        let resources = self.delegates.resources;
        let mut fresh = self.holdings.open(&cell).ok_or_else(not_planned)?;
        let result = catch_unwind(AssertUnwindSafe(|| {
            fresh.bind();
            let Some(instance) = &mut fresh.body().instance else { return Ok(()) };
            let mut context = SetupContext::new(cell.id.as_str(), resources);
            let done = instance.setup(&mut context);
            cell.set_length_ns(context.announced_length_ns());
            done
        }));
        result
            .unwrap_or_else(|panic| Err(panicked(panic.as_ref())))
            .map_err(|source| Error::SetUp { processor: processor.clone(), source })
    }

    /// Takes the RUN bits of `strands`; all others run on.
    fn hold(&mut self, strands: &[ProcessorId]) -> Result<(), Error> {
        let patience = self.delegates.patience;
        let deadline = Instant::now() + patience;
        for id in strands {
            let Some(strand) = self.installed.strands.get(id).cloned() else { continue };
            if self.hold_around_call(&strand) {
                continue;
            }
            let stays = strand.members().iter().any(|member| self.is_planned(member));
            let is_stuck = strand.members().iter().any(|member| member.is_stuck());
            let deadline = if is_stuck && !stays { Instant::now() } else { deadline };
            if let Some(held) = HeldStrand::hold(&strand, deadline) {
                self.holdings.add(held);
                continue;
            }
            if stays {
                return Err(Error::Busy { strand: id.clone(), patience });
            }
        }
        Ok(())
    }

    fn is_planned(&self, cell: &ProcessorCell) -> bool {
        self.after.processors.contains_key(&cell.id)
    }

    /// Tears the running instance down before its replacement is set up.
    fn stop_holder(&mut self, processor: &ProcessorId) -> Result<(), Error> {
        let Some(cell) = self.installed.cells.get(processor).cloned() else { return Ok(()) };
        let Some(mut open) = self.holdings.open(&cell) else { return Ok(()) };
        if let Some(mut instance) = open.body().instance.take() {
            let node = self.installed.blueprint.processors.get(processor);
            self.undo.push(Undo::Recreate(Arc::clone(&cell), node.map(|plan| plan.node.clone())));
            let teardown = AssertUnwindSafe(|| instance.teardown());
            catch_unwind(teardown)
                .unwrap_or_else(|panic| Err(panicked(panic.as_ref())))
                .map_err(|source| Error::TearDown { processor: processor.clone(), source })?;
        }
        Ok(())
    }

    fn update_config(&mut self, processor: &ProcessorId) -> Result<(), Error> {
        let plan = self.planned(processor)?;
        let Some(cell) = self.installed.cells.get(processor).cloned() else { return Ok(()) };
        let failed = |source| Error::UpdateConfig { processor: processor.clone(), source };
        let config = &plan.node.config;
        self.delegates.processor.will_update_config(processor, config).map_err(failed)?;
        let Some(mut open) = self.holdings.open(&cell) else { return Ok(()) };
        let Some(instance) = &mut open.body().instance else { return Ok(()) };
        catch_unwind(AssertUnwindSafe(|| instance.update_config(config)))
            .unwrap_or_else(|panic| Err(panicked(panic.as_ref())))
            .map_err(failed)?;
        if let Some(before) = self.installed.blueprint.processors.get(processor) {
            let config = before.node.config.clone();
            self.undo.push(Undo::UpdateConfig(Arc::clone(&cell), config));
        }
        self.delegates.processor.did_update_config(processor, config).map_err(failed)
    }

    /// Makes the strands and all the room that the flip needs. Last, because it needs the cells.
    pub(super) fn prepare_flip(&mut self) -> Result<(), Error> {
        self.hand_over_state()?;
        self.find_rewired();
        self.installed.pool.reserve(self.after.strands.len());
        for id in self.strands_to_make() {
            let Some(plan) = self.after.strands.get(&id).cloned() else { continue };
            let strand = self.start_strand(&id, &plan)?;
            self.injected_start(&id)?;
            self.new_strands.push((id, HeldStrand::new(strand)));
        }
        self.leaving = self.strands_of_leavers();
        self.reserve();
        Ok(())
    }

    /// The strands that are new, whose members differ, or that get a new instance of a member.
    fn strands_to_make(&self) -> BTreeSet<ProcessorId> {
        let named = self.plan.steps().filter_map(|step| match step {
            Step::StartStrand { strand, .. } | Step::Regroup { strand } => Some(strand),
            _ => None,
        });
        let replaced = self.rewired.iter().filter(|rewired| {
            let id = &rewired.plan.node.id;
            self.swapped.contains(id) && self.new_cells.contains_key(id)
        });
        named.chain(replaced.map(|rewired| &rewired.plan.strand)).cloned().collect()
    }

    /// Processors that leave a strand, of which others stay, run in one of their own to the end.
    fn strands_of_leavers(&self) -> Vec<HeldStrand> {
        let removed = self.plan.retire.iter().filter_map(|step| match step {
            Step::Stop { processor, replaced: false } => Some(processor),
            _ => None,
        });
        let removed: HashSet<_> = removed.collect();
        if removed.is_empty() {
            return Vec::new();
        }
        let held = self.plan.prepare.iter().filter_map(|step| match step {
            Step::Hold { strands } => Some(strands),
            _ => None,
        });
        let held = held.flatten().filter_map(|id| self.installed.strands.get_key_value(id));
        let held = held.filter(|(_, strand)| self.holdings.is_held(strand));
        let leavers = held.filter_map(|(id, strand)| {
            let leaves = |member: &&Arc<ProcessorCell>| removed.contains(&member.id);
            let leave: Vec<_> = strand.members().iter().filter(leaves).cloned().collect();
            if leave.is_empty() || leave.len() == strand.members().len() {
                return None;
            }
            // A thread that nobody needs any more is the leavers' until they have ended.
            let home = match &strand.home {
                home @ Home::Thread(_) if !self.after.strands.contains_key(id) => home.clone(),
                _ => Home::Pool(Arc::clone(&self.installed.pool)),
            };
            let boundary = (0..leave.len() as u32).collect();
            let env = Arc::clone(&self.installed.env);
            Some(HeldStrand::new(Strand::new_owned(env, home, leave, boundary)))
        });
        leavers.collect()
    }

    fn start_strand(&mut self, id: &ProcessorId, plan: &StrandPlan) -> Result<Arc<Strand>, Error> {
        let members = self.members(id, plan);
        let on_boundary = members.iter().zip(0..).filter(|(cell, _)| self.is_on_boundary(cell));
        let boundary = on_boundary.map(|(_, index)| index).collect();
        let env = Arc::clone(&self.installed.env);
        let failed = |source| Error::StartThread { strand: id.clone(), source };
        let home = match &plan.home {
            SchedulingStrategy::DedicatedThread { priority, name } => {
                let kept = self.installed.strands.get(id).map(|strand| strand.home.clone());
                let same = self.installed.blueprint.strands.get(id).map(|before| &before.home);
                if let (Some(Home::Thread(thread)), true) = (kept, same == Some(&plan.home))
                    && !self.is_left(&thread, &members)
                {
                    let home = Home::Thread(thread);
                    return Ok(Strand::new_owned(env, home, members, boundary));
                }
                let thread = DedicatedThread::new();
                let home = Home::Thread(Arc::clone(&thread));
                let strand = Strand::new_owned(env, home, members, boundary);
                let name = name.clone().unwrap_or_else(|| id.to_string());
                thread.start(&strand, &name, *priority).map_err(failed)?;
                self.undo.push(Undo::CloseThread(thread));
                return Ok(strand);
            }
            SchedulingStrategy::MainThread => Home::Main(Arc::clone(&self.installed.env.main)),
            _ => Home::Pool(Arc::clone(&self.installed.pool)),
        };
        Ok(Strand::new_owned(env, home, members, boundary))
    }

    /// The processors of a strand. Most are found where they were: the list of a large strand is
    /// walked along, for looking each of them up would be most of what an edit costs.
    fn members(&self, id: &ProcessorId, plan: &StrandPlan) -> Vec<Arc<ProcessorCell>> {
        let before = self.installed.strands.get(id);
        let mut before = before.map_or(&[][..], |strand| strand.members());
        let mut members = Vec::with_capacity(plan.members.len());
        for member in &plan.members {
            let at = before.iter().take(2).position(|cell| cell.id == *member);
            let known = at.map(|at| &before[at]);
            let known = known.filter(|_| !self.new_cells.contains_key(member));
            members.extend(known.or_else(|| self.cell(member)).cloned());
            before = &before[at.map_or(0, |at| at + 1)..];
        }
        members
    }

    /// True if something outside of its strand can make the processor ready.
    fn is_on_boundary(&self, cell: &ProcessorCell) -> bool {
        let processor = &cell.id;
        if self.keeps_ports(processor) {
            return cell.is_on_boundary();
        }
        let Some(plan) = self.after.processors.get(processor) else { return true };
        let inputs = || plan.inputs.iter().flatten().flatten();
        let links = inputs().chain(plan.outputs.iter().flatten());
        let crosses = |key: &LinkKey| {
            self.after.links.get(key).is_none_or(|link| link.carrier != Carrier::Inline)
        };
        let reactive = plan.descriptor.execution == streamlib_schema::ProcessExecution::Reactive;
        !reactive || inputs().next().is_none() || links.into_iter().any(crosses)
    }

    /// State of the old instance to the new one, both held.
    fn hand_over_state(&mut self) -> Result<(), Error> {
        for id in self.new_cells.keys() {
            let Some(old) = self.installed.cells.get(id) else { continue };
            let Some((mut old, mut new)) = self.holdings.open_pair(old) else { continue };
            if old.body().phase == Phase::AwaitingRestart {
                // What failed has nothing to hand over.
                continue;
            }
            let (Some(old), Some(new)) = (&mut old.body().instance, &mut new.body().instance)
            else {
                continue;
            };
            let hand_over = AssertUnwindSafe(|| match old.save_state() {
                Some(state) => new.restore_state(state),
                None => Ok(()),
            });
            catch_unwind(hand_over)
                .unwrap_or_else(|panic| Err(panicked(panic.as_ref())))
                .map_err(|source| Error::HandOver { processor: id.clone(), source })?;
        }
        Ok(())
    }
}
