//! A server on a socket of its own, and plain text to talk to it.

use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

use super::made_up::MadeUp;
use crate::event_log::EventLog;
use crate::server::{Identity, Shared, serve};
use crate::stopping::Stopper;

pub(super) struct Server {
    folder: tempfile::TempDir,
    pub(super) events: Arc<EventLog>,
    end: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(super) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("s")).unwrap();
        listener.set_nonblocking(true).unwrap();
        let events = Arc::new(EventLog::new());
        let identity = Identity { name: "left".to_owned(), file: Some("/graphs/a.yaml".into()) };
        let graph = MadeUp::new();
        let stopper = Arc::new(Stopper::new(graph.clone(), Duration::from_secs(3600)));
        let shared = Shared::new(graph, Arc::clone(&events), stopper, identity);
        let (end, is_end) = watch::channel(false);
        let thread = std::thread::spawn(move || {
            let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            tokio.block_on(async {
                let listener = tokio::net::UnixListener::from_std(listener).unwrap();
                serve(listener, shared, is_end).await;
            });
        });
        Self { folder, events, end, thread: Some(thread) }
    }

    /// Sends a request (`GET /path`).
    pub(super) fn begin(&self, request: &str, headers: &str, body: &str) -> Answer {
        let mut stream = UnixStream::connect(self.folder.path().join("s")).unwrap();
        let length = body.len();
        let text = format!(
            "{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\
             Content-Length: {length}\r\n\r\n{body}"
        );
        // A server that refuses a large body closes before it has all of it.
        let _sent = stream.write_all(text.as_bytes());
        Answer { stream, got: String::new() }
    }

    /// The whole answer: status and body.
    pub(super) fn ask(&self, request: &str, headers: &str, body: &str) -> String {
        let answer = self.begin(request, headers, body).until_the_end();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap();
        let is_chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
        format!("{status} {}", if is_chunked { joined(body) } else { body.to_owned() })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end.send_replace(true);
        if let Some(thread) = self.thread.take() {
            assert!(thread.join().is_ok() || std::thread::panicking());
        }
    }
}

/// The chunks of a body without their lengths.
fn joined(mut chunks: &str) -> String {
    let mut body = String::new();
    while let Some((length, rest)) = chunks.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        body.push_str(&rest[..length]);
        chunks = &rest[(length + 2).min(rest.len())..];
    }
    body
}

pub(super) struct Answer {
    stream: UnixStream,
    got: String,
}

impl Answer {
    /// Reads until `text` has come.
    #[track_caller]
    pub(super) fn until(mut self, text: &str) -> Self {
        while !self.got.contains(text) {
            let mut piece = [0; 4096];
            let length = self.stream.read(&mut piece).unwrap();
            assert!(length > 0, "the stream ended after {:?}", self.got);
            self.got.push_str(std::str::from_utf8(&piece[..length]).unwrap());
        }
        self
    }

    pub(super) fn until_the_end(mut self) -> String {
        self.stream.read_to_string(&mut self.got).unwrap();
        self.got
    }
}

#[track_caller]
pub(super) fn check(request: &str, body: &str, expected: &str) {
    assert_eq!(Server::start().ask(request, "", body), expected);
}

#[track_caller]
pub(super) fn check_with(request: &str, body: &str, look: impl FnOnce(&str)) {
    look(&Server::start().ask(request, "", body));
}
