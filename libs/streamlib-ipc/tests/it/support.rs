//! A private domain for each test, frames to send, and child processes to send them to.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use streamlib_abi::{Envelope, RawFrame};
use streamlib_ipc::{Domain, Node, PortWriter};

/// The variable that makes a run of this binary a child: what it is to do.
pub(crate) const SCENARIO: &str = "STREAMLIB_IPC_TEST_SCENARIO";
/// Where a child finds its parent.
pub(crate) const SOCKET: &str = "STREAMLIB_IPC_TEST_SOCKET";
/// The home that stands for the test's domain.
pub(crate) const HOME: &str = "STREAMLIB_IPC_TEST_HOME";

/// The one runtime that tests host.
pub(crate) const RUNTIME: &str = "runtime";

/// A home that no other test has. Nothing may be left of its domain at the end.
#[derive(Debug)]
pub(crate) struct Home {
    pub(crate) path: PathBuf,
    folder: PathBuf,
}

impl Home {
    pub(crate) fn new(test: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("streamlib-ipc-{}-{test}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for the test's sockets");
        Self { path: folder.join("home"), folder }
    }

    pub(crate) fn domain(&self) -> Domain {
        Domain::of_home(&self.path)
    }

    pub(crate) fn host(&self) -> Node {
        Node::host(&self.domain(), RUNTIME).expect("a runtime")
    }

    /// All files of the domain that there are now.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let domain = self.domain();
        let beside = list(Path::new("/dev/shm"));
        let is_ours = |path: &PathBuf| {
            let name = path.file_name().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
            name.starts_with(&domain.prefix())
        };
        let mut files: Vec<_> = beside.into_iter().filter(is_ours).collect();
        let mut folders = vec![domain.root()];
        while let Some(folder) = folders.pop() {
            for path in list(&folder) {
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files.sort();
        files
    }

    /// Starts this binary as a child that does `scenario`, and waits until it has called back.
    pub(crate) fn spawn(&self, scenario: &str) -> Peer {
        let socket = self.folder.join(format!("socket-{scenario}"));
        drop(std::fs::remove_file(&socket));
        let listener = UnixListener::bind(&socket).expect("a socket");
        let child = Command::new(std::env::current_exe().expect("this binary"))
            .args(["--exact", "child::entry", "--nocapture", "--quiet"])
            .env(SCENARIO, scenario)
            .env(SOCKET, &socket)
            .env(HOME, &self.path)
            .stdout(Stdio::null())
            .spawn()
            .expect("a child");
        let (stream, _) = listener.accept().expect("the child calls back");
        Peer { child, stream: Lines::new(stream) }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
        if !std::thread::panicking() {
            assert_eq!(self.files(), Vec::<PathBuf>::new(), "left behind");
        }
    }
}

fn list(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(Result::ok).map(|entry| entry.path()).collect()
}

/// Lines between parent and child. Their order is the test's only clock.
#[derive(Debug)]
pub(crate) struct Lines {
    reader: BufReader<UnixStream>,
    writer: UnixStream,
}

impl Lines {
    pub(crate) fn new(stream: UnixStream) -> Self {
        let reader = BufReader::new(stream.try_clone().expect("a second handle"));
        Self { reader, writer: stream }
    }

    pub(crate) fn tell(&mut self, line: &str) {
        writeln!(self.writer, "{line}").expect("the other side listens");
    }

    /// The next line; empty when the other side is gone.
    pub(crate) fn hear(&mut self) -> String {
        let mut line = String::new();
        // A peer that was killed may leave the connection reset.
        let _gone = self.reader.read_line(&mut line).is_err();
        line.trim_end().to_owned()
    }
}

/// A child process.
#[derive(Debug)]
pub(crate) struct Peer {
    child: Child,
    pub(crate) stream: Lines,
}

impl Peer {
    /// Tells it something and hears the answer.
    pub(crate) fn ask(&mut self, line: &str) -> String {
        self.stream.tell(line);
        self.stream.hear()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as `kill -9` does, and waits until it is gone.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("a living child");
        self.child.wait().expect("a dead child");
    }

    /// Waits until it has ended well.
    pub(crate) fn finish(mut self) {
        self.stream.tell("end");
        let status = self.child.wait().expect("an ended child");
        assert!(status.success(), "the child failed: {status}");
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A frame of `bytes` bytes that all are `value`, in a loan of `writer`.
pub(crate) fn frame(writer: &mut PortWriter, bytes: usize, value: u8, at: i64) -> RawFrame {
    let mut block = writer.loan(bytes).expect("a slot");
    block.bytes_mut().expect("a loan is writable")[..bytes].fill(value);
    RawFrame { envelope: Envelope::at(at), block }
}

/// Numbers that are the same in every run of the same test.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 0 to `limit` - 1 (splitmix64).
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}
