//! The only place that prints. Answers go to standard output; progress and complaints to standard
//! error, where a progress line is kept below everything else.

use std::io::{self, IsTerminal as _, Write as _};

use serde::Serialize;

use crate::error::Error;

/// Standard output and standard error.
#[derive(Debug)]
pub(crate) struct Screen {
    is_terminal: bool,
    /// Whether a progress line stands on the last line of the terminal.
    has_line: bool,
}

impl Screen {
    pub(crate) fn new() -> Self {
        Self { is_terminal: io::stderr().is_terminal(), has_line: false }
    }

    /// Whether standard error is a terminal, on which a line can be drawn again and again.
    pub(crate) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Prints an answer. A reader that closes early, like `head`, has what it wants.
    pub(crate) fn print(&mut self, text: &str) -> Result<(), Error> {
        self.clear_line();
        let mut out = io::stdout().lock();
        let printed = out.write_all(text.as_bytes()).and_then(|()| {
            if !text.is_empty() && !text.ends_with('\n') {
                out.write_all(b"\n")?;
            }
            out.flush()
        });
        match printed {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::Print(error)),
            _ => Ok(()),
        }
    }

    /// Prints an answer for scripts.
    pub(crate) fn print_json(&mut self, value: &impl Serialize) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(value)?;
        self.print(&text)
    }

    /// Says why the program ends.
    pub(crate) fn complain(&mut self, text: &str) {
        self.say(&format!("error: {text}"));
    }

    /// Says something beside the answer. If nobody listens, nobody can be told.
    pub(crate) fn say(&mut self, text: &str) {
        self.clear_line();
        let _said = writeln!(io::stderr().lock(), "{text}");
    }

    /// Draws the progress line anew. Only on a terminal.
    pub(crate) fn draw_line(&mut self, text: &str) {
        let size = rustix::termios::tcgetwinsize(io::stderr());
        // A terminal that does not know its size says 0.
        let columns = size.ok().map(|size| size.ws_col).filter(|columns| *columns > 1);
        // The last column is left free: some terminals break the line behind it.
        let fits: String = text.chars().take(usize::from(columns.unwrap_or(80)) - 1).collect();
        let mut out = io::stderr().lock();
        let _drawn = write!(out, "\r{fits}\x1b[K").and_then(|()| out.flush());
        self.has_line = true;
    }

    fn clear_line(&mut self) {
        if std::mem::take(&mut self.has_line) {
            let _cleared = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}
