//! The port tables of the harness.

use std::cell::{RefCell, RefMut};
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr::from_ref;

use streamlib_abi::call::HostTable;
use streamlib_abi::handle::heap_block;
use streamlib_abi::port::{InputPort, InputTable, LaneState, OutputPort, OutputTable};
use streamlib_abi::{BlockRef, RawFrame, Status};

use super::{HarnessHost, HarnessInput, HarnessOutput, status_for};

static INPUT_TABLE: InputTable =
    InputTable { size: size_of::<InputTable>() as u32, reserved: 0, lanes, read, unread, state };

static OUTPUT_TABLE: OutputTable = OutputTable {
    size: size_of::<OutputTable>() as u32,
    reserved: 0,
    loan,
    send,
    room,
    announce_format,
    gap,
    next_epoch,
    skip,
    copied,
};

pub(super) const HOST_TABLE: HostTable = HostTable {
    size: size_of::<HostTable>() as u32,
    reserved: 0,
    now_ns,
    monotonic_ns,
    wait_until,
    interrupted,
};

/// The port that leads to `input`, which keeps its address and is reached through shared
/// references only.
pub(super) fn input_port(input: &RefCell<HarnessInput>) -> InputPort {
    InputPort { table: &raw const INPUT_TABLE, port: from_ref(input).cast_mut().cast() }
}

/// The port that leads to `output`, which keeps its address and is reached through shared
/// references only.
pub(super) fn output_port(output: &RefCell<HarnessOutput>) -> OutputPort {
    OutputPort { table: &raw const OUTPUT_TABLE, port: from_ref(output).cast_mut().cast() }
}

/// # Safety
/// `port` is what `input_port` gave out, and nobody borrows the input now.
unsafe fn input<'a>(port: *mut c_void) -> RefMut<'a, HarnessInput> {
    // SAFETY: by the caller; the element keeps its address while the harness lives.
    unsafe { &*port.cast::<RefCell<HarnessInput>>() }.borrow_mut()
}

/// # Safety
/// `port` is what `output_port` gave out, and nobody borrows the output now.
unsafe fn output<'a>(port: *mut c_void) -> RefMut<'a, HarnessOutput> {
    // SAFETY: by the caller; the element keeps its address while the harness lives.
    unsafe { &*port.cast::<RefCell<HarnessOutput>>() }.borrow_mut()
}

unsafe extern "C" fn lanes(port: *mut c_void) -> u32 {
    // SAFETY: called through a bound port, during a call of the processor.
    unsafe { input(port) }.lanes.len() as u32
}

unsafe extern "C" fn read(
    port: *mut c_void,
    lane: u32,
    frame: *mut MaybeUninit<RawFrame>,
) -> Status {
    // SAFETY: as in `lanes`.
    let mut input = unsafe { input(port) };
    match input.lanes.get_mut(lane as usize).and_then(|lane| lane.current.take()) {
        Some(raw) => {
            // SAFETY: by contract `frame` is a place for one frame.
            unsafe { &mut *frame }.write(raw);
            Status::OK
        }
        None => Status::EMPTY,
    }
}

unsafe extern "C" fn unread(port: *mut c_void, lane: u32, frame: *mut RawFrame) -> Status {
    // SAFETY: as in `lanes`.
    let mut input = unsafe { input(port) };
    match input.lanes.get_mut(lane as usize) {
        Some(lane) if lane.current.is_none() => {
            // SAFETY: by contract the frame moves on `OK`, and the caller forgets it.
            lane.current = Some(unsafe { frame.read() });
            Status::OK
        }
        _ => Status::INVALID,
    }
}

unsafe extern "C" fn state(port: *mut c_void, lane: u32, state: *mut LaneState) -> Status {
    // SAFETY: as in `lanes`.
    let input = unsafe { input(port) };
    let Some(lane) = input.lanes.get(lane as usize) else { return Status::INVALID };
    let ended = lane.ended && lane.queue.is_empty() && lane.current.is_none();
    // SAFETY: by contract `state` is a place for one state.
    let state = unsafe { &mut *state };
    state.linked = 1;
    state.ended = ended.into();
    state.end_cause = ended.into();
    Status::OK
}

