//! What does not end by itself: an unlinked reactive processor waits for a link, and whatever is
//! behind it waits for its end.

use streamlib_schema::ProcessExecution;

use super::{GraphSnapshot, Slot};
use crate::ids::{LinkId, ProcessorId};

/// What ends only when the graph stops, even if all sources have ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Endless {
    /// Reactive processors behind unlinked ones.
    pub(crate) processors: Vec<ProcessorId>,
    /// The links by which they are.
    pub(crate) links: Vec<LinkId>,
}

impl GraphSnapshot {
    /// What does not end by itself. An unlinked processor of which `ends` is true does.
    pub(crate) fn endless(&self, ends: impl Fn(&ProcessorId) -> bool) -> Endless {
        let topology = self.topology();
        let waits = |slot: &Slot| {
            let entry = topology.id(*slot).and_then(|id| self.entry(id));
            entry.is_some_and(|entry| entry.descriptor.execution == ProcessExecution::Reactive)
        };
        let unlinked = topology.without_producers().filter(waits);
        let mut next: Vec<Slot> =
            unlinked.filter(|slot| topology.id(*slot).is_some_and(|id| !ends(id))).collect();
        let mut endless = Endless::default();
        if next.is_empty() {
            return endless;
        }
        let mut is_known = vec![false; topology.slots()];
        while let Some(slot) = next.pop() {
            for (link, consumer) in topology.consumers(slot) {
                endless.links.push(link);
                if waits(&consumer) && !std::mem::replace(&mut is_known[consumer.index()], true) {
                    endless.processors.extend(topology.id(consumer).cloned());
                    next.push(consumer);
                }
            }
        }
        endless
    }
}
