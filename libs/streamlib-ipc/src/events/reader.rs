//! The reading end of a runtime's events.

use std::fs::{File, TryLockError};
use std::time::Instant;

use iceoryx2::port::subscriber::{Subscriber, SubscriberCreateError};

use super::filter::decode;
use super::{
    EVENT_HISTORY, EVENTS_BELL, EventFilter, EventHeader, Factory, MOST_EVENT_READERS, bell_name,
    open,
};
use crate::domain::lock_file;
use crate::node::Service;
use crate::{Bell, Doorbell, IpcError, Node};

/// An event of a runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuntimeEvent {
    /// Its number in the runtime, without holes.
    pub sequence: u64,
    /// The parts of its topic.
    pub topic: Vec<String>,
    /// What it says, as its writer wrote it.
    pub body: Vec<u8>,
    /// How many events of any topic did not come between the one before and this.
    pub missed: u64,
}

/// A subscription to the events of a runtime, from any process that joined it. One thread at a time.
#[derive(Debug)]
pub struct EventReader {
    subscriber: Subscriber<Service, [u8], EventHeader>,
    filter: EventFilter,
    doorbell: Doorbell,
    next: Option<u64>,
    /// Missed since the last event that was given out.
    missing: u64,
    missed: u64,
    // The bell is this reader's as long as it holds the lock.
    _claim: File,
    _factory: Factory,
    node: Node,
}

impl EventReader {
    /// Subscribes to the events that `filter` takes, and to as many of the last ones as `history`
    /// says, of those that are kept.
    pub fn open(node: &Node, filter: EventFilter, history: usize) -> Result<Self, IpcError> {
        let factory = open(node)?;
        let (claim, bell) = claim_bell(node)?;
        let doorbell = Doorbell::open(node, &bell)?;
        let create = || {
            let builder = factory.subscriber_builder().buffer_size(EVENT_HISTORY);
            builder.history_request(history.min(EVENT_HISTORY)).create()
        };
        let subscriber = node.make(create).map_err(|error| match error {
            SubscriberCreateError::ExceedsMaxSupportedSubscribers => too_many(),
            other => IpcError::transport("read events of", node.runtime(), other),
        })?;
        Bell::open(node, EVENTS_BELL)?.ring();
        Ok(Self {
            subscriber,
            filter,
            doorbell,
            next: None,
            missing: 0,
            missed: 0,
            _claim: claim,
            _factory: factory,
            node: node.clone(),
        })
    }

    /// The next event, if there is one.
    pub fn read(&mut self) -> Result<Option<RuntimeEvent>, IpcError> {
        loop {
            let received = self.subscriber.receive();
            let Some(slot) = received.map_err(|error| {
                IpcError::transport("read events of", self.node.runtime(), error)
            })?
            else {
                return Ok(None);
            };
            let header = *slot.user_header();
            let next = self.next.unwrap_or(header.sequence);
            let missing = header.sequence.saturating_sub(next);
            self.next = Some(header.sequence + 1);
            self.missing += missing;
            self.missed += missing;
            let payload = slot.payload();
            let (topic, body) = payload.split_at((header.topic as usize).min(payload.len()));
            let topic = decode(topic);
            if self.filter.takes(topic.iter().map(String::as_str)) {
                let missed = std::mem::take(&mut self.missing);
                let (sequence, body) = (header.sequence, body.to_vec());
                return Ok(Some(RuntimeEvent { sequence, topic, body, missed }));
            }
        }
    }

    /// Waits until there may be an event or `deadline` has passed; true if there may be one.
    pub fn wait(&mut self, deadline: Option<Instant>) -> bool {
        let subscriber = &self.subscriber;
        let ready = || subscriber.has_samples().unwrap_or(true);
        self.doorbell.wait(deadline, std::time::Duration::ZERO, ready)
    }

    /// How many events did not come since the subscription, of any topic: those that did not fit
    /// the queue cannot be looked at.
    pub fn missed(&self) -> u64 {
        self.missed
    }
}

/// A bell that no living reader has.
fn claim_bell(node: &Node) -> Result<(File, String), IpcError> {
    for reader in 0..MOST_EVENT_READERS {
        let name = bell_name(reader);
        let path = node.file(&format!("claim-{name}"));
        let failed = |error| IpcError::system("lock", path.display(), error);
        let claim = lock_file(&path).map_err(failed)?;
        match claim.try_lock() {
            Ok(()) => return Ok((claim, name)),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
    }
    Err(too_many())
}

fn too_many() -> IpcError {
    IpcError::TooManyReaders { most: MOST_EVENT_READERS }
}
