//! Which frames make one call of a reactive processor.
//!
//! [`choose`] fills the lanes' fronts and marks those that belong to the call; `process` sees
//! exactly these. What a rule passes over is dropped here, counted with its reason.

use streamlib_abi::{EnvelopeFlags, RawFrame};
use streamlib_schema::Trigger;

use super::input::{InputCell, Lane};
use crate::execution::WorkList;
use crate::execution::env::GraphEnv;

/// The trigger with ports as positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TriggerRule {
    /// See [`Trigger::Any`].
    Any,
    /// See [`Trigger::Primary`].
    Primary(usize),
    /// See [`Trigger::Aligned`].
    Aligned(u64),
}

impl TriggerRule {
    /// The rule of a trigger that was checked against the inputs.
    pub(crate) fn new(trigger: &Trigger, inputs: &[InputCell]) -> Self {
        match trigger {
            Trigger::Any => Self::Any,
            Trigger::Primary(port) => {
                let index = inputs.iter().position(|input| *input.name == **port);
                Self::Primary(index.unwrap_or(0))
            }
            Trigger::Aligned { tolerance_ns } => Self::Aligned(*tolerance_ns),
        }
    }
}

/// The processor is not ready. If that is because a lane has no frame while another one is full,
/// whoever makes links deeper is told: the producer of the missing frame may be held up by the link
/// that is full.
pub(crate) fn tell_stalls(rule: TriggerRule, inputs: &[InputCell], env: &GraphEnv) {
    let starves = |lane: &Lane| {
        lane.front.is_none()
            && lane.is_linked()
            && lane.end_cause().is_none()
            && !lane.has_waiting()
    };
    let mut lanes = inputs.iter().flat_map(|input| &input.lanes);
    let starves = match rule {
        // Frames are taken as they come, but the processor may leave one.
        TriggerRule::Any => lanes.clone().any(|lane| lane.parked) && lanes.any(starves),
        TriggerRule::Primary(port) => inputs.get(port).is_some_and(|p| p.lanes.iter().any(starves)),
        TriggerRule::Aligned(_) => lanes.any(starves),
    };
    if !starves {
        return;
    }
    let links = inputs.iter().flat_map(|input| &input.lanes).filter_map(|lane| lane.link.as_ref());
    for link in links.filter(|link| link.holds_up()) {
        if link.shared.tell_stalled() {
            env.stalls.tell(link.shared.key);
            env.supervisor.ring();
        }
    }
}

/// Chooses the frames of the next call. True if there are any that the last call did not leave.
#[inline]
pub(crate) fn choose(
    rule: TriggerRule,
    inputs: &mut [InputCell],
    work: &mut WorkList,
    monotonic_ns: impl Fn() -> u64 + Copy,
) -> bool {
    unpark(inputs);
    match rule {
        TriggerRule::Any => choose_any(inputs, work, monotonic_ns),
        TriggerRule::Primary(port) => choose_primary(port, inputs, work, monotonic_ns),
        TriggerRule::Aligned(tolerance_ns) => {
            choose_aligned(tolerance_ns, inputs, work, monotonic_ns)
        }
    }
}

/// A frame that the last call left is a reason for a call once a signal came.
#[inline]
fn unpark(inputs: &mut [InputCell]) {
    let mut parked = false;
    for input in &*inputs {
        for lane in &input.lanes {
            parked |= lane.parked;
        }
    }
    if !parked {
        return;
    }
    let mut news = false;
    for lane in lanes(inputs) {
        news |= lane.take_signals();
    }
    if news {
        lanes(inputs).for_each(|lane| lane.parked = false);
    }
}

fn lanes(inputs: &mut [InputCell]) -> impl Iterator<Item = &mut Lane> {
    inputs.iter_mut().flat_map(|input| &mut input.lanes)
}

#[inline]
fn choose_any(
    inputs: &mut [InputCell],
    work: &mut WorkList,
    monotonic_ns: impl Fn() -> u64 + Copy,
) -> bool {
    let mut any = false;
    for input in inputs {
        for lane in &mut input.lanes {
            lane.chosen = lane.fill(work, monotonic_ns);
            // A link that closes a cycle gives its frame, but calls nobody.
            any |= lane.chosen && !lane.parked && lane.is_linked();
        }
    }
    any
}

