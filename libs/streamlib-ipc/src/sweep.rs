//! What processes leave that were killed while they made something, and that the transport's own
//! cleaning does not find, or waits for without end.
//!
//! The transport takes a dead node apart by what that node wrote about itself. Three things it
//! cannot cope with: a node whose description is missing (it is skipped for ever), a file that was
//! made but not given its size (it is waited for), and a connection whose ends are both gone. So
//! nothing of it is made outside of [`Making`], but for connections, which have the names of both
//! their ends; and who sweeps holds everybody off making meanwhile, or sweeps another time.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::Domain;
use crate::domain::{SHARED_MEMORY, entries, lock_file, remove};

/// Held while something of the transport is made. Any number may make at the same time.
#[derive(Debug)]
pub(crate) struct Making {
    _lock: File,
}

impl Making {
    pub(crate) fn begin(domain: &Domain) -> io::Result<Self> {
        let lock = lock_file(&path(domain))?;
        lock.lock_shared()?;
        Ok(Self { _lock: lock })
    }
}

/// Held while nothing is made.
#[derive(Debug)]
pub(crate) struct Sweeping {
    domain: Domain,
    _lock: File,
}

impl Sweeping {
    /// `None` if somebody makes something just now.
    pub(crate) fn try_begin(domain: &Domain) -> io::Result<Option<Self>> {
        let lock = lock_file(&path(domain))?;
        let is_alone = lock.try_lock().is_ok();
        Ok(is_alone.then(|| Self { domain: domain.clone(), _lock: lock }))
    }

    /// Removes what is described above; how many files. `dead` are the nodes that the transport
    /// has yet to take apart.
    pub(crate) fn sweep(&self, dead: &[String]) -> io::Result<u64> {
        Ok(self.sweep_nodes()? + self.sweep_segments(dead)?)
    }

    fn nodes(&self) -> PathBuf {
        self.domain.transport_root().join("nodes")
    }

    /// Nodes without a description, and what watches over nodes that are not there.
    fn sweep_nodes(&self) -> io::Result<u64> {
        let mut removed = 0;
        let mut described = Vec::new();
        let (folders, files): (Vec<_>, Vec<_>) =
            entries(&self.nodes())?.into_iter().partition(|path| path.is_dir());
        for folder in folders {
            let names = entries(&folder)?;
            if names.iter().any(|path| name_of(path).ends_with(".details")) {
                described.push(name_of(&folder));
            } else {
                removed += remove(&folder)?;
            }
        }
        for file in files {
            let name = name_of(&file);
            if !name.split('.').any(|part| described.iter().any(|id| id == part)) {
                removed += remove(&file)?;
            }
        }
        Ok(removed)
    }

    /// Segments of ports that are not there any more, and those that never got their size. What the
    /// ports of a dead node have, and is whole, is the transport's to take apart: the other end of
    /// a connection has to be told.
    fn sweep_segments(&self, dead: &[String]) -> io::Result<u64> {
        let (all, living) = (self.ports(&[])?, self.ports(dead)?);
        let mut removed = 0;
        for path in entries(Path::new(SHARED_MEMORY))? {
            let name = name_of(&path);
            let Some(rest) = name.strip_prefix(&self.domain.prefix()) else {
                continue;
            };
            let (stem, suffix) = rest.rsplit_once('.').unwrap_or((rest, ""));
            // After the hash that all names begin with: one port, or both ends.
            let mut ends = stem.split('_').skip(1);
            let is_empty = fs::metadata(&path).is_ok_and(|metadata| metadata.len() == 0);
            let is_left = match suffix {
                "connection" | "data" => {
                    // A living port may be making a connection just now; not to a dead one.
                    let ports = if is_empty { &living } else { &all };
                    ends.any(|port| !ports.iter().any(|known| known == port))
                }
                _ => is_empty,
            };
            if is_left {
                removed += remove(&path)?;
            }
        }
        Ok(removed)
    }

    /// The numbers of all ports that nodes have, but for those of `without`.
    fn ports(&self, without: &[String]) -> io::Result<Vec<String>> {
        let mut ports = Vec::new();
        let is_meant = |path: &PathBuf| path.is_dir() && !without.contains(&name_of(path));
        for folder in entries(&self.nodes())?.into_iter().filter(is_meant) {
            for name in entries(&folder)?.iter().map(|path| name_of(path)) {
                let Some(stem) = name.strip_suffix(".port_tag") else {
                    continue;
                };
                ports.extend(stem.rsplit('.').next().map(ToOwned::to_owned));
            }
        }
        Ok(ports)
    }
}

fn path(domain: &Domain) -> PathBuf {
    domain.root().join("making.lock")
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
