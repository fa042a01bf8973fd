//! How deep links into joins must be.
//!
//! Where two paths from one source meet again, the join needs a frame of each, and the frame of
//! the longer path comes later: by what its processors hold, and by one frame a stage. Until then
//! the frames of the shorter path must have a place to wait, or the source stands still and the
//! longer path never fills. Declared numbers can be wrong; what is too short then grows while it
//! runs.

use std::collections::BinaryHeap;

use super::draft::Draft;
use super::worklist::Marks;
use crate::graph::Slot;
use crate::ids::LinkId;
use crate::maps::HashMap;

/// How many processors back from a join are looked at. Beyond, links grow when they must.
const LOOK_BACK: usize = 1024;

/// How late a path is, frames.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Late {
    /// What its processors hold.
    held: u32,
    /// The same and one a stage.
    total: u32,
}

impl Late {
    fn behind(self, held: u32) -> Self {
        Self {
            held: self.held.saturating_add(held),
            total: self.total.saturating_add(held).saturating_add(1),
        }
    }

    fn most(self, other: Self) -> Self {
        Self { held: self.held.max(other.held), total: self.total.max(other.total) }
    }
}

/// A walk back from one join.
struct Walk<'a> {
    rank: &'a [u32],
    /// Those to visit, the one farthest downstream first.
    next: BinaryHeap<(u32, Slot)>,
    /// By processor and lane: how late the longest path from there to the join is.
    late: HashMap<Slot, Vec<Option<Late>>>,
    lanes: usize,
}

impl Walk<'_> {
    fn reach(&mut self, slot: Slot, lane: usize, late: Late) {
        let lanes = self.late.entry(slot).or_insert_with(|| {
            self.next.push((self.rank[slot.index()], slot));
            vec![None; self.lanes]
        });
        lanes[lane] = Some(lanes[lane].map_or(late, |known| known.most(late)));
    }
}

impl Draft<'_> {
    /// Finds the depths that links into joins need.
    pub(super) fn joins(&mut self) {
        for link in &self.old_links {
            self.basis.join_depths.remove(&link.id);
            if self.snapshot.link(link.id).is_none() {
                self.basis.grown.remove(&link.id);
            }
        }
        for id in &self.removed {
            self.basis.apart.remove(*id);
        }
        for slot in &self.freed {
            self.basis.joins.remove(slot);
        }
        for slot in self.dirty.clone() {
            let is_join = self.topology().producers(slot).nth(1).is_some();
            if is_join {
                self.basis.joins.insert(slot);
            } else if self.basis.joins.remove(&slot).is_some() {
                self.set_depths(slot, &[]);
            }
        }
        let joins = if self.basis.joins.is_empty() { Vec::new() } else { self.joins_behind() };
        if joins.is_empty() {
            return;
        }
        let order = match self.order.take() {
            Some(order) => order,
            // A snapshot has no cycle.
            None => self.topology().order().unwrap_or_default(),
        };
        let mut rank = vec![0; self.topology().slots()];
        for (at, slot) in order.iter().enumerate() {
            rank[slot.index()] = at as u32;
        }
        self.order = Some(order);
        for slot in joins {
            let lanes: Vec<_> = self.topology().producers(slot).collect();
            let missing = self.missing(&lanes, &rank);
            let depths = lanes.iter().map(|(link, _)| *link).zip(missing);
            self.set_depths(slot, &depths.collect::<Vec<_>>());
        }
    }

    /// The joins that can be reached from what differs.
    fn joins_behind(&self) -> Vec<Slot> {
        let mut reached = Marks::new(self.topology().slots());
        let mut next = self.dirty.clone();
        while let Some(slot) = next.pop() {
            if reached.insert(slot) {
                next.extend(self.topology().consumers(slot).map(|(_, consumer)| consumer));
            }
        }
        self.basis.joins.iter().copied().filter(|slot| reached.contains(*slot)).collect()
    }

    /// Notes what the links into a processor need.
    fn set_depths(&mut self, slot: Slot, lanes: &[(LinkId, Late)]) {
        let waits = lanes.iter().any(|(_, late)| late.held > 0);
        if self.derived(slot).waits_in_links != waits {
            self.touched.insert(slot);
            self.derived_mut(slot).waits_in_links = waits;
        }
        let links: Vec<_> = self.topology().producers(slot).map(|(link, _)| link).collect();
        for link in links {
            let late =
                lanes.iter().find(|(lane, _)| *lane == link).map_or(0, |(_, late)| late.total);
            let known = match late {
                0 => self.basis.join_depths.remove(&link),
                late => self.basis.join_depths.insert(link, late.saturating_add(1)),
            };
            if known != (late > 0).then(|| late.saturating_add(1)) {
                self.touched.insert(slot);
            }
        }
    }

    /// By lane of a join: how many frames less it is late than the latest lane from a common
    /// source.
    fn missing(&self, lanes: &[(LinkId, Slot)], rank: &[u32]) -> Vec<Late> {
        let mut walk =
            Walk { rank, next: BinaryHeap::new(), late: HashMap::default(), lanes: lanes.len() };
        for (lane, (_, producer)) in lanes.iter().enumerate() {
            self.reach(&mut walk, *producer, lane, Late::default());
        }
        let mut missing = vec![Late::default(); lanes.len()];
        let mut visited = 0;
        while let Some((_, slot)) = walk.next.pop() {
            let Some(late) = walk.late.remove(&slot) else { continue };
            let most = late.iter().flatten().fold(Late::default(), |most, late| most.most(*late));
            for (missing, late) in missing.iter_mut().zip(&late) {
                if let Some(late) = late {
                    let less = Late { held: most.held - late.held, total: most.total - late.total };
                    *missing = missing.most(less);
                }
            }
            visited += 1;
            // With no other place to come from, all lanes grow by the same from here on.
            if walk.next.is_empty() || visited == LOOK_BACK {
                break;
            }
            let held = self.topology().lag(slot);
            for (lane, late) in late.iter().enumerate() {
                let Some(late) = late else { continue };
                for (_, producer) in self.topology().producers(slot) {
                    self.reach(&mut walk, producer, lane, late.behind(held));
                }
            }
        }
        missing
    }

    /// Notes that a lane is reached from `slot`, or from the end of the plain chain before it:
    /// nothing in such a chain can be common with another lane.
    fn reach(&self, walk: &mut Walk<'_>, slot: Slot, lane: usize, late: Late) {
        let (mut slot, mut late) = (slot, late);
        loop {
            let only_consumer = self.topology().consumers(slot).nth(1).is_none();
            let mut producers = self.topology().producers(slot);
            match (producers.next(), producers.next()) {
                (Some((_, producer)), None) if only_consumer => {
                    late = late.behind(self.topology().lag(slot));
                    slot = producer;
                }
                (None, _) if only_consumer => return,
                _ => return walk.reach(slot, lane, late),
            }
        }
    }
}
