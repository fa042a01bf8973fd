//! The folder of sockets: where this runtime listens, and what is left of others.
//!
//! The folder is 0700 and the socket 0600. A socket whose process is gone is removed by the next
//! runtime that starts; one that only refuses to answer is left alone, for it may be about to
//! listen.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{
    DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, PermissionsExt as _,
};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use streamlib_protocol::discovery::{self, SOCKET_PATH_BYTES_MAX, SocketName};

/// Why a runtime cannot listen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    #[error(
        "there is no folder for the sockets of running graphs: set STREAMLIB_HOME or HOME to an \
         absolute path"
    )]
    NoFolder,
    #[error(
        "the folder `{path}` for the sockets of running graphs cannot be made or used: {source}; \
         set STREAMLIB_HOME to a folder that can be written"
    )]
    Folder { path: String, source: io::Error },
    #[error(
        "the folder `{path}` belongs to another user, so that user could take the place of \
         running graphs; set STREAMLIB_HOME to a folder of yours"
    )]
    ForeignFolder { path: String },
    #[error(
        "the path of the socket has {length} bytes and the system allows {SOCKET_PATH_BYTES_MAX}: \
         `{path}`; set STREAMLIB_HOME to a shorter path"
    )]
    PathTooLong { path: String, length: usize },
    #[error("cannot listen on `{path}`: {source}")]
    Bind { path: String, source: io::Error },
}

/// A socket that listens. It is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Listening {
    pub(crate) listener: UnixListener,
    pub(crate) path: PathBuf,
}

impl Drop for Listening {
    fn drop(&mut self) {
        // If it is gone already, that is what was wanted; and there is nobody left to tell.
        let _removed = fs::remove_file(&self.path);
    }
}

/// The run folder of this user, by the environment.
pub(crate) fn by_environment() -> Result<PathBuf, ListenError> {
    let [streamlib, xdg, home] =
        ["STREAMLIB_HOME", "XDG_RUNTIME_DIR", "HOME"].map(std::env::var_os);
    discovery::run_folder(streamlib.as_deref(), xdg.as_deref(), home.as_deref())
        .ok_or(ListenError::NoFolder)
}

/// Listens in the run folder under the name of the graph.
pub(crate) fn listen(graph: &str) -> Result<Listening, ListenError> {
    let folder = by_environment()?;
    let name = SocketName { graph: graph.to_owned(), pid: std::process::id() };
    let path = folder.join(name.to_string());
    check_length(&path)?;
    prepare(&folder)?;
    remove_stale(&folder);
    listen_at(path)
}

fn check_length(path: &Path) -> Result<(), ListenError> {
    let length = path.as_os_str().len();
    if length > SOCKET_PATH_BYTES_MAX {
        return Err(ListenError::PathTooLong { path: path.display().to_string(), length });
    }
    Ok(())
}

/// Listens at a path. A socket that is there and that nobody listens on is replaced.
pub(crate) fn listen_at(path: PathBuf) -> Result<Listening, ListenError> {
    check_length(&path)?;
    let shown = path.display().to_string();
    let bind = |path: &Path| {
        let listener = UnixListener::bind(path)?;
        let listening = Listening { listener, path: path.to_owned() };
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
        listening.listener.set_nonblocking(true)?;
        Ok(listening)
    };
    let bound = bind(&path).or_else(|error| match is_left_over(&path, &error) {
        true => fs::remove_file(&path).and_then(|()| bind(&path)),
        false => Err(error),
    });
    bound.map_err(|source| ListenError::Bind { path: shown, source })
}

/// Whether a socket is in the way on which nobody listens any more.
fn is_left_over(path: &Path, error: &io::Error) -> bool {
    let is_refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    let is_socket = fs::metadata(path).is_ok_and(|found| found.file_type().is_socket());
    error.kind() == io::ErrorKind::AddrInUse
        && is_socket
        && UnixStream::connect(path).is_err_and(is_refused)
}

