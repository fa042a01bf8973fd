//! The events of a runtime, kept for clients that come late or fall behind.
//!
//! One bounded log serves all clients: each has only its place in it, so a client that does not
//! read costs nothing and holds nobody up. Whoever falls behind what is kept is told how many
//! events it missed.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use streamlib_protocol::{EVENT_HISTORY_MAX, Event, Lagged};
use tokio::sync::watch;

/// A numbered event.
pub(crate) type Numbered = (u64, Event);

/// What a client gets next.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Next {
    /// Events that are no longer kept, and the place behind them.
    Lagged(Lagged, u64),
    /// The event after the client's place.
    Event(Box<Numbered>),
    /// Nothing yet.
    Nothing,
    /// Nothing, and nothing will come.
    Closed,
}

#[derive(Debug, Default)]
struct Kept {
    events: VecDeque<Event>,
    /// Number of the newest event; the first one is 1.
    newest: u64,
    is_closed: bool,
}

/// The log. Shared by the thread that adds and the clients that read.
#[derive(Debug)]
pub(crate) struct EventLog {
    kept: Mutex<Kept>,
    /// Raised with every change, so that clients can wait without the lock.
    changed: watch::Sender<u64>,
    capacity: usize,
}

impl EventLog {
    pub(crate) fn new() -> Self {
        Self::with_capacity(EVENT_HISTORY_MAX)
    }

    fn with_capacity(capacity: usize) -> Self {
        Self { kept: Mutex::default(), changed: watch::Sender::new(0), capacity }
    }

    /// Adds an event.
    pub(crate) fn push(&self, event: Event) {
        let mut kept = self.kept();
        kept.newest += 1;
        if kept.events.len() == self.capacity {
            kept.events.pop_front();
        }
        kept.events.push_back(event);
        drop(kept);
        self.changed.send_modify(|count| *count += 1);
    }

    /// Says that `missed` events never came here, as the numbers show.
    pub(crate) fn skip(&self, missed: u64) {
        let mut kept = self.kept();
        kept.newest += missed;
        // The numbers of what is kept must follow each other.
        kept.events.clear();
        drop(kept);
        self.changed.send_modify(|count| *count += 1);
    }

    /// Nothing more will come; clients get what is left.
    pub(crate) fn close(&self) {
        self.kept().is_closed = true;
        self.changed.send_modify(|count| *count += 1);
    }

    /// Number of the newest event: the place of a client that wants only new ones.
    pub(crate) fn newest(&self) -> u64 {
        self.kept().newest
    }

    /// What comes after the event `place`.
    pub(crate) fn after(&self, place: u64) -> Next {
        let kept = self.kept();
        if place >= kept.newest {
            return if kept.is_closed { Next::Closed } else { Next::Nothing };
        }
        let before_oldest = kept.newest - kept.events.len() as u64;
        if place < before_oldest {
            return Next::Lagged(Lagged { missed: before_oldest - place }, before_oldest);
        }
        let index = usize::try_from(place - before_oldest).unwrap_or(usize::MAX);
        match kept.events.get(index) {
            Some(event) => Next::Event(Box::new((place + 1, event.clone()))),
            None => Next::Nothing,
        }
    }

    /// A receiver that sees every later change of the log.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Every change above leaves the log whole, whatever happens to its thread.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use streamlib_protocol::EventSeverity;

    use super::*;

    fn event(kind: &str) -> Event {
        Event {
            time_ns: 0,
            kind: kind.to_owned(),
            severity: EventSeverity::Info,
            processor: None,
            link: None,
            message: String::new(),
            detail: serde_json::Value::Null,
        }
    }

    /// Everything that a client at `place` gets: numbers and kinds, `-n` for `n` missed.
    fn drain(log: &EventLog, mut place: u64) -> Vec<String> {
        let mut got = Vec::new();
        loop {
            match log.after(place) {
                Next::Event(next) => {
                    place = next.0;
                    got.push(format!("{}{}", next.0, next.1.kind));
                }
                Next::Lagged(lagged, behind) => {
                    place = behind;
                    got.push(format!("-{}", lagged.missed));
                }
                Next::Nothing => return got,
                Next::Closed => {
                    got.push("closed".to_owned());
                    return got;
                }
            }
        }
    }

    #[test]
    fn a_client_gets_what_comes_after_its_place() {
        let log = EventLog::with_capacity(3);
        assert_eq!((drain(&log, 0), log.newest()), (vec![], 0));
        for kind in ["a", "b"] {
            log.push(event(kind));
        }
        assert_eq!(drain(&log, 0), ["1a", "2b"]);
        assert_eq!(drain(&log, 1), ["2b"]);
        assert_eq!((drain(&log, 2), drain(&log, 99)), (vec![], vec![]));
    }

    #[test]
    fn what_is_no_longer_kept_is_counted() {
        let log = EventLog::with_capacity(2);
        for kind in ["a", "b", "c", "d"] {
            log.push(event(kind));
        }
        assert_eq!(drain(&log, 0), ["-2", "3c", "4d"]);
        assert_eq!(drain(&log, 1), ["-1", "3c", "4d"]);
        assert_eq!(drain(&log, 2), ["3c", "4d"]);
    }

    #[test]
    fn what_never_came_is_counted_too() {
        let log = EventLog::with_capacity(4);
        log.push(event("a"));
        log.skip(5);
        log.push(event("b"));
        assert_eq!(drain(&log, 1), ["-5", "7b"]);
        assert_eq!(drain(&log, 6), ["7b"]);
    }

    #[test]
    fn a_closed_log_gives_what_is_left() {
        let log = EventLog::with_capacity(4);
        log.push(event("a"));
        let changes = log.changes();
        log.close();
        assert!(changes.has_changed().unwrap());
        assert_eq!(drain(&log, 0), ["1a", "closed"]);
    }
}
