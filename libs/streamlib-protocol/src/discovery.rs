//! How running graphs are found: each has a socket in one private folder, the run folder. The
//! folder is the list; there is no broker.
//!
//! Nothing here looks at the disk.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Longest path of a Unix socket on Linux, in bytes, without its terminator.
pub const SOCKET_PATH_BYTES_MAX: usize = 107;

/// The run folder: `$STREAMLIB_HOME/run` if that is set, else `$XDG_RUNTIME_DIR/streamlib`, else
/// `$HOME/.streamlib/run`. `None` if none of the three is set. A variable that is empty or not an
/// absolute path counts as not set.
#[must_use]
pub fn run_folder(
    streamlib_home: Option<&OsStr>,
    xdg_runtime_dir: Option<&OsStr>,
    home: Option<&OsStr>,
) -> Option<PathBuf> {
    let absolute = |value: Option<&OsStr>| value.map(PathBuf::from).filter(|p| p.is_absolute());
    if let Some(home) = absolute(streamlib_home) {
        return Some(home.join("run"));
    }
    if let Some(folder) = absolute(xdg_runtime_dir) {
        return Some(folder.join("streamlib"));
    }
    absolute(home).map(|home| home.join(".streamlib/run"))
}

/// The name of a socket in the run folder: `side-by-side-4711.sock`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketName {
    /// Name of the graph.
    pub graph: String,
    /// Number of the runtime's process.
    pub pid: u32,
}

impl SocketName {
    /// The name of a file in the run folder; `None` if it is not that of a socket.
    #[must_use]
    pub fn of_path(path: &Path) -> Option<Self> {
        path.file_name()?.to_str()?.parse().ok()
    }
}

impl fmt::Display for SocketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}.sock", self.graph, self.pid)
    }
}

/// A text that is not the name of a socket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the name of a runtime's socket, which is NAME-PID.sock")]
pub struct BadSocketName(pub String);

impl FromStr for SocketName {
    type Err = BadSocketName;

    fn from_str(text: &str) -> Result<Self, BadSocketName> {
        let parse = || {
            let (graph, pid) = text.strip_suffix(".sock")?.rsplit_once('-')?;
            // What it is written as, and nothing that reads the same.
            let is_canonical = pid.bytes().all(|b| b.is_ascii_digit()) && !pid.starts_with('0');
            let pid = pid.parse().ok().filter(|_| is_canonical && !graph.is_empty())?;
            (!graph.contains('/')).then(|| Self { graph: graph.to_owned(), pid })
        };
        parse().ok_or_else(|| BadSocketName(text.to_owned()))
    }
}
