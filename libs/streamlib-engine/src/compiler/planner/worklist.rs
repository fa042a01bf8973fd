//! Processors that are still to be looked at, and those that were marked.

use std::collections::VecDeque;

use super::draft::Stop;
use crate::graph::Slot;

/// Processors that are still to be looked at, first come first served, none twice at a time.
pub(super) struct Worklist {
    next: VecDeque<Slot>,
    is_waiting: Vec<bool>,
    visits_left: usize,
}

impl Worklist {
    /// A list for a topology of so many slots, which gives out `visits` at most.
    pub(super) fn new(slots: usize, visits: usize) -> Self {
        Self { next: VecDeque::new(), is_waiting: vec![false; slots], visits_left: visits }
    }

    pub(super) fn push(&mut self, slot: Slot) {
        if !std::mem::replace(&mut self.is_waiting[slot.index()], true) {
            self.next.push_back(slot);
        }
    }

    /// The next one.
    pub(super) fn pop(&mut self) -> Result<Option<Slot>, Stop> {
        let Some(slot) = self.next.pop_front() else { return Ok(None) };
        self.visits_left = self.visits_left.checked_sub(1).ok_or(Stop::TooMuchDiffers)?;
        self.is_waiting[slot.index()] = false;
        Ok(Some(slot))
    }
}

/// Processors that were marked, in the order in which they were.
pub(super) struct Marks {
    is_marked: Vec<bool>,
    marked: Vec<Slot>,
}

impl Marks {
    /// No marks in a topology of so many slots.
    pub(super) fn new(slots: usize) -> Self {
        Self { is_marked: vec![false; slots], marked: Vec::new() }
    }

    /// Marks; true if it was not marked.
    pub(super) fn insert(&mut self, slot: Slot) -> bool {
        let is_new = !std::mem::replace(&mut self.is_marked[slot.index()], true);
        if is_new {
            self.marked.push(slot);
        }
        is_new
    }

    pub(super) fn contains(&self, slot: Slot) -> bool {
        self.is_marked[slot.index()]
    }

    pub(super) fn list(&self) -> &[Slot] {
        &self.marked
    }
}
