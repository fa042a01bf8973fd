//! One look at one processor: is it ready, and if so, one call.
//!
//! Nothing here waits. An error or a panic ends the processor and nothing else; what comes in for
//! a processor that has ended is discarded, counted.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, Release};
use std::time::Duration;

use streamlib_abi::Status;
use streamlib_abi::call::{CallState, HostTable, Requests};
use streamlib_abi::port::EndCause;
use streamlib_processor::Error;
use streamlib_schema::ProcessExecution;

use super::cell::{Body, Phase, ProcessorCell};
use super::env::ProcessorEnd;
use super::hop::hop;
use super::relay::{arm, disarm};
use super::stats::SAMPLE_EVERY;
use super::strand::Strand;
use super::watch::CallWatch;
use super::work_list::WorkList;
use crate::link_channel::input::{InputCell, Lane};
use crate::link_channel::output::{OutputCell, lay_down_for_good};
use crate::link_channel::trigger::{choose, tell_stalls};
use crate::pubsub::events::{ProcessorEvent, ProcessorState};

/// What came of a look at a processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// It was called.
    Ran,
    /// It was not; whatever makes it ready wakes it.
    NotReady,
}

/// Which method a call is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Process,
    EndOfStream,
}

/// Looks at the processor at position `index` of `strand`, and calls it if it is ready.
///
/// # Safety
/// The caller owns the strand.
pub(crate) unsafe fn step(
    strand: &Arc<Strand>,
    cell: &Arc<ProcessorCell>,
    index: u32,
    watch: &CallWatch,
) -> Step {
    // SAFETY: the strand is owned, and no method of the processor is running.
    unsafe { disarm(cell) };
    // SAFETY: the strand is owned.
    if let Some(step) = unsafe { hop(strand, cell, index, watch) } {
        return step;
    }
    // SAFETY: the strand is owned, and no method of the processor is running.
    let body = unsafe { cell.body() };
    match body.phase {
        Phase::Created | Phase::AwaitingRestart => return Step::NotReady,
        Phase::Ended => {
            discard_input(cell);
            return Step::NotReady;
        }
        Phase::Ending(_) | Phase::Running if is_paused(cell, body) => return Step::NotReady,
        Phase::Ending(cause) => return end(strand, cell, body, cause, watch),
        Phase::Running => {}
    }
    // SAFETY: the strand is owned; the list is not used elsewhere during the look.
    let due = unsafe { is_due(strand, cell, body, &mut *strand.work_list()) };
    if !due {
        let Some(cause) = inputs_ended(cell, body) else { return rest(cell, body) };
        body.phase = Phase::Ending(cause);
        cell.set_state(ProcessorState::Ending);
        return end(strand, cell, body, cause, watch);
    }
    // SAFETY: the strand is owned, and no method of the processor is running.
    if !unsafe { cell.outputs() }.iter().all(|output| output.has_room()) {
        return rest(cell, body);
    }
    use_turn(cell, body);
    if cell.is_on_boundary() {
        // Beneath the consumers that this call makes ready, which go first.
        // SAFETY: as above.
        unsafe { (*strand.work_list()).push(index) };
    }
    match call(cell, body, Method::Process, strand, watch) {
        Ok(requests) => {
            after_process(strand, cell, body, index, requests);
            // SAFETY: the strand is owned, and the call is over.
            unsafe { arm(cell, watch) };
        }
        Err(failure) => fail(cell, body, failure),
    }
    Step::Ran
}

/// The processor is not ready: producers that wait for its input are told of the room there is.
fn rest(cell: &ProcessorCell, body: &Body) -> Step {
    // SAFETY: the caller owns the strand, and no method of the processor is running.
    let inputs = unsafe { cell.inputs() };
    let mut lanes = 0;
    for lane in inputs.iter_mut().flat_map(|input| &mut input.lanes) {
        lanes += 1;
        if let Some(link) = &mut lane.link {
            link.rest();
        }
    }
    if lanes > 1 {
        tell_stalls(body.rule, inputs, &cell.env);
    }
    Step::NotReady
}

fn is_paused(cell: &ProcessorCell, body: &Body) -> bool {
    body.paused || cell.env.paused.load(Relaxed)
}

