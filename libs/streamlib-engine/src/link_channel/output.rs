//! An output port as the engine holds it: its links, its buffers, and the table behind the
//! processor's view.
//!
//! Everything here belongs to whoever holds the processor's RUN bit.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use arc_swap::ArcSwapOption;
use streamlib_abi::port::{CopyReason, EndCause, OutputPort, OutputTable};
use streamlib_abi::{BlockRef, EnvelopeFlags, RawFrame, Status};

use super::by_hand::copy_envelope;
use super::counters::{Counter, ProducerCounters};
use super::format_registry::FormatRegistry;
use super::lease;
use super::link::LinkSender;
use super::pool::{BufferPool, MemoryBudget, PoolState, PoolView};
use crate::execution::work_list::NOBODY;
use crate::execution::{ProcessorCell, WorkList};

/// Counters of an output port that concern no single link.
#[derive(Debug, Default)]
#[repr(C)]
pub(crate) struct OutputCounters {
    /// Frames sent on at least one link.
    pub(crate) sent: Counter,
    /// Frames sent while no link was connected.
    pub(crate) unlinked: Counter,
    /// Frames that could not be made for want of a buffer.
    pub(crate) no_buffer: Counter,
    /// Frames copied although in the best case they need not be.
    pub(crate) copied: Counter,
    /// Bytes of those copies.
    pub(crate) copied_bytes: Counter,
    /// Frames converted to another format.
    pub(crate) converted: Counter,
    pool: ArcSwapOption<PoolView>,
    limit: Mutex<PoolLimit>,
}

/// How many buffers a port may have.
#[derive(Debug, Default)]
struct PoolLimit {
    /// What the plan gives it.
    planned: u32,
    /// What the taps have beside it.
    spare: u32,
}

impl OutputCounters {
    /// Changes how many buffers the port may have. Locked by plans, by taps that come and go, and
    /// when the port makes its first frame, but never to look.
    fn change_limit(&self, change: impl FnOnce(&mut PoolLimit)) {
        let mut limit = self.limit.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut limit);
        if let Some(pool) = &*self.pool.load() {
            pool.set_limit(limit.planned.saturating_add(limit.spare));
        }
    }

    /// Allows `buffers` more than the plan does, for a tap.
    pub(crate) fn add_spare(&self, buffers: u32) {
        self.change_limit(|limit| limit.spare = limit.spare.saturating_add(buffers));
    }

    /// Takes back what [`Self::add_spare`] gave.
    pub(crate) fn remove_spare(&self, buffers: u32) {
        self.change_limit(|limit| limit.spare = limit.spare.saturating_sub(buffers));
    }

    /// What the plan gives the port from now on. From whoever commits.
    pub(crate) fn set_planned(&self, buffers: u32) {
        self.change_limit(|limit| limit.planned = buffers);
    }

    /// The port has a pool from now on.
    fn set_pool(&self, pool: &BufferPool) {
        self.pool.store(Some(Arc::new(pool.view())));
        self.change_limit(|_| {});
    }

    /// The port's buffers; none before its first frame.
    pub(crate) fn pool(&self) -> Option<PoolState> {
        self.pool.load().as_ref().map(|pool| pool.state())
    }
}

/// An output port. What a frame that goes by hand needs comes first, in one cache line.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct OutputCell {
    /// Whom a frame goes to by hand, if the one link is inline and nothing waits in it; else
    /// [`NOBODY`].
    to: u32,
    epoch: u32,
    /// Where the one link counts; valid while there is somebody.
    to_counters: *const ProducerCounters,
    /// The work list of the strand; set with each regrouping, live as long as the strand.
    pub(crate) work: *mut WorkList,
    last_timestamp_ns: i64,
    sequence: u64,
    pub(crate) counters: Arc<OutputCounters>,
    /// Frames that were sent in this call: tells whether the call did something.
    pub(crate) sent_in_call: u32,
    /// Frames that this call may still send without another look at the links: there is room.
    granted: u32,
    pub(crate) links: Vec<LinkSender>,
    pub(crate) name: Arc<str>,
    /// Frames that one call may send.
    pub(crate) max_per_call: u32,
    /// How many buffers the plan allows.
    pub(crate) pool_limit: u32,
    pub(crate) pool: Option<BufferPool>,
    pub(crate) formats: Arc<FormatRegistry>,
    pub(crate) budget: Arc<MemoryBudget>,
    pub(crate) owner: Weak<ProcessorCell>,
    pub(crate) origin: u64,
    /// A gap was signalled since the last frame.
    after_gap: bool,
    ended: Option<EndCause>,
}

