//! One look at one processor in the common case, in few steps: one lane, short calls, nothing asked
//! for, nobody observes. What is not so common is left to `step`, which starts anew: until the call nothing
//! is done here that `step` would not do again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::cell::{Body, ProcessorCell};
use super::relay::arm;
use super::stats::SAMPLE_EVERY;
use super::step::{Step, after_process, came_back, fail, outcome, state_of_call};
use super::strand::Strand;
use super::watch::CallWatch;
use crate::link_channel::input::InputCell;
use crate::link_channel::output::{OutputCell, lay_down_for_good};

/// Calls the processor at position `index` of `strand` if it is ready and this is the common case.
///
/// # Safety
/// The caller owns the strand.
#[inline]
pub(super) unsafe fn hop(
    strand: &Arc<Strand>,
    cell: &Arc<ProcessorCell>,
    index: u32,
    watch: &CallWatch,
) -> Option<Step> {
    // SAFETY: the strand is owned, and no method of the processor is running.
    let (body, inputs, outputs) = unsafe { (cell.body(), cell.inputs(), cell.outputs()) };
    if !body.is_plain() || cell.is_observed() || cell.env.paused.load(Relaxed) {
        return None;
    }
    let [input] = inputs else { return None };
    let [lane] = input.lanes.as_mut_slice() else { return None };
    // SAFETY: the strand is owned; the list is not used elsewhere during the look.
    let work = unsafe { &mut *strand.work_list() };
    if !lane.fill_plainly(work, || cell.env.clock.monotonic_ns()) {
        return None;
    }
    for output in &*outputs {
        if !output.has_room() {
            return None;
        }
    }
    let on_boundary = cell.is_on_boundary();
    if on_boundary {
        // Beneath the consumers that this call makes ready, which go first.
        work.push(index);
    }
    lane.chosen = true;
    lane.begin_call();
    outputs.iter_mut().for_each(OutputCell::begin_call);
    let instance = body.instance.as_mut()?;
    let number = cell.stats.calls.get();
    let sampled = watch.every_call || number.is_multiple_of(SAMPLE_EVERY);
    let measured = sampled || body.pace.wants(number);
    let start_ns = if measured { watch.start_ns(|| cell.env.clock.monotonic_ns()) } else { 0 };
    let mut state = state_of_call(Arc::as_ptr(cell));
    watch.begin(cell);
    let result = catch_unwind(AssertUnwindSafe(|| instance.process(&mut state)));
    watch.end();
    // SAFETY: the strand is owned, and the call is over.
    unsafe {
        cell.outputs().iter_mut().for_each(OutputCell::end_call);
        cell.inputs().iter_mut().for_each(InputCell::end_call);
    }
    came_back(cell);
    if measured {
        record(cell, body, watch, sampled, start_ns);
    }
    cell.stats.calls.add(1);
    if !matches!(result, Ok(Ok(()))) || !state.requests.is_empty() {
        // What is done now comes after the frame.
        lay_down_for_good(strand.work_list());
        match outcome(result, &state, body) {
            Ok(requests) => after_process(strand, cell, body, index, requests),
            Err(failure) => fail(cell, body, failure),
        }
        return Some(Step::Ran);
    }
    // SAFETY: the strand is owned, and the call is over.
    let Some(lane) = unsafe { cell.inputs() }.first_mut().and_then(|input| input.lanes.first_mut())
    else {
        return Some(Step::Ran);
    };
    lane.parked = lane.front.is_some();
    if !on_boundary && lane.has_waiting() {
        // SAFETY: the strand is owned, and the call is over.
        unsafe { (*strand.work_list()).push(index) };
    }
    // SAFETY: as above.
    unsafe { arm(cell, watch) };
    Some(Step::Ran)
}

/// The call that began at `start_ns` is over.
fn record(cell: &ProcessorCell, body: &mut Body, watch: &CallWatch, sampled: bool, start_ns: u64) {
    let now_ns = cell.env.clock.monotonic_ns();
    watch.ended(now_ns);
    let duration_ns = now_ns.saturating_sub(start_ns);
    body.pace.record(duration_ns);
    if sampled {
        cell.stats.record(duration_ns);
    }
}
