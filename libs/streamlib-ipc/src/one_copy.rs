//! Exactly one copy of iceoryx2 in a process: two take each other's live node for dead, by the
//! way that POSIX file locks work, and take it apart.
//!
//! Guarantee: of several copies of this crate in a process (two plugins, two language modules) the
//! first that opens a node goes on and the others are refused; so is this one beside a library
//! whose file is named after iceoryx2. Not noticed: a copy that another library hides inside
//! itself and that this crate has no part in.

use std::sync::{Mutex, PoisonError};

use crate::IpcError;
use crate::sys;

/// What the first copy leaves in the list of the process's mappings.
const MARK: &str = "streamlib-ipc-is-here";

/// True once this copy of the code has marked the process. It is about the process and the code in
/// it, not about any runtime, so it stands beside all of them.
static CLAIMED: Mutex<bool> = Mutex::new(false);

/// Claims the process for this copy of the code, or says who is there already.
pub(crate) fn claim() -> Result<(), IpcError> {
    let mut claimed = CLAIMED.lock().unwrap_or_else(PoisonError::into_inner);
    if *claimed {
        return Ok(());
    }
    let maps = std::fs::read_to_string("/proc/self/maps")
        .map_err(|source| IpcError::system("read", "/proc/self/maps", source))?;
    if let Some(other) = maps.lines().find_map(other_copy) {
        return Err(IpcError::SecondCopy { other: other.to_owned() });
    }
    sys::mark_process(MARK).map_err(|source| IpcError::system("mark", "the process", source))?;
    *claimed = true;
    Ok(())
}

/// The file of another copy that a line of `/proc/self/maps` names.
fn other_copy(line: &str) -> Option<&str> {
    let (_, path) = line.split_at_checked(line.find('/')?)?;
    let name = path.rsplit('/').next()?;
    let is_library = name.contains(".so") && name.contains("iceoryx2");
    (is_library || name.contains(MARK)).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_copies_are_told_from_what_only_lies_beside() {
        let check = |path: &str, expected: Option<&str>| {
            let line = format!("7f0a4000-7f0a6000 rw-s 00000000 00:1b 42   {path}");
            assert_eq!(other_copy(&line), expected, "{path}");
        };
        let wheel = "/venv/lib/iceoryx2/_iceoryx2.abi3.so";
        check(wheel, Some(wheel));
        let marked = "/memfd:streamlib-ipc-is-here (deleted)";
        check(marked, Some(marked));
        check("/venv/lib/iceoryx2/numpy.so", None);
        check("/dev/shm/iceoryx2.data", None);
        check("", None);
    }
}