// SAFETY: the work list belongs to the strand, whose RUN bit the user of this port holds; the rest
// may move between threads.
unsafe impl Send for OutputCell {}

/// What an output port needs of its graph.
#[derive(Debug, Clone)]
pub(crate) struct OutputContext {
    pub(crate) formats: Arc<FormatRegistry>,
    pub(crate) budget: Arc<MemoryBudget>,
    pub(crate) owner: Weak<ProcessorCell>,
    pub(crate) origin: u64,
}

impl OutputCell {
    pub(crate) fn new(name: Arc<str>, max_per_call: u32, context: OutputContext) -> Self {
        Self {
            name,
            links: Vec::new(),
            counters: Arc::default(),
            work: std::ptr::null_mut(),
            max_per_call,
            pool_limit: 0,
            pool: None,
            formats: context.formats,
            budget: context.budget,
            owner: context.owner,
            origin: context.origin,
            sent_in_call: 0,
            granted: 0,
            sequence: 0,
            epoch: 0,
            last_timestamp_ns: i64::MIN,
            after_gap: false,
            ended: None,
            to: NOBODY,
            to_counters: std::ptr::null(),
        }
    }

    /// The port at `cell`, for binding.
    pub(crate) fn port(cell: *mut Self) -> OutputPort {
        OutputPort { table: &raw const TABLE, port: cell.cast() }
    }

    /// True if one call may send what it may: places in the links that hold the producer up, and
    /// buffers. If not, whoever makes room wakes the processor.
    #[inline(always)]
    pub(crate) fn has_room(&self) -> bool {
        for link in &self.links {
            if !link.has_room(self.max_per_call) {
                return false;
            }
        }
        self.pool.as_ref().is_none_or(|pool| pool.has_room(self.max_per_call))
    }

    /// A call begins, for which [`Self::has_room`] was true.
    #[inline]
    pub(crate) fn begin_call(&mut self) {
        self.sent_in_call = 0;
        self.granted = self.max_per_call;
        self.to = NOBODY;
        if let [link] = self.links.as_slice()
            && self.ended.is_none()
            && !self.after_gap
            && link.is_vacant()
        {
            self.to = link.inline_index;
            self.to_counters = &raw const link.shared.counters.producer;
        }
    }

    /// True if a frame goes by hand: the port has one link, which is inline, and nothing waits in
    /// it. It stays so until a frame has to wait.
    #[inline]
    pub(crate) fn goes_by_hand(&self) -> bool {
        self.to != NOBODY && self.pool.is_none()
    }

    /// Frames go through the queues of their links until the next call.
    pub(crate) fn keep_hands_off(&mut self) {
        self.to = NOBODY;
    }

    /// Where the one link counts, if a frame goes by hand.
    #[inline(always)]
    pub(crate) fn hot_counters(&self) -> [*const u8; 2] {
        [self.to_counters.cast(), Arc::as_ptr(&self.counters).cast()]
    }

    /// True if somebody may observe a link.
    pub(crate) fn is_tapped(&self) -> bool {
        self.links.iter().any(|link| link.shared.is_tapped())
    }

    /// The call is over.
    #[inline]
    pub(crate) fn end_call(&mut self) {
        self.granted = 0;
    }

    /// The frame that was in hand goes into the queue of its link.
    fn lay_down(&mut self, frame: RawFrame) {
        self.granted = self.granted.saturating_sub(1);
        if let Some(link) = self.links.first_mut() {
            link.put_sent(frame);
        }
    }

