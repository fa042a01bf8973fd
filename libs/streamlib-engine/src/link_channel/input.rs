//! An input port as the engine holds it: its lanes, what was chosen for the present call, and the
//! table behind the processor's view.
//!
//! Everything here belongs to whoever holds the processor's RUN bit.

use std::collections::VecDeque;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::sync::Arc;

use streamlib_abi::port::{EndCause, InputPort, InputTable, LaneState};
use streamlib_abi::{EnvelopeFlags, RawFrame, Status};
use streamlib_schema::Delivery;

use super::by_hand::ByHand;
use super::counters::{ConsumerCounters, LinkCounters};
use super::lease::{self, Leases, Spares};
use super::link::LinkReceiver;
use crate::execution::WorkList;

/// A number that no frame has.
const NO_SEQUENCE: u64 = u64::MAX;

/// One lane of an input.
#[derive(Debug, Default)]
pub(crate) struct Lane {
    /// The link, if one is connected.
    pub(crate) link: Option<LinkReceiver>,
    /// The links that were connected before edits, the first one first: what they still bring comes
    /// before the frames of the present one.
    pub(crate) before: VecDeque<LinkReceiver>,
    /// Where an inline producer stands in the strand.
    pub(crate) producer_index: u32,
    /// The frame at the front: taken from the link, not yet given.
    pub(crate) front: Option<RawFrame>,
    /// True if the trigger chose the front frame for this call.
    pub(crate) chosen: bool,
    /// True if the trigger had chosen the front frame when this call began.
    pub(crate) offered: bool,
    /// True if the front frame was read in this call.
    pub(crate) was_read: bool,
    /// True if the last call left a frame at the front: it alone is no reason for another call.
    pub(crate) parked: bool,
    /// True if a newer frame was sampled beside a primary one since the last call.
    pub(crate) renewed: bool,
    /// True between the look that sampled a frame and the one that knows it to be the newest.
    uncounted_sample: bool,
    /// Where the sampled frame is counted if it came over a link that was connected before.
    sampled_at: Option<Arc<LinkCounters>>,
    /// The end and the gap that the last call could see.
    seen_signals: (bool, i64),
    /// The frame given last, for lanes that are sampled beside a primary one.
    pub(crate) sampled: Option<RawFrame>,
    /// Format of the frame given last.
    pub(crate) format_id: u32,
    /// Where the front frame, or the one that was read in this call, is counted if it came over a
    /// link that was connected before.
    counted_at: Option<Arc<LinkCounters>>,
    /// The sequence number that would follow without a hole.
    pub(super) next_sequence: Option<u64>,
    /// Frames that this lane did not get.
    missed: u64,
    /// What the processor was given and has not let go.
    pub(super) leases: Leases,
    /// How many frames the processor holds, if it was refused one in this call for that.
    pub(crate) refused: Option<u32>,
}

/// An input port. What a frame that comes by hand needs comes first, in one cache line.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct InputCell {
    /// What is needed of the one lane to take frames by hand.
    pub(crate) by_hand: ByHand,
    /// The work list of the strand; set with each regrouping, live as long as the strand.
    pub(crate) work: *mut WorkList,
    pub(crate) name: Arc<str>,
    pub(crate) lanes: Vec<Lane>,
    /// Frames of each lane that the processor declared to hold between two calls.
    pub(crate) holds: u32,
}

// SAFETY: the pointers are used by the holder of the strand's RUN bit only; the rest may move
// between threads.
unsafe impl Send for InputCell {}

impl Lane {
    /// Links that were connected before and may still bring frames; older ones are flushed.
    pub(crate) const MOST_BEFORE: usize = 64;

    /// Takes the next frame that counts from the link to the front. True if there is one.
    #[inline(always)]
    pub(crate) fn fill(&mut self, work: &mut WorkList, monotonic_ns: impl Fn() -> u64) -> bool {
        if self.front.is_some() {
            return true;
        }
        if !self.before.is_empty() && self.fill_from_before() {
            return true;
        }
        if !self.before.is_empty() {
            return false;
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
            if link.shared.has_max_age
                && let Some(max_age) = link.shared.plan.max_age
                && let Some(captured) = envelope.capture_time_ns()
                && u128::from(monotonic_ns().saturating_sub(captured)) > max_age.as_nanos()
            {
                counters.too_old.add(1);
                continue;
            }
            self.counted_at = None;
            self.put_front(frame);
            return true;
        }
        false
    }

    /// As [`Self::fill`], if all there is to the frame is that it is next: there is one link, the
    /// frame before was taken, and this one's format is the same.
    #[inline]
    pub(crate) fn fill_plainly(
        &mut self,
        work: &mut WorkList,
        monotonic_ns: impl Fn() -> u64,
    ) -> bool {
        if self.parked || !self.before.is_empty() || !self.is_linked() {
            return false;
        }
        self.fill(work, monotonic_ns)
            && self.front.as_ref().is_some_and(|frame| {
                let format_id = frame.envelope.format_id;
                format_id == 0 || format_id == self.format_id
            })
    }

