//! A runtime that a test started as its parent.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use streamlib_protocol::parent::{ParentMessage, Report};

/// A runtime with a home of its own. Ended with the test, whatever happens.
pub(crate) struct Hosted {
    process: Child,
    messages: Option<BufReader<UnixStream>>,
    pub(crate) home: tempfile::TempDir,
    pub(crate) socket: PathBuf,
}

impl Hosted {
    /// Starts a graph of the folder `graphs` and waits until it runs.
    pub(crate) fn start(graph: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        Self::start_in(home, graph)
    }

    pub(crate) fn start_in(home: tempfile::TempDir, graph: &str) -> Self {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let graphs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/graphs");
        let process = Command::new(env!("CARGO_BIN_EXE_streamlib-runtime"))
            .args(["run", "--parent-on-stdin"])
            .arg(graphs.join(graph))
            .env("STREAMLIB_HOME", home.path())
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let messages = Some(BufReader::new(ours));
        let mut hosted = Self { process, messages, home, socket: PathBuf::new() };
        match hosted.message() {
            ParentMessage::Ready { socket, .. } => hosted.socket = socket.into(),
            other => panic!("expected that it is ready, got {other:?}"),
        }
        hosted
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.pid().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Sends a request and gives back the whole answer.
    pub(crate) fn ask(&self, request: &str, body: &str) -> String {
        self.begin(request, "", body).until_the_end()
    }

    /// Sends a request.
    pub(crate) fn begin(&self, request: &str, headers: &str, body: &str) -> Answer {
        let mut stream = UnixStream::connect(&self.socket).unwrap();
        let length = body.len();
        let head = format!("{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}");
        write!(stream, "{head}Content-Length: {length}\r\n\r\n{body}").unwrap();
        Answer(stream)
    }

    /// Lets the runtime see its parent go.
    pub(crate) fn leave(&mut self) {
        self.messages = None;
    }

    fn message(&mut self) -> ParentMessage {
        let mut line = String::new();
        self.messages.as_mut().unwrap().read_line(&mut line).unwrap();
        ParentMessage::from_line(&line).unwrap()
    }

    /// The report that comes at the end, and the exit code.
    pub(crate) fn report(mut self) -> (Report, i32) {
        let report = match self.message() {
            ParentMessage::Ended { report } => *report,
            other => panic!("expected the report, got {other:?}"),
        };
        (report, self.exit_code())
    }

    /// Waits for the end of one that was killed.
    pub(crate) fn wait_for_death(&mut self) {
        assert_eq!(self.process.wait().unwrap().code(), None);
    }

    /// The home, for the next one. This one must have ended.
    pub(crate) fn take_home(mut self) -> tempfile::TempDir {
        std::mem::replace(&mut self.home, tempfile::tempdir().unwrap())
    }

    /// Waits for the end; nothing may have been written to standard output.
    pub(crate) fn exit_code(&mut self) -> i32 {
        let mut written = String::new();
        self.process.stdout.as_mut().unwrap().read_to_string(&mut written).unwrap();
        assert_eq!(written, "");
        self.process.wait().unwrap().code().unwrap()
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        // One that has ended already needs no end.
        let _ended = self.process.kill();
        let _status = self.process.wait();
    }
}

/// An answer under way.
pub(crate) struct Answer(UnixStream);

impl Answer {
    pub(crate) fn until_the_end(mut self) -> String {
        let mut answer = String::new();
        self.0.read_to_string(&mut answer).unwrap();
        answer
    }
}
