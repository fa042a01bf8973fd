//! Frames a second, from counters and a clock.

use std::collections::HashMap;
use std::hash::Hash;

/// A look closer to the one before than this does not begin a new window, ns.
const WINDOW_NS: u64 = 250_000_000;

/// A count at a time.
#[derive(Debug, Clone, Copy)]
struct Mark {
    count: u64,
    at_ns: u64,
}

/// What was seen before of one counter.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// What the rate is measured from.
    base: Mark,
    /// What it will be measured from next.
    next: Mark,
}

/// Rates of many counters: each over the time since the look before, if that was a quarter of a
/// second ago or longer, else since one before it; on the first look since the counter began.
#[derive(Debug)]
pub(super) struct Rates<K>(HashMap<K, Seen>);

impl<K> Default for Rates<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Hash + Eq> Rates<K> {
    /// How many a second `key` counts, where it counted 0 at `began_ns` and `count` now.
    pub(super) fn look(&mut self, key: K, began_ns: u64, count: u64, now_ns: u64) -> f64 {
        let begin = Mark { count: 0, at_ns: began_ns };
        let seen = self.0.entry(key).or_insert(Seen { base: begin, next: begin });
        // Another processor or link of the same name, or a graph that was started anew.
        if seen.base.at_ns < began_ns || seen.next.count > count {
            *seen = Seen { base: begin, next: begin };
        }
        if now_ns.saturating_sub(seen.next.at_ns) >= WINDOW_NS {
            seen.base = seen.next;
            seen.next = Mark { count, at_ns: now_ns };
        }
        rate(count.saturating_sub(seen.base.count), now_ns.saturating_sub(seen.base.at_ns))
    }

    /// Forgets what `keep` does not want.
    pub(super) fn retain(&mut self, keep: impl Fn(&K) -> bool) {
        self.0.retain(|key, _| keep(key));
    }
}

/// `count` in `time_ns`, a second.
pub(super) fn rate(count: u64, time_ns: u64) -> f64 {
    if time_ns == 0 { 0.0 } else { count as f64 * 1e9 / time_ns as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks at (time in ms, count) and says the rates, rounded.
    fn check(began_ms: u64, looks: &[(u64, u64)], rates: &[u64]) {
        let mut all = Rates::default();
        let seen: Vec<u64> = looks
            .iter()
            .map(|(ms, count)| {
                all.look("x", began_ms * 1_000_000, *count, ms * 1_000_000).round() as u64
            })
            .collect();
        assert_eq!(seen, rates);
    }

    #[test]
    fn the_first_look_is_since_the_beginning_and_later_ones_since_the_look_before() {
        check(1000, &[(3000, 60), (4000, 160), (5000, 160)], &[30, 100, 0]);
    }

    #[test]
    fn looks_in_quick_succession_share_a_window() {
        check(0, &[(1000, 100), (1010, 110), (1100, 200), (1300, 220)], &[100, 109, 182, 400]);
    }

    #[test]
    fn a_new_beginning_forgets_the_old_counts() {
        check(0, &[(1000, 100), (2000, 10)], &[100, 5]);
        let mut all = Rates::default();
        all.look("x", 0, 100, 1_000_000_000);
        assert_eq!(all.look("x", 2_000_000_000, 100, 3_000_000_000), 100.0);
    }

    #[test]
    fn no_time_is_no_rate() {
        check(5, &[(5, 7)], &[0]);
    }
}
