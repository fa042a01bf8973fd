//! Joins that starve: a link that is full while its join waits for another is made deeper, as the
//! step of a plan; at its budget the graph fails with the names of those that wait for each other.
//!
//! The frame path tells which link is full while its join starves. Mostly the other branch is only
//! slower. If instead everybody waits for each other, see [`Cycle`], the declared numbers of
//! frames that processors hold were wrong, and the link gets twice as deep.

use std::sync::atomic::Ordering::Release;
use std::time::{Duration, Instant};

use streamlib_abi::port::EndCause;

use super::engine::{Committing, Shared};
use super::view::View;
use super::waits::{self, Cycle};
use crate::compiler::phases::PinnedCall;
use crate::compiler::{Adaptation, LinkKey, adapt, plan};
use crate::error::Result;
use crate::graph::{GraphState, LinkOptions};
use crate::ids::LinkId;
use crate::link_channel::link::LinkShared;
use crate::pubsub::EventKind;
use crate::pubsub::events::{GraphEvent, LinkEvent};

/// How long until the second look at a link; each further one comes after twice the time.
const SOON: Duration = Duration::from_millis(1);
const LATE: Duration = Duration::from_millis(250);

/// Most links that are looked at at the same time; those beyond are told again.
const MOST: usize = 256;

/// The links that are full while their joins starve. As long as somebody goes on, looking at them
/// allocates nothing.
#[derive(Debug)]
pub(super) struct Stalled {
    links: Vec<Suspect>,
}

#[derive(Debug)]
struct Suspect {
    key: LinkKey,
    pause: Duration,
    due: Instant,
    /// Frames that were sent and delivered before the last look.
    seen: Option<(u64, u64)>,
    /// What the last look found.
    cycle: Option<Cycle>,
}

impl Default for Stalled {
    fn default() -> Self {
        Self { links: Vec::with_capacity(MOST) }
    }
}

/// What became of a link that was to grow.
enum Growth {
    Done,
    /// Somebody commits: later.
    Busy,
    /// It may not grow any more.
    AtBudget,
}

impl Stalled {
    /// Looks at what was told; says when to look again.
    pub(super) fn look(&mut self, shared: &Shared) -> Option<Duration> {
        let now = Instant::now();
        let view = shared.view.load();
        while let Some(key) = shared.env.stalls.take() {
            self.note(key, now, &view);
        }
        if shared.env.stalls.take_missed() {
            view.links.keys().for_each(|key| self.note(*key, now, &view));
        }
        if self.links.is_empty() || view.state != GraphState::Running {
            return (!self.links.is_empty()).then_some(LATE);
        }
        self.links.retain_mut(|suspect| {
            let Some(link) = view.links.get(&suspect.key) else { return false };
            suspect.due > now || suspect.look(shared, &view, link)
        });
        let next = self.links.iter().map(|suspect| suspect.due).min();
        next.map(|due| due.saturating_duration_since(Instant::now()))
    }

    fn note(&mut self, key: LinkKey, now: Instant, view: &View) {
        if self.links.iter().any(|suspect| suspect.key == key) {
            return;
        }
        if self.links.len() < MOST {
            self.links.push(Suspect { key, pause: SOON, due: now, seen: None, cycle: None });
        } else if let Some(link) = view.links.get(&key) {
            link.forget_stalled();
        }
    }
}

impl Suspect {
    /// False if there is no need to look at the link again before it is told anew.
    fn look(&mut self, shared: &Shared, view: &View, link: &LinkShared) -> bool {
        if !is_full(link) {
            link.forget_stalled();
            // Its consumer may have seen it full once more, and not told it again.
            return is_full(link);
        }
        let counts = link.counters.read();
        let seen = Some((counts.sent, counts.delivered));
        let is_still = std::mem::replace(&mut self.seen, seen) == seen;
        let found = match is_still && !waits::goes_on(view, link) {
            true => Cycle::of(view, link),
            false => None,
        };
        let is_sure = matches!((&self.cycle, &found), (Some(old), Some(new)) if old.is_same(new));
        self.cycle = found;
        self.due = Instant::now() + self.pause;
        self.pause = (self.pause * 2).min(LATE);
        let Some(cycle) = self.cycle.as_ref().filter(|_| is_sure) else { return true };
        let full = cycle.full_link().unwrap_or(link.key).link;
        match shared.grow(full) {
            Ok(Growth::Done) => {
                link.forget_stalled();
                false
            }
            Ok(Growth::Busy) => true,
            Ok(Growth::AtBudget) => {
                shared.fail_with(view, cycle, link, "at its budget");
                false
            }
            Err(error) => {
                shared.fail_with(view, cycle, link, &format!("not to be made deeper: {error}"));
                false
            }
        }
    }
}

