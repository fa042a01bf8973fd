//! Who waits for whom: cycles in which every processor waits for the next, so that none goes on.
//!
//! Read from outside, while the graph runs: a processor counts as waiting only if its strand is at
//! rest, which nothing inside a cycle of waits can change. What is read may be of different
//! moments, so a cycle is believed once two looks at it agree, see [`Cycle::is_same`].

use std::collections::VecDeque;
use std::fmt::{Display, Formatter};

use streamlib_schema::{ProcessExecution, Trigger};

use super::view::View;
use crate::compiler::{LinkKey, ProcessorPlan};
use crate::ids::ProcessorId;
use crate::link_channel::link::LinkShared;
use crate::maps::{HashMap, HashSet};
use crate::pubsub::events::ProcessorState;

/// What a processor waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    /// Room in a link from one of its outputs.
    Room(LinkKey),
    /// A frame of a link to one of its inputs.
    Frame(LinkKey),
}

/// What all is needed of what a processor waits for.
#[derive(Debug, Default)]
struct Wants {
    list: Vec<Want>,
    /// True if any of them is enough.
    any_will_do: bool,
}

/// One processor of a cycle, with the port at which it waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) processor: ProcessorId,
    pub(super) port: String,
    want: Want,
    /// For whom.
    pub(super) other: ProcessorId,
}

/// Processors of which each waits for the next, and the last for the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cycle {
    pub(super) waits: Vec<Wait>,
    /// Calls of all of them together: a cycle in which somebody was called meanwhile is none.
    calls: u64,
}

impl Display for Wait {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let what = match self.want {
            Want::Room(_) => "room for a frame to",
            Want::Frame(_) => "a frame from",
        };
        write!(f, "`{}` waits at `{}` for {what} `{}`", self.processor, self.port, self.other)
    }
}

impl Cycle {
    /// The cycle of waits that holds `link` up; `None` if what it waits for may still come.
    pub(super) fn of(view: &View, link: &LinkShared) -> Option<Self> {
        let start = &link.plan.target.0;
        let known = explore(view, start);
        let free = free(view, &known);
        if free.contains(start) {
            return None;
        }
        let (mut path, mut places) = (Vec::new(), HashMap::default());
        let mut at = start.clone();
        loop {
            if let Some(&first) = places.get(&at) {
                path.drain(..first);
                break;
            }
            places.insert(at.clone(), path.len());
            let wants = known.get(&at)?.as_ref()?;
            let next = |want: &&Want| target(view, **want).is_some_and(|id| !free.contains(id));
            let want = *wants.list.iter().find(next)?;
            let other = target(view, want)?.clone();
            let port = port(view, &at, want)?;
            path.push(Wait { processor: at, port, want, other: other.clone() });
            at = other;
        }
        let calls =
            |wait: &Wait| view.cells.get(&wait.processor).map(|cell| cell.stats.calls.get());
        let calls = path.iter().filter_map(calls).sum();
        Some(Self { waits: path, calls })
    }

    /// True if it is the same cycle and nobody in it was called since.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self == other
    }

    /// The full link before the join that starves: the one that has to hold more frames.
    pub(super) fn full_link(&self) -> Option<LinkKey> {
        let next = self.waits.iter().cycle().skip(1);
        self.waits.iter().zip(next).find_map(|(wait, next)| match (wait.want, next.want) {
            (Want::Room(key), Want::Frame(_)) => Some(key),
            _ => None,
        })
    }

    /// The processors, in their order.
    pub(super) fn processors(&self) -> Vec<ProcessorId> {
        self.waits.iter().map(|wait| wait.processor.clone()).collect()
    }
}

/// Most processors that are looked at before everything is.
const SHORT: usize = 1000;

/// True if it shows at the first of those who are waited for that somebody goes on. The full search
/// is for when it does not; this one allocates nothing.
pub(super) fn goes_on(view: &View, link: &LinkShared) -> bool {
    let start = &link.plan.target.0;
    let mut at = start;
    for _ in 0..SHORT {
        let (Some(plan), Some(cell)) = (view.blueprint.processors.get(at), view.cells.get(at))
        else {
            return true;
        };
        if !cell.strand().is_some_and(|strand| strand.is_at_rest()) {
            return true;
        }
        let outputs = plan.outputs.iter().flatten().filter_map(|key| view.links.get(key));
        let mut full = outputs.filter(|link| link.holds_producer() && link.is_waited_for());
        let next = match full.next() {
            Some(link) => &link.plan.target.0,
            None => match starving(view, plan).next() {
                Some(key) => match view.links.get(&key) {
                    Some(link) => &link.plan.source.0,
                    None => return true,
                },
                None => return true,
            },
        };
        if next == start {
            return false;
        }
        at = next;
    }
    false
}

