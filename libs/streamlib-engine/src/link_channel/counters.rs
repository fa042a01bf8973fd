//! Counters of a link: always on, exact, one writer each.
//!
//! Each side writes only its own cache line, with plain loads and stores: whoever holds the RUN
//! bit of that side's processor is the only writer. Readers may be anyone; they see each number as
//! it was at some moment. At rest `sent = delivered + dropped + flushed + lost + in flight`.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering::Relaxed};

use serde::Serialize;
use streamlib_abi::Envelope;

/// A counter with one writer at a time.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Adds `amount`. Only from the counter's one writer.
    #[inline]
    pub(crate) fn add(&self, amount: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_add(amount), Relaxed);
    }

    /// Sets the counter to `value`, from what [`Self::get`] gave. Only from the counter's one writer.
    #[inline]
    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Relaxed);
    }

    /// Takes back one that was added too many. Only from the counter's one writer.
    pub(crate) fn take_back_one(&self) {
        self.0.store(self.0.load(Relaxed).wrapping_sub(1), Relaxed);
    }

    /// Raises the counter to `value` if it is lower. Only from the counter's one writer.
    #[inline]
    pub(crate) fn raise_to(&self, value: u64) {
        if value > self.0.load(Relaxed) {
            self.0.store(value, Relaxed);
        }
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Why a frame of a link was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// A newer frame took its place (`latest`), or a join passed over it (`primary`).
    Superseded,
    /// The queue was full and gave up its oldest frame (`every_sample`).
    Overflow,
    /// The queue was full and its consumer is stuck: nobody waits for it.
    Stuck,
    /// The queue was full and its source cannot be held up.
    LiveOverrun,
    /// It was captured longer ago than the link allows.
    TooOld,
    /// No frame of the other lanes of an aligned join went with it.
    Unmatched,
}

/// What the producer's side counts: what each frame changes is in one cache line, or two.
#[derive(Debug, Default)]
#[repr(C)]
pub(crate) struct ProducerCounters {
    pub(crate) sent: Counter,
    pub(crate) bytes: Counter,
    /// Frames that the consumer was given by hand: producer and consumer have one owner, and it
    /// counts where it has just counted that they were sent.
    pub(crate) by_hand: Counter,
    timestamp_ns: AtomicI64,
    format_id: AtomicU32,
    pub(crate) superseded: Counter,
    pub(crate) overflow: Counter,
    pub(crate) stuck: Counter,
    pub(crate) live_overrun: Counter,
    pub(crate) high_water: Counter,
}

impl ProducerCounters {
    /// Counts a frame of `bytes` bytes that is sent. Only from the counters' one writer.
    #[inline]
    pub(crate) fn count_sent(&self, envelope: &Envelope, bytes: u64) {
        self.sent.add(1);
        self.bytes.add(bytes);
        self.format_id.store(envelope.format_id, Relaxed);
        self.timestamp_ns.store(envelope.timestamp_ns, Relaxed);
    }

    /// The timestamp of the frame that was sent last, stream time, ns; `None` before the first.
    pub(crate) fn timestamp_ns(&self) -> Option<i64> {
        (self.sent.get() > 0).then(|| self.timestamp_ns.load(Relaxed))
    }

    /// The number of the format of the frame that was sent last, 0 for none.
    pub(crate) fn format_id(&self) -> u32 {
        self.format_id.load(Relaxed)
    }
}

/// What the consumer's side counts.
#[derive(Debug, Default)]
pub(crate) struct ConsumerCounters {
    pub(crate) delivered: Counter,
    pub(crate) superseded: Counter,
    pub(crate) too_old: Counter,
    pub(crate) unmatched: Counter,
    pub(crate) flushed: Counter,
    pub(crate) high_water: Counter,
}

/// The counters of one link. The two sides are a cache line apart, wherever the whole begins: there
/// is one of these a link, so it is not made larger for the sake of an even address.
#[derive(Debug, Default)]
#[repr(C)]
pub(crate) struct LinkCounters {
    /// When the link was first made, monotonic, ns; it may have been built anew since.
    pub(crate) began_ns: OnceLock<u64>,
    /// How often it was made deeper. The writer is whoever commits.
    pub(crate) grown: Counter,
    pub(crate) consumer: ConsumerCounters,
    _apart: [u64; 8],
    pub(crate) producer: ProducerCounters,
}

/// The counters of a link as they were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct LinkCounts {
    /// Frames that the producer sent on this link.
    pub sent: u64,
    /// Frames that the consumer was given.
    pub delivered: u64,
    /// Frames dropped, all reasons together.
    pub dropped: u64,
    /// Dropped because a newer frame took their place.
    pub superseded: u64,
    /// Dropped because the queue was full (`every_sample`).
    pub overflow: u64,
    /// Dropped because the queue was full and its consumer is stuck.
    pub stuck: u64,
    /// Dropped because the queue was full and the source is live.
    pub live_overrun: u64,
    /// Dropped because they were captured too long ago.
    pub too_old: u64,
    /// Dropped because no frame of the other lanes went with them.
    pub unmatched: u64,
    /// Discarded by a flush, a removal or a stop.
    pub flushed: u64,
    /// Lost with a process that died.
    pub lost: u64,
    /// Still in the link.
    pub in_flight: u64,
    /// Bytes of the blocks that were sent.
    pub bytes: u64,
    /// Most frames seen waiting at once.
    pub high_water: u64,
    /// How often the link was made deeper while it ran, because its join starved on another.
    pub grown: u64,
}

impl LinkCounters {
    /// Frames that the consumer was given.
    pub(crate) fn delivered(&self) -> u64 {
        // One that is put back after it was given by hand is taken from the other number.
        self.consumer.delivered.get().wrapping_add(self.producer.by_hand.get())
    }

    /// The counters as they are now. `in_flight` is the difference of the others, so the sum is
    /// right by definition only when nothing runs: tests compare it with the queue's length.
    pub(crate) fn read(&self) -> LinkCounts {
        // The consumer first: what it counted was sent before.
        let consumer = &self.consumer;
        let delivered = self.delivered();
        let flushed = consumer.flushed.get();
        let too_old = consumer.too_old.get();
        let unmatched = consumer.unmatched.get();
        let producer = &self.producer;
        let superseded = consumer.superseded.get() + producer.superseded.get();
        let overflow = producer.overflow.get();
        let stuck = producer.stuck.get();
        let live_overrun = producer.live_overrun.get();
        let dropped = superseded + overflow + stuck + live_overrun + too_old + unmatched;
        let sent = producer.sent.get();
        LinkCounts {
            sent,
            delivered,
            dropped,
            superseded,
            overflow,
            stuck,
            live_overrun,
            too_old,
            unmatched,
            flushed,
            lost: 0,
            in_flight: sent.saturating_sub(delivered + dropped + flushed),
            bytes: producer.bytes.get(),
            high_water: consumer.high_water.get().max(producer.high_water.get()),
            grown: self.grown.get(),
        }
    }
}
