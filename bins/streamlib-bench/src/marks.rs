//! When the first frame went in and the last one came out.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Shared by the source and the sink of a measured graph. Each moment is set once.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    first_in: OnceLock<Instant>,
    last_out: OnceLock<Instant>,
}

impl Marks {
    /// The source is called for the first time.
    pub(crate) fn first_in(&self) {
        self.first_in.get_or_init(Instant::now);
    }

    /// The sink has read the last frame.
    pub(crate) fn last_out(&self) {
        self.last_out.get_or_init(Instant::now);
    }

    /// From the one to the other; `None` before both have come.
    pub(crate) fn took(&self) -> Option<Duration> {
        Some(self.last_out.get()?.duration_since(*self.first_in.get()?))
    }
}
