//! An input port as the engine holds it: its lanes, what was chosen for the present call, and the
//! table behind the processor's view.
//!
//! Everything here belongs to whoever holds the processor's RUN bit.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::sync::Arc;

use streamlib_abi::port::{EndCause, InputPort, InputTable, LaneState};
use streamlib_abi::{EnvelopeFlags, RawFrame, Status};

use super::link::LinkReceiver;
use crate::execution::WorkList;

/// One lane of an input.
#[derive(Debug, Default)]
pub(crate) struct Lane {
    /// The link, if one is connected.
    pub(crate) link: Option<LinkReceiver>,
    /// The link that was connected before an edit: what it still brings comes first.
    pub(crate) before: Option<LinkReceiver>,
    /// Where an inline producer stands in the strand.
    pub(crate) producer_index: u32,
    /// The frame at the front: taken from the link, not yet given.
    pub(crate) front: Option<RawFrame>,
    /// True if the trigger chose the front frame for this call.
    pub(crate) chosen: bool,
    /// True if the frame was read in this call.
    pub(crate) was_read: bool,
    /// The frame given last, for lanes that are sampled beside a primary one.
    pub(crate) sampled: Option<RawFrame>,
    /// Format of the frame given last.
    pub(crate) format_id: u32,
    /// True if the front frame came over the link that was connected before, and is counted there.
    from_before: bool,
    /// The sequence number that would follow without a hole.
    next_sequence: Option<u64>,
    /// Frames that this lane did not get.
    missed: u64,
}

/// An input port.
#[derive(Debug)]
pub(crate) struct InputCell {
    pub(crate) name: Arc<str>,
    pub(crate) lanes: Vec<Lane>,
}

impl Lane {
    /// Takes the next frame that counts from the link to the front. True if there is one.
    #[inline]
    pub(crate) fn fill(&mut self, work: &mut WorkList, monotonic_ns: impl Fn() -> u64) -> bool {
        if self.front.is_some() {
            return true;
        }
        if self.before.is_some() && self.fill_from_before() {
            return true;
        }
        let Some(link) = &mut self.link else { return false };
        while let Some(frame) = link.take() {
            if link.shared.is_inline() {
                link.shared.inline_made_room(self.producer_index, work);
            }
            let counters = &link.shared.counters.consumer;
            let envelope = &frame.envelope;
            if envelope.epoch < link.shared.least_epoch.load(std::sync::atomic::Ordering::Relaxed) {
                counters.flushed.add(1);
                continue;
            }
            if let Some(max_age) = link.shared.plan.max_age
                && let Some(captured) = envelope.capture_time_ns()
                && u128::from(monotonic_ns().saturating_sub(captured)) > max_age.as_nanos()
            {
                counters.too_old.add(1);
                continue;
            }
            self.put_front(frame);
            return true;
        }
        false
    }

    /// Takes the next frame from the link that was connected before. False if that waits; once it
    /// has ended it is dropped, and the present link is next.
    #[cold]
    fn fill_from_before(&mut self) -> bool {
        let Some(before) = &mut self.before else { return false };
        let ended = before.shared.end_cause().is_some();
        match before.take() {
            Some(frame) => {
                before.shared.counters.consumer.delivered.add(1);
                // It is counted where it was sent; the present link did not bring it.
                self.from_before = true;
                self.put_front(frame);
                true
            }
            None if ended => {
                self.before = None;
                self.next_sequence = None;
                false
            }
            None => false,
        }
    }

    #[inline]
    fn put_front(&mut self, mut frame: RawFrame) {
        let sequence = frame.envelope.sequence;
        if let Some(expected) = self.next_sequence
            && sequence != expected
        {
            self.missed += sequence.saturating_sub(expected);
            let flags = frame.envelope.flags.with(EnvelopeFlags::DISCONTINUITY);
            frame.envelope.flags = flags;
        }
        self.next_sequence = Some(sequence + 1);
        self.front = Some(frame);
    }

    /// True if a link is connected that is no feedback.
    pub(crate) fn is_linked(&self) -> bool {
        self.link.as_ref().is_some_and(|link| !link.shared.plan.feedback)
    }

    /// Why no frame will come any more, once every frame was taken.
    #[inline]
    pub(crate) fn end_cause(&self) -> Option<EndCause> {
        let link = self.link.as_ref()?;
        // The end is read before the queue: what was sent before it is then visible.
        let cause = link.shared.end_cause()?;
        let empty = self.front.is_none() && self.before.is_none() && link.len() == 0;
        empty.then_some(cause)
    }

    /// Discards what waits, counted as flushed.
    pub(crate) fn flush(&mut self) {
        self.sampled = None;
        self.drop_front(|counters| counters.flushed.add(1));
        if let Some(mut before) = self.before.take() {
            before.flush();
        }
        if let Some(link) = &mut self.link {
            link.flush();
        }
    }