fn is_full(link: &LinkShared) -> bool {
    link.end_cause().is_none() && link.counters.read().in_flight >= u64::from(link.full_at)
}

impl Shared {
    /// Makes a link of the graph twice as deep, if nobody commits and its budget allows it.
    fn grow(&self, link: LinkId) -> Result<Growth> {
        let Some(mut committing) = self.committing.try_lock()? else { return Ok(Growth::Busy) };
        let key = LinkKey { link, part: 0 };
        let Some(shared) = committing.installation.links.get(&key).cloned() else {
            return Ok(Growth::Busy);
        };
        let from = shared.full_at;
        let to = from.saturating_mul(2).min(self.most_frames(&shared));
        if to <= from {
            return Ok(Growth::AtBudget);
        }
        self.adapt(&mut committing, Adaptation::Deepen(link, to), None)?;
        shared.counters.grown.add(1);
        drop(committing);
        let event = LinkEvent::LinkGrown { from, to };
        self.env.publish(EventKind::Link { link, event });
        Ok(Growth::Done)
    }

    /// How many frames a link may hold by its own budget and that of the graph.
    fn most_frames(&self, link: &LinkShared) -> u32 {
        let counts = link.counters.read();
        let frame_bytes = counts.bytes.div_ceil(counts.sent.max(1)).max(1);
        let budget = &self.env.budget;
        let left = budget.limit_bytes().saturating_sub(budget.used_bytes()) / frame_bytes;
        let by_graph = u64::from(link.full_at).saturating_add(left);
        let most = by_graph.min(self.settings.link_budget_bytes / frame_bytes);
        u32::try_from(most).unwrap_or(u32::MAX).min(LinkOptions::DEPTH_MAX)
    }

    /// Puts a blueprint of the same graph into force that is adapted to what happened, where a
    /// strand of which a call is pinned may be taken apart.
    pub(super) fn adapt(
        &self,
        committing: &mut Committing,
        adaptation: Adaptation,
        pinned: Option<PinnedCall<'_>>,
    ) -> Result<()> {
        let snapshot = committing.graph.snapshot().clone();
        let after = adapt(&committing.declared, adaptation, &*self.scheduler, &self.factory)?;
        let plan = plan(&committing.declared, &after, &super::lifecycle::whole(&snapshot));
        self.carry_out_around(committing, &plan, after.clone(), &snapshot, pinned)?;
        committing.declared = after;
        self.publish_view(committing);
        Ok(())
    }

    /// The graph cannot go on: the join fails by name, and everything stops.
    fn fail_with(&self, view: &View, cycle: &Cycle, link: &LinkShared, why: &str) {
        let waits: Vec<_> = cycle.waits.iter().map(ToString::to_string).collect();
        let frames = link.counters.read().in_flight;
        let message = format!(
            "the graph stands still, for its processors wait for each other: {}; the link to `{}` \
             holds {frames} frames and is {why}; declare how many frames each processor holds \
             (`holds`), or allow more bytes",
            waits.join(", "),
            link.plan.target.0,
        );
        let (cycle, join) = (cycle.processors(), &link.plan.target.0);
        let event = GraphEvent::WatchdogDeadlock { cycle, message: message.clone() };
        self.env.publish(EventKind::Graph { event });
        if let Some(cell) = view.cells.get(join) {
            cell.set_failure(Some(message.clone()));
        }
        // It waits, so it comes at once; should it be removed meanwhile, there is nothing to fail.
        drop(self.with_open(join, |mut open| open.close(EndCause::Failed, Some(message))));
        self.stop.requested.store(true, Release);
        self.env.ends.poke();
    }
}
