//! What happens to a runtime.

use serde::Serialize;

use super::names;

/// What happens to a runtime.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "name", rename_all = "snake_case")]
#[non_exhaustive]
pub enum RuntimeEvent {
    /// It is about to start.
    RuntimeWillStart {},
    /// Frames flow.
    RuntimeDidStart {},
    /// It could not start.
    RuntimeStartFailed {
        /// Why.
        error: String,
    },
    /// It is about to stop.
    RuntimeWillStop {},
    /// It has stopped.
    RuntimeDidStop {
        /// Threads that did not come back and were left behind.
        abandoned_threads: u32,
    },
    /// Its clock is about to stand still.
    RuntimeWillPause {},
    /// Its clock stands still.
    RuntimeDidPause {},
    /// Its clock is about to go on.
    RuntimeWillResume {},
    /// Its clock goes on.
    RuntimeDidResume {},
    /// A failed change could not be taken back altogether.
    UndoFailed {
        /// What could not be taken back.
        message: String,
    },
    /// Something went wrong while a commit took the old apart; the commit stands.
    RetireProblem {
        /// What went wrong.
        message: String,
    },
}

names!(RuntimeEvent {
    RuntimeWillStart => "runtime_will_start",
    RuntimeDidStart => "runtime_did_start",
    RuntimeStartFailed => "runtime_start_failed",
    RuntimeWillStop => "runtime_will_stop",
    RuntimeDidStop => "runtime_did_stop",
    RuntimeWillPause => "runtime_will_pause",
    RuntimeDidPause => "runtime_did_pause",
    RuntimeWillResume => "runtime_will_resume",
    RuntimeDidResume => "runtime_did_resume",
    UndoFailed => "undo_failed",
    RetireProblem => "retire_problem",
});
