//! Taps: what observers of a link are given, without ever holding the graph.
//!
//! A tap for frames gets copies of handles, not of content. It has a few places of its own, for
//! frames that wait in it and frames that its reader holds together, and as many buffers beyond
//! what the plan gave to the ports that its frames may come from; beyond them it misses frames,
//! counted. A tap for events gets a few numbers about each frame and holds none. Without taps a
//! frame costs one relaxed load at each end of its link.

use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use streamlib_abi::RawFrame;

use crate::execution::doorbell::Doorbell;
use crate::pubsub::events::LinkEvent;
use crate::sync::Queue;
use crate::sync::atomic::{
    AtomicBool, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

/// One observer of a link.
#[derive(Debug)]
pub(crate) struct Tap {
    what: What,
    missed: AtomicU64,
    bell: Doorbell,
}

#[derive(Debug)]
enum What {
    Frames {
        waiting: Queue<RawFrame>,
        /// Frames that wait or are held by the reader.
        taken: AtomicU64,
    },
    Events(Queue<LinkEvent>),
}

/// The observers of a link.
#[derive(Debug)]
pub(crate) struct TapList(pub(crate) Vec<Arc<Tap>>);

/// Where a link has its observers, who come and go while it runs.
#[derive(Debug)]
pub(crate) struct TapSlot {
    /// True while there are taps. In the link's hot line: without taps nothing else is looked at.
    tapped: AtomicBool,
    taps: ArcSwapOption<TapList>,
}

/// A frame that a tap gave out. It takes one of the tap's places until it is dropped.
#[derive(Debug)]
pub(crate) struct Tapped {
    frame: ManuallyDrop<RawFrame>,
    tap: Arc<Tap>,
}

impl Tap {
    /// A tap with `places` for frames, at least 1.
    pub(crate) fn for_frames(places: usize) -> Arc<Self> {
        let waiting = Queue::new(places.max(1));
        Arc::new(Self {
            what: What::Frames { waiting, taken: AtomicU64::new(0) },
            missed: AtomicU64::new(0),
            bell: Doorbell::new(),
        })
    }

    /// A tap in which up to `capacity` events wait, at least 1.
    pub(crate) fn for_events(capacity: usize) -> Arc<Self> {
        Arc::new(Self {
            what: What::Events(Queue::new(capacity.max(1))),
            missed: AtomicU64::new(0),
            bell: Doorbell::new(),
        })
    }

    /// Buffers that the ports need beside what the plan gave them.
    pub(crate) fn buffers(&self) -> u32 {
        match &self.what {
            What::Frames { waiting, .. } => u32::try_from(waiting.capacity()).unwrap_or(u32::MAX),
            What::Events(_) => 0,
        }
    }

    /// Takes the oldest frame that waits.
    pub(crate) fn take(self: &Arc<Self>) -> Option<Tapped> {
        let What::Frames { waiting, .. } = &self.what else { return None };
        let frame = ManuallyDrop::new(waiting.pop()?);
        Some(Tapped { frame, tap: Arc::clone(self) })
    }

    /// Takes the oldest event that waits.
    pub(crate) fn take_event(&self) -> Option<LinkEvent> {
        match &self.what {
            What::Events(waiting) => waiting.pop(),
            What::Frames { .. } => None,
        }
    }

    /// Frames or events that came while there was no place for them.
    pub(crate) fn missed(&self) -> u64 {
        self.missed.load(Relaxed)
    }

    /// True if nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        match &self.what {
            What::Frames { waiting, .. } => waiting.is_empty(),
            What::Events(waiting) => waiting.is_empty(),
        }
    }

    /// Sleeps until something comes or `has_work` says that there is something else to do. May
    /// return early. For one reader at a time.
    pub(crate) fn wait(&self, timeout: Option<Duration>, has_work: impl FnOnce() -> bool) {
        self.bell.wait(timeout, || !self.is_empty() || has_work());
    }

    fn offer(&self, frame: &RawFrame) {
        let had_place = match &self.what {
            What::Frames { waiting, taken } => {
                // Acquire pairs with the drop of `Tapped`: whose place it was has let its frame go.
                let places = waiting.capacity() as u64;
                let take = |count: u64| (count < places).then_some(count + 1);
                taken.fetch_update(Acquire, Relaxed, take).is_ok()
                    && waiting.push(frame.clone()).is_ok()
            }
            What::Events(waiting) => {
                let timestamp_ns = frame.envelope.timestamp_ns;
                waiting
                    .push(LinkEvent::DataPushed { timestamp_ns, size: content_bytes(frame) })
                    .is_ok()
            }
        };
        self.count_and_ring(had_place);
    }

    fn tell(&self, event: LinkEvent) {
        if let What::Events(waiting) = &self.what {
            self.count_and_ring(waiting.push(event).is_ok());
        }
    }

    fn count_and_ring(&self, had_place: bool) {
        if had_place {
            self.bell.ring();
        } else {
            self.missed.fetch_add(1, Relaxed);
        }
    }
}