    /// Drops the front frame for a reason that `count` counts.
    pub(crate) fn drop_front(
        &mut self,
        count: impl FnOnce(&super::counters::ConsumerCounters),
    ) -> Option<RawFrame> {
        let frame = self.front.take()?;
        self.count(count);
        Some(frame)
    }

    /// Counts what becomes of the front frame, at the link that brought it.
    pub(crate) fn count(&mut self, count: impl FnOnce(&super::counters::ConsumerCounters)) {
        if !std::mem::take(&mut self.from_before)
            && let Some(link) = &self.link
        {
            count(&link.shared.counters.consumer);
        }
    }

    /// Puts another link, or none, in the place of the present one, and gives that back unless it
    /// still brings frames: those come first.
    pub(crate) fn reconnect(&mut self, link: Option<LinkReceiver>) -> Option<LinkReceiver> {
        let old = std::mem::replace(&mut self.link, link)?;
        if self.front.is_some() && !std::mem::replace(&mut self.from_before, true) {
            old.shared.counters.consumer.delivered.add(1);
        }
        let keeps = self.link.is_some() && self.before.is_none() && !old.shared.is_inline();
        if keeps {
            self.before = Some(old);
            return None;
        }
        Some(old)
    }
}

impl InputCell {
    /// The port at `cell`, for binding.
    pub(crate) fn port(cell: *mut Self) -> InputPort {
        InputPort { table: &raw const TABLE, port: cell.cast() }
    }
}

static TABLE: InputTable =
    InputTable { size: size_of::<InputTable>() as u32, reserved: 0, lanes, read, unread, state };

/// # Safety
/// `port` is what [`InputCell::port`] gave out, and the caller runs the processor.
unsafe fn cell<'a>(port: *mut c_void) -> &'a mut InputCell {
    // SAFETY: cells never move while their processor exists, and the holder of the RUN bit, who
    // alone calls the processor, uses no cell during the call.
    unsafe { &mut *port.cast() }
}

unsafe extern "C" fn lanes(port: *mut c_void) -> u32 {
    // SAFETY: called through a bound port, during a call of the processor.
    unsafe { cell(port) }.lanes.len() as u32
}

unsafe extern "C" fn read(
    port: *mut c_void,
    lane: u32,
    frame: *mut MaybeUninit<RawFrame>,
) -> Status {
    // SAFETY: as in `lanes`.
    let Some(lane) = (unsafe { cell(port) }).lanes.get_mut(lane as usize) else {
        return Status::EMPTY;
    };
    if !lane.chosen {
        return Status::EMPTY;
    }
    lane.chosen = false;
    // A lane beside a primary one gives its newest frame, again and again, and keeps a later one
    // at its front; it was counted when it became the newest.
    let given = match lane.sampled.clone() {
        Some(sampled) => sampled,
        None => match lane.front.take() {
            Some(front) => {
                lane.count(|counters| counters.delivered.add(1));
                front
            }
            None => return Status::EMPTY,
        },
    };
    lane.was_read = true;
    // SAFETY: by contract `frame` is a place for one frame.
    unsafe { &mut *frame }.write(given);
    Status::OK
}

unsafe extern "C" fn unread(port: *mut c_void, lane: u32, frame: *mut RawFrame) -> Status {
    // SAFETY: as in `lanes`.
    let Some(lane) = (unsafe { cell(port) }).lanes.get_mut(lane as usize) else {
        return Status::INVALID;
    };
    if !lane.was_read || lane.front.is_some() {
        return Status::INVALID;
    }
    if let Some(link) = &lane.link {
        link.shared.counters.consumer.delivered.take_back_one();
    }
    // SAFETY: by contract the frame moves on `OK`, and the caller forgets it.
    lane.front = Some(unsafe { frame.read() });
    lane.was_read = false;
    Status::OK
}

unsafe extern "C" fn state(port: *mut c_void, lane: u32, state: *mut LaneState) -> Status {
    // SAFETY: as in `lanes`.
    let Some(lane) = (unsafe { cell(port) }).lanes.get_mut(lane as usize) else {
        return Status::INVALID;
    };
    // SAFETY: by contract `state` is a place for one state.
    let state = unsafe { &mut *state };
    state.linked = lane.link.is_some().into();
    state.end_cause = lane.end_cause().map_or(0, EndCause::number);
    state.ended = (state.end_cause != 0).into();
    state.gap_until_ns = lane.link.as_ref().map_or(i64::MIN, |link| link.shared.gap_until_ns());
    state.missed = lane.missed;
    Status::OK
}