/// True if the processor is to be called, given room.
unsafe fn is_due(
    strand: &Arc<Strand>,
    cell: &ProcessorCell,
    body: &mut Body,
    work: &mut WorkList,
) -> bool {
    let env = &cell.env;
    if let Some(at_ns) = body.wake_at_ns {
        if env.clock.now_ns() < at_ns {
            env.timer.arm(strand, at_ns);
            return false;
        }
        body.wake_at_ns = None;
        body.again = true;
    }
    let monotonic_ns = || env.clock.monotonic_ns();
    match body.execution {
        ProcessExecution::Reactive => {
            // SAFETY: the caller owns the strand.
            let inputs = unsafe { cell.inputs() };
            choose(body.rule, inputs, work, monotonic_ns) || body.again
        }
        ProcessExecution::Continuous { interval_ms } => {
            // SAFETY: the caller owns the strand.
            let inputs = unsafe { cell.inputs() };
            if !inputs.is_empty() {
                choose(body.rule, inputs, work, monotonic_ns);
            }
            if interval_ms == 0 || body.again {
                return true;
            }
            if env.clock.now_ns() < body.next_due_ns {
                env.timer.arm(strand, body.next_due_ns);
                return false;
            }
            true
        }
        ProcessExecution::Manual => {
            if body.manual_calls == 0 {
                return false;
            }
            // SAFETY: the caller owns the strand.
            choose(body.rule, unsafe { cell.inputs() }, work, monotonic_ns);
            true
        }
    }
}

/// The call that was due is made now. One for which there was no room stays due.
fn use_turn(cell: &ProcessorCell, body: &mut Body) {
    match body.execution {
        ProcessExecution::Reactive | ProcessExecution::Continuous { interval_ms: 0 } => {}
        // One that it asked for itself is beside those of its interval.
        ProcessExecution::Continuous { .. } if body.again => {}
        ProcessExecution::Continuous { interval_ms } => {
            let now_ns = cell.env.clock.now_ns();
            if now_ns >= body.next_due_ns {
                // The next one after now: a late call does not make the following ones come in a
                // burst, nor later than they would have.
                let interval_ns = i64::try_from(interval_ms.saturating_mul(1_000_000));
                let interval_ns = interval_ns.unwrap_or(i64::MAX);
                let late_ns = (now_ns - body.next_due_ns) % interval_ns;
                body.next_due_ns = now_ns.saturating_add(interval_ns - late_ns);
            }
        }
        ProcessExecution::Manual => body.manual_calls = body.manual_calls.saturating_sub(1),
    }
}

/// Why no input will come any more; `None` while some may. The gravest cause counts.
fn inputs_ended(cell: &ProcessorCell, body: &Body) -> Option<EndCause> {
    if body.again || matches!(body.execution, ProcessExecution::Continuous { .. }) {
        return None;
    }
    // SAFETY: the caller owns the strand.
    let inputs = unsafe { cell.inputs() };
    let mut lanes = inputs.iter().flat_map(|input| &input.lanes).filter(|lane| lane.is_linked());
    // A frame that the processor left is no reason to go on, unless it wants to be called later.
    let is_over = body.wake_at_ns.is_none();
    let cause =
        |lane: &Lane| lane.end_cause().or_else(|| lane.end_behind_parked().filter(|_| is_over));
    let first = cause(lanes.next()?)?;
    lanes.try_fold(first, |gravest, lane| Some(gravest.max(cause(lane)?)))
}

pub(crate) fn discard_input(cell: &ProcessorCell) {
    // SAFETY: the caller owns the strand, and no method of the processor is running.
    let inputs = unsafe { cell.inputs() };
    inputs.iter_mut().flat_map(|input| &mut input.lanes).for_each(|lane| lane.flush());
}

pub(super) fn after_process(
    strand: &Arc<Strand>,
    cell: &Arc<ProcessorCell>,
    body: &mut Body,
    index: u32,
    requests: Requests,
) {
    // A call that it asked for itself may be for what it held back: a frame that came meanwhile and
    // was left is still a reason for the next call.
    let asked_for = std::mem::replace(&mut body.again, requests.contains(Requests::AGAIN));
    let mut waits = false;
    let on_boundary = cell.is_on_boundary();
    // SAFETY: the strand is owned, and the call is over.
    for input in unsafe { cell.inputs() } {
        for lane in &mut input.lanes {
            lane.parked = lane.offered && lane.front.is_some() && !asked_for;
            waits = waits || !on_boundary && lane.has_waiting();
        }
    }
    if requests.contains(Requests::FINISH) {
        if cell.restarts_always.load(Relaxed) {
            return await_restart(cell, body, ProcessorState::Ended);
        }
        return close_outputs(cell, body, EndCause::Finished, None);
    }
    if body.again || waits || asked_for {
        // SAFETY: the strand is owned, and the call is over.
        unsafe { (*strand.work_list()).push(index) };
    }
}