/// Bytes of the content: its body and its memories, without the fixed description.
fn content_bytes(frame: &RawFrame) -> u64 {
    let Ok(view) = frame.block.view() else { return 0 };
    let memories = (0..view.memory_count()).filter_map(|index| view.memory(index));
    memories.map(|memory| memory.len() as u64).sum::<u64>() + view.extra().len() as u64
}

impl Tapped {
    /// The frame.
    pub(crate) fn frame(&self) -> &RawFrame {
        &self.frame
    }
}

impl Drop for Tapped {
    fn drop(&mut self) {
        // The buffer goes back before the place is free: together they are never more than the
        // tap's places.
        // SAFETY: the frame is not used after this.
        unsafe { ManuallyDrop::drop(&mut self.frame) };
        if let What::Frames { taken, .. } = &self.tap.what {
            taken.fetch_sub(1, Release);
        }
    }
}

impl TapSlot {
    pub(crate) fn new() -> Self {
        Self { tapped: AtomicBool::new(false), taps: ArcSwapOption::empty() }
    }

    /// Puts another list in the place of the taps. Frames that are sent meanwhile may still go to
    /// the old ones, which keep them until they are dropped.
    pub(crate) fn set(&self, taps: Option<Arc<TapList>>) {
        let any = taps.is_some();
        self.taps.store(taps);
        self.tapped.store(any, Release);
    }

    /// How many observers there are.
    pub(crate) fn count(&self) -> usize {
        self.taps.load().as_ref().map_or(0, |taps| taps.0.len())
    }

    /// True if there may be observers.
    #[inline]
    pub(crate) fn is_tapped(&self) -> bool {
        self.tapped.load(Relaxed)
    }

    /// Does something with the observers, if there are any.
    #[cold]
    pub(crate) fn with(&self, tell: impl FnOnce(&TapList)) {
        if let Some(taps) = &*self.taps.load() {
            tell(taps);
        }
    }
}

impl TapList {
    /// A frame is sent.
    pub(crate) fn offer(&self, frame: &RawFrame) {
        self.0.iter().for_each(|tap| tap.offer(frame));
    }

    /// Something else happened on the link.
    pub(crate) fn tell(&self, event: &LinkEvent) {
        self.0.iter().for_each(|tap| tap.tell(event.clone()));
    }
}

#[cfg(all(test, loom))]
mod loom_model {
    use super::*;
    use streamlib_abi::{Envelope, handle::heap_block};

    fn frame() -> RawFrame {
        RawFrame { envelope: Envelope::at(0), block: heap_block(64) }
    }

    /// A tap comes and goes while frames are sent: each is given, missed or sent without it, and
    /// none is held once the tap is gone.
    #[test]
    fn loom_a_tap_that_goes_holds_no_frame() {
        loom::model(|| {
            let slot = Arc::new(TapSlot::new());
            let (block, other) = (heap_block(64), Arc::clone(&slot));
            let sent = RawFrame { envelope: Envelope::at(0), block: block.clone() };
            let sending = loom::thread::spawn(move || {
                for _ in 0..2 {
                    if other.is_tapped() {
                        other.with(|taps| taps.offer(&sent));
                    }
                }
            });
            let tap = Tap::for_frames(1);
            slot.set(Some(Arc::new(TapList(vec![Arc::clone(&tap)]))));
            let given = tap.take();
            slot.set(None);
            sending.join().unwrap();
            assert!(!slot.is_tapped() && slot.count() == 0);
            drop((given, tap));
            assert!(block.is_unique(), "a tap that is gone holds a frame");
        });
    }

    /// A tap with one place: whatever the reader does meanwhile, each frame is given or missed,
    /// nobody waits for ever, and the place is free again in the end.
    #[test]
    fn loom_a_tap_gives_or_misses_every_frame() {
        loom::model(|| {
            let tap = Tap::for_frames(1);
            let other = Arc::clone(&tap);
            let sending = loom::thread::spawn(move || {
                let frame = frame();
                other.offer(&frame);
                other.offer(&frame);
            });
            let mut given = 0;
            while given == 0 {
                match tap.take() {
                    Some(tapped) => {
                        drop(tapped);
                        given += 1;
                    }
                    // Of two frames at least one finds the place free.
                    None => tap.wait(None, || false),
                }
            }
            sending.join().unwrap();
            given += u64::from(tap.take().is_some());
            assert_eq!(given + tap.missed(), 2);
            tap.offer(&frame());
            assert!(!tap.is_empty(), "the place is free again");
        });
    }
}
