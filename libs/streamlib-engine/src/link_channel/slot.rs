//! One place for the newest value, between one writer and one reader: the carrier of `latest`.
//!
//! Guarantees: wait-free on both sides, one atomic exchange each; the writer gets back a value
//! that was not read, so nothing is lost uncounted; a value is read at most once. Not offered:
//! more than one writer or reader at a time.
//!
//! Three cells: one is the writer's, one the reader's, and the third is *offered*. `offered` holds
//! its index, and a bit that says whether it holds a value. Whoever exchanges the index owns the
//! cell that comes back.

use std::sync::Arc;

use crate::sync::Exclusive;
use crate::sync::atomic::{AtomicU8, Ordering};

const INDEX: u8 = 0b011;
const FULL: u8 = 0b100;

#[derive(Debug)]
struct Shared<T> {
    cells: [Exclusive<Option<T>>; 3],
    offered: AtomicU8,
}

/// The writing side.
#[derive(Debug)]
pub(crate) struct SlotWriter<T> {
    shared: Arc<Shared<T>>,
    own: u8,
}

/// The reading side.
#[derive(Debug)]
pub(crate) struct SlotReader<T> {
    shared: Arc<Shared<T>>,
    own: u8,
}

/// An empty slot.
pub(crate) fn slot<T: Send>() -> (SlotWriter<T>, SlotReader<T>) {
    let cells = [Exclusive::new(None), Exclusive::new(None), Exclusive::new(None)];
    let shared = Arc::new(Shared { cells, offered: AtomicU8::new(1) });
    (SlotWriter { shared: Arc::clone(&shared), own: 0 }, SlotReader { shared, own: 2 })
}

impl<T> SlotWriter<T> {
    /// Offers `value`; gives back the one before it if it was not read.
    pub(crate) fn put(&mut self, value: T) -> Option<T> {
        // SAFETY: the cell with the index `own` is the writer's until it is exchanged.
        unsafe { self.shared.cells[self.own as usize].with_mut(|cell| *cell = Some(value)) };
        // Release gives the reader the value; acquire takes over the cell that comes back.
        let back = self.shared.offered.swap(self.own | FULL, Ordering::AcqRel);
        self.own = back & INDEX;
        // SAFETY: the cell that came back is the writer's now.
        unsafe { self.shared.cells[self.own as usize].with_mut(Option::take) }
    }
}

impl<T> SlotReader<T> {
    /// True if there is a value to take.
    pub(crate) fn is_full(&self) -> bool {
        self.shared.offered.load(Ordering::Acquire) & FULL != 0
    }

    /// Takes the newest value.
    pub(crate) fn take(&mut self) -> Option<T> {
        if !self.is_full() {
            return None;
        }
        // Only the reader clears the bit, so what comes back is full.
        let back = self.shared.offered.swap(self.own, Ordering::AcqRel);
        self.own = back & INDEX;
        // SAFETY: the cell that came back is the reader's now.
        unsafe { self.shared.cells[self.own as usize].with_mut(Option::take) }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_newest_value_wins_and_the_older_comes_back() {
        let (mut writer, mut reader) = slot();
        assert_eq!(reader.take(), None);
        assert_eq!(writer.put(1), None);
        assert_eq!(writer.put(2), Some(1));
        assert_eq!(reader.take(), Some(2));
        assert_eq!(reader.take(), None);
        assert_eq!(writer.put(3), None);
        assert_eq!(reader.take(), Some(3));
    }
}

#[cfg(all(test, loom))]
mod loom_model {
    use super::*;

    /// Every value is read once or comes back once, and values are read in order.
    #[test]
    fn loom_every_value_is_accounted_for() {
        loom::model(|| {
            let (mut writer, mut reader) = slot();
            let writing = loom::thread::spawn(move || {
                let back: Vec<u8> = (1..=3).filter_map(|value| writer.put(value)).collect();
                (writer, back)
            });
            let mut read: Vec<u8> = (0..2).filter_map(|_| reader.take()).collect();
            let (_writer, mut seen) = writing.join().unwrap();
            read.extend(reader.take());
            assert!(read.is_sorted());
            seen.extend(read);
            seen.sort_unstable();
            assert_eq!(seen, [1, 2, 3]);
        });
    }
}
