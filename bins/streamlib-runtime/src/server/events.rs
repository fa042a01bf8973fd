//! `GET /v1/events`: the events as a stream, from wherever the client left off.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Response};
use futures_util::stream::unfold;
use streamlib_protocol::sse::{self, Message};
use streamlib_protocol::{ErrorBody, ErrorCode, Lagged, SUBSCRIBERS_MAX};
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::Shared;
use super::answer::Refused;
use crate::event_log::{EventLog, Next};

/// After this long without an event, a comment shows that the stream is alive, so that the end of
/// a client that went away is noticed.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(15);

/// Follows the events.
pub(super) async fn follow(
    State(shared): State<Shared>,
    headers: HeaderMap,
) -> Result<Response<Body>, Refused> {
    let place = match headers.get(sse::LAST_EVENT_ID) {
        Some(value) => last_event_id(value)?,
        None => shared.events.newest(),
    };
    let permit = shared.subscribers.clone().try_acquire_owned().map_err(|_all_taken| {
        let message = format!("{SUBSCRIBERS_MAX} clients follow the events, which is the most");
        ErrorBody::new(ErrorCode::Busy, message).with_hint("end one of them, or try again later")
    })?;
    let follower = Follower {
        changes: shared.events.changes(),
        events: shared.events,
        place,
        _permit: permit,
    };
    let stream = unfold(follower, |mut follower| async move {
        let text = follower.next().await?;
        Some((Ok::<_, Infallible>(Bytes::from(text)), follower))
    });
    let mut response = Response::new(Body::from_stream(stream));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(sse::CONTENT_TYPE));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn last_event_id(value: &HeaderValue) -> Result<u64, ErrorBody> {
    value.to_str().ok().and_then(|text| text.parse().ok()).ok_or_else(|| {
        let message = format!("the header `{}` is not the number of an event", sse::LAST_EVENT_ID);
        ErrorBody::new(ErrorCode::BadRequest, message)
    })
}

/// One client with its place in the log.
struct Follower {
    events: Arc<EventLog>,
    changes: watch::Receiver<u64>,
    place: u64,
    _permit: OwnedSemaphorePermit,
}

impl Follower {
    /// The next piece of the stream; `None` at its end.
    async fn next(&mut self) -> Option<String> {
        loop {
            // Marked as seen before the look, so that nothing that comes after it is missed.
            self.changes.mark_unchanged();
            match self.events.after(self.place) {
                Next::Event(numbered) => {
                    let (id, event) = *numbered;
                    self.place = id;
                    let data = serde_json::to_string(&event).unwrap_or_default();
                    return Some(Message { id: Some(id), event: event.kind, data }.encode());
                }
                Next::Lagged(lagged, place) => {
                    self.place = place;
                    let data = serde_json::to_string(&lagged).unwrap_or_default();
                    let event = Lagged::KIND.to_owned();
                    return Some(Message { id: None, event, data }.encode());
                }
                Next::Closed => return None,
                Next::Nothing => {}
            }
            match tokio::time::timeout(KEEP_ALIVE_EVERY, self.changes.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_log_is_gone)) => return None,
                Err(_elapsed) => return Some(sse::KEEP_ALIVE.to_owned()),
            }
        }
    }
}
