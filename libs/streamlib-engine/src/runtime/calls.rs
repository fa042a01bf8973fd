//! Calls that take long: what they hold up is taken off them.
//!
//! A look that finds a call going on is followed by another one soon. A call that both find is
//! long, unless its thread only waits for a core. What its worker kept for itself goes to others, and so do those that run in the same
//! strand: a processor that runs inline in its producer leaves it, while it is called or, should
//! the call just have ended, afterwards. One that others run inline in keeps them until it is
//! stuck. A call over its limit is stuck: that is told, and nobody waits for its links any more.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::engine::Shared;
use super::view::View;
use crate::compiler::Adaptation;
use crate::compiler::phases::PinnedCall;
use crate::error::Error;
use crate::execution::ProcessorCell;
use crate::execution::home::Home;
use crate::execution::watch::{CallWatch, SeenCall};
use crate::graph::GraphState;
use crate::ids::ProcessorId;
use crate::pubsub::EventKind;
use crate::pubsub::events::{ProcessorEvent, ProcessorState, RuntimeEvent};

/// How long a call may hold up what waits for its thread.
pub(super) const HELD_UP: Duration = Duration::from_millis(10);
/// Most workers that are added because others are held up.
const MOST_WORKERS: usize = 64;

/// Looks at the calls of all threads.
#[derive(Debug)]
pub(super) struct Calls {
    /// Since when calls are looked at that an earlier look found; `None` if none was.
    looking_since: Option<Instant>,
    /// Those that the present look found to be long. Kept, so that a look allocates nothing.
    long: Vec<LongCall>,
}

impl Default for Calls {
    fn default() -> Self {
        Self { looking_since: None, long: Vec::with_capacity(2 * MOST_WORKERS) }
    }
}

/// A call that is long.
#[derive(Debug)]
struct LongCall {
    watch: Arc<CallWatch>,
    seen: SeenCall,
    cell: Arc<ProcessorCell>,
    /// True if a worker of the pool makes it.
    is_pooled: bool,
}

/// What a look found.
struct Found<'a> {
    /// True if a call is going on that may become a long one.
    any: bool,
    long: &'a mut Vec<LongCall>,
    workers: usize,
    held_up: usize,
}

impl Calls {
    /// Looks at the calls under way; says when to look again.
    pub(super) fn look(&mut self, shared: &Shared) -> Option<Duration> {
        let view = shared.view.load();
        let is_short = shared.pool.is_short_of_workers();
        let found = Found { any: false, long: &mut self.long, workers: 0, held_up: 0 };
        let Found { any, workers, held_up, .. } = found.look(shared, &view);
        for call in self.long.drain(..) {
            if call.is_pooled {
                shared.pool.share_of(&call.watch, call.seen.number);
            }
            let is_done = match call.is_alone(&view) {
                true => call.seen.reported,
                false => shared.set_apart(&call),
            };
            if is_done {
                call.note_apart();
            }
        }
        if is_short && workers == held_up && (1..MOST_WORKERS).contains(&workers) {
            // If it cannot be had, the strands wait for the workers that there are.
            drop(shared.pool.add_worker());
        }
        let now = Instant::now();
        let since = *self.looking_since.get_or_insert(now);
        if !any || now - since >= HELD_UP {
            // Threads that are always in some call are no reason to look more often.
            self.looking_since = None;
        }
        let soon = self.looking_since.is_some() || shared.pool.is_short_of_workers();
        soon.then_some(HELD_UP)
    }
}

impl Found<'_> {
    fn look(mut self, shared: &Shared, view: &View) -> Self {
        shared.pool.each_watch(|watch| {
            self.workers += 1;
            self.held_up += usize::from(self.look_at(view, watch, true));
        });
        self.look_at(view, &shared.env.main.watch, false);
        for cell in view.cells.values() {
            if let Some(strand) = cell.strand()
                && let Home::Thread(thread) = &strand.home
            {
                self.look_at(view, &thread.watch, false);
            }
        }
        self
    }

    /// Notes the call that a thread is in, and reports it if it is over its limit. True if it is
    /// long.
    fn look_at(&mut self, view: &View, watch: &Arc<CallWatch>, is_pooled: bool) -> bool {
        let now = Instant::now();
        let mut seen = watch.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((number, current)) = watch.present() else {
            *seen = None;
            return false;
        };
        self.any = true;
        let first = || {
            let ran_ns = watch.activity().map(|activity| activity.ran_ns);
            SeenCall { number, since: now, ran_ns, reported: false, is_apart: false }
        };
        let known = seen.filter(|call| call.number == number);
        let call = seen.insert(known.unwrap_or_else(first));
        let elapsed = now - call.since;
        if elapsed < HELD_UP || waits_for_a_core(watch, call) {
            return false;
        }
        // A call that is long and was dealt with is as it was, until it is stuck.
        if call.is_apart && call.reported && !is_pooled {
            return true;
        }
        let cell = view.cells.values().find(|cell| std::ptr::eq(Arc::as_ptr(cell), current));
        if let Some(cell) = cell {
            report_stuck(view, cell, call, elapsed);
            let (watch, cell) = (Arc::clone(watch), Arc::clone(cell));
            self.long.push(LongCall { watch, seen: *call, cell, is_pooled });
        }
        true
    }
}

