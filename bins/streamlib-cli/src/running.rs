//! Graphs that run: found by their sockets in the run folder.

use std::fs;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use streamlib_protocol::discovery::{self, SocketName};

use crate::client::Client;
use crate::error::Error;

/// A graph that runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Running {
    pub(crate) name: SocketName,
    pub(crate) socket: PathBuf,
}

impl Running {
    pub(crate) fn client(&self) -> Client {
        Client::new(&self.socket)
    }
}

/// All graphs that run, by name. A socket that nobody answers on is passed over: the next runtime
/// that starts removes it.
pub(crate) fn all() -> Result<Vec<Running>, Error> {
    let folder = folder()?;
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => {
            return Err(Error::RunFolder { path: folder.display().to_string(), source });
        }
    };
    let mut running: Vec<Running> = entries
        .flatten()
        .filter_map(|entry| {
            let socket = entry.path();
            Some(Running { name: SocketName::of_path(&socket)?, socket })
        })
        .filter(|running| UnixStream::connect(&running.socket).is_ok())
        .collect();
    running.sort();
    Ok(running)
}

/// The graph that is meant: by its name or the number of its process, or the only one.
pub(crate) fn find(wanted: Option<&str>) -> Result<Running, Error> {
    choose(all()?, wanted)
}

/// Splits `GRAPH.PROCESSOR`; names of graphs may have dots, those of processors have none.
pub(crate) fn split_target(target: &str) -> (Option<&str>, &str) {
    match target.rsplit_once('.') {
        Some((graph, processor)) => (Some(graph), processor),
        None => (None, target),
    }
}

fn choose(mut running: Vec<Running>, wanted: Option<&str>) -> Result<Running, Error> {
    let names = |running: &[Running]| running.iter().map(|one| one.name.graph.clone()).collect();
    let Some(wanted) = wanted else {
        return match running.len() {
            0 => Err(Error::NothingRuns),
            1 => Ok(running.remove(0)),
            _ => Err(Error::SeveralRun(names(&running))),
        };
    };
    let all = names(&running);
    if let Ok(pid) = wanted.parse::<u32>()
        && let Some(index) = running.iter().position(|one| one.name.pid == pid)
    {
        return Ok(running.remove(index));
    }
    running.retain(|one| one.name.graph == wanted);
    match running.len() {
        0 if all.is_empty() => Err(Error::NothingRuns),
        0 => Err(Error::NotRunning { name: wanted.to_owned(), running: all }),
        1 => Ok(running.remove(0)),
        _ => {
            let pids = running.iter().map(|one| one.name.pid).collect();
            Err(Error::SeveralOfName { name: wanted.to_owned(), pids })
        }
    }
}

fn folder() -> Result<PathBuf, Error> {
    let [streamlib, xdg, home] =
        ["STREAMLIB_HOME", "XDG_RUNTIME_DIR", "HOME"].map(std::env::var_os);
    discovery::run_folder(streamlib.as_deref(), xdg.as_deref(), home.as_deref())
        .ok_or(Error::NoRunFolder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(names: &[&str]) -> Vec<Running> {
        let one = |(index, name): (usize, &&str)| Running {
            name: SocketName { graph: (*name).to_owned(), pid: index as u32 + 10 },
            socket: PathBuf::new(),
        };
        names.iter().enumerate().map(one).collect()
    }

    #[track_caller]
    fn check(names: &[&str], wanted: Option<&str>, expected: Result<u32, &str>) {
        let chosen = choose(running(names), wanted);
        let chosen = chosen.map(|one| one.name.pid).map_err(|error| error.to_string());
        assert_eq!(chosen, expected.map_err(str::to_owned));
    }

    #[test]
    fn the_only_one_is_meant_when_none_is_named() {
        check(&["a"], None, Ok(10));
        check(&[], None, Err("no graph runs; `streamlib run FILE` starts one"));
        check(&["a", "b"], None, Err("several graphs run; name one of them: a, b"));
    }

    #[test]
    fn a_graph_is_found_by_name_or_process() {
        check(&["a", "b"], Some("b"), Ok(11));
        check(&["a", "a"], Some("11"), Ok(11));
        check(&["a", "b"], Some("c"), Err("no graph called `c` runs; these do: a, b"));
        check(&[], Some("c"), Err("no graph runs; `streamlib run FILE` starts one"));
        check(
            &["a", "a"],
            Some("a"),
            Err("several graphs called `a` run; say the number of the process: 10, 11"),
        );
    }

    #[test]
    fn a_target_names_a_processor_and_maybe_a_graph() {
        assert_eq!(split_target("file"), (None, "file"));
        assert_eq!(split_target("a.b.file"), (Some("a.b"), "file"));
    }
}
