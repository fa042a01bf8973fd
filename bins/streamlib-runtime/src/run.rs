//! `run`: one graph from its file to its report.
//!
//! The main thread belongs to the graph, since some processors run only there. Everything else
//! that concerns the outside is on the control thread, which is ended after the graph, so that
//! clients still get its last events.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use streamlib_protocol::parent::{Outcome, ParentMessage, ProcessorEnd, Report};
use streamlib_protocol::{ErrorBody, ErrorCode};

use crate::args::RunArguments;
use crate::control::Control;
use crate::engine::EngineGraph;
use crate::event_log::EventLog;
use crate::hosted::HostedGraph as _;
use crate::load;
use crate::parent::Parent;
use crate::run_folder::{self, ListenError, Listening};
use crate::server::{Identity, Shared};
use crate::stopping::{Reason, Stopper};

/// How long `stop` drains where neither the file nor the command line says.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// Runs the graph to its end; gives back the exit code.
pub(crate) fn run(arguments: &RunArguments) -> u8 {
    let mut parent = match parent(arguments) {
        Ok(parent) => parent,
        Err(error) => {
            crate::parent::complain(&error);
            return error.code.exit_code();
        }
    };
    let (message, code) = match run_for(arguments, &mut parent) {
        Ok(report) => {
            let code = report.outcome.exit_code();
            (ParentMessage::Ended { report: Box::new(report) }, code)
        }
        Err(error) => {
            let code = error.code.exit_code();
            (ParentMessage::Failed { error }, code)
        }
    };
    parent.tell(&message);
    code
}

fn parent(arguments: &RunArguments) -> Result<Parent, ErrorBody> {
    if !arguments.parent_on_stdin {
        return Ok(Parent::Person);
    }
    Parent::on_stdin().map_err(|error| {
        let message = format!("standard input is not a socket to the parent: {error}");
        ErrorBody::new(ErrorCode::BadRequest, message)
            .with_hint("`--parent-on-stdin` is for programs; people leave it out")
    })
}

fn run_for(arguments: &RunArguments, parent: &mut Parent) -> Result<Report, ErrorBody> {
    let loaded = load::load(&arguments.graph)?;
    let drain_timeout = drain_timeout(arguments, loaded.graph.settings.drain_timeout);
    let name = arguments.name.clone().unwrap_or_else(|| loaded.graph.name.clone());
    let graph = EngineGraph::build(&loaded, &name)?;
    let listening = match &arguments.socket {
        Some(path) => run_folder::listen_at(path.clone()),
        None => run_folder::listen(&name),
    };
    let Listening { listener, .. } = listening.as_ref().map_err(refuse_to_listen)?;
    let listener = listener.try_clone().map_err(|error| no_control(&error))?;

    let events = Arc::new(EventLog::new());
    let stopper = Arc::new(Stopper::new(graph.clone(), drain_timeout));
    let identity = Identity { name: name.clone(), file: absolute(&arguments.graph.file) };
    let shared = Shared::new(graph.clone(), events.clone(), stopper.clone(), identity);
    graph.forward_events(&events).map_err(|error| no_control(&error))?;
    graph.start(&loaded)?;
    let watched = parent.to_watch().map_err(|error| no_control(&error))?;
    let control = Control::start(listener, watched, shared).map_err(|error| no_control(&error))?;
    let listening = listening.map_err(|error| refuse_to_listen(&error))?;
    let socket = listening.path.display().to_string();
    parent.tell(&ParentMessage::Ready { socket, name });

    let ended = graph.wait();
    // Clients get the last events: the log ends itself behind the one that says it has stopped.
    control.end();
    drop(listening);
    let ends = ended?;
    let outcome = outcome(&ends, stopper.reason());
    Ok(Report { outcome, ends, inspect: graph.inspect() })
}

/// How the run ended, by how its processors ended and who asked for it.
fn outcome(ends: &[ProcessorEnd], stopped: Option<Reason>) -> Outcome {
    match stopped {
        _ if ends.iter().any(ProcessorEnd::is_failure) => Outcome::Failed,
        None => Outcome::Finished,
        Some(Reason::Signal) => Outcome::Interrupted,
        Some(Reason::Request | Reason::ParentGone) => Outcome::Stopped,
    }
}

fn drain_timeout(arguments: &RunArguments, of_file: Option<Duration>) -> Duration {
    let of_command_line = arguments.drain_timeout_ms.map(Duration::from_millis);
    of_command_line.or(of_file).unwrap_or(DRAIN_TIMEOUT)
}

fn absolute(path: &Path) -> Option<PathBuf> {
    std::path::absolute(path).ok()
}

fn refuse_to_listen(error: &ListenError) -> ErrorBody {
    ErrorBody::new(ErrorCode::Environment, error.to_string())
}

fn no_control(error: &std::io::Error) -> ErrorBody {
    let message = format!("the graph cannot be made controllable: {error}");
    ErrorBody::new(ErrorCode::Environment, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outcome_follows_from_the_ends_and_from_who_stopped_it() {
        let end = |cause: &str| ProcessorEnd {
            processor: "p".to_owned(),
            cause: cause.to_owned(),
            message: None,
        };
        let check = |causes: &[&str], stopped, expected| {
            let ends: Vec<_> = causes.iter().map(|cause| end(cause)).collect();
            assert_eq!(outcome(&ends, stopped), expected, "{causes:?}");
        };
        check(&["finished", "finished"], None, Outcome::Finished);
        check(&["finished", "failed"], None, Outcome::Failed);
        check(&["stopped"], Some(Reason::Request), Outcome::Stopped);
        check(&["stopped"], Some(Reason::ParentGone), Outcome::Stopped);
        check(&["stopped"], Some(Reason::Signal), Outcome::Interrupted);
        check(&["failed"], Some(Reason::Signal), Outcome::Failed);
    }

    #[test]
    fn the_command_line_wins_over_the_file() {
        let run = |ms| RunArguments { drain_timeout_ms: ms, ..RunArguments::default() };
        let of_file = Some(Duration::from_secs(9));
        assert_eq!(drain_timeout(&run(Some(1)), of_file), Duration::from_millis(1));
        assert_eq!(drain_timeout(&run(None), of_file), Duration::from_secs(9));
        assert_eq!(drain_timeout(&run(None), None), DRAIN_TIMEOUT);
    }
}
