//! Events of frames that were lost where nobody expects it: on the lossless link of a live source
//! that was full, and on a lossless lane of a join that had no match for them.
//!
//! The counters are exact at any time. The events come at once for the first loss of a link, and
//! then at most four times a second with what was lost meanwhile; what a graph lost in the last
//! moment before it stopped stands in the counters alone.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::engine::Shared;
use crate::compiler::LinkKey;
use crate::link_channel::LinkCounts;
use crate::link_channel::link::LinkShared;
use crate::pubsub::EventKind;
use crate::pubsub::events::LinkEvent;

/// The time from one event of a link to the next.
const PAUSE: Duration = Duration::from_millis(250);

/// The links that lost frames.
#[derive(Debug, Default)]
pub(super) struct Losses {
    links: BTreeMap<LinkKey, Told>,
}

/// What events have told of a link.
#[derive(Debug, Default)]
struct Told {
    live_overrun: u64,
    unmatched: u64,
    /// Not before this there is another event; `None` while there is nothing to tell.
    due: Option<Instant>,
    /// When there was one last.
    last: Option<Instant>,
}

impl Losses {
    /// Publishes what was told; says when there is more to publish.
    pub(super) fn look(&mut self, shared: &Shared) -> Option<Duration> {
        let now = Instant::now();
        let view = shared.view.load();
        while let Some(key) = shared.env.losses.take() {
            let told = self.links.entry(key).or_default();
            told.due = Some(told.last.map_or(now, |last| last + PAUSE));
        }
        if shared.env.losses.take_missed() {
            for key in view.links.keys() {
                self.links.entry(*key).or_default().due = Some(now);
            }
        }
        if self.links.is_empty() {
            return None;
        }
        self.links.retain(|key, told| {
            let Some(link) = view.links.get(key) else { return false };
            if told.due.is_some_and(|due| due <= now) {
                told.publish(shared, link);
            }
            true
        });
        let next = self.links.values().filter_map(|told| told.due).min();
        next.map(|due| due.saturating_duration_since(now))
    }
}

impl Told {
    fn publish(&mut self, shared: &Shared, link: &LinkShared) {
        link.forget_loss();
        let LinkCounts { live_overrun, unmatched, .. } = link.counters.read();
        let publish = |event| {
            let link = link.key.link;
            shared.env.publish(EventKind::Link { link, event });
        };
        // Counters begin anew with another run of the graph.
        match live_overrun.saturating_sub(self.live_overrun) {
            0 => {}
            lost => publish(LinkEvent::LiveOverrun { lost }),
        }
        match unmatched.saturating_sub(self.unmatched) {
            0 => {}
            dropped => publish(LinkEvent::Unmatched { dropped }),
        }
        (self.live_overrun, self.unmatched) = (live_overrun, unmatched);
        (self.due, self.last) = (None, Some(Instant::now()));
    }
}