/// Makes the folder, private to this user, or checks that it is.
pub(crate) fn prepare(folder: &Path) -> Result<(), ListenError> {
    let path = || folder.display().to_string();
    let make = || {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        fs::metadata(folder)
    };
    let found = make().map_err(|source| ListenError::Folder { path: path(), source })?;
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(ListenError::ForeignFolder { path: path() });
    }
    if found.mode() & 0o777 != 0o700 {
        fs::set_permissions(folder, Permissions::from_mode(0o700))
            .map_err(|source| ListenError::Folder { path: path(), source })?;
    }
    Ok(())
}

/// Removes the sockets of processes that are gone.
fn remove_stale(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        let is_gone = SocketName::of_path(&path).is_some_and(|name| !is_alive(name.pid));
        if is_gone {
            // Another runtime may have been quicker, which is as good.
            let _removed = fs::remove_file(&path);
        }
    }
}

fn is_alive(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn the_folder_and_the_socket_are_private_and_the_socket_goes() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("a/run");
        prepare(&folder).unwrap();
        fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
        prepare(&folder).unwrap();
        assert_eq!(mode(&folder), 0o700);
        let listening = listen_at(folder.join("g-1.sock")).unwrap();
        let path = listening.path.clone();
        assert_eq!(mode(&path), 0o600);
        drop(listening);
        assert!(!path.exists());
    }

    #[test]
    fn only_the_sockets_of_dead_processes_are_removed() {
        let home = tempfile::tempdir().unwrap();
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let dead = SocketName { graph: "dead".to_owned(), pid: child.id() };
        child.wait().unwrap();
        let alive = SocketName { graph: "alive".to_owned(), pid: std::process::id() };
        let other = "audit.log".to_owned();
        for name in [dead.to_string(), alive.to_string(), other.clone()] {
            fs::write(home.path().join(name), "").unwrap();
        }
        remove_stale(home.path());
        let names = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, [alive.to_string(), other]);
    }

    #[test]
    fn a_socket_that_was_left_is_replaced_and_one_in_use_is_not() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("s");
        drop(UnixListener::bind(&path).unwrap());
        let listening = listen_at(path.clone()).unwrap();
        let message = listen_at(path.clone()).unwrap_err().to_string();
        let expected = "Address already in use (os error 98)";
        assert_eq!(message, format!("cannot listen on `{}`: {expected}", path.display()));
        drop(listening);
        fs::write(&path, "a file").unwrap();
        assert!(listen_at(path.clone()).is_err() && path.exists());
    }

    #[test]
    fn a_path_that_no_socket_can_have_is_refused_by_its_length() {
        let path = PathBuf::from(format!("/{}", "x".repeat(120)));
        let message = listen_at(path).unwrap_err().to_string();
        assert!(
            message.starts_with("the path of the socket has 121 bytes and the system allows 107")
        );
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_said() {
        let message = prepare(Path::new("/dev/null/run")).unwrap_err().to_string();
        insta::assert_snapshot!(message, @"the folder `/dev/null/run` for the sockets of running graphs cannot be made or used: Not a directory (os error 20); set STREAMLIB_HOME to a folder that can be written");
    }

    #[test]
    fn each_refusal_says_what_to_do() {
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        let path = || "/run/streamlib".to_owned();
        let table = [
            (
                ListenError::NoFolder,
                "there is no folder for the sockets of running graphs: set STREAMLIB_HOME or \
                 HOME to an absolute path",
            ),
            (
                ListenError::Folder { path: path(), source: denied() },
                "the folder `/run/streamlib` for the sockets of running graphs cannot be made or \
                 used: permission denied; set STREAMLIB_HOME to a folder that can be written",
            ),
            (
                ListenError::ForeignFolder { path: path() },
                "the folder `/run/streamlib` belongs to another user, so that user could take \
                 the place of running graphs; set STREAMLIB_HOME to a folder of yours",
            ),
            (
                ListenError::PathTooLong { path: path(), length: 109 },
                "the path of the socket has 109 bytes and the system allows 107: \
                 `/run/streamlib`; set STREAMLIB_HOME to a shorter path",
            ),
            (
                ListenError::Bind { path: path(), source: denied() },
                "cannot listen on `/run/streamlib`: permission denied",
            ),
        ];
        for (error, message) in table {
            assert_eq!(error.to_string(), message);
        }
    }
}
