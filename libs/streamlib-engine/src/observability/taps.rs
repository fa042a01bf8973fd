//! Which links and processors are observed: the one list from which taps follow the graph.
//!
//! An observer names a link or a processor, not its present incarnation: when a commit builds a
//! link anew, or the graph starts, the tap is there from the link's first frame on.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::compiler::{Blueprint, LinkKey};
use crate::ids::ProcessorId;
use crate::link_channel::output::OutputCounters;
use crate::link_channel::tap::{Tap, TapList};
use crate::runtime::View;

/// How many links upstream a frame of a link may have been made.
const REACH: u32 = 16;

/// What is observed in a graph.
#[derive(Debug, Default)]
pub(crate) struct Observed(Mutex<Lists>);

#[derive(Debug, Default)]
struct Lists {
    taps: Vec<Attached>,
    /// How many observe each processor.
    processors: HashMap<ProcessorId, usize>,
}

#[derive(Debug)]
struct Attached {
    key: LinkKey,
    tap: Arc<Tap>,
    /// The ports that have spare buffers for this tap.
    spares: Vec<Arc<OutputCounters>>,
}

impl Observed {
    fn lists(&self) -> MutexGuard<'_, Lists> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Lists)) {
        change(&mut self.lists());
    }

    /// The taps of a link that is built.
    pub(crate) fn taps(&self, key: LinkKey) -> Option<Arc<TapList>> {
        self.lists().taps(key)
    }

    /// True if the processor, which is made now, is observed.
    pub(crate) fn is_observed(&self, id: &ProcessorId) -> bool {
        self.lists().processors.contains_key(id)
    }

    /// Adds a tap to a link, which may come later. `view` is loaded while commits wait to be
    /// followed, so that none is missed.
    pub(super) fn attach(&self, key: LinkKey, tap: Arc<Tap>, view: impl FnOnce() -> Arc<View>) {
        self.change(|lists| {
            let mut attached = Attached { key, tap, spares: Vec::new() };
            let view = view();
            attached.give_spares(&view);
            lists.taps.push(attached);
            lists.put_taps(&view, key);
        });
    }

    /// Takes a tap away; what waits in it goes back, and so do its buffers.
    pub(super) fn detach(&self, tap: &Arc<Tap>, view: impl FnOnce() -> Arc<View>) {
        self.change(|lists| {
            let is_it = |attached: &Attached| Arc::ptr_eq(&attached.tap, tap);
            let Some(index) = lists.taps.iter().position(is_it) else { return };
            let mut attached = lists.taps.swap_remove(index);
            lists.put_taps(&view(), attached.key);
            while attached.tap.take().is_some() {}
            attached.take_spares();
        });
    }

    /// Counts one more observer of a processor, which may come later.
    pub(super) fn observe(&self, id: &ProcessorId, view: impl FnOnce() -> Arc<View>) {
        self.change(|lists| {
            *lists.processors.entry(id.clone()).or_default() += 1;
            lists.mark(&view(), id);
        });
    }

    /// Counts one observer less.
    pub(super) fn leave(&self, id: &ProcessorId, view: impl FnOnce() -> Arc<View>) {
        self.change(|lists| {
            if let Some(count) = lists.processors.get_mut(id) {
                *count -= 1;
                if *count == 0 {
                    lists.processors.remove(id);
                }
            }
            lists.mark(&view(), id);
        });
    }

    /// Puts everything where it belongs after a commit.
    pub(crate) fn follow(&self, view: &View) {
        self.change(|lists| {
            for attached in &mut lists.taps {
                let before = std::mem::take(&mut attached.spares);
                attached.give_spares(view);
                remove_spares(&before, attached.tap.buffers());
            }
            let mut keys: Vec<_> = lists.taps.iter().map(|attached| attached.key).collect();
            keys.sort_unstable();
            keys.dedup();
            keys.into_iter().for_each(|key| lists.put_taps(view, key));
            lists.processors.keys().for_each(|id| lists.mark(view, id));
        });
    }
}

impl Lists {
    fn taps(&self, key: LinkKey) -> Option<Arc<TapList>> {
        let taps = self.taps.iter().filter(|attached| attached.key == key);
        let taps: Vec<_> = taps.map(|attached| Arc::clone(&attached.tap)).collect();
        (!taps.is_empty()).then(|| Arc::new(TapList(taps)))
    }

    fn put_taps(&self, view: &View, key: LinkKey) {
        if let Some(link) = view.links.get(&key) {
            link.set_taps(self.taps(key));
        }
    }

    fn mark(&self, view: &View, id: &ProcessorId) {
        if let Some(cell) = view.cells.get(id) {
            cell.set_observed(self.processors.contains_key(id));
        }
    }
}

impl Attached {
    fn give_spares(&mut self, view: &View) {
        if self.tap.buffers() == 0 {
            return;
        }
        self.spares = origins(view, self.key);
        self.spares.iter().for_each(|port| port.add_spare(self.tap.buffers()));
    }

    fn take_spares(&mut self) {
        remove_spares(&std::mem::take(&mut self.spares), self.tap.buffers());
    }
}

fn remove_spares(ports: &[Arc<OutputCounters>], buffers: u32) {
    ports.iter().for_each(|port| port.remove_spare(buffers));
}

/// The ports whose buffers may come along a link: its own, and, since processors pass frames on,
/// all that are upstream. Spare buffers are made only when they are needed.
fn origins(view: &View, key: LinkKey) -> Vec<Arc<OutputCounters>> {
    let blueprint = &view.blueprint;
    let mut found = BTreeMap::new();
    if let Some(link) = blueprint.links.get(&key) {
        walk(blueprint, &link.source, REACH, &mut found);
    }
    let counters = found
        .into_keys()
        .filter_map(|(id, index)| view.cells.get(&id)?.counters().get(index).cloned());
    counters.collect()
}

/// Adds a port and those upstream of it, each with how much further was looked from it.
fn walk(
    blueprint: &Blueprint,
    port: &(ProcessorId, usize),
    reach: u32,
    found: &mut BTreeMap<(ProcessorId, usize), u32>,
) {
    if found.get(port).is_some_and(|before| *before >= reach) {
        return;
    }
    found.insert(port.clone(), reach);
    let Some(plan) = blueprint.processors.get(&port.0).filter(|_| reach > 0) else { return };
    for key in plan.inputs.iter().flatten().flatten() {
        if let Some(link) = blueprint.links.get(key) {
            walk(blueprint, &link.source, reach - 1, found);
        }
    }
}