/// The inputs have ended: `end_of_stream` until it has no more to give, then the outputs end.
fn end(
    strand: &Arc<Strand>,
    cell: &Arc<ProcessorCell>,
    body: &mut Body,
    cause: EndCause,
    watch: &CallWatch,
) -> Step {
    if let Some(at_ns) = body.wake_at_ns {
        if cell.env.clock.now_ns() < at_ns {
            cell.env.timer.arm(strand, at_ns);
            return Step::NotReady;
        }
        body.wake_at_ns = None;
    }
    // SAFETY: the strand is owned, and no method of the processor is running.
    if !unsafe { cell.outputs() }.iter().all(|output| output.has_room()) {
        return Step::NotReady;
    }
    match call(cell, body, Method::EndOfStream, strand, watch) {
        Ok(requests) if requests.contains(Requests::AGAIN) => cell.wake(),
        Ok(requests) if requests.contains(Requests::WAKE_AT) => cell.wake(),
        Ok(_) => close_outputs(cell, body, cause, None),
        Err(failure) => fail(cell, body, failure),
    }
    Step::Ran
}

/// Ends the outputs. What still comes in is discarded from now on.
pub(crate) fn close_outputs(
    cell: &ProcessorCell,
    body: &mut Body,
    cause: EndCause,
    message: Option<String>,
) {
    if body.phase == Phase::Ended {
        return;
    }
    body.phase = Phase::Ended;
    body.again = false;
    let failed = cause == EndCause::Failed && message.is_some();
    cell.set_state(if failed { ProcessorState::Error } else { ProcessorState::Ended });
    discard_input(cell);
    // SAFETY: the caller owns the strand, and no method of the processor is running.
    unsafe { cell.outputs() }.iter_mut().for_each(|output| output.end(cause));
    for output in &cell.descriptor.outputs {
        cell.publish(ProcessorEvent::EndOfStream { port: output.name.clone(), cause });
    }
    let active = cell.set_counted_active(false);
    cell.env.ends.ended(ProcessorEnd { processor: cell.id.clone(), cause, message }, active);
}

/// Why a call failed.
pub(super) struct Failure {
    error: Error,
    panicked: bool,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, panicked: false }
    }
}

/// The processor cannot go on.
#[cold]
pub(super) fn fail(cell: &Arc<ProcessorCell>, body: &mut Body, failure: Failure) {
    let message = holds_too_many(cell).unwrap_or_else(|| failure.error.to_string());
    cell.stats.errors.add(1);
    cell.set_failure(Some(message.clone()));
    let event =
        ProcessorEvent::ProcessorFailed { message: message.clone(), panicked: failure.panicked };
    cell.publish(event);
    if cell.restarts.load(Relaxed) {
        return await_restart(cell, body, ProcessorState::Error);
    }
    close_outputs(cell, body, EndCause::Failed, Some(message));
}

/// A new instance is to come: the outputs stay open.
#[cold]
fn await_restart(cell: &ProcessorCell, body: &mut Body, state: ProcessorState) {
    body.phase = Phase::AwaitingRestart;
    body.again = false;
    cell.set_state(state);
    cell.awaits_restart.store(true, Release);
    cell.env.supervisor.ring();
}

/// What to say of a processor that was refused a frame because it holds more than it declared.
fn holds_too_many(cell: &ProcessorCell) -> Option<String> {
    // SAFETY: the caller owns the strand, and no method of the processor is running.
    let inputs = unsafe { cell.inputs() };
    inputs.iter().find_map(|input| {
        let held = input.lanes.iter().find_map(|lane| lane.refused)?;
        Some(format!(
            "`{}` is refused another frame of its input `{}`: it declares that it holds {} of them \
             between two calls, and holds {held}; raise `holds` of the port or let frames go earlier",
            cell.id, input.name, input.holds
        ))
    })
}