/// What everybody waits for that `start` waits for in turn; `None` for those who may go on.
fn explore(view: &View, start: &ProcessorId) -> HashMap<ProcessorId, Option<Wants>> {
    let mut known = HashMap::default();
    let mut next = VecDeque::from([start.clone()]);
    while let Some(id) = next.pop_front() {
        if known.contains_key(&id) {
            continue;
        }
        let wants = wants(view, &id);
        let list = wants.iter().flat_map(|wants| &wants.list);
        next.extend(list.filter_map(|want| target(view, *want)).cloned());
        known.insert(id, wants);
    }
    known
}

/// Those of `known` that may go on, by themselves or once others did.
fn free(view: &View, known: &HashMap<ProcessorId, Option<Wants>>) -> HashSet<ProcessorId> {
    let mut free = HashSet::default();
    loop {
        let before = free.len();
        for (id, wants) in known {
            let is_free = |want: &Want| target(view, *want).is_none_or(|id| free.contains(id));
            let goes_on = match wants {
                None => true,
                Some(wants) if wants.any_will_do => wants.list.iter().any(is_free),
                Some(wants) => wants.list.iter().all(is_free),
            };
            if goes_on && !free.contains(id) {
                free.insert(id.clone());
            }
        }
        if free.len() == before {
            return free;
        }
    }
}

/// Who gives what is wanted.
fn target(view: &View, want: Want) -> Option<&ProcessorId> {
    match want {
        Want::Room(key) => view.links.get(&key).map(|link| &link.plan.target.0),
        Want::Frame(key) => view.links.get(&key).map(|link| &link.plan.source.0),
    }
}

fn port(view: &View, id: &ProcessorId, want: Want) -> Option<String> {
    let descriptor = &view.blueprint.processors.get(id)?.descriptor;
    match want {
        Want::Room(key) => {
            let index = view.links.get(&key)?.plan.source.1;
            Some(descriptor.outputs.get(index)?.name.clone())
        }
        Want::Frame(key) => {
            let (_, index, lane) = view.links.get(&key)?.plan.target;
            let input = descriptor.inputs.get(index)?;
            Some(if input.many { format!("{}[{lane}]", input.name) } else { input.name.clone() })
        }
    }
}

/// What a processor waits for; `None` if it runs, or waits for something else.
fn wants(view: &View, id: &ProcessorId) -> Option<Wants> {
    let (plan, cell) = (view.blueprint.processors.get(id)?, view.cells.get(id)?);
    let is_live = matches!(cell.state(), ProcessorState::Running | ProcessorState::Ending);
    if !is_live || !cell.strand()?.is_at_rest() {
        return None;
    }
    let links = |keys: &[LinkKey]| -> Vec<_> {
        keys.iter().filter_map(|key| view.links.get(key).cloned()).collect()
    };
    let outputs = plan.outputs.iter().flat_map(|keys| links(keys));
    let full = outputs.filter(|link| link.holds_producer() && link.is_waited_for());
    let room: Vec<_> = full.map(|link| Want::Room(link.key)).collect();
    if !room.is_empty() {
        return Some(Wants { list: room, any_will_do: false });
    }
    if plan.descriptor.execution != ProcessExecution::Reactive {
        return None;
    }
    let list: Vec<_> = starving(view, plan).map(Want::Frame).collect();
    let any_will_do = plan.descriptor.trigger == Trigger::Any;
    (!list.is_empty()).then_some(Wants { list, any_will_do })
}

/// The links without a frame for which a processor waits.
fn starving<'a>(view: &'a View, plan: &'a ProcessorPlan) -> impl Iterator<Item = LinkKey> + 'a {
    let inputs = plan.descriptor.inputs.iter().zip(&plan.inputs);
    let counts = inputs.filter(|(input, _)| match &plan.descriptor.trigger {
        Trigger::Primary(port) => input.name == **port,
        Trigger::Any | Trigger::Aligned { .. } => true,
    });
    let links = counts.flat_map(|(_, lanes)| lanes.iter().flatten());
    let starves = move |key: &&LinkKey| {
        view.links.get(*key).is_some_and(|link| {
            let is_open = !link.plan.feedback && link.end_cause().is_none();
            is_open && link.counters.read().in_flight == 0
        })
    };
    links.filter(starves).copied()
}