    /// Takes the next frame from the links that were connected before. One that has ended and is
    /// empty is dropped, and the one behind it is next.
    #[cold]
    fn fill_from_before(&mut self) -> bool {
        while let Some(before) = self.before.front_mut() {
            // The end is read before the queue: what was sent before it is then visible.
            let ended = before.shared.end_cause().is_some();
            if let Some(frame) = before.take() {
                self.counted_at = Some(Arc::clone(&before.shared.counters));
                self.put_front(frame);
                return true;
            }
            if !ended {
                return false;
            }
            let gone = self.before.pop_front();
            let next = self.before.front().or(self.link.as_ref());
            if gone.map(|link| link.shared.key) != next.map(|link| link.shared.key) {
                self.next_sequence = None;
            }
        }
        false
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
        self.link.as_ref().is_some_and(|link| !link.shared.is_feedback)
    }

    /// Why no frame will come any more, once every frame was taken.
    #[inline]
    pub(crate) fn end_cause(&self) -> Option<EndCause> {
        let link = self.link.as_ref()?;
        // The end is read before the queue: what was sent before it is then visible.
        let cause = link.shared.end_cause()?;
        let empty = self.front.is_none() && self.before.is_empty() && link.len() == 0;
        empty.then_some(cause)
    }

    /// As [`Self::end_cause`], for a lane whose last frame the processor does not want.
    pub(crate) fn end_behind_parked(&self) -> Option<EndCause> {
        let link = self.link.as_ref().filter(|_| self.parked)?;
        let cause = link.shared.end_cause()?;
        (self.before.is_empty() && link.len() == 0).then_some(cause)
    }

    /// Discards what waits, counted as flushed.
    pub(crate) fn flush(&mut self) {
        self.sampled = None;
        self.drop_front(|counters| counters.flushed.add(1));
        self.before.drain(..).for_each(|mut before| before.flush());
        if let Some(link) = &mut self.link {
            link.flush();
        }
    }

    /// Drops the front frame for a reason that `count` counts.
    pub(crate) fn drop_front(&mut self, count: impl FnOnce(&ConsumerCounters)) {
        if self.front.take().is_some() {
            self.count(count);
            self.counted_at = None;
            self.parked = false;
        }
    }

    /// Drops the front frame, for which the other lanes of a join have none. Where every frame
    /// counts, this is told.
    #[cold]
    pub(crate) fn drop_unmatched(&mut self) {
        self.drop_front(|counters| counters.unmatched.add(1));
        if let Some(link) = &self.link
            && link.shared.plan.delivery == Delivery::Lossless
        {
            link.shared.tell_loss();
        }
    }

    /// Counts what becomes of the front frame, or of the one just read, at the link that brought
    /// it.
    pub(crate) fn count(&self, count: impl FnOnce(&ConsumerCounters)) {
        match (&self.counted_at, &self.link) {
            (Some(counters), _) => count(&counters.consumer),
            (None, Some(link)) => count(&link.shared.counters.consumer),
            (None, None) => {}
        }
    }

    /// A call begins, which sees the signals that are there now.
    #[inline]
    pub(crate) fn begin_call(&mut self) {
        self.was_read = false;
        self.renewed = false;
        self.offered = self.chosen;
        self.refused = None;
        if let Some(link) = &self.link {
            self.seen_signals = (link.shared.has_ended(), link.shared.gap_until_ns());
        }
    }

    /// True if there is a signal that the last call did not see. It is seen from now on.
    #[cold]
    pub(crate) fn take_signals(&mut self) -> bool {
        let Some(link) = &self.link else { return false };
        let now = (link.shared.end_cause().is_some(), link.shared.gap_until_ns());
        std::mem::replace(&mut self.seen_signals, now) != now
    }

    /// The front frame is the newest one beside the primary lane's, and passes over the one that
    /// was the newest before and is not counted yet.
    pub(crate) fn sample_front(&mut self) {
        if self.uncounted_sample {
            self.count_sampled_as(|counters| counters.superseded.add(1));
        }
        self.sampled = self.front.take();
        self.sampled_at = self.counted_at.take();
        self.uncounted_sample = true;
        self.renewed = true;
        self.parked = false;
    }

    /// The newest frame is known: it is delivered.
    pub(crate) fn count_sampled(&mut self) {
        if std::mem::take(&mut self.uncounted_sample) {
            self.count_sampled_as(|counters| counters.delivered.add(1));
            self.sampled_at = None;
        }
    }

    fn count_sampled_as(&self, count: impl FnOnce(&ConsumerCounters)) {
        match (&self.sampled_at, &self.link) {
            (Some(counters), _) => count(&counters.consumer),
            (None, Some(link)) => count(&link.shared.counters.consumer),
            (None, None) => {}
        }
    }

    /// Another instance takes the lane: what the one before holds is not its own.
    pub(crate) fn forget_leases(&mut self) {
        self.leases = Leases::default();
    }

    /// The present link and those before it.
    pub(crate) fn links(&self) -> impl Iterator<Item = &LinkReceiver> {
        self.before.iter().chain(&self.link)
    }