/// Calls `pause` or `resume`; a processor that panics in it has failed.
pub(crate) fn tell_paused(cell: &Arc<ProcessorCell>, body: &mut Body, paused: bool) {
    let Some(instance) = &mut body.instance else { return };
    let tell = AssertUnwindSafe(|| if paused { instance.pause() } else { instance.resume() });
    if let Err(panic) = catch_unwind(tell) {
        fail(cell, body, Failure { error: panicked(panic.as_ref()), panicked: true });
    }
}

/// Calls a method, guarded, after telling the processor about new formats.
fn call(
    cell: &Arc<ProcessorCell>,
    body: &mut Body,
    method: Method,
    strand: &Strand,
    watch: &CallWatch,
) -> Result<Requests, Failure> {
    // SAFETY: the strand is owned, and no method of the processor is running.
    unsafe { cell.outputs() }.iter_mut().for_each(OutputCell::begin_call);
    if method == Method::Process {
        tell_formats(cell, body)?;
    }
    let Some(instance) = &mut body.instance else {
        return Err(Error::new("the processor has no instance").into());
    };
    let mut state = state_of_call(Arc::as_ptr(cell));
    let number = cell.stats.calls.get();
    let sampled = watch.every_call || number.is_multiple_of(SAMPLE_EVERY);
    let measured = sampled || body.pace.wants(number);
    let start_ns = if measured { watch.start_ns(|| cell.env.clock.monotonic_ns()) } else { 0 };
    let taken_ns = if sampled && cell.is_observed() { chosen_ns(cell) } else { None };
    if body.pace.is_long() {
        strand.home.share();
    }
    watch.begin(cell);
    let guarded = AssertUnwindSafe(|| match method {
        Method::Process => instance.process(&mut state),
        Method::EndOfStream => instance.end_of_stream(&mut state),
    });
    let result = catch_unwind(guarded);
    watch.end();
    if !matches!(result, Ok(Ok(()))) || !state.requests.is_empty() {
        // What is done now comes after the frame.
        lay_down_for_good(strand.work_list());
    }
    // SAFETY: the strand is owned, and the call is over.
    unsafe {
        cell.outputs().iter_mut().for_each(OutputCell::end_call);
        cell.inputs().iter_mut().for_each(InputCell::end_call);
    }
    came_back(cell);
    if measured {
        let now_ns = cell.env.clock.monotonic_ns();
        watch.ended(now_ns);
        let duration_ns = now_ns.saturating_sub(start_ns);
        body.pace.record(duration_ns);
        if sampled {
            cell.stats.record(duration_ns);
        }
        if sampled && cell.is_observed() {
            tell_processed(cell, method, taken_ns, duration_ns);
        }
    }
    cell.stats.calls.add(1);
    outcome(result, &state, body)
}

/// What a call of `cell` is told.
#[inline]
pub(super) fn state_of_call(cell: *const ProcessorCell) -> CallState {
    CallState {
        size: size_of::<CallState>() as u32,
        requests: Requests::NONE,
        wake_at_ns: 0,
        host: &raw const HOST_TABLE,
        host_context: cell.cast_mut().cast(),
    }
}

/// A call has returned.
#[inline(always)]
pub(super) fn came_back(cell: &ProcessorCell) {
    if cell.state() == ProcessorState::Stuck {
        // The watchdog gave it up, and it came back.
        cell.change_state(ProcessorState::Stuck, ProcessorState::Running);
    }
}

/// What the processor asked for in its call, or why that failed.
pub(super) fn outcome(
    result: std::thread::Result<Result<(), Error>>,
    state: &CallState,
    body: &mut Body,
) -> Result<Requests, Failure> {
    match result {
        Ok(result) => result?,
        Err(panic) => {
            return Err(Failure { error: panicked(panic.as_ref()), panicked: true });
        }
    }
    if state.requests.contains(Requests::WAKE_AT) {
        body.wake_at_ns = Some(state.wake_at_ns);
    }
    Ok(state.requests)
}

/// The timestamp of the first frame that was chosen for the call.
#[cold]
fn chosen_ns(cell: &ProcessorCell) -> Option<i64> {
    // SAFETY: the strand is owned, and no method of the processor is running.
    let inputs = unsafe { cell.inputs() };
    let chosen = inputs.iter().flat_map(|input| &input.lanes).find(|lane| lane.chosen)?;
    let frame = chosen.sampled.as_ref().or(chosen.front.as_ref())?;
    Some(frame.envelope.timestamp_ns)
}