    /// The consumer of a frame that was laid down was looked at: if the frame still waits, the next
    /// ones go behind it.
    pub(crate) fn was_laid_down(&mut self) {
        if self.links.first().is_none_or(|link| !link.is_vacant()) {
            self.stop_going_by_hand();
        }
    }

    fn stop_going_by_hand(&mut self) {
        self.to = NOBODY;
        // SAFETY: the owner has this port, so it lives.
        unsafe { &*self.owner.as_ptr() }.armed.disarm();
    }

    /// Goes on where `before` stops: its links, its numbering, its counters. The pool stays with
    /// the old port, whose buffers find their way back to it.
    pub(crate) fn take_over(&mut self, before: &mut Self) {
        std::mem::swap(&mut self.links, &mut before.links);
        self.counters = Arc::clone(&before.counters);
        self.sequence = before.sequence;
        self.epoch = before.epoch;
        self.last_timestamp_ns = before.last_timestamp_ns;
        if before.ended.is_some() {
            self.links.iter().for_each(|link| link.shared.clear_end());
        }
    }

    /// No more frames come from this port.
    pub(crate) fn end(&mut self, cause: EndCause) {
        self.ended.get_or_insert(cause);
        self.to = NOBODY;
        for link in &self.links {
            if !link.shared.is_inline() {
                link.shared.set_end(cause);
            } else if link.shared.mark_end(cause) && !self.work.is_null() {
                notify(link, self.work);
            }
        }
    }

    /// Connects one more link. One that comes too late for frames brings the end.
    pub(crate) fn add_link(&mut self, link: LinkSender) {
        if let Some(cause) = self.ended {
            link.shared.mark_end(cause);
        }
        self.links.push(link);
    }

    /// What comes from now on is of a new epoch; its timestamps may begin anywhere.
    pub(crate) fn begin_epoch(&mut self) {
        self.epoch += 1;
        self.last_timestamp_ns = i64::MIN;
    }

    /// The timestamp of the last frame of this epoch, stream time, ns; `i64::MIN` before it.
    pub(crate) fn last_timestamp_ns(&self) -> i64 {
        self.last_timestamp_ns
    }

    /// Allows this many buffers from now on.
    pub(crate) fn set_pool_limit(&mut self, limit: u32) {
        self.pool_limit = limit;
        self.counters.set_planned(limit);
    }

    #[inline(always)]
    fn accept(&mut self, frame: &mut RawFrame) -> Status {
        if self.ended.is_some() {
            return Status::ENDED;
        }
        let envelope = &mut frame.envelope;
        if envelope.epoch > self.epoch {
            self.epoch = envelope.epoch;
        } else {
            envelope.epoch = self.epoch;
            if envelope.timestamp_ns < self.last_timestamp_ns {
                return Status::TIME_WENT_BACK;
            }
        }
        match self.granted.checked_sub(1) {
            Some(left) => self.granted = left,
            None if self.links.iter().all(|link| link.has_room(1)) => {}
            None => return Status::FULL,
        }
        self.last_timestamp_ns = envelope.timestamp_ns;
        envelope.sequence = self.sequence;
        if std::mem::take(&mut self.after_gap) {
            envelope.flags = envelope.flags.with(EnvelopeFlags::AFTER_GAP);
        }
        self.sequence += 1;
        self.sent_in_call += 1;
        Status::OK
    }

