//! A frame that goes from hand to hand: the common case of a strand, in few steps.
//!
//! What a processor sends on its one inline link is its consumer's next, so it need not go through
//! the link's queue: it lies in the [`Hand`] of the strand, and the consumer is called with it at
//! once. That is so for a processor that is *armed*: one input with one lane, nothing waits, nothing
//! is held, nothing was asked for, nobody observes. Whatever makes it different disarms it: the
//! owner by itself, anyone else by [`Armed::disarm_from_outside`]. One that is not armed is
//! looked at by `step`, which arms it again.
//!
//! Every counter counts as it would for a frame that waited in the queue. A measured call is none of
//! this: `step` makes it.
//!
//! [`Hand`]: super::work_list::Hand
//! [`Armed::disarm_from_outside`]: super::armed::Armed::disarm_from_outside

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use streamlib_abi::call::CallState;
use streamlib_processor::{DynProcessor, Error};

use super::cell::ProcessorCell;
use super::pace::FIRST_CALLS;
use super::stats::SAMPLE_EVERY;
use super::step::{after_process, came_back, fail, outcome, state_of_call};
use super::strand::Strand;
use super::watch::CallWatch;
use super::work_list::NOBODY;
use crate::link_channel::input::InputCell;
use crate::link_channel::output::{OutputCell, lay_down_for_good};

/// From how many members on a strand is larger than the nearest caches.
const LONG_CHAIN: usize = 1_500;
/// Bytes that are brought closer together.
const LINE: usize = 64;

/// What a call needs whose frame comes by hand. Of use while the processor is armed; belongs to the
/// holder of the strand's RUN bit.
#[derive(Debug, Default)]
pub(crate) struct Relay {
    /// True from arming until [`disarm`], even if somebody else disarmed the processor.
    is_set: bool,
    input: Option<NonNull<InputCell>>,
    instance: Option<NonNull<dyn DynProcessor>>,
    output: Option<NonNull<OutputCell>>,
}

// SAFETY: the pointers are into the processor that this is a part of.
unsafe impl Send for Relay {}

/// Frames may come to the processor by hand from now on, if all about it is as usual. After a call
/// that asked for nothing.
///
/// # Safety
/// The caller owns the strand, and no method of the processor is running.
#[inline]
pub(super) unsafe fn arm(cell: &ProcessorCell, watch: &CallWatch) {
    if cell.is_on_boundary() || watch.every_call || cell.stats.calls.get() < FIRST_CALLS {
        return;
    }
    // SAFETY: by the caller.
    unsafe { arm_inner(cell) };
}

/// # Safety
/// As [`arm`].
unsafe fn arm_inner(cell: &ProcessorCell) {
    // SAFETY: by the caller.
    let (body, inputs, outputs) = unsafe { (cell.body(), cell.inputs(), cell.outputs()) };
    let goes_on = match outputs {
        [] => true,
        [output] => output.goes_by_hand(),
        _ => false,
    };
    let [input] = inputs else { return };
    if !goes_on || !body.is_plain() || !input.arm() {
        return;
    }
    let Some(instance) = &mut body.instance else { return };
    // SAFETY: by the caller; nothing else uses it now.
    let relay = unsafe { &mut *cell.relay() };
    *relay = Relay {
        is_set: true,
        input: Some(NonNull::from(&mut *input)),
        instance: Some(NonNull::from(&mut **instance)),
        output: outputs.first_mut().map(NonNull::from),
    };
    cell.armed
        .arm(|| cell.is_observed() || input.is_tapped() || outputs.iter().any(|o| o.is_tapped()));
}

/// The processor is as if all frames had come through queues. Before anything else than
/// [`pass_on`] looks at it.
///
/// # Safety
/// The caller owns the strand, and no method of the processor is running.
#[inline]
pub(super) unsafe fn disarm(cell: &ProcessorCell) {
    // SAFETY: by the caller.
    let relay = unsafe { &mut *cell.relay() };
    if relay.is_set {
        relay.is_set = false;
        cell.armed.disarm();
        // SAFETY: by the caller.
        unsafe { cell.inputs() }.iter_mut().for_each(InputCell::disarm);
    }
}

/// Why a frame does not go on by hand.
enum Stop {
    /// There is none, or `step` is to look at whom it goes to.
    Over,
    /// A call ended, and something is to be done after it.
    After(Result<(), Error>, CallState),
}

/// Calls one processor after the other with the frame in hand, until somebody keeps it, or is not
/// armed: then it is still in hand. Counts the calls in `calls`, and stops at `most`.
///
/// # Safety
/// The caller owns the strand.
pub(super) unsafe fn pass_on(strand: &Arc<Strand>, watch: &CallWatch, calls: &mut u32, most: u32) {
    let mut present = NOBODY;
    // One guard for all of them: who was being called when it came to a panic is known.
    let guarded = AssertUnwindSafe(|| {
        // SAFETY: by the caller.
        unsafe { pass_on_unguarded(strand, watch, calls, most, &mut present) }
    });
    let (result, state) = match catch_unwind(guarded) {
        Ok(Stop::Over) => return,
        Ok(Stop::After(result, state)) => (Ok(result), state),
        Err(panic) => {
            watch.end();
            (Err(panic), state_of_call(std::ptr::null()))
        }
    };
    if let Some(cell) = strand.members().get(present as usize) {
        // SAFETY: by the caller; the call is over.
        unsafe { after_call(strand, cell, present, result, &state) };
    }
}

