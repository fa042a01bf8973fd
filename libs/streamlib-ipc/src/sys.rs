//! What only the operating system can do: shared pages, futexes, pipes by name, prefaulting. The
//! only such place of the crate.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::ptr::NonNull;
use std::time::Duration;

use crate::sync::atomic::AtomicU32;

/// Bytes of one page as this crate counts them. Mappings are multiples of it.
pub(crate) const PAGE: usize = 4096;

/// A file's bytes, mapped for reading and writing, shared with other processes.
#[derive(Debug)]
pub(crate) struct Mapping {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: the bytes are shared between processes anyway; users go through atomics.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Makes the file at `path` with `length` zeroed bytes that are really there, and maps it. It
    /// must not exist.
    pub(crate) fn create(path: &Path, length: usize) -> io::Result<Self> {
        let file = shared_file().create_new(true).open(path)?;
        let mapped = reserve(&file, length).and_then(|()| Self::of(&file, length));
        if mapped.is_err() {
            // The file is ours and nobody can use it.
            drop(std::fs::remove_file(path));
        }
        mapped
    }

    /// Maps the first `length` bytes of the file at `path`, making it if it does not exist. Bytes
    /// that were not written are zero.
    pub(crate) fn open_or_create(path: &Path, length: usize) -> io::Result<Self> {
        let file = shared_file().create(true).open(path)?;
        reserve(&file, length)?;
        Self::of(&file, length)
    }

    /// Maps the whole file at `path`.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = shared_file().open(path)?;
        let length = usize::try_from(file.metadata()?.len()).unwrap_or(0);
        if length == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        Self::of(&file, length)
    }

    fn of(file: &File, length: usize) -> io::Result<Self> {
        // SAFETY: a fresh mapping of a file that is open; it does not touch other memory.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                length,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_POPULATE,
                file.as_raw_fd(),
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        NonNull::new(start.cast())
            .map(|start| Self { start, length })
            .ok_or_else(|| io::Error::other("the system mapped shared memory at the address 0"))
    }

    /// The first byte. Valid while the mapping lives.
    pub(crate) fn start(&self) -> NonNull<u8> {
        self.start
    }

    /// Bytes that are mapped.
    pub(crate) fn length(&self) -> usize {
        self.length
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the range was mapped by `of` and nothing refers to it after its owner.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.length) };
    }
}

fn shared_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600).custom_flags(libc::O_NOFOLLOW);
    options
}

/// Gives `file` at least `length` bytes of real memory, so that touching them cannot fail later.
fn reserve(file: &File, length: usize) -> io::Result<()> {
    let length = libc::off_t::try_from(length).map_err(io::Error::other)?;
    // SAFETY: a plain call on an open descriptor.
    match unsafe { libc::posix_fallocate(file.as_raw_fd(), 0, length) } {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code)),
    }
}

/// Sleeps while `word` is `value`, for at most `timeout`. May return early. Works between
/// processes that map the word.
pub(crate) fn futex_wait(word: &AtomicU32, value: u32, timeout: Option<Duration>) {
    let timeout = timeout.map(|timeout| libc::timespec {
        tv_sec: libc::time_t::try_from(timeout.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: timeout.subsec_nanos().into(),
    });
    let timeout = timeout.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    let word = std::ptr::from_ref(word);
    // SAFETY: `word` is a live aligned word of four bytes, and `timeout` null or a live timespec.
    unsafe { libc::syscall(libc::SYS_futex, word, libc::FUTEX_WAIT, value, timeout) };
}

/// Wakes the one that sleeps on `word`, if any.
pub(crate) fn futex_wake(word: &AtomicU32) {
    let word = std::ptr::from_ref(word);
    // SAFETY: `word` is a live aligned word of four bytes.
    unsafe { libc::syscall(libc::SYS_futex, word, libc::FUTEX_WAKE, 1) };
}

/// Makes a pipe with the name `path`, unless there is one, and opens it so that it is always
/// readable and writable without waiting.
pub(crate) fn named_pipe(path: &Path) -> io::Result<File> {
    let name = std::ffi::CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: `name` is a live C string.
    if unsafe { libc::mkfifo(name.as_ptr(), 0o600) } != 0 {
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::AlreadyExists {
            return Err(error);
        }
    }
    OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOFOLLOW)
        .open(path)
}

