//! The control interface: HTTP/1.1 with JSON and server-sent events.
//!
//! Guarantees: every refusal is JSON with a code; a body, a head and the number of connections
//! are bounded; a call that may wait for the graph runs beside the server, so the server always
//! answers. Who may connect, the folder of the socket decides.

mod answer;
mod connections;
mod events;
mod routes;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::event_log::EventLog;
use crate::hosted::HostedGraph;
use crate::stopping::Stopper;

pub(crate) use connections::serve;

/// What every request can use.
#[derive(Clone)]
pub(crate) struct Shared {
    /// The graph.
    pub(crate) graph: Arc<dyn HostedGraph>,
    /// Its events.
    pub(crate) events: Arc<EventLog>,
    /// Stops the graph.
    pub(crate) stopper: Arc<Stopper>,
    /// Who this is.
    pub(crate) identity: Arc<Identity>,
    /// One permit for each client that may follow the events.
    subscribers: Arc<Semaphore>,
}

/// What of `GET /v1/info` does not change.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) name: String,
    pub(crate) file: Option<PathBuf>,
}

impl Shared {
    pub(crate) fn new(
        graph: Arc<dyn HostedGraph>,
        events: Arc<EventLog>,
        stopper: Arc<Stopper>,
        identity: Identity,
    ) -> Self {
        let subscribers = Arc::new(Semaphore::new(streamlib_protocol::SUBSCRIBERS_MAX));
        Self { graph, events, stopper, identity: Arc::new(identity), subscribers }
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::MadeUp;
