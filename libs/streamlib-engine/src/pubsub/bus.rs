//! Who gets which event.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::{ArcSwap, ArcSwapOption};

use super::events::{Event, EventKind};
use super::topic::TopicFilter;
use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
use crate::sync::{Queue, Thread, current, park, park_timeout};

/// Gives events to subscriptions. Copies are the same bus.
#[derive(Debug, Clone, Default)]
pub struct EventBus(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    next_sequence: AtomicU64,
    mailboxes: ArcSwap<Vec<Arc<Mailbox>>>,
}

/// Where one subscription's events wait.
#[derive(Debug)]
struct Mailbox {
    filter: TopicFilter,
    events: Queue<Arc<Event>>,
    missed: AtomicU64,
    closed: AtomicBool,
    /// The thread that waits for an event; taken by whoever wakes it.
    waiter: ArcSwapOption<Thread>,
}

impl Mailbox {
    fn new(filter: TopicFilter, capacity: usize) -> Self {
        Self {
            filter,
            events: Queue::new(capacity.max(1)),
            missed: AtomicU64::new(0),
            closed: AtomicBool::new(false),
            waiter: ArcSwapOption::empty(),
        }
    }

    /// Puts an event in; the oldest goes if there is no place.
    fn put(&self, event: Arc<Event>) {
        if self.events.force_push(event).is_some() {
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
        self.wake();
    }

    /// No more events come.
    fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.wake();
    }

    /// Wakes the waiter, if there is one. The fence pairs with the one in `Subscription::wait`:
    /// either the waiter sees what was done before this call, or this call sees the waiter.
    fn wake(&self) {
        fence(Ordering::SeqCst);
        if self.waiter.load().is_some()
            && let Some(thread) = self.waiter.swap(None)
        {
            thread.unpark();
        }
    }
}

impl EventBus {
    /// A bus without subscriptions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Publishes what happened at `time_ns` by the machine's monotonic clock; gives back the
    /// event's number. Never waits; allocates only if somebody wants the event.
    pub fn publish(&self, time_ns: u64, kind: EventKind) -> u64 {
        let sequence = self.0.next_sequence.fetch_add(1, Ordering::Relaxed);
        let mailboxes = self.0.mailboxes.load();
        let mut wanted = mailboxes.iter().filter(|mailbox| mailbox.filter.takes(&kind)).peekable();
        if wanted.peek().is_none() {
            return sequence;
        }
        let wanted: Vec<_> = wanted.collect();
        let event = Arc::new(Event { sequence, time_ns, kind });
        for mailbox in wanted {
            mailbox.put(Arc::clone(&event));
        }
        sequence
    }

    /// Subscribes to the events that `filter` takes. At most `capacity` of them, at least 1, wait
    /// to be received; then the oldest is dropped for each new one, and counted.
    pub fn subscribe(&self, filter: TopicFilter, capacity: usize) -> Subscription {
        let mailbox = Arc::new(Mailbox::new(filter, capacity));
        self.0.mailboxes.rcu(|list| {
            let mut list = Vec::clone(list);
            list.push(Arc::clone(&mailbox));
            list
        });
        Subscription { bus: Arc::downgrade(&self.0), mailbox }
    }

    /// How many subscriptions there are.
    pub fn subscriber_count(&self) -> usize {
        self.0.mailboxes.load().len()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        for mailbox in self.mailboxes.load().iter() {
            mailbox.close();
        }
    }
}

/// Receives events until it is dropped.
#[derive(Debug)]
pub struct Subscription {
    bus: std::sync::Weak<Shared>,
    mailbox: Arc<Mailbox>,
}

impl Subscription {
    /// The next event, if one waits.
    pub fn try_recv(&mut self) -> Option<Arc<Event>> {
        self.mailbox.events.pop()
    }

    /// The next event; `None` if none comes in time, or if none can come because the bus is gone.
    pub fn recv_timeout(&mut self, timeout: Duration) -> Option<Arc<Event>> {
        self.wait(Instant::now().checked_add(timeout))
    }

