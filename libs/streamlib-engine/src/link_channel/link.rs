//! One link: its carrier's halves, its signals, its counters, and how each end wakes the other.
//!
//! Signals travel in order with frames and no policy can drop them. `format` and `epoch` are in
//! every envelope. `gap` and `end` are state of the link: the producer publishes them after the
//! frames that come before them, the consumer reads them before it looks into the queue, so a
//! signal that it sees with an empty queue comes after every frame.

use std::sync::Arc;
use std::sync::atomic::{
    AtomicBool, AtomicI64, AtomicU32,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use arc_swap::ArcSwap;
use streamlib_abi::RawFrame;
use streamlib_abi::port::EndCause;
use streamlib_schema::Delivery;

use super::carrier::{CarrierReader, CarrierWriter, Put, carrier};
use super::counters::LinkCounters;
use super::plan::{Carrier, LinkKey, LinkPlan};
use super::tap::{TapList, TapSlot};
use super::waiting::WaitFlag;
use crate::execution::{ProcessorCell, Strand, WorkList};
use crate::pubsub::events::{LinkEvent, ProcessorState};

/// What both ends of a link share.
#[derive(Debug)]
pub(crate) struct LinkShared {
    /// Which link.
    pub(crate) key: LinkKey,
    /// As it was planned.
    pub(crate) plan: Arc<LinkPlan>,
    /// Frames that fit: what was planned, or what one call may send if that is more.
    pub(crate) depth: u32,
    /// From how many frames on the next call of the producer finds no room.
    pub(crate) full_at: u32,
    /// See [`LinkCounters`].
    pub(crate) counters: Arc<LinkCounters>,
    /// True if a full queue holds the producer up.
    holds_producer: bool,
    /// True if the consumer is run by its producer's strand.
    is_inline: bool,
    /// True if the link closes a cycle.
    pub(crate) is_feedback: bool,
    /// True if frames may be too old.
    pub(crate) has_max_age: bool,
    /// Who sends. Changes when the processor is replaced.
    source: ArcSwap<ProcessorCell>,
    /// Who receives. Changes when the processor is replaced.
    target: ArcSwap<ProcessorCell>,
    /// True while the producer waits for room.
    producer_waits: WaitFlag,
    /// True once its consumer has told that it is full while another one starves, until somebody
    /// has looked.
    stalled: AtomicBool,
    /// True once a loss was told that nobody has looked at yet.
    loss_told: AtomicBool,
    /// An [`EndCause`] number, 0 while frames may come.
    end: AtomicU32,
    /// Nothing will come before this stream time, ns.
    gap_until_ns: AtomicI64,
    /// Frames of older epochs are skipped.
    pub(crate) least_epoch: AtomicU32,
    taps: TapSlot,
}

/// The producer's end.
#[derive(Debug)]
pub(crate) struct LinkSender {
    pub(crate) shared: Arc<LinkShared>,
    writer: CarrierWriter<RawFrame>,
    /// Where an inline consumer stands in its strand; unused for other carriers.
    pub(crate) inline_index: u32,
}

/// The consumer's end.
#[derive(Debug)]
pub(crate) struct LinkReceiver {
    pub(crate) shared: Arc<LinkShared>,
    reader: CarrierReader<RawFrame>,
    /// Frames that the last look saw in the queue and that were not taken yet.
    seen: u32,
    /// Room was made that a producer that waits was not told about.
    owes_wake: bool,
}

/// Makes the two ends of a link, which goes on counting with `counters`.
pub(crate) fn link(
    plan: &Arc<LinkPlan>,
    depth: u32,
    source: &Arc<ProcessorCell>,
    target: &Arc<ProcessorCell>,
    counters: Arc<LinkCounters>,
) -> (LinkSender, LinkReceiver) {
    let per_call = source.descriptor.outputs.get(plan.source.1).map_or(1, |p| p.max_per_call);
    counters.began_ns.get_or_init(|| source.env.clock.monotonic_ns());
    let gives_up_oldest = plan.delivery != Delivery::Lossless;
    let (writer, reader) = carrier(plan.carrier, depth, gives_up_oldest);
    let shared = Arc::new(LinkShared {
        key: plan.key,
        plan: Arc::clone(plan),
        depth,
        full_at: depth.saturating_add(1).saturating_sub(per_call).max(1),
        counters,
        holds_producer: plan.holds_producer(),
        is_inline: plan.carrier == Carrier::Inline,
        is_feedback: plan.feedback,
        has_max_age: plan.max_age.is_some(),
        source: ArcSwap::new(Arc::clone(source)),
        target: ArcSwap::new(Arc::clone(target)),
        producer_waits: WaitFlag::new(),
        stalled: AtomicBool::new(false),
        loss_told: AtomicBool::new(false),
        end: AtomicU32::new(0),
        gap_until_ns: AtomicI64::new(i64::MIN),
        least_epoch: AtomicU32::new(0),
        taps: TapSlot::new(),
    });
    shared.set_taps(source.env.observed.taps(plan.key));
    let sender = LinkSender { shared: Arc::clone(&shared), writer, inline_index: 0 };
    (sender, LinkReceiver { shared, reader, seen: 0, owes_wake: false })
}

impl LinkShared {
    /// True if the consumer is run by its producer's strand.
    #[inline]
    pub(crate) fn is_inline(&self) -> bool {
        self.is_inline
    }

    /// True if a full queue holds the producer up.
    #[inline]
    pub(crate) fn holds_producer(&self) -> bool {
        self.holds_producer
    }

    /// Why no more frames come, if it is so.
    #[inline]
    pub(crate) fn end_cause(&self) -> Option<EndCause> {
        EndCause::from_number(self.end.load(Acquire))
    }

    /// True if no more frames come.
    #[inline]
    pub(crate) fn has_ended(&self) -> bool {
        self.end.load(Acquire) != 0
    }

    /// The consumer will see the end after the frames that were sent. The first cause stays.
    pub(crate) fn set_end(&self, cause: EndCause) {
        if self.mark_end(cause) {
            self.target.load().wake();
        }
    }

    /// As [`Self::set_end`] for an inline link, whose consumer the caller lists. True if it is new.
    pub(crate) fn mark_end(&self, cause: EndCause) -> bool {
        self.end.compare_exchange(0, cause.number(), Release, Relaxed).is_ok()
    }

    /// Where the consumer stands in a strand that is held; `u32::MAX` if it is in another.
    pub(crate) fn target_in(&self, strand: &Arc<Strand>) -> u32 {
        strand.position(&self.target.load())
    }

    /// Where the producer stands in a strand that is held; `u32::MAX` if it is in another.
    pub(crate) fn source_in(&self, strand: &Arc<Strand>) -> u32 {
        strand.position(&self.source.load())
    }

    /// Another processor takes the place of the producer. For a plan that holds both.
    pub(crate) fn set_source(&self, source: &Arc<ProcessorCell>) {
        self.source.store(Arc::clone(source));
    }

    /// Another processor takes the place of the consumer. For a plan that holds both.
    pub(crate) fn set_target(&self, target: &Arc<ProcessorCell>) {
        self.target.store(Arc::clone(target));
    }

    /// Frames will come again: the producer was restarted.
    pub(crate) fn clear_end(&self) {
        self.end.store(0, Release);
    }

    /// True while the producer waits for room in this link.
    pub(crate) fn is_waited_for(&self) -> bool {
        self.producer_waits.is_set()
    }

    /// The link is full, and its consumer waits for another link. True if that is news.
    pub(crate) fn tell_stalled(&self) -> bool {
        !self.stalled.load(Relaxed) && !self.stalled.swap(true, AcqRel)
    }

    /// What the consumer told was looked at: it tells again if it is still so.
    pub(crate) fn forget_stalled(&self) {
        self.stalled.store(false, Release);
    }

    /// A frame was lost that nobody expects to lose: the supervisor is to publish it.
    #[cold]
    pub(crate) fn tell_loss(&self) {
        if !self.loss_told.load(Relaxed) && !self.loss_told.swap(true, AcqRel) {
            let env = &self.source.load().env;
            env.losses.tell(self.key);
            env.supervisor.ring();
        }
    }

    /// Losses are looked at: the next one is told again.
    pub(crate) fn forget_loss(&self) {
        // Acquire: what was counted before it was told is seen by this look.
        self.loss_told.swap(false, AcqRel);
    }

    /// Nothing will come before this stream time, ns.
    #[inline]
    pub(crate) fn gap_until_ns(&self) -> i64 {
        self.gap_until_ns.load(Acquire)
    }

    pub(crate) fn set_gap(&self, until_ns: i64) {
        if self.gap_until_ns.fetch_max(until_ns, Release) < until_ns && !self.is_inline() {
            self.target.load().wake();
        }
    }

    /// Puts another list in the place of the taps.
    pub(crate) fn set_taps(&self, taps: Option<Arc<TapList>>) {
        self.taps.set(taps);
        self.source.load().armed.disarm_from_outside();
        self.target.load().armed.disarm_from_outside();
    }

    /// True if there may be observers.
    #[inline]
    pub(crate) fn is_tapped(&self) -> bool {
        self.taps.is_tapped()
    }

    /// How many observers there are.
    pub(crate) fn tap_count(&self) -> usize {
        self.taps.count()
    }

    /// Puts an inline producer that waits for room on its strand's work list. For the holder of
    /// the strand's RUN bit.
    #[inline]
    pub(crate) fn inline_made_room(&self, producer_index: u32, work: &mut WorkList) {
        if self.producer_waits.take_here() {
            work.push(producer_index);
        }
    }

    /// True if the consumer is in a call that takes longer than its limit: then nobody waits for
    /// room, and what does not fit is lost.
    fn is_dead_end(&self) -> bool {
        !self.is_inline() && self.target.load().state() == ProcessorState::Stuck
    }

    /// The consumer was found to be stuck: a producer that waits for it is to look again.
    pub(crate) fn consumer_is_stuck(&self) {
        self.made_room();
    }

    /// Tells the producer that there is room, if it waits for it.
    #[inline]
    fn made_room(&self) {
        if self.producer_waits.take() {
            self.source.load().wake();
        }
    }
}

impl LinkSender {
    /// True if `count` frames can be sent, or if this link does not hold its producer up.
    /// If not, the consumer will wake the producer when there is room.
    #[inline(always)]
    pub(crate) fn has_room(&self, count: u32) -> bool {
        if !self.shared.holds_producer() || self.writer.has_room(count) {
            return true;
        }
        if self.shared.is_inline() {
            self.shared.producer_waits.announce_here();
            return false;
        }
        let goes_on = || self.writer.room() >= count || self.shared.is_dead_end();
        if self.shared.producer_waits.announce(goes_on) {
            return true;
        }
        let full = u64::from(self.shared.plan.depth);
        self.shared.counters.producer.high_water.raise_to(full);
        false
    }

    /// True if the link is inline and as usual: nothing waits in it, and nobody observes it.
    #[inline]
    pub(crate) fn is_vacant(&self) -> bool {
        self.writer.is_vacant() && !self.shared.is_tapped()
    }

    /// Puts a frame into the queue that was counted as it was sent by hand. The queue is empty.
    pub(crate) fn put_sent(&mut self, frame: RawFrame) {
        // There is room.
        drop(self.writer.put(frame));
    }

    /// Takes over what waits in the queue of before, as far as there is room; it was counted as it
    /// was sent. For a plan that holds both ends.
    pub(crate) fn move_from(&mut self, old: &mut LinkReceiver) {
        while self.shared.holds_producer && self.writer.has_room(1) {
            let Some(frame) = old.reader.take() else { break };
            // There is room.
            drop(self.writer.put(frame));
        }
        old.seen = 0;
    }

    /// Goes on where `old` stops, whose other end is `far`: what waits there was counted as it was
    /// sent. For the owner of `old`, if nobody else reads `far`.
    pub(crate) fn take_over(&mut self, old: &Self, far: &mut LinkReceiver) {
        while let Some(frame) = far.reader.take() {
            let put = self.writer.put(frame);
            self.count_dropped(&put);
        }
        if let Some(cause) = old.shared.end_cause() {
            self.shared.mark_end(cause);
        }
        self.shared.gap_until_ns.fetch_max(old.shared.gap_until_ns(), Release);
    }

    /// How many frames can be sent before the link would hold its producer up.
    pub(crate) fn room(&self) -> u32 {
        match self.writer.room() {
            0 if self.shared.is_dead_end() => u32::MAX,
            room if self.shared.holds_producer() => room,
            _ => u32::MAX,
        }
    }

    /// Sends a frame, for which there is room if the link holds its producer up. The consumer
    /// still has to be told: [`Self::notify`].
    #[inline(always)]
    pub(crate) fn put(&mut self, frame: RawFrame) {
        let counters = &self.shared.counters.producer;
        counters.count_sent(&frame.envelope, frame.block.bytes().len() as u64);
        if self.shared.taps.is_tapped() {
            return self.put_tapped(frame);
        }
        match self.writer.put(frame) {
            Put::Done => {}
            dropped => self.count_dropped(&dropped),
        }
    }

    #[cold]
    fn put_tapped(&mut self, frame: RawFrame) {
        self.shared.taps.with(|taps| taps.offer(&frame));
        let put = self.writer.put(frame);
        let dropped = !matches!(put, Put::Done);
        if dropped || self.writer.room() == 0 {
            self.shared.taps.with(|taps| taps.tell(&LinkEvent::QueueFull { dropped }));
        }
        self.count_dropped(&put);
    }

    /// Counts the frame that found no place, or that another had to go for.
    fn count_dropped(&self, put: &Put<RawFrame>) {
        let counters = &self.shared.counters.producer;
        match put {
            Put::Done => {}
            Put::Displaced(_) if self.shared.plan.delivery == Delivery::Latest => {
                counters.superseded.add(1);
            }
            Put::Displaced(_) => counters.overflow.add(1),
            // A live source is not held up: this link alone loses the frame.
            Put::Full(_) if self.shared.plan.live => {
                counters.live_overrun.add(1);
                self.shared.tell_loss();
            }
            // Nor is anybody by a consumer that is stuck.
            Put::Full(_) => counters.stuck.add(1),
        }
    }

    /// Wakes the consumer, unless it is inline: then the strand's work list has it.
    #[inline]
    pub(crate) fn notify(&self) {
        self.shared.target.load().wake();
    }
}

impl LinkReceiver {
    /// True if frames may come by hand: the link is inline, nothing waits in it, and nothing but
    /// being next decides whether a frame is given.
    pub(crate) fn may_go_by_hand(&self) -> bool {
        let shared = &*self.shared;
        shared.is_inline
            && !shared.is_feedback
            && !shared.has_max_age
            && shared.least_epoch.load(Relaxed) == 0
            && shared.counters.consumer.high_water.get() > 0
            && !shared.has_ended()
            && self.reader.len() == 0
    }

    /// Takes the next frame. The caller counts what becomes of it.
    #[inline(always)]
    pub(crate) fn take(&mut self) -> Option<RawFrame> {
        let frame = self.reader.take()?;
        if self.shared.is_inline {
            let waiting = self.reader.len() as u64 + 1;
            self.shared.counters.consumer.high_water.raise_to(waiting);
        } else {
            self.count_taken();
        }
        if self.shared.taps.is_tapped() && self.reader.len() == 0 {
            self.shared.taps.with(|taps| taps.tell(&LinkEvent::QueueEmpty {}));
        }
        Some(frame)
    }

    /// A frame was taken that another thread may have sent.
    #[inline]
    fn count_taken(&mut self) {
        if self.seen == 0 {
            // The frame just taken is one of those that wait.
            let waiting = self.reader.len() as u64 + 1;
            self.shared.counters.consumer.high_water.raise_to(waiting);
            self.seen = waiting as u32;
        }
        self.seen -= 1;
        if matches!(self.reader, CarrierReader::Ring(_)) {
            let half = self.shared.plan.depth / 2;
            // A producer that waits is woken once the queue is half empty or no more frames are
            // known, not frame by frame, or when the consumer comes to rest: see `rest`.
            self.owes_wake = self.seen != half && self.seen != 0;
            if !self.owes_wake {
                self.shared.made_room();
            }
        }
    }

    /// The consumer comes to rest. It may wait for the very producer that waits for this link (by
    /// way of another lane of a join), so the room that was made is told now.
    #[inline]
    pub(crate) fn rest(&mut self) {
        if std::mem::take(&mut self.owes_wake) {
            self.shared.made_room();
        }
    }

    /// True if the producer finds no room for its next call, and is held up by that.
    pub(crate) fn holds_up(&self) -> bool {
        self.shared.holds_producer() && self.reader.len() >= self.shared.full_at as usize
    }

    /// How many frames wait.
    pub(crate) fn len(&self) -> usize {
        self.reader.len()
    }

    /// Takes and counts as flushed whatever waits.
    pub(crate) fn flush(&mut self) {
        while let Some(frame) = self.reader.take() {
            drop(frame);
            self.shared.counters.consumer.flushed.add(1);
        }
        self.seen = 0;
        self.shared.made_room();
    }
}
