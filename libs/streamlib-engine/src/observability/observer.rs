//! Observers: streams of events about one processor, one link or the graph, and frames of a link.

use std::marker::PhantomData;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use streamlib_abi::{Envelope, RawFrame};
use streamlib_processor::frame::FrameType;
use streamlib_schema::Format;

use super::inspector::GraphInspector;
use crate::compiler::LinkKey;
use crate::ids::{LinkId, ProcessorId};
use crate::link_channel::tap::{Tap, Tapped};
use crate::pubsub::events::{EventKind, GraphEvent, LinkEvent, ProcessorEvent};
use crate::pubsub::{EventBus, Subscription, TopicFilter};
use crate::runtime::{Engine, Shared};

/// Events that wait for a reader; beyond them the oldest of the bus and the newest of a tap are
/// missed, counted.
const CAPACITY: usize = 1024;
/// Frames that a tap holds for its reader, and buffers that it brings along.
pub(super) const TAP_PLACES: usize = 2;

/// Gives events until it is dropped; then nothing is left of it in the graph.
#[derive(Debug)]
pub struct ObserverHandle<T> {
    attachment: Attachment,
    event: PhantomData<fn() -> T>,
}

/// What an observer is attached to, and how it is detached.
#[derive(Debug)]
struct Attachment {
    shared: Weak<Shared>,
    subject: Subject,
    subscription: Subscription,
    tap: Option<Arc<Tap>>,
}

#[derive(Debug)]
enum Subject {
    Processor(ProcessorId),
    Link(LinkId),
    Graph,
}

mod sealed {
    use super::{EventKind, LinkEvent};

    /// Events that a handle can give.
    pub trait Observable: Sized {
        fn of_bus(kind: &EventKind) -> Option<Self>;
        fn of_tap(event: LinkEvent) -> Option<Self>;
    }
}
use sealed::Observable;

impl Observable for ProcessorEvent {
    fn of_bus(kind: &EventKind) -> Option<Self> {
        if let EventKind::Processor { event, .. } = kind { Some(event.clone()) } else { None }
    }

    fn of_tap(_: LinkEvent) -> Option<Self> {
        None
    }
}

impl Observable for LinkEvent {
    fn of_bus(kind: &EventKind) -> Option<Self> {
        if let EventKind::Link { event, .. } = kind { Some(event.clone()) } else { None }
    }

    fn of_tap(event: LinkEvent) -> Option<Self> {
        Some(event)
    }
}

impl Observable for GraphEvent {
    fn of_bus(kind: &EventKind) -> Option<Self> {
        if let EventKind::Graph { event } = kind { Some(event.clone()) } else { None }
    }

    fn of_tap(_: LinkEvent) -> Option<Self> {
        None
    }
}

impl Subject {
    fn takes(&self, kind: &EventKind) -> bool {
        match (self, kind) {
            // The topic of a processor is also that of the converters before it.
            (Self::Processor(id), EventKind::Processor { processor, .. }) => processor == id,
            (Self::Link(_), EventKind::Link { .. }) | (Self::Graph, EventKind::Graph { .. }) => {
                true
            }
            _ => false,
        }
    }

    fn filter(&self) -> TopicFilter {
        let text = match self {
            Self::Processor(id) => format!("processor.{id}"),
            Self::Link(id) => format!("link.{}", id.0),
            Self::Graph => "graph".to_owned(),
        };
        TopicFilter::new(&text).unwrap_or(TopicFilter::all())
    }
}

impl GraphInspector {
    /// Observes a processor: its state, configuration, failures, formats and ends, and a
    /// [`ProcessorEvent::FrameProcessed`] for each call that is measured. It need not be there
    /// yet; one that is replaced stays observed.
    pub fn observe_processor(&self, id: &ProcessorId) -> ObserverHandle<ProcessorEvent> {
        let handle = self.observer(Subject::Processor(id.clone()), None);
        let shared = &self.engine().shared;
        shared.env.observed.observe(id, || shared.view.load_full());
        handle
    }

    /// Observes a link, of one with a converter the part before it: every frame that is sent, and
    /// when its queue is full or empty. It need not be there yet; one that is built anew stays
    /// observed. Holds no frames.
    pub fn observe_link(&self, id: LinkId) -> ObserverHandle<LinkEvent> {
        let tap = Tap::for_events(CAPACITY);
        self.attach(id, &tap);
        self.observer(Subject::Link(id), Some(tap))
    }

    /// Observes the graph: changes of it, of its state, and refused changes.
    pub fn observe_graph(&self) -> ObserverHandle<GraphEvent> {
        self.observer(Subject::Graph, None)
    }

    /// Taps the frames of a link, of one with a converter those before it. The tap has two places
    /// and two buffers of its own; frames that come while both are taken are missed, counted, and
    /// nothing is held up. While it holds a frame, whoever would edit that frame in place copies
    /// it, counted.
    pub fn tap(&self, id: LinkId) -> LinkTap {
        self.tap_with(id, TAP_PLACES)
    }

    /// As [`Self::tap`], with so many places and buffers.
    pub(super) fn tap_with(&self, id: LinkId, places: usize) -> LinkTap {
        let tap = Tap::for_frames(places);
        self.attach(id, &tap);
        LinkTap { shared: Arc::downgrade(&self.engine().shared), tap }
    }

