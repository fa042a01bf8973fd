//! One copy of the transport in a process.

use std::ffi::CString;

use streamlib_ipc::{IpcError, Node};

use super::support::{Home, RUNTIME};

/// What another copy of the crate leaves in the list of mappings is seen, and refused. Each test
/// has a process of its own, so the mark disturbs no other.
#[test]
fn a_second_copy_is_refused_by_name() {
    let name = CString::new("streamlib-ipc-is-here").expect("a name");
    // SAFETY: a fresh descriptor and a fresh mapping of one page, both left to the process.
    let mapped = unsafe {
        let descriptor = libc::memfd_create(name.as_ptr(), libc::MFD_CLOEXEC);
        assert!(libc::ftruncate(descriptor, 4096) == 0);
        let (read, shared) = (libc::PROT_READ, libc::MAP_SHARED);
        libc::mmap(std::ptr::null_mut(), 4096, read, shared, descriptor, 0)
    };
    assert_ne!(mapped, libc::MAP_FAILED);
    let home = Home::new("second-copy");
    let refused = Node::host(&home.domain(), RUNTIME);
    // SAFETY: what was mapped above, and nothing uses it.
    unsafe { libc::munmap(mapped, 4096) };
    assert!(matches!(refused, Err(IpcError::SecondCopy { .. })), "{refused:?}");
    let message = refused.expect_err("refused").to_string();
    assert!(message.contains("/memfd:streamlib-ipc-is-here"), "{message}");
    // The same copy may host as often as it likes.
    let nodes = ["a", "b"].map(|runtime| Node::host(&home.domain(), runtime).expect("a runtime"));
    assert!(nodes.iter().all(Node::is_host));
}