/// Tells the observers of a measured call, by the frame that it took or, of a source, sent.
#[cold]
fn tell_processed(cell: &ProcessorCell, method: Method, taken_ns: Option<i64>, duration_ns: u64) {
    // SAFETY: the strand is owned, and the call is over.
    let outputs = unsafe { cell.outputs() };
    let sent = outputs.iter().filter(|output| output.sent_in_call > 0);
    let sent_ns = sent.map(|output| output.last_timestamp_ns()).max();
    let timestamp_ns = taken_ns.or(sent_ns).filter(|_| method == Method::Process);
    if let Some(timestamp_ns) = timestamp_ns {
        let latency = Duration::from_nanos(duration_ns);
        cell.publish(ProcessorEvent::FrameProcessed { timestamp_ns, latency });
    }
}

pub(crate) fn panicked(panic: &(dyn std::any::Any + Send)) -> Error {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    Error::new(format!("the processor panicked: {text}"))
}

/// Tells the processor the format of each chosen frame that differs from the one before.
#[inline]
fn tell_formats(cell: &Arc<ProcessorCell>, body: &mut Body) -> Result<(), Error> {
    // SAFETY: the strand is owned, and no method of the processor is running.
    for input in unsafe { cell.inputs() } {
        for (number, lane) in input.lanes.iter_mut().enumerate() {
            lane.begin_call();
            let Some(frame) = lane.sampled.as_ref().or(lane.front.as_ref()) else { continue };
            let format_id = frame.envelope.format_id;
            if lane.chosen && format_id != 0 && format_id != lane.format_id {
                lane.format_id = format_id;
                tell_format(cell, body, &input.name, number as u32, format_id)?;
            }
        }
    }
    Ok(())
}

#[cold]
fn tell_format(
    cell: &ProcessorCell,
    body: &mut Body,
    port: &str,
    lane: u32,
    format_id: u32,
) -> Result<(), Error> {
    let Some(format) = cell.env.formats.format(format_id) else {
        return Err(Error::new(format!(
            "input `{port}` got the unknown format number {format_id}"
        )));
    };
    let takes = cell.descriptor.input(port).is_none_or(|input| input.formats.contains(&format));
    if !takes {
        let wanted = cell.descriptor.input(port).map(|input| input.formats.to_string());
        return Err(Error::new(format!(
            "input `{port}` got {format}, but takes {}",
            wanted.unwrap_or_default()
        )));
    }
    let Some(instance) = &mut body.instance else { return Ok(()) };
    let guarded = AssertUnwindSafe(|| instance.format_changed(port, lane, &format));
    catch_unwind(guarded).unwrap_or_else(|panic| Err(panicked(panic.as_ref())))
}

static HOST_TABLE: HostTable = HostTable {
    size: size_of::<HostTable>() as u32,
    reserved: 0,
    now_ns,
    monotonic_ns,
    wait_until,
    interrupted,
};

/// # Safety
/// `host` is the context that `call` handed out, during that call.
unsafe fn host<'a>(host: *mut c_void) -> &'a ProcessorCell {
    // SAFETY: by the caller; the cell outlives the call.
    unsafe { &*host.cast::<ProcessorCell>() }
}

unsafe extern "C" fn now_ns(context: *mut c_void) -> i64 {
    // SAFETY: called during a call.
    unsafe { host(context) }.env.clock.now_ns()
}

unsafe extern "C" fn monotonic_ns(context: *mut c_void) -> u64 {
    // SAFETY: called during a call.
    unsafe { host(context) }.env.clock.monotonic_ns()
}

unsafe extern "C" fn wait_until(context: *mut c_void, until_ns: i64) -> Status {
    // SAFETY: called during a call.
    let cell = unsafe { host(context) };
    match cell.strand() {
        Some(strand) if cell.descriptor.needs.blocking => {
            strand.home.sleep_until(cell, &strand, until_ns)
        }
        _ => Status::INVALID,
    }
}

unsafe extern "C" fn interrupted(context: *mut c_void) -> u32 {
    // SAFETY: called during a call.
    is_interrupted(unsafe { host(context) }).into()
}

/// True if the processor is to come back from its call soon.
pub(crate) fn is_interrupted(cell: &ProcessorCell) -> bool {
    cell.env.cut.load(Relaxed)
        || cell.env.paused.load(Relaxed)
        || cell.strand().is_none_or(|strand| strand.is_wanted())
}