/// # Safety
/// The caller owns the strand.
#[inline(always)]
unsafe fn pass_on_unguarded(
    strand: &Arc<Strand>,
    watch: &CallWatch,
    calls: &mut u32,
    most: u32,
    present: &mut u32,
) -> Stop {
    let (members, env) = (strand.members(), strand.env());
    let work = strand.work_list();
    let is_long = members.len() > LONG_CHAIN;
    let mut state = state_of_call(std::ptr::null());
    loop {
        // SAFETY: the strand is owned; between two calls nothing else uses the list.
        let hand = unsafe { &mut (*work).hand };
        let to = hand.to();
        let Some(cell) = members.get(to as usize) else { return Stop::Over };
        let number = cell.stats.calls.get();
        if !cell.armed.is_set() || number.is_multiple_of(SAMPLE_EVERY) || env.paused.load(Relaxed) {
            return Stop::Over;
        }
        // SAFETY: the strand is owned, and what an armed processor points to is there.
        let relay = unsafe { &*cell.relay() };
        let (Some(input), Some(instance)) = (relay.input, relay.instance) else {
            return Stop::Over;
        };
        let (input, instance) = (input.as_ptr(), instance.as_ptr());
        // SAFETY: as said; there is a frame in hand.
        if !unsafe { (*input).by_hand.offer(hand.place()) } {
            return Stop::Over;
        }
        hand.hand_over();
        *present = to;
        if is_long {
            // SAFETY: the strand is owned.
            unsafe { prefetch(members, to as usize) };
        }
        state.host_context = Arc::as_ptr(cell).cast_mut().cast();
        watch.begin(cell);
        // SAFETY: as said; nobody else uses the instance.
        let result = unsafe { (*instance).process(&mut state) };
        watch.end();
        cell.stats.calls.set(number + 1);
        *calls += 1;
        // SAFETY: the call is over.
        let (is_given, is_lent) =
            unsafe { ((*input).by_hand.is_given(), (*work).spares.is_lent()) };
        if result.is_err() | !state.requests.is_empty() | !is_given | is_lent | !cell.armed.is_set()
        {
            return Stop::After(result, state);
        }
        if *calls >= most || strand.is_wanted() {
            return Stop::Over;
        }
    }
}

/// Brings what the next members need closer, for a chain that goes on in their order: where they
/// are first, what they point to when that has arrived, and last what that points to. In a chain
/// that is larger than the caches nothing else decides how long a hop takes.
///
/// # Safety
/// The caller owns the strand.
#[inline(always)]
unsafe fn prefetch(members: &[Arc<ProcessorCell>], index: usize) {
    if let Some(cell) = members.get(index + 9) {
        prefetch_line(Arc::as_ptr(cell).cast());
    }
    if let Some(cell) = members.get(index + 6) {
        // SAFETY: by the caller.
        let relay = unsafe { &*cell.relay() };
        if let (Some(input), Some(instance)) = (relay.input, relay.instance) {
            prefetch_line(input.as_ptr().cast());
            let instance = instance.as_ptr().cast::<u8>();
            // Most processors take little more; ports are in front of their settings.
            (0..3).for_each(|line| prefetch_line(instance.wrapping_add(line * LINE)));
        }
        if let Some(output) = relay.output {
            prefetch_line(output.as_ptr().cast());
        }
    }
    if let Some(cell) = members.get(index + 3) {
        // SAFETY: by the caller; what a processor points to that was armed is there until it is
        // armed anew.
        let (input, output) = unsafe {
            let relay = &*cell.relay();
            (relay.input.map(|input| input.as_ref()), relay.output.map(|output| output.as_ref()))
        };
        if let Some(input) = input {
            prefetch_line(input.by_hand.hot_counters());
        }
        if let Some(output) = output {
            output.hot_counters().into_iter().for_each(prefetch_line);
        }
    }
}

/// Asks for the cache line at `address`, wherever that is: nothing is read.
#[inline(always)]
fn prefetch_line(address: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch reads nothing; the instruction is part of the base of the architecture.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

/// What is to be done after a call that was not as usual, or that changed something.
///
/// # Safety
/// The caller owns the strand, and no method of the processor is running.
#[cold]
unsafe fn after_call(
    strand: &Arc<Strand>,
    cell: &Arc<ProcessorCell>,
    index: u32,
    result: std::thread::Result<Result<(), Error>>,
    state: &CallState,
) {
    if result.is_err() {
        cell.stats.calls.add(1);
    }
    lay_down_for_good(strand.work_list());
    // SAFETY: by the caller.
    unsafe {
        cell.inputs().iter_mut().for_each(InputCell::keep_lent);
        disarm(cell);
    }
    came_back(cell);
    // SAFETY: by the caller.
    let body = unsafe { cell.body() };
    match outcome(result, state, body) {
        Ok(requests) => after_process(strand, cell, body, index, requests),
        Err(failure) => fail(cell, body, failure),
    }
}
