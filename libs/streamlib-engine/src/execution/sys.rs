//! What only the operating system can do: clock, priorities. The only such place of the crate.

use crate::delegates::ThreadPriority;

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
