//! A home folder for one test, and the client in it.

use std::io::{BufRead as _, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A home folder for one test.
pub(crate) struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The client, to be run in the folder of graphs.
    pub(crate) fn client(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_streamlib"));
        command
            .args(line.split_whitespace())
            .current_dir(graphs())
            .env("STREAMLIB_HOME", self.path())
            .env("STREAMLIB_RUNTIME", runtime())
            .env("COLUMNS", "100")
            .stdin(Stdio::null());
        command
    }

    /// Everything that the client says to a command line: exit code, then both outputs.
    pub(crate) fn answer(&self, line: &str) -> String {
        self.whole(self.client(line))
    }

    /// Everything that a command says.
    pub(crate) fn whole(&self, mut command: Command) -> String {
        let output = command.output().unwrap();
        let [out, err] =
            [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        let code = output.status.code().map_or("none".to_owned(), |code| code.to_string());
        format!("exit {code}\n--- stdout\n{out}--- stderr\n{err}")
    }

    /// Starts a graph and waits until it runs.
    pub(crate) fn host(&self, graph: &str, name: &str) -> Hosted {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let process = Command::new(runtime())
            .args(["run", graph, "--name", name, "--parent-on-stdin"])
            .current_dir(graphs())
            .env("STREAMLIB_HOME", self.path())
            .stdin(OwnedFd::from(theirs))
            .spawn()
            .unwrap();
        let mut hosted = Hosted { process, messages: BufReader::new(ours) };
        assert!(hosted.line().starts_with("{\"message\":\"ready\""));
        hosted
    }
}

/// A graph that runs until the test ends.
pub(crate) struct Hosted {
    process: Child,
    messages: BufReader<UnixStream>,
}

impl Hosted {
    /// What the runtime says next to its parent.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.messages.read_line(&mut line).unwrap();
        line
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        // One that has ended already needs no end.
        let _ended = self.process.kill();
        let _status = self.process.wait();
    }
}

fn graphs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/graphs")
}

/// The runtime: where `STREAMLIB_RUNTIME` says, else beside the client.
pub(crate) fn runtime() -> PathBuf {
    let beside = Path::new(env!("CARGO_BIN_EXE_streamlib")).with_file_name("streamlib-runtime");
    let program = std::env::var_os("STREAMLIB_RUNTIME").map_or(beside, PathBuf::from);
    assert!(
        program.is_file(),
        "these tests need `{}`; build it first: cargo build -p streamlib-runtime",
        program.display()
    );
    program
}

/// Compares everything that was said with a snapshot; what differs from run to run is replaced.
macro_rules! check {
    ($said:expr, @$snapshot:literal) => {{
        let filters = vec![
            (r"/\S*/\.tmp[A-Za-z0-9]+", "[HOME]"),
            (r"after [0-9.]+ (ns|µs|ms|s)", "after [TIME]"),
            (r"(end\.input +[0-9]+) +[0-9.]+", "$1    [RATE]"),
            (r"-[0-9]+\.sock", "-[PID].sock"),
            (r"/\S*/tests/it/graphs", "[GRAPHS]"),
            (r"/\S*/streamlib-runtime", "[RUNTIME]"),
        ];
        insta::with_settings!({ filters => filters }, {
            insta::assert_snapshot!($said, @$snapshot);
        });
    }};
}
pub(crate) use check;