    fn attach(&self, id: LinkId, tap: &Arc<Tap>) {
        let shared = &self.engine().shared;
        let key = LinkKey { link: id, part: 0 };
        shared.env.observed.attach(key, Arc::clone(tap), || shared.view.load_full());
    }

    fn observer<T>(&self, subject: Subject, tap: Option<Arc<Tap>>) -> ObserverHandle<T> {
        let engine: &Engine = self.engine();
        let bus: &EventBus = engine.events();
        let subscription = bus.subscribe(subject.filter(), CAPACITY);
        let shared = Arc::downgrade(&engine.shared);
        let attachment = Attachment { shared, subject, subscription, tap };
        ObserverHandle { attachment, event: PhantomData }
    }
}

impl<T: Observable> ObserverHandle<T> {
    /// The next event, if one waits.
    pub fn try_recv(&mut self) -> Option<T> {
        let Attachment { subject, subscription, tap, .. } = &mut self.attachment;
        if let Some(event) = tap.as_ref().and_then(|tap| tap.take_event()) {
            return T::of_tap(event);
        }
        loop {
            let event = subscription.try_recv()?;
            if let Some(event) = T::of_bus(&event.kind).filter(|_| subject.takes(&event.kind)) {
                return Some(event);
            }
        }
    }

    /// The next event; `None` if none comes in time, or if none can come because the engine is
    /// gone.
    pub fn recv_timeout(&mut self, timeout: Duration) -> Option<T> {
        let deadline = Instant::now().checked_add(timeout);
        loop {
            if let Some(event) = self.try_recv() {
                return Some(event);
            }
            let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
            if self.attachment.subscription.is_closed() || left == Some(Duration::ZERO) {
                return self.try_recv();
            }
            self.attachment.wait(left);
        }
    }

    /// How many events were dropped so far because too many waited.
    pub fn missed(&self) -> u64 {
        let tapped = self.attachment.tap.as_ref().map_or(0, |tap| tap.missed());
        tapped + self.attachment.subscription.missed()
    }
}

impl Attachment {
    /// Sleeps until there may be an event. May return early.
    fn wait(&self, timeout: Option<Duration>) {
        let Self { subscription, tap, .. } = self;
        subscription.arm();
        match tap {
            // Both wake this thread: the bus by what was armed, the tap by its bell.
            Some(tap) => tap.wait(timeout, || subscription.has_news()),
            None if subscription.has_news() => {}
            None => match timeout {
                Some(timeout) => std::thread::park_timeout(timeout),
                None => std::thread::park(),
            },
        }
        subscription.disarm();
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        let Some(shared) = self.shared.upgrade() else { return };
        if let Some(tap) = &self.tap {
            shared.env.observed.detach(tap, || shared.view.load_full());
        }
        if let Subject::Processor(id) = &self.subject {
            shared.env.observed.leave(id, || shared.view.load_full());
        }
    }
}

/// Gives frames of a link until it is dropped; then its buffers go back.
#[derive(Debug)]
pub struct LinkTap {
    shared: Weak<Shared>,
    tap: Arc<Tap>,
}

/// A frame of a link. It takes one of its tap's places until it is dropped: copy what is to stay.
#[derive(Debug)]
pub struct TappedFrame {
    tapped: Tapped,
    format: Option<Arc<Format>>,
}

impl LinkTap {
    /// The oldest frame that waits.
    pub fn try_recv(&mut self) -> Option<TappedFrame> {
        let tapped = self.tap.take()?;
        let shared = self.shared.upgrade();
        let number = tapped.frame().envelope.format_id;
        let format = shared.and_then(|shared| shared.env.formats.format(number));
        Some(TappedFrame { tapped, format })
    }

    /// The next frame; `None` if none comes in time, or if the engine is gone.
    pub fn recv_timeout(&mut self, timeout: Duration) -> Option<TappedFrame> {
        let deadline = Instant::now().checked_add(timeout);
        loop {
            if let Some(frame) = self.try_recv() {
                return Some(frame);
            }
            let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) || self.shared.strong_count() == 0 {
                return self.try_recv();
            }
            self.tap.wait(left, || false);
        }
    }

    /// Frames that came while all places were taken.
    pub fn missed(&self) -> u64 {
        self.tap.missed()
    }
}

impl Drop for LinkTap {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.env.observed.detach(&self.tap, || shared.view.load_full());
        }
    }
}

impl TappedFrame {
    /// What belongs to the sending.
    pub fn envelope(&self) -> &Envelope {
        &self.raw().envelope
    }

    /// Its format, if it has one.
    pub fn format(&self) -> Option<&Format> {
        self.format.as_deref()
    }

    /// Looks at it as a frame of type `F`; `None` if it is none. A clone that outlives the call
    /// keeps a buffer that the graph may wait for.
    pub fn with<F: FrameType, R>(&self, look: impl FnOnce(&F) -> R) -> Option<R> {
        let frame = F::from_raw(self.raw().clone()).ok()?;
        Some(look(&frame))
    }

    fn raw(&self) -> &RawFrame {
        self.tapped.frame()
    }
}
