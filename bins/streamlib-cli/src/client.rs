//! Talks HTTP with a running graph over its private socket.
//!
//! Every question has a deadline; only the stream of events waits as long as the graph runs.

mod transport;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use streamlib_protocol::{ErrorBody, Event, Lagged, paths, sse};
use ureq::http::Response;
use ureq::{Agent, Body};

use crate::error::Error;

/// How long an answer may take. A commit may take some seconds.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest answer that is read, in bytes.
const ANSWER_BYTES_MAX: u64 = 256 << 20;

/// A running graph.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    socket: PathBuf,
    agent: Agent,
}

/// What comes from a stream of events.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FromStream {
    /// An event.
    Event(Box<Event>),
    /// Events that are no longer kept.
    Lagged(Lagged),
}

impl Client {
    /// A graph that listens on a socket. Nothing is connected yet.
    pub(crate) fn new(socket: &Path) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_send_request(Some(ANSWER_TIMEOUT))
            .timeout_recv_response(Some(ANSWER_TIMEOUT))
            .build();
        let agent = transport::agent(config, socket.to_owned());
        Self { socket: socket.to_owned(), agent }
    }

    /// Asks.
    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        let answer = self.agent.get(url(path)).call();
        self.read(answer.map_err(|source| self.no_answer(source))?)
    }

    /// Asks for something to be done.
    pub(crate) fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Error> {
        let body = serde_json::to_vec(body)?;
        let request = self.agent.post(url(path)).content_type("application/json");
        self.read(request.send(&body).map_err(|source| self.no_answer(source))?)
    }

    /// Follows the events after the one numbered `after`; without a number, those from now on.
    pub(crate) fn events(&self, after: Option<u64>) -> Result<Events, Error> {
        let mut request = self.agent.get(url(paths::EVENTS));
        if let Some(after) = after {
            request = request.header(sse::LAST_EVENT_ID, after.to_string());
        }
        let answer = request.call().map_err(|source| self.no_answer(source))?;
        if answer.status().is_success() {
            return Ok(Events {
                body: answer.into_body().into_reader(),
                reader: sse::Reader::new(),
                waiting: Vec::new(),
            });
        }
        Err(self.read::<ErrorBody>(answer).map_or_else(|error| error, Error::Refused))
    }

    fn read<T: DeserializeOwned>(&self, answer: Response<Body>) -> Result<T, Error> {
        let is_success = answer.status().is_success();
        let body = answer.into_body().into_with_config().limit(ANSWER_BYTES_MAX);
        let body = body.read_to_vec().map_err(|source| self.no_answer(source))?;
        if is_success {
            return serde_json::from_slice(&body).map_err(|source| self.strange(source));
        }
        let refusal: ErrorBody =
            serde_json::from_slice(&body).map_err(|source| self.strange(source))?;
        Err(Error::Refused(refusal))
    }

    fn no_answer(&self, source: ureq::Error) -> Error {
        Error::NoAnswer { socket: self.socket.clone(), source: Box::new(source) }
    }

    fn strange(&self, source: serde_json::Error) -> Error {
        Error::StrangeReply { socket: self.socket.clone(), source }
    }
}

/// The host is not looked at: the socket says who it is.
fn url(path: &str) -> String {
    format!("http://localhost{path}")
}

/// The events of a running graph, until it ends.
pub(crate) struct Events {
    body: ureq::BodyReader<'static>,
    reader: sse::Reader,
    /// Read and not given yet, the next one last.
    waiting: Vec<FromStream>,
}

impl Iterator for Events {
    type Item = Result<FromStream, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(next) = self.waiting.pop() {
                return Some(Ok(next));
            }
            let mut piece = [0; 16 << 10];
            // A stream that breaks off is one that has ended: the runtime is gone.
            let length = self.body.read(&mut piece).unwrap_or(0);
            if length == 0 {
                return None;
            }
            let mut messages = Vec::new();
            let pushed = self.reader.push(&piece[..length], &mut messages);
            self.waiting.extend(messages.iter().rev().filter_map(read_message));
            if let (Err(error), []) = (pushed, self.waiting.as_slice()) {
                return Some(Err(error.into()));
            }
        }
    }
}

/// An event that a later runtime sends in another form is passed over.
fn read_message(message: &sse::Message) -> Option<FromStream> {
    if message.event == Lagged::KIND {
        return serde_json::from_str(&message.data).ok().map(FromStream::Lagged);
    }
    serde_json::from_str(&message.data).ok().map(Box::new).map(FromStream::Event)
}
