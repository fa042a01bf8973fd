//! What only the operating system can do: clock, priorities, fences on the cores of others, what
//! other threads do. The only such place of the crate.

use crate::delegates::ThreadPriority;
use crate::sync::atomic::{Ordering::SeqCst, fence};

/// `CLOCK_MONOTONIC`, ns.
pub(super) fn monotonic_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a place for one timespec; the clock exists on every Unix.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// What a thread was given of the priority that it asked for.
pub(super) fn apply_priority(priority: ThreadPriority) -> String {
    match priority {
        ThreadPriority::RealTime => real_time(),
        ThreadPriority::High => nice(-10),
        ThreadPriority::Normal => "normal".to_owned(),
        ThreadPriority::Background => nice(10),
    }
}

#[cfg(target_os = "linux")]
fn real_time() -> String {
    let parameters = libc::sched_param { sched_priority: 50 };
    let policy = libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK;
    // SAFETY: 0 is the calling thread, and `parameters` lives during the call.
    if unsafe { libc::sched_setscheduler(0, policy, &raw const parameters) } == 0 {
        return "SCHED_FIFO 50".to_owned();
    }
    let refused = std::io::Error::last_os_error();
    format!("{} (SCHED_FIFO was refused: {refused})", nice(-10))
}

#[cfg(not(target_os = "linux"))]
fn real_time() -> String {
    "normal (real-time priority is applied on Linux only)".to_owned()
}

#[cfg(target_os = "linux")]
fn nice(value: i32) -> String {
    // SAFETY: on Linux 0 means the calling thread; the call takes plain numbers.
    if unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, value) } == 0 {
        return format!("nice {value}");
    }
    format!("normal (nice {value} was refused: {})", std::io::Error::last_os_error())
}

#[cfg(not(target_os = "linux"))]
fn nice(_value: i32) -> String {
    "normal (priorities are applied on Linux only)".to_owned()
}

/// What a thread did since it was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Activity {
    /// How long it had a core, ns.
    pub(crate) ran_ns: u64,
    /// True if it waits for something else than a core now.
    pub(crate) sleeps: bool,
}

/// The number of the present thread, for [`activity`]; 0 where there is none.
#[cfg(target_os = "linux")]
pub(super) fn thread_number() -> u32 {
    // SAFETY: the call takes and touches nothing.
    unsafe { libc::gettid() }.unsigned_abs()
}

/// What a thread of this process did; `None` if that cannot be known. Allocates nothing.
#[cfg(target_os = "linux")]
pub(crate) fn activity(thread: u32) -> Option<Activity> {
    use std::io::{Read, Write};
    // As `MAKE_THREAD_CPUCLOCK` of the kernel: the clock of what the scheduler counts of a thread.
    let clock = !libc::clockid_t::try_from(thread).ok()? << 3 | 6;
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a place for one timespec; an unknown clock is refused.
    if unsafe { libc::clock_gettime(clock, &raw mut time) } != 0 {
        return None;
    }
    let (mut path, mut stat) = ([0; 64], [0; 128]);
    let mut rest = path.as_mut_slice();
    write!(rest, "/proc/self/task/{thread}/stat").ok()?;
    let length = 64 - rest.len();
    let path = std::str::from_utf8(&path[..length]).ok()?;
    let length = std::fs::File::open(path).and_then(|mut file| file.read(&mut stat)).ok()?;
    // The state stands behind the name, which is in parentheses and has at most 15 bytes.
    let name_end = stat[..length].iter().rposition(|byte| *byte == b')')?;
    let state = stat.get(name_end + 2)?;
    let ran_ns = time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64;
    Some(Activity { ran_ns, sleeps: *state != b'R' })
}

#[cfg(not(target_os = "linux"))]
pub(super) fn thread_number() -> u32 {
    0
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn activity(_thread: u32) -> Option<Activity> {
    None
}

/// The cheap half of a pair of fences: none but that of the compiler, if [`heavy_fence`] runs one
/// on this core when it matters.
#[inline]
pub(super) fn light_fence() {
    if cfg!(any(loom, miri)) {
        fence(SeqCst);
    } else {
        std::sync::atomic::compiler_fence(SeqCst);
    }
}

/// True if [`heavy_fence`] needs nothing more of other threads than [`light_fence`].
pub(super) fn has_barrier() -> bool {
    cfg!(any(loom, miri)) || barrier::is_there()
}

/// The dear half of a pair of fences: a full fence here and on every core that runs a thread of
/// this process. False if the system refuses it, although it said that it can.
pub(super) fn heavy_fence() -> bool {
    fence(SeqCst);
    cfg!(any(loom, miri)) || !barrier::is_there() || barrier::run()
}

/// The system call `membarrier`, its command numbers from `linux/membarrier.h`.
#[cfg(all(target_os = "linux", not(any(loom, miri))))]
mod barrier {
    const QUERY: libc::c_int = 0;
    const PRIVATE_EXPEDITED: libc::c_int = 1 << 3;
    const REGISTER_PRIVATE_EXPEDITED: libc::c_int = 1 << 4;

    fn call(command: libc::c_int) -> libc::c_long {
        // SAFETY: the call takes plain numbers and touches no memory of this process.
        unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) }
    }

    pub(super) fn is_there() -> bool {
        let known = call(QUERY);
        known > 0 && known & libc::c_long::from(PRIVATE_EXPEDITED) != 0
    }

    /// Registers the process when it is needed first: that takes milliseconds.
    pub(super) fn run() -> bool {
        call(PRIVATE_EXPEDITED) == 0
            || call(REGISTER_PRIVATE_EXPEDITED) == 0 && call(PRIVATE_EXPEDITED) == 0
    }
}

#[cfg(not(all(target_os = "linux", not(any(loom, miri)))))]
mod barrier {
    pub(super) fn is_there() -> bool {
        false
    }

    pub(super) fn run() -> bool {
        false
    }
}

#[cfg(all(test, target_os = "linux", not(any(loom, miri))))]
mod tests {
    use super::*;

    #[test]
    fn what_a_thread_does_can_be_known() {
        let own = activity(thread_number()).unwrap();
        assert!(!own.sleeps && own.ran_ns > 0);
        let (number, numbers) = std::sync::mpsc::channel();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let sleeping = std::thread::spawn(move || {
            number.send(thread_number()).unwrap();
            ended.recv().unwrap_err();
        });
        let number = numbers.recv().unwrap();
        while !activity(number).unwrap().sleeps {
            std::thread::yield_now();
        }
        drop(end);
        sleeping.join().unwrap();
        assert_eq!(activity(0), None);
    }
}