fn choose_primary(
    port: usize,
    inputs: &mut [InputCell],
    work: &mut WorkList,
    monotonic_ns: impl Fn() -> u64 + Copy,
) -> bool {
    let Some(primary) = inputs.get_mut(port).and_then(|input| input.lanes.first_mut()) else {
        return false;
    };
    primary.chosen = primary.fill(work, monotonic_ns);
    let Some(at_ns) = primary.front.as_ref().map(timestamp) else {
        if primary.end_cause().is_some() {
            pass_over_others(port, inputs, work, monotonic_ns);
        }
        return false;
    };
    let mut fresh = !primary.parked;
    for (index, input) in inputs.iter_mut().enumerate() {
        if index == port {
            continue;
        }
        for lane in &mut input.lanes {
            // Of the frames at or before the time the newest is given. Which one that is shows
            // only when the next one is seen.
            while lane.fill(work, monotonic_ns) && lane.front.as_ref().map(timestamp) <= Some(at_ns)
            {
                lane.sample_front();
            }
            lane.count_sampled();
            // The front, if there is one, is of a later time: it stays for a later call.
            lane.chosen = lane.sampled.is_some();
            fresh |= lane.renewed;
        }
    }
    fresh
}

/// The primary lane has ended, so no call will want what the others still bring. It is dropped, or
/// they would never be empty: they would hold their producers up, and the processor would not end.
#[cold]
fn pass_over_others(
    port: usize,
    inputs: &mut [InputCell],
    work: &mut WorkList,
    monotonic_ns: impl Fn() -> u64 + Copy,
) {
    let others = inputs.iter_mut().enumerate().filter(|(index, _)| *index != port);
    for lane in others.flat_map(|(_, input)| &mut input.lanes) {
        while lane.fill(work, monotonic_ns) {
            lane.drop_front(|counters| counters.superseded.add(1));
        }
    }
}

/// One frame from every lane that has one within `tolerance_ns` of the earliest.
///
/// A frame that the other lanes have nothing for is unmatched, unless its sender's gap tells that
/// this is meant. The gap is told twice, as state of the link and by the frame behind it, so what
/// is given does not depend on whether that frame is there already.
fn choose_aligned(
    tolerance_ns: u64,
    inputs: &mut [InputCell],
    work: &mut WorkList,
    monotonic_ns: impl Fn() -> u64 + Copy,
) -> bool {
    let tolerance_ns = i64::try_from(tolerance_ns).unwrap_or(i64::MAX);
    loop {
        // The latest time of a frame that follows on from the one before it.
        let mut latest_ns = i64::MIN;
        let mut earliest_ns = None;
        for lane in lanes(inputs) {
            lane.fill(work, monotonic_ns);
            let Some(front) = &lane.front else { continue };
            let at_ns = timestamp(front);
            earliest_ns =
                Some(earliest_ns.map_or(at_ns, |earliest_ns: i64| earliest_ns.min(at_ns)));
            if !front.envelope.flags.contains(EnvelopeFlags::AFTER_GAP) {
                latest_ns = latest_ns.max(at_ns);
            }
        }
        let Some(earliest_ns) = earliest_ns else { return false };
        let from_ns = latest_ns.saturating_sub(tolerance_ns);
        if earliest_ns >= from_ns {
            return choose_from(earliest_ns, tolerance_ns, inputs);
        }
        for lane in lanes(inputs) {
            if lane.front.as_ref().is_some_and(|front| timestamp(front) < from_ns) {
                lane.drop_unmatched();
            }
        }
    }
}

/// Chooses what goes with the earliest frame, unless a lane may still bring something that does.
fn choose_from(earliest_ns: i64, tolerance_ns: i64, inputs: &mut [InputCell]) -> bool {
    let until_ns = earliest_ns.saturating_add(tolerance_ns);
    let mut latest_ns = earliest_ns;
    for lane in lanes(inputs) {
        let at_ns = lane.front.as_ref().map(timestamp).filter(|at_ns| *at_ns <= until_ns);
        lane.chosen = at_ns.is_some();
        latest_ns = latest_ns.max(at_ns.unwrap_or(i64::MIN));
    }
    let until_ns = latest_ns.saturating_add(tolerance_ns);
    let is_held = lanes(inputs).any(|lane| lane.front.is_none() && holds_join(lane, until_ns));
    let mut fresh = false;
    for lane in lanes(inputs) {
        lane.chosen &= !is_held;
        fresh |= lane.chosen && !lane.parked;
    }
    fresh
}

/// True if a lane without a frame may still give one for this join.
fn holds_join(lane: &Lane, until_ns: i64) -> bool {
    let Some(link) = &lane.link else { return false };
    if link.shared.plan.feedback {
        return false;
    }
    // Signals first, then the queue: what was sent before a signal is visible after it.
    let ended = lane.end_cause().is_some();
    let gap = link.shared.gap_until_ns() > until_ns && link.len() == 0;
    !ended && !gap
}

fn timestamp(frame: &RawFrame) -> i64 {
    frame.envelope.timestamp_ns
}
