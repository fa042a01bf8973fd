//! The one place that writes to the terminal. A reader that went away is no error.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use crate::error::Result;

/// Writes one line, or a paragraph, to standard output.
pub(crate) fn say(text: impl AsRef<str>) {
    write_line(io::stdout(), text.as_ref());
}

/// Writes one line, or a paragraph, to standard error.
pub(crate) fn complain(text: &str) {
    write_line(io::stderr(), text);
}

/// Announces a step, runs it, and says how long it took and whether it held.
pub(crate) fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    say(format!("--> {name}"));
    let start = Instant::now();
    let outcome = work();
    let verdict = if outcome.is_ok() { "ok" } else { "FAILED" };
    say(format!("<-- {name}: {verdict} in {}", duration(start.elapsed())));
    outcome
}

/// A duration as people read it: `4.2 s`, `3 min 05 s`.
pub(crate) fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

fn write_line(mut stream: impl Write, text: &str) {
    // The reader closed the pipe: there is nobody left to tell.
    drop(writeln!(stream, "{text}").and_then(|()| stream.flush()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_a_clock() {
        let table =
            [(0, "0.0 s"), (4_240, "4.2 s"), (60_000, "1 min 00 s"), (185_900, "3 min 05 s")];
        for (milliseconds, text) in table {
            assert_eq!(duration(Duration::from_millis(milliseconds)), text);
        }
    }
}