/// True if a call only seems long because others have the cores: its thread could run, and hardly
/// did since the call was seen first.
fn waits_for_a_core(watch: &CallWatch, call: &SeenCall) -> bool {
    let (Some(activity), Some(before_ns)) = (watch.activity(), call.ran_ns) else { return false };
    let ran = Duration::from_nanos(activity.ran_ns.saturating_sub(before_ns));
    !activity.sleeps && ran < HELD_UP
}

/// Reports a call that is over its limit, once.
fn report_stuck(view: &View, cell: &ProcessorCell, call: &mut SeenCall, elapsed: Duration) {
    let node = view.snapshot.processor(&cell.id);
    let limit = node.and_then(|node| node.call_limit);
    let limit = limit.unwrap_or(cell.descriptor.needs.call_limit);
    if elapsed <= limit || call.reported || cell.descriptor.needs.blocking {
        return;
    }
    call.reported = true;
    cell.change_state(ProcessorState::Running, ProcessorState::Stuck);
    cell.armed.disarm_from_outside();
    cell.publish(ProcessorEvent::ProcessorStuck { elapsed, limit });
    // Who waits for it waits no longer.
    let links = view.links.values().filter(|link| link.plan.target.0 == cell.id);
    links.for_each(|link| link.consumer_is_stuck());
}

impl LongCall {
    /// True if there is nobody to be taken off it, or not before it is stuck.
    fn is_alone(&self, view: &View) -> bool {
        let Some(strand) = self.cell.strand() else { return true };
        let Some(id) = self.leaves(view) else { return true };
        let is_inline = view.blueprint.processors.get(id).is_some_and(|plan| plan.strand != *id);
        let goes = is_inline || self.seen.reported;
        self.seen.is_apart
            || view.state != GraphState::Running
            || strand.members().len() < 2
            || self.cell.descriptor.needs.blocking
            || !goes
            || view.blueprint.basis.is_apart(id)
    }

    /// Who leaves its strand: the processor that is called, or the one for which it converts.
    fn leaves<'a>(&'a self, view: &'a View) -> Option<&'a ProcessorId> {
        let plan = view.blueprint.processors.get(&self.cell.id)?;
        if !plan.is_converter {
            return Some(&self.cell.id);
        }
        let behind = plan.outputs.iter().flatten().next()?;
        view.blueprint.links.get(behind).map(|link| &link.target.0)
    }

    /// There is nobody more to be taken off it.
    fn note_apart(&self) {
        let mut seen = self.watch.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = seen.as_mut().filter(|seen| seen.number == self.seen.number) {
            seen.is_apart = true;
        }
    }
}

impl Shared {
    /// Gives a processor that is called a strand of its own. False if that has to wait for
    /// somebody's commit.
    fn set_apart(&self, call: &LongCall) -> bool {
        let Ok(Some(mut committing)) = self.committing.try_lock() else { return false };
        let present = committing.installation.cells.get(&call.cell.id);
        if !present.is_some_and(|cell| Arc::ptr_eq(cell, &call.cell)) {
            return true;
        }
        let view = self.view.load();
        let Some(leaves) = call.leaves(&view).cloned() else { return true };
        // If the call has just ended, its strand is held as any other.
        let pinned = call.watch.calls.pin(call.seen.number);
        let pinned = pinned.and_then(|pinned| PinnedCall::new(&call.cell, pinned));
        let adaptation = Adaptation::SetApart(leaves);
        match self.adapt(&mut committing, adaptation, pinned) {
            Ok(()) => true,
            // Somebody else is in a call.
            Err(Error::Busy { .. }) => false,
            Err(error) => {
                let id = &call.cell.id;
                let message =
                    format!("`{id}` holds up those it runs with, and cannot leave: {error}");
                let event = RuntimeEvent::RetireProblem { message };
                self.env.publish(EventKind::Runtime { event });
                true
            }
        }
    }
}