    /// Sends a frame by hand. False if it does not go that way: nothing has happened then.
    ///
    /// # Safety
    /// `frame` points to a frame, which has moved if the answer is true; `goes_by_hand` was true
    /// when the call began.
    #[inline(always)]
    unsafe fn send_by_hand(&mut self, frame: *mut RawFrame) -> bool {
        // SAFETY: the caller holds the strand's RUN bit, and nothing else of the strand uses the
        // list during a call.
        let hand = unsafe { &mut (*self.work).hand };
        // SAFETY: by the caller.
        let envelope = unsafe { &(*frame).envelope };
        if hand.to() != NOBODY
            || envelope.epoch > self.epoch
            || envelope.timestamp_ns < self.last_timestamp_ns
        {
            return false;
        }
        self.last_timestamp_ns = envelope.timestamp_ns;
        // SAFETY: by the caller: the block moves.
        let block = lease::behind(unsafe { (&raw const (*frame).block).read() });
        self.counters.sent.add(1);
        // SAFETY: there is somebody, so the link is there.
        unsafe { &*self.to_counters }.count_sent(envelope, block.control().capacity);
        let place = hand.place();
        // SAFETY: nobody has the frame's place; the frame moves there.
        unsafe {
            copy_envelope(envelope, &raw mut (*place).envelope);
            (&raw mut (*place).block).write(block);
            // Mostly they are those numbers already. A number that is not written does not hold up
            // whoever reads what is around it.
            if (*place).envelope.epoch != self.epoch {
                (*place).envelope.epoch = self.epoch;
            }
            if (*place).envelope.sequence != self.sequence {
                (*place).envelope.sequence = self.sequence;
            }
        }
        self.sequence += 1;
        self.sent_in_call += 1;
        hand.fill(self, self.to);
        true
    }

    #[inline(always)]
    fn deliver(&mut self, frame: RawFrame) -> Status {
        let Some((last, others)) = self.links.split_last_mut() else {
            self.counters.unlinked.add(1);
            return Status::UNLINKED;
        };
        self.counters.sent.add(1);
        for link in others {
            link.put(frame.clone());
            notify(link, self.work);
        }
        last.put(frame);
        notify(last, self.work);
        Status::OK
    }
}

#[inline(always)]
fn notify(link: &LinkSender, work: *mut WorkList) {
    if link.shared.is_inline() {
        // SAFETY: the caller holds the strand's RUN bit, and nothing else of the strand uses the
        // list during a call.
        unsafe { &mut *work }.push(link.inline_index);
    } else {
        link.notify();
    }
}

