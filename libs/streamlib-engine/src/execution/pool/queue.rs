//! A queue for many writers and readers that grows by whole levels, outside of the frame path.

use std::sync::OnceLock;

use crossbeam_queue::ArrayQueue;

/// Places of the first level; each further one has twice as many.
const FIRST_LEVEL: usize = 256;
const LEVELS: usize = 20;

/// See the module. First in, first out within a level; a level is used when those before it are
/// full.
#[derive(Debug)]
pub(super) struct RunQueue<T> {
    levels: [OnceLock<ArrayQueue<T>>; LEVELS],
}

impl<T> RunQueue<T> {
    pub(super) fn new() -> Self {
        let queue = Self { levels: std::array::from_fn(|_| OnceLock::new()) };
        queue.reserve(1);
        queue
    }

    /// Makes room for `places` elements altogether.
    pub(super) fn reserve(&self, places: usize) {
        let mut sum = 0;
        for (level, queue) in self.levels.iter().enumerate() {
            let size = FIRST_LEVEL << level;
            queue.get_or_init(|| ArrayQueue::new(size));
            sum += size;
            if sum >= places {
                return;
            }
        }
    }

    /// Puts an element at the end. Room was reserved; without it a level is added here.
    pub(super) fn push(&self, element: T) {
        let mut element = element;
        for (level, queue) in self.levels.iter().enumerate() {
            let queue = queue.get_or_init(|| ArrayQueue::new(FIRST_LEVEL << level));
            match queue.push(element) {
                Ok(()) => return,
                Err(back) => element = back,
            }
        }
    }

    /// Takes an element.
    pub(super) fn pop(&self) -> Option<T> {
        self.levels.iter().map_while(OnceLock::get).find_map(ArrayQueue::pop)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.levels.iter().map_while(OnceLock::get).all(ArrayQueue::is_empty)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_across_levels() {
        let queue = RunQueue::new();
        (0..1000).for_each(|n| queue.push(n));
        let mut taken: Vec<i32> = std::iter::from_fn(|| queue.pop()).collect();
        taken.sort_unstable();
        assert_eq!(taken, (0..1000).collect::<Vec<_>>());
        assert!(queue.is_empty());
    }
}
