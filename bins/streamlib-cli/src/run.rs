//! `streamlib run`: starts a runtime for one graph, shows how far it is, and stops it in order.
//!
//! The runtime is a child in a process group of its own, so that Ctrl-C reaches only this program,
//! which then asks the graph to stop. One end of a socket is the child's standard input: through
//! it comes word that the graph runs, and the report at its end; and when this program is gone,
//! however that came about, the child sees the socket's end and stops the graph in order.

mod child;
mod estimate;
mod happening;
mod progress;
mod summary;

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use streamlib_protocol::parent::{Outcome, ParentMessage, Report};
use streamlib_protocol::{Accepted, Progress, StopRequest, exit, paths};

use crate::args::RunArguments;
use crate::client::Client;
use crate::commands::event_line;
use crate::error::Error;
use crate::packages::GraphToRun;
use crate::screen::Screen;
use child::Child;
use happening::Happening;
use progress::Shown;

/// How often progress is drawn on a terminal.
const DRAW_EVERY: Duration = Duration::from_millis(200);
/// How often a line of progress is written elsewhere.
const WRITE_EVERY: Duration = Duration::from_secs(3);

/// Runs a graph to its end; gives back the exit code.
pub(crate) fn run(arguments: &RunArguments, screen: &mut Screen) -> Result<u8, Error> {
    let graph = GraphToRun::find(&arguments.graph, screen)?;
    let (happenings, from_outside) = happening::channel();
    happening::watch_signals(happenings.clone())?;
    let child = Child::start(arguments, &graph, happenings)?;
    let mut run = Run {
        every: if screen.is_terminal() { DRAW_EVERY } else { WRITE_EVERY },
        child,
        client: None,
        shown: Shown::new(!arguments.no_progress),
        stops_asked: 0,
    };
    let ended = run.follow(from_outside, screen);
    // Nobody listens to the child any more, so it cannot wait for this program.
    let report = match ended {
        Ok(Some(report)) => report,
        Ok(None) => return Err(run.child.died(run.client.is_some())),
        Err(error) => {
            run.child.wait();
            return Err(error);
        }
    };
    run.child.wait();
    if arguments.json {
        screen.print_json(&report)?;
    } else {
        screen.print(&summary::summary(&report))?;
    }
    Ok(run.exit_code(&report))
}

/// A run under way.
struct Run {
    child: Child,
    /// Known when the graph runs.
    client: Option<Client>,
    shown: Shown,
    every: Duration,
    stops_asked: u32,
}

impl Run {
    /// Does what is to be done until the report is here; `None` if the child ends without one.
    fn follow(
        &mut self,
        happenings: Receiver<Happening>,
        screen: &mut Screen,
    ) -> Result<Option<Report>, Error> {
        let mut draw_at = Instant::now() + self.every;
        // The socket and standard error.
        let mut open_ends = 2;
        while open_ends > 0 {
            let left = draw_at.saturating_duration_since(Instant::now());
            let happening = match happenings.recv_timeout(left) {
                Ok(happening) => happening,
                Err(RecvTimeoutError::Timeout) => {
                    self.draw(screen);
                    draw_at = Instant::now() + self.every;
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
            };
            match happening {
                Happening::Signal => self.ask_to_stop(screen),
                Happening::FromChild(ParentMessage::Ready { socket, .. }) => {
                    self.client = Some(Client::new(socket.as_ref()));
                    self.child.follow_events(socket.as_ref());
                    if self.stops_asked > 0 {
                        self.stop();
                    }
                }
                Happening::FromChild(ParentMessage::Failed { error }) => {
                    return Err(error.into());
                }
                Happening::FromChild(ParentMessage::Ended { report }) => {
                    return Ok(Some(*report));
                }
                // What it said last, a panic perhaps, is still to come.
                Happening::ChildSilent | Happening::ChildSaidAll => open_ends -= 1,
                Happening::ChildSaid(line) => screen.say(&line),
                Happening::Event(event) => screen.say(event_line(&event).trim_start()),
            }
        }
        Ok(None)
    }

    fn draw(&mut self, screen: &mut Screen) {
        // An answer that does not come is no reason to end: the child says when it is over.
        if let Some(client) = &self.client
            && self.shown.is_wanted()
            && let Ok(progress) = client.get::<Progress>(paths::PROGRESS)
        {
            self.shown.show(&progress, Instant::now(), screen);
        }
    }

    fn ask_to_stop(&mut self, screen: &mut Screen) {
        self.stops_asked += 1;
        screen.say(match self.stops_asked {
            1 => "stopping; Ctrl-C again cuts at once",
            _ => "cutting",
        });
        self.stop();
    }

    fn stop(&self) {
        let drain_timeout_ms = (self.stops_asked > 1).then_some(0);
        let request = StopRequest { drain_timeout_ms };
        let asked = self.client.as_ref().map(|c| c.post::<Accepted>(paths::STOP, &request));
        let is_starting = asked.is_none();
        let is_deaf = matches!(asked, Some(Err(_)));
        if is_deaf || is_starting && self.stops_asked > 1 {
            self.child.terminate();
        }
    }

    fn exit_code(&self, report: &Report) -> u8 {
        match report.outcome {
            Outcome::Stopped | Outcome::Finished if self.stops_asked > 0 => exit::INTERRUPTED,
            outcome => outcome.exit_code(),
        }
    }
}