static TABLE: OutputTable = OutputTable {
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

/// # Safety
/// `port` is what [`OutputCell::port`] gave out, and the caller runs the processor.
#[inline]
unsafe fn cell<'a>(port: *mut c_void) -> &'a mut OutputCell {
    // SAFETY: cells never move while their processor exists, and the holder of the RUN bit, who
    // alone calls the processor, uses no cell during the call.
    unsafe { &mut *port.cast() }
}

unsafe extern "C" fn loan(
    port: *mut c_void,
    bytes: u64,
    block: *mut MaybeUninit<BlockRef>,
) -> Status {
    // SAFETY: called through a bound port, during a call of the processor.
    let cell = unsafe { cell(port) };
    let pool = cell.pool.get_or_insert_with(|| {
        let (owner, budget) = (Weak::clone(&cell.owner), Arc::clone(&cell.budget));
        let pool = BufferPool::new(cell.pool_limit, cell.origin, owner, budget);
        cell.counters.set_pool(&pool);
        pool
    });
    match pool.loan(bytes) {
        Ok(loaned) => {
            // SAFETY: by contract `block` is a place for one handle.
            unsafe { &mut *block }.write(loaned);
            Status::OK
        }
        Err(status) => status,
    }
}

unsafe extern "C" fn send(port: *mut c_void, frame: *mut RawFrame) -> Status {
    // SAFETY: as in `loan`.
    let cell = unsafe { cell(port) };
    // SAFETY: by contract `frame` points to a frame that moves on success.
    if cell.to != NOBODY && unsafe { cell.send_by_hand(frame) } {
        return Status::OK;
    }
    // SAFETY: as said.
    unsafe { send_by_queue(port, frame) }
}

/// The frame in hand goes into the queue of its link, if there is one. Says which port it was sent
/// on, which is to be told once the consumer was looked at.
/// For the holder of the RUN bit of the strand with this list, who has no reference to its ports.
pub(crate) fn lay_down(work: *mut WorkList) -> Option<NonNull<OutputCell>> {
    // SAFETY: by the caller.
    let work = unsafe { work.as_mut() }?;
    let (from, frame) = work.hand.take()?;
    let mut from = NonNull::new(from)?;
    // SAFETY: the port is of a member of the strand.
    unsafe { from.as_mut() }.lay_down(frame);
    Some(from)
}

/// As [`lay_down`], and its consumer goes onto the work list; in or after a call that is not as
/// usual.
pub(crate) fn lay_down_for_good(work: *mut WorkList) {
    if let Some(mut from) = lay_down(work) {
        // SAFETY: as there.
        let from = unsafe { from.as_mut() };
        from.links.iter().for_each(|link| notify(link, work));
        from.stop_going_by_hand();
    }
}

/// # Safety
/// As `send` of the table.
unsafe fn send_by_queue(port: *mut c_void, frame: *mut RawFrame) -> Status {
    // SAFETY: as in `loan`.
    lay_down_for_good(unsafe { cell(port) }.work);
    // SAFETY: as in `loan`.
    let cell = unsafe { cell(port) };
    if cell.to != NOBODY {
        // The next ones go behind this one.
        cell.stop_going_by_hand();
    }
    // SAFETY: by contract `frame` points to a frame, which stays the caller's on failure.
    let status = cell.accept(unsafe { &mut *frame });
    if !status.is_ok() {
        return status;
    }
    // SAFETY: by contract the frame moves on success, and the caller forgets it.
    let RawFrame { envelope, block } = unsafe { frame.read() };
    cell.deliver(RawFrame { envelope, block: lease::behind(block) })
}

unsafe extern "C" fn room(port: *mut c_void) -> u32 {
    // SAFETY: as in `loan`.
    lay_down_for_good(unsafe { cell(port) }.work);
    // SAFETY: as in `loan`.
    let cell = unsafe { cell(port) };
    cell.links.iter().map(LinkSender::room).min().unwrap_or(u32::MAX)
}

unsafe extern "C" fn announce_format(
    port: *mut c_void,
    json: *const u8,
    json_length: usize,
    format_id: *mut u32,
) -> Status {
    // SAFETY: as in `loan`.
    let cell = unsafe { cell(port) };
    // SAFETY: by contract `json` has `json_length` readable bytes.
    let json = unsafe { std::slice::from_raw_parts(json, json_length) };
    let Some(number) = std::str::from_utf8(json).ok().and_then(|json| cell.formats.number(json))
    else {
        return Status::INVALID;
    };
    // SAFETY: by contract `format_id` is a place for one number.
    unsafe { *format_id = number };
    Status::OK
}

unsafe extern "C" fn gap(port: *mut c_void, until_ns: i64) -> Status {
    // SAFETY: as in `loan`.
    lay_down_for_good(unsafe { cell(port) }.work);
    // SAFETY: as in `loan`.
    let cell = unsafe { cell(port) };
    cell.after_gap = true;
    cell.to = NOBODY;
    for link in &cell.links {
        link.shared.set_gap(until_ns);
        if link.shared.is_inline() {
            notify(link, cell.work);
        }
    }
    Status::OK
}

unsafe extern "C" fn next_epoch(port: *mut c_void, epoch: *mut u32) -> Status {
    // SAFETY: as in `loan`.
    let cell = unsafe { cell(port) };
    cell.begin_epoch();
    // SAFETY: by contract `epoch` is a place for one number.
    unsafe { *epoch = cell.epoch };
    Status::OK
}

unsafe extern "C" fn skip(port: *mut c_void) -> Status {
    // SAFETY: as in `loan`.
    let cell = unsafe { cell(port) };
    cell.sequence += 1;
    cell.counters.no_buffer.add(1);
    Status::OK
}

unsafe extern "C" fn copied(port: *mut c_void, bytes: u64, reason: u32) {
    // SAFETY: as in `loan`.
    let counters = &unsafe { cell(port) }.counters;
    counters.copied.add(1);
    counters.copied_bytes.add(bytes);
    if CopyReason::from_number(reason) == Some(CopyReason::Converted) {
        counters.converted.add(1);
    }
}
