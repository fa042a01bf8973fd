//! From which frame to which the allocator counts: decided by the processors themselves, by the
//! numbers of the frames, so that no clock has a say in it.

use std::sync::atomic::{
    AtomicBool, AtomicU64, AtomicUsize, Ordering::AcqRel, Ordering::Acquire, Ordering::Relaxed,
    Ordering::Release,
};
use std::sync::{Arc, Mutex};

use streamlib_testing::{Report, Watch};

use crate::ALLOCATOR;

/// The number of the frame from which on allocations count.
pub(crate) const FIRST: u64 = 1_000;
/// The number of the frame behind the last one that counts.
pub(crate) const END: u64 = FIRST + 10_000;

/// The way of a run. Counting starts when the last sink has seen frame [`FIRST`] or a later one,
/// and ends when the last one has seen frame [`END`] or a later one.
#[derive(Debug)]
pub(crate) struct Course {
    started: AtomicBool,
    cold: AtomicUsize,
    counting: AtomicUsize,
    over: AtomicBool,
    /// Frames from [`FIRST`] on, before [`END`], that sinks read.
    read: AtomicU64,
    watch: Mutex<Option<Watch>>,
    report: Mutex<Option<Report>>,
}

impl Course {
    pub(crate) fn new(sinks: usize) -> Arc<Self> {
        // The first watch reads the symbols of the program. In a call of a processor that would be
        // a long one, for which an inline processor leaves its strand.
        drop(Watch::start(&ALLOCATOR).unwrap());
        Arc::new(Self {
            started: AtomicBool::new(false),
            cold: AtomicUsize::new(sinks),
            counting: AtomicUsize::new(sinks),
            over: AtomicBool::new(false),
            read: AtomicU64::new(0),
            watch: Mutex::new(None),
            report: Mutex::new(None),
        })
    }

    /// The engine has done what starting takes; sources may send.
    pub(crate) fn start(&self) {
        self.started.store(true, Release);
    }

    /// True once sources may send.
    pub(crate) fn is_started(&self) -> bool {
        self.started.load(Acquire)
    }

    /// True once every sink has seen what it must.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Acquire)
    }

    /// The frames that were read while allocations counted, and the count.
    pub(crate) fn result(&self) -> (u64, Report) {
        let report = self.report.lock().unwrap().take().expect("every sink saw the last frame");
        (self.read.load(Relaxed), report)
    }

    fn warm(&self) {
        if self.cold.fetch_sub(1, AcqRel) == 1 {
            *self.watch.lock().unwrap() = Some(Watch::start(&ALLOCATOR).unwrap());
        }
    }

    fn end(&self) {
        if self.counting.fetch_sub(1, AcqRel) == 1 {
            *self.report.lock().unwrap() = self.watch.lock().unwrap().take().map(Watch::finish);
            self.over.store(true, Release);
        }
    }
}

/// Where one sink stands.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    warm: bool,
    ended: bool,
}

impl Progress {
    /// The sink saw this frame.
    pub(crate) fn saw(&mut self, number: u64, course: &Course) {
        if number >= FIRST && !self.warm {
            self.warm = true;
            course.warm();
        }
        if (FIRST..END).contains(&number) {
            course.read.fetch_add(1, Relaxed);
        }
        if number >= END && !self.ended {
            self.ended = true;
            course.end();
        }
    }
}
