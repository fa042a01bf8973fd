//! What a watch counted.

use std::backtrace::Backtrace;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::Ordering::Relaxed;

use crate::allocator::CountingAllocator;

/// One allocation.
#[derive(Debug)]
pub(crate) struct Trace {
    pub(crate) bytes: usize,
    /// The thread's name, where the system tells it.
    pub(crate) thread: Option<String>,
    /// Looked up in the program's symbols when it is printed, not before.
    pub(crate) backtrace: Backtrace,
}

/// What a watch counted. Its text is what a failed test should print: the numbers, and the places
/// of the first allocations.
#[derive(Debug)]
pub struct Report {
    allocations: u64,
    bytes: u64,
    exempt_allocations: u64,
    exempt_bytes: u64,
    sites: Vec<Site>,
}

/// A place in the program that allocated while a watch ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// How many of the allocations that were kept came from here.
    pub allocations: u64,
    /// What they asked for altogether, bytes.
    pub bytes: u64,
    /// The thread that allocated first; empty where the system does not tell.
    pub thread: String,
    /// How the program got there, innermost function first.
    pub backtrace: String,
}

impl Report {
    /// Ends the count of `allocator`.
    pub(crate) fn new(allocator: &CountingAllocator) -> Self {
        let traces = allocator.disarm();
        let (counted, exempt) = (&allocator.counted, &allocator.exempt);
        Self {
            allocations: counted.allocations.load(Relaxed),
            bytes: counted.bytes.load(Relaxed),
            exempt_allocations: exempt.allocations.load(Relaxed),
            exempt_bytes: exempt.bytes.load(Relaxed),
            sites: sites(traces),
        }
    }

    /// Allocations of all threads, those in [`exempt`](crate::exempt) calls left out.
    pub fn allocations(&self) -> u64 {
        self.allocations
    }

    /// What they asked for altogether, bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Allocations in [`exempt`](crate::exempt) calls.
    pub fn exempt_allocations(&self) -> u64 {
        self.exempt_allocations
    }

    /// What those asked for altogether, bytes.
    pub fn exempt_bytes(&self) -> u64 {
        self.exempt_bytes
    }

    /// The places that the first allocations came from, the busiest first.
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// Fails the test, showing where, if anything was allocated outside of
    /// [`exempt`](crate::exempt) calls. `what` names what was watched.
    ///
    /// # Panics
    /// Something was allocated.
    #[track_caller]
    pub fn assert_none(&self, what: &str) {
        assert!(self.allocations == 0, "{what}: {self}");
    }
}

fn sites(traces: Vec<Trace>) -> Vec<Site> {
    let mut by_place = BTreeMap::<String, Site>::new();
    for trace in traces {
        let backtrace = trace.backtrace.to_string();
        let site = by_place.entry(backtrace).or_insert_with_key(|backtrace| Site {
            allocations: 0,
            bytes: 0,
            thread: trace.thread.unwrap_or_default(),
            backtrace: backtrace.clone(),
        });
        site.allocations += 1;
        site.bytes += trace.bytes as u64;
    }
    let mut sites: Vec<Site> = by_place.into_values().collect();
    sites.sort_by_key(|site| std::cmp::Reverse(site.allocations));
    sites
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { allocations, bytes, exempt_allocations, exempt_bytes, sites } = self;
        write!(
            f,
            "{allocations} allocations of {bytes} bytes in all, and {exempt_allocations} of \
             {exempt_bytes} bytes where they are allowed"
        )?;
        for Site { allocations, bytes, thread, backtrace } in sites {
            write!(f, "\n\n{allocations} of the first, {bytes} bytes, ")?;
            write!(f, "on thread `{thread}`, from:\n{}", backtrace.trim_end())?;
        }
        Ok(())
    }
}
