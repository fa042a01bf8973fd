//! The publishing end of a runtime's events.

use iceoryx2::port::publisher::{Publisher, PublisherCreateError};
use iceoryx2::port::update_connections::UpdateConnections;

use super::filter::encode;
use super::{EventHeader, Factory, MOST_EVENT_BYTES, MOST_EVENT_READERS, bell_name, open};
use crate::node::Service;
use crate::{Bell, IpcError, Node};

/// Publishes the events of a runtime to other processes. The host has it; one thread at a time.
#[derive(Debug)]
pub struct EventWriter {
    publisher: Publisher<Service, [u8], EventHeader>,
    bells: Vec<Bell>,
    sequence: u64,
    refused: u64,
    node: Node,
    _factory: Factory,
}

impl EventWriter {
    /// Opens the service of `node`'s runtime.
    pub fn open(node: &Node) -> Result<Self, IpcError> {
        let factory = open(node)?;
        let create = || {
            let builder = factory.publisher_builder().max_loaned_samples(1);
            builder.initial_max_slice_len(MOST_EVENT_BYTES).create()
        };
        let publisher = node.make(create).map_err(|error| match error {
            PublisherCreateError::ExceedsMaxSupportedPublishers => {
                IpcError::HasWriter { port: "events".to_owned() }
            }
            other => IpcError::transport("publish events of", node.runtime(), other),
        })?;
        let bells: Result<_, _> =
            (0..MOST_EVENT_READERS).map(|reader| Bell::open(node, &bell_name(reader))).collect();
        let (bells, node) = (bells?, node.clone());
        Ok(Self { publisher, bells, sequence: 0, refused: 0, node, _factory: factory })
    }

    /// Publishes an event: the parts of its topic, such as `processor`, `movie`,
    /// `processor_failed`, and its body. Answers its number.
    pub fn publish(&mut self, topic: &[&str], body: &[u8]) -> Result<u64, IpcError> {
        let published = self.try_publish(topic, body);
        self.refused += u64::from(published.is_err());
        published
    }

    fn try_publish(&mut self, topic: &[&str], body: &[u8]) -> Result<u64, IpcError> {
        let topic = encode(topic)?;
        let bytes = topic.len() + body.len();
        if bytes > MOST_EVENT_BYTES {
            return Err(IpcError::EventTooLarge { bytes, most: MOST_EVENT_BYTES });
        }
        let failed = |error| IpcError::transport("publish an event of", self.node.runtime(), error);
        let mut slot = self.publisher.loan_slice_uninit(bytes).map_err(|e| failed(e.into()))?;
        let sequence = self.sequence;
        *slot.user_header_mut() = EventHeader { sequence, topic: topic.len() as u32, reserved: 0 };
        let mut all = topic.iter().chain(body).copied();
        let slot = slot.write_from_fn(|_| all.next().unwrap_or_default());
        slot.send().map_err(failed)?;
        self.sequence += 1;
        self.bells.iter().for_each(Bell::ring);
        Ok(sequence)
    }

    /// Gives new readers their history. Publishing does it too; without it they wait for the next
    /// event.
    pub fn attend(&mut self) -> Result<(), IpcError> {
        self.publisher.update_connections().map_err(|error| {
            IpcError::transport("attend readers of events of", self.node.runtime(), error)
        })?;
        self.bells.iter().for_each(Bell::ring);
        Ok(())
    }

    /// How many events were refused.
    pub fn refused(&self) -> u64 {
        self.refused
    }
}
