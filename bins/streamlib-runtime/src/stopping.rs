//! Who asked the graph to stop, and when it is cut.
//!
//! Signals, requests and the end of the parent all come here. The first one stops the graph in
//! order; each later one can only bring the cut forward. The graph itself drains without a limit:
//! the limit is kept here, so that it can still be shortened while the graph drains.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::hosted::HostedGraph;

/// Why the graph stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// A signal: Ctrl-C, or the system wants the program to end.
    Signal,
    /// A client asked for it.
    Request,
    /// The program that started this one is gone.
    ParentGone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    reason: Reason,
    cut_at: Instant,
}

/// Stops one graph.
pub(crate) struct Stopper {
    graph: Arc<dyn HostedGraph>,
    drain_timeout: Duration,
    asked: watch::Sender<Option<Asked>>,
}

impl Stopper {
    /// Stops `graph`, and cuts after `drain_timeout` where no other time is asked for.
    pub(crate) fn new(graph: Arc<dyn HostedGraph>, drain_timeout: Duration) -> Self {
        Self { graph, drain_timeout, asked: watch::Sender::new(None) }
    }

    /// Asks the graph to stop, and to be cut after `drain`.
    pub(crate) fn ask(&self, reason: Reason, drain: Option<Duration>) {
        let drain = drain.unwrap_or(self.drain_timeout);
        // What is too far ahead for a clock is never reached anyway.
        let cut_at = Instant::now().checked_add(drain).unwrap_or_else(far_ahead);
        let mut is_first = false;
        self.asked.send_if_modified(|asked| match asked {
            None => {
                *asked = Some(Asked { reason, cut_at });
                is_first = true;
                true
            }
            Some(asked) if cut_at < asked.cut_at => {
                asked.cut_at = cut_at;
                true
            }
            Some(_) => false,
        });
        if is_first {
            self.graph.request_stop();
        }
    }

    /// A signal came: the first one stops in order, the second one cuts at once.
    pub(crate) fn ask_by_signal(&self) {
        let was_asked = self.asked.borrow().is_some();
        self.ask(Reason::Signal, was_asked.then_some(Duration::ZERO));
    }

    /// Why the graph was first asked to stop, if it was.
    pub(crate) fn reason(&self) -> Option<Reason> {
        self.asked.borrow().map(|asked| asked.reason)
    }

    /// Waits until the graph must be cut, cuts it, and returns.
    pub(crate) async fn cut_in_time(&self) {
        let mut changes = self.asked.subscribe();
        loop {
            let cut_at = changes.borrow_and_update().map(|asked| asked.cut_at);
            let time_is_up = async {
                match cut_at {
                    Some(cut_at) => tokio::time::sleep_until(cut_at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = time_is_up => return self.graph.cut(),
                // The sender lives as long as this.
                _changed = changes.changed() => {}
            }
        }
    }
}

fn far_ahead() -> Instant {
    Instant::now() + Duration::from_secs(365 * 24 * 3600)
}

#[cfg(test)]
mod tests;