unsafe extern "C" fn loan(
    _port: *mut c_void,
    bytes: u64,
    block: *mut MaybeUninit<BlockRef>,
) -> Status {
    let Ok(bytes) = usize::try_from(bytes) else { return Status::OVER_BUDGET };
    // SAFETY: by contract `block` is a place for one handle.
    unsafe { &mut *block }.write(heap_block(bytes));
    Status::OK
}

unsafe extern "C" fn send(port: *mut c_void, frame: *mut RawFrame) -> Status {
    // SAFETY: as in `lanes`.
    let mut output = unsafe { output(port) };
    let status = status_for(output.room);
    if !status.is_ok() {
        return status;
    }
    // SAFETY: by contract `frame` points to a frame, which stays the caller's on failure.
    let timestamp_ns = unsafe { &*frame }.envelope.timestamp_ns;
    if output.last_timestamp_ns.is_some_and(|last| timestamp_ns < last) {
        return Status::TIME_WENT_BACK;
    }
    // SAFETY: by contract the frame moves on `OK`, and the caller forgets it.
    let mut raw = unsafe { frame.read() };
    raw.envelope.sequence = output.sequence;
    raw.envelope.epoch = output.epoch;
    output.sequence += 1;
    output.last_timestamp_ns = Some(timestamp_ns);
    output.room = output.room.map(|room| room - 1);
    output.sent.push_back(raw);
    Status::OK
}

unsafe extern "C" fn room(port: *mut c_void) -> u32 {
    // SAFETY: as in `lanes`.
    unsafe { output(port) }.room.unwrap_or(u32::MAX)
}

unsafe extern "C" fn announce_format(
    port: *mut c_void,
    json: *const u8,
    json_length: usize,
    format_id: *mut u32,
) -> Status {
    // SAFETY: as in `lanes`.
    let mut output = unsafe { output(port) };
    // SAFETY: by contract `json` has `json_length` readable bytes.
    let json = unsafe { std::slice::from_raw_parts(json, json_length) };
    let Ok(json) = std::str::from_utf8(json) else { return Status::INVALID };
    output.formats.push(json.to_owned());
    // SAFETY: by contract `format_id` is a place for one number.
    unsafe { *format_id = output.formats.len() as u32 };
    Status::OK
}

unsafe extern "C" fn gap(port: *mut c_void, until_ns: i64) -> Status {
    // SAFETY: as in `lanes`.
    unsafe { output(port) }.gap_until_ns = Some(until_ns);
    Status::OK
}

unsafe extern "C" fn next_epoch(port: *mut c_void, epoch: *mut u32) -> Status {
    // SAFETY: as in `lanes`.
    let mut output = unsafe { output(port) };
    output.epoch += 1;
    output.last_timestamp_ns = None;
    // SAFETY: by contract `epoch` is a place for one number.
    unsafe { *epoch = output.epoch };
    Status::OK
}

unsafe extern "C" fn skip(port: *mut c_void) -> Status {
    // SAFETY: as in `lanes`.
    unsafe { output(port) }.sequence += 1;
    Status::OK
}

unsafe extern "C" fn copied(port: *mut c_void, bytes: u64, _reason: u32) {
    // SAFETY: as in `lanes`.
    unsafe { output(port) }.copied_bytes += bytes;
}

/// # Safety
/// `host` is what the harness wrote into the state of the present call.
unsafe fn host<'a>(host: *mut c_void) -> &'a mut HarnessHost {
    // SAFETY: by the caller; during a call nobody else uses the host.
    unsafe { &mut *host.cast() }
}

unsafe extern "C" fn now_ns(context: *mut c_void) -> i64 {
    // SAFETY: called during a call, with its context.
    unsafe { host(context) }.now_ns
}

unsafe extern "C" fn monotonic_ns(context: *mut c_void) -> u64 {
    // SAFETY: as in `now_ns`.
    u64::try_from(unsafe { host(context) }.now_ns).unwrap_or(0)
}

/// Waiting moves the clock; as everywhere, only what declares that it blocks may wait.
unsafe extern "C" fn wait_until(context: *mut c_void, until_ns: i64) -> Status {
    // SAFETY: as in `now_ns`.
    let host = unsafe { host(context) };
    if !host.may_wait {
        return Status::INVALID;
    }
    host.now_ns = host.now_ns.max(until_ns);
    Status::OK
}

unsafe extern "C" fn interrupted(_context: *mut c_void) -> u32 {
    0
}