/// The effective user of this process.
pub(crate) fn user() -> u32 {
    // SAFETY: the call takes nothing and always succeeds.
    unsafe { libc::geteuid() }
}

/// True if `metadata` is of a folder that belongs to this user and to nobody else.
pub(crate) fn is_private_folder(metadata: &std::fs::Metadata) -> bool {
    metadata.is_dir() && metadata.uid() == user() && metadata.mode() & 0o077 == 0
}

/// True if `file` is what the name `path` stands for now.
pub(crate) fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(open), Ok(named)) = (file.metadata(), std::fs::symlink_metadata(path)) else {
        return false;
    };
    open.dev() == named.dev() && open.ino() == named.ino()
}

/// Bytes that are free where `path` is.
pub(crate) fn free_bytes(path: &Path) -> io::Result<u64> {
    let name = std::ffi::CString::new(path.as_os_str().as_bytes())?;
    let mut free = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: `name` is a live C string, and there is a place for the answer.
    if unsafe { libc::statvfs(name.as_ptr(), free.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call succeeded, so it wrote the answer.
    let free = unsafe { free.assume_init() };
    Ok(free.f_bavail.saturating_mul(free.f_frsize))
}

/// Whether memory is to be touched for writing or for reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Touch {
    Write,
    Read,
}

/// Gives this process all pages of the mappings whose file's name contains both `prefix` and
/// `name`, so that the first frames do not pay for it. An error says that there is not enough memory.
pub(crate) fn prefault(prefix: &str, name: &str, touch: Touch) -> io::Result<()> {
    let maps = std::fs::read_to_string("/proc/self/maps")?;
    let advice = match touch {
        Touch::Write => libc::MADV_POPULATE_WRITE,
        Touch::Read => libc::MADV_POPULATE_READ,
    };
    let is_meant = |line: &str| line.contains(prefix) && line.contains(name);
    for (start, end) in maps.lines().filter(|line| is_meant(line)).filter_map(range_of) {
        let address = std::ptr::with_exposed_provenance_mut(start);
        // SAFETY: the range is a mapping of this process; the advice changes no content.
        if unsafe { libc::madvise(address, end - start, advice) } != 0 {
            let error = io::Error::last_os_error();
            // Kernels before 5.14 do not know the advice: then the first frames pay.
            if error.raw_os_error() != Some(libc::EINVAL) {
                return Err(error);
            }
        }
    }
    Ok(())
}

fn range_of(line: &str) -> Option<(usize, usize)> {
    let (start, end) = line.split_whitespace().next()?.split_once('-')?;
    Some((usize::from_str_radix(start, 16).ok()?, usize::from_str_radix(end, 16).ok()?))
}

/// Maps one page under the name `name` that stays in `/proc/self/maps` for the life of the
/// process, and takes no descriptor.
pub(crate) fn mark_process(name: &str) -> io::Result<()> {
    let name = std::ffi::CString::new(name)?;
    // SAFETY: `name` is a live C string.
    let descriptor = unsafe { libc::memfd_create(name.as_ptr(), libc::MFD_CLOEXEC) };
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor was just opened and belongs to nobody else.
    let file = File::from(unsafe { OwnedFd::from_raw_fd(descriptor) });
    file.set_len(PAGE as u64)?;
    std::mem::forget(Mapping::of(&file, PAGE)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_of_a_line_of_maps() {
        let line = "7f0a4000-7f0a6000 rw-s 00000000 00:1b 42   /dev/shm/x.data";
        assert_eq!(range_of(line), Some((0x7f0a_4000, 0x7f0a_6000)));
        assert_eq!(range_of("nonsense"), None);
    }
}