    /// True if a frame waits in a link, or a link has ended.
    #[inline(always)]
    pub(crate) fn has_waiting(&self) -> bool {
        let waits = |link: &LinkReceiver| link.len() > 0 || link.shared.has_ended();
        self.link.as_ref().is_some_and(waits)
            || !self.before.is_empty() && self.before.iter().any(waits)
    }

    /// Puts another link in the place of the present one, which first brings what is in it. With
    /// no other link the frames that wait are nobody's: all present links go to `old`.
    pub(crate) fn reconnect(&mut self, link: Option<LinkReceiver>, old: &mut Vec<LinkReceiver>) {
        let is_linked = link.is_some();
        if self.front.is_some()
            && self.counted_at.is_none()
            && let Some(link) = &self.link
        {
            self.counted_at = Some(Arc::clone(&link.shared.counters));
        }
        let before = std::mem::replace(&mut self.link, link);
        if !is_linked {
            // Whatever comes next does not follow on.
            self.next_sequence = self.next_sequence.map(|_| NO_SEQUENCE);
            self.drop_front(|counters| counters.flushed.add(1));
            old.extend(self.before.drain(..).chain(before));
            return;
        }
        self.before.extend(before);
        // Each holds at most its depth; a consumer that takes nothing does not gather ever more.
        while self.before.len() > Self::MOST_BEFORE {
            old.extend(self.before.pop_front());
        }
    }
}

impl InputCell {
    pub(crate) fn new(name: Arc<str>, lanes: Vec<Lane>, holds: u32) -> Self {
        let (by_hand, work) = (ByHand::default(), std::ptr::null_mut());
        Self { by_hand, work, name, lanes, holds }
    }

    /// Gives the leases back that are free again. A call is over.
    #[inline]
    pub(crate) fn end_call(&mut self) {
        // SAFETY: the caller holds the RUN bit of the strand, whose list this is.
        let Some(work) = (unsafe { self.work.as_mut() }) else { return };
        for lane in &mut self.lanes {
            if !lane.leases.is_empty() {
                lane.leases.give_back(&mut work.spares);
            }
        }
    }

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
    let cell = unsafe { cell(port) };
    if cell.by_hand.is_offered() && lane == 0 {
        // SAFETY: `frame` is as `read` takes it, and a frame is offered.
        unsafe { cell.give_offered(frame) };
        return Status::OK;
    }
    // SAFETY: as said.
    unsafe { read_chosen(cell, lane, frame) }
}

/// # Safety
/// As `read` of the table.
unsafe fn read_chosen(
    cell: &mut InputCell,
    lane: u32,
    frame: *mut MaybeUninit<RawFrame>,
) -> Status {
    let Some(lane) = cell.lanes.get_mut(lane as usize) else {
        return Status::EMPTY;
    };
    if !lane.chosen {
        return Status::EMPTY;
    }
    lane.chosen = false;
    // A lane beside a primary one gives its newest frame, again and again, and keeps a later one
    // at its front; it was counted when it became the newest.
    let is_sampled = lane.sampled.is_some();
    let Some(RawFrame { envelope, block }) = lane.sampled.clone().or_else(|| lane.front.take())
    else {
        return Status::EMPTY;
    };
    let mut none = Spares::default();
    // SAFETY: a port that is in a strand has its list.
    let spares = unsafe { cell.work.as_mut() }.map_or(&mut none, |work| &mut work.spares);
    let block = match lane.leases.give(block, cell.holds, spares) {
        Ok(block) => block,
        Err((held, block)) => {
            lane.refused = Some(held);
            if !is_sampled {
                lane.front = Some(RawFrame { envelope, block });
            }
            return Status::HOLDS_TOO_MANY;
        }
    };
    if !is_sampled {
        lane.count(|counters| counters.delivered.add(1));
        lane.was_read = true;
    }
    // SAFETY: by contract `frame` is a place for one frame.
    unsafe { &mut *frame }.write(RawFrame { envelope, block });
    Status::OK
}

unsafe extern "C" fn unread(port: *mut c_void, lane: u32, frame: *mut RawFrame) -> Status {
    // SAFETY: as in `lanes`.
    let cell = unsafe { cell(port) };
    let Some(lane) = cell.lanes.get_mut(lane as usize) else {
        return Status::INVALID;
    };
    if cell.by_hand.is_given() {
        // From now on it is as if the frame had come through the queue.
        cell.by_hand.take_back();
        lane.was_read = true;
    }
    if !lane.was_read && lane.sampled.is_some() {
        // A sampled frame is given again anyway.
        // SAFETY: by contract the frame moves on `OK`, and the caller forgets it.
        drop(unsafe { frame.read() });
        return Status::OK;
    }
    if !lane.was_read || lane.front.is_some() {
        return Status::INVALID;
    }
    lane.count(|counters| counters.delivered.take_back_one());
    // SAFETY: by contract the frame moves on `OK`, and the caller forgets it.
    let RawFrame { envelope, block } = unsafe { frame.read() };
    lane.front = Some(RawFrame { envelope, block: lease::behind(block) });
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