    /// The next event; `None` if none can come because the bus is gone.
    pub fn recv(&mut self) -> Option<Arc<Event>> {
        self.wait(None)
    }

    /// How many events were dropped so far because too many waited.
    pub fn missed(&self) -> u64 {
        self.mailbox.missed.load(Ordering::Relaxed)
    }

    /// True if no event can come any more. Events that wait can still be received.
    pub fn is_closed(&self) -> bool {
        self.mailbox.closed.load(Ordering::Acquire)
    }

    /// From now on the calling thread is unparked when there are news, until [`Self::disarm`].
    /// Look at [`Self::has_news`] in between, before parking.
    pub(crate) fn arm(&self) {
        self.mailbox.waiter.store(Some(Arc::new(current())));
        fence(Ordering::SeqCst);
    }

    pub(crate) fn disarm(&self) {
        self.mailbox.waiter.store(None);
    }

    /// True if an event waits, or none can come any more.
    pub(crate) fn has_news(&self) -> bool {
        !self.mailbox.events.is_empty() || self.is_closed()
    }

    fn wait(&mut self, deadline: Option<Instant>) -> Option<Arc<Event>> {
        loop {
            if let Some(event) = self.try_recv() {
                return Some(event);
            }
            self.arm();
            let is_closed = self.is_closed();
            if !self.has_news() {
                match deadline.map(|at| at.saturating_duration_since(Instant::now())) {
                    None => park(),
                    Some(Duration::ZERO) => {
                        self.disarm();
                        return self.try_recv();
                    }
                    Some(left) => park_timeout(left),
                }
            }
            self.disarm();
            if is_closed {
                return self.try_recv();
            }
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(bus) = self.bus.upgrade() {
            bus.mailboxes.rcu(|list| {
                let others = list.iter().filter(|other| !Arc::ptr_eq(other, &self.mailbox));
                others.cloned().collect::<Vec<_>>()
            });
        }
    }
}

#[cfg(all(test, loom))]
mod loom_models {
    use super::*;
    use crate::pubsub::events::RuntimeEvent;

    fn mailbox(capacity: usize) -> Arc<Mailbox> {
        Arc::new(Mailbox::new(TopicFilter::new("*").unwrap(), capacity))
    }

    fn event(sequence: u64) -> Arc<Event> {
        let kind = EventKind::Runtime { event: RuntimeEvent::RuntimeDidStart {} };
        Arc::new(Event { sequence, time_ns: 0, kind })
    }

    /// Two events for a subscription with one place: each is received or counted, the newest is
    /// received, and the subscriber does not sleep through it.
    #[test]
    fn loom_an_event_is_received_or_counted() {
        loom::model(|| {
            let mailbox = mailbox(1);
            let other = Arc::clone(&mailbox);
            let publishing = loom::thread::spawn(move || {
                other.put(event(1));
                other.put(event(2));
            });
            let bus = std::sync::Weak::new();
            let mut subscription = Subscription { bus, mailbox: Arc::clone(&mailbox) };
            let (mut received, mut last) = (0, 0);
            while last < 2 {
                let event = subscription.recv().expect("the bus is not gone");
                assert!(event.sequence > last);
                (received, last) = (received + 1, event.sequence);
            }
            publishing.join().unwrap();
            assert_eq!(received + subscription.missed(), 2);
        });
    }

    /// The bus goes while a subscriber waits: it gets what was published, and then learns of it.
    #[test]
    fn loom_a_subscriber_learns_that_the_bus_is_gone() {
        loom::model(|| {
            let mailbox = mailbox(2);
            let other = Arc::clone(&mailbox);
            let closing = loom::thread::spawn(move || {
                other.put(event(1));
                other.close();
            });
            let mut subscription = Subscription { bus: std::sync::Weak::new(), mailbox };
            assert_eq!(subscription.recv().map(|event| event.sequence), Some(1));
            assert!(subscription.recv().is_none());
            closing.join().unwrap();
        });
    }
}
