//! The runtime as a child process.

use std::io::{BufRead as _, BufReader, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{self, Command, Stdio};
use std::sync::mpsc::SyncSender;

use streamlib_protocol::parent::ParentMessage;
use streamlib_protocol::{EventSeverity, PARENT_MESSAGE_BYTES_MAX};

use super::happening::{Happening, spawn};
use crate::args::RunArguments;
use crate::client::{Client, FromStream};
use crate::commands::milliseconds;
use crate::error::Error;
use crate::packages::GraphToRun;
use crate::program;

/// Longest line of standard error, in bytes.
const LINE_BYTES_MAX: u64 = 4096;

/// A runtime that was started.
pub(super) struct Child {
    process: process::Child,
    program: String,
    happenings: SyncSender<Happening>,
}

impl Child {
    /// Starts the runtime. What it says becomes happenings.
    pub(super) fn start(
        arguments: &RunArguments,
        graph: &GraphToRun,
        happenings: SyncSender<Happening>,
    ) -> Result<Self, Error> {
        let program = program::find()?;
        let shown = program.display().to_string();
        let doing = "a pair of sockets cannot be made";
        let (ours, theirs) =
            UnixStream::pair().map_err(|source| Error::System { doing, source })?;
        let mut command = Command::new(&program);
        command.args(["run", "--parent-on-stdin"]);
        if let Some(name) = &arguments.name {
            command.args(["--name", name]);
        }
        if let Some(timeout) = arguments.drain_timeout {
            command.args(["--drain-timeout-ms", &milliseconds(timeout).to_string()]);
        }
        command.args(program::plugin_arguments(&arguments.plugins));
        command.args(graph.arguments());
        command.stdin(OwnedFd::from(theirs)).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = command
            .process_group(0)
            .spawn()
            .map_err(|source| Error::CannotStart { program: shown.clone(), source })?;
        // The command holds their end of the socket; kept open here, its end would never be seen.
        drop(command);
        if let Some(errors) = process.stderr.take() {
            forward_errors(errors, happenings.clone())?;
        }
        forward_messages(ours, happenings.clone())?;
        Ok(Self { process, program: shown, happenings })
    }

    /// Warnings and errors of the graph become happenings.
    pub(super) fn follow_events(&self, socket: &Path) {
        let client = Client::new(socket);
        let happenings = self.happenings.clone();
        // Without them the run goes on, and the report has what matters.
        let _spawned = spawn("events", move || {
            for next in client.events(Some(0)).into_iter().flatten() {
                let Ok(FromStream::Event(event)) = next else { continue };
                if event.severity >= EventSeverity::Warning
                    && happenings.send(Happening::Event(event)).is_err()
                {
                    return;
                }
            }
        });
    }

    /// Asks the process to end, for the case that it does not answer.
    pub(super) fn terminate(&self) {
        if let Some(pid) =
            i32::try_from(self.process.id()).ok().and_then(rustix::process::Pid::from_raw)
        {
            // One that is gone already needs no end.
            let _sent = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
    }

    /// Waits for the process, so that nothing of it is left.
    pub(super) fn wait(&mut self) {
        let _status = self.process.wait();
    }

    /// The error for a process that ended without a word.
    pub(super) fn died(&mut self, had_started: bool) -> Error {
        let status = match self.process.wait() {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        Error::RuntimeDied { program: self.program.clone(), status, had_started }
    }
}

fn forward_messages(ours: UnixStream, happenings: SyncSender<Happening>) -> Result<(), Error> {
    spawn("runtime", move || {
        let mut ours = BufReader::new(ours);
        loop {
            let mut line = String::new();
            let read = ours.by_ref().take(PARENT_MESSAGE_BYTES_MAX as u64).read_line(&mut line);
            let message = match read {
                Ok(1..) => ParentMessage::from_line(&line).ok(),
                Ok(0) | Err(_) => None,
            };
            let is_over = message.is_none();
            let happening = message.map_or(Happening::ChildSilent, Happening::FromChild);
            if happenings.send(happening).is_err() || is_over {
                return;
            }
        }
    })
}

fn forward_errors(
    errors: impl Read + Send + 'static,
    happenings: SyncSender<Happening>,
) -> Result<(), Error> {
    spawn("standard error", move || {
        let mut errors = BufReader::new(errors);
        loop {
            let mut line = Vec::new();
            let read = errors.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line);
            let is_over = !matches!(read, Ok(1..));
            let happening = match is_over {
                true => Happening::ChildSaidAll,
                false => Happening::ChildSaid(String::from_utf8_lossy(&line).trim_end().to_owned()),
            };
            if happenings.send(happening).is_err() || is_over {
                return;
            }
        }
    })
}
