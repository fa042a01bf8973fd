//! Server-sent events (WHATWG HTML, section 9.2): one writer and one incremental reader.
//!
//! The reader takes bytes in any pieces and any of the three line ends. It keeps at most
//! [`crate::EVENT_BYTES_MAX`] bytes; a longer event is an error, after which the stream is of no
//! use. `retry` fields are ignored: whoever reads decides when to ask again.

use crate::limits::EVENT_BYTES_MAX;

/// Media type of an event stream.
pub const CONTENT_TYPE: &str = "text/event-stream";
/// Header with which a client says the last event that it has.
pub const LAST_EVENT_ID: &str = "Last-Event-ID";

/// One event of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    /// Its number; absent for one that cannot be asked for again.
    pub id: Option<u64>,
    /// Its name; empty stands for `message`.
    pub event: String,
    /// Its content. Line ends in it are `\n`.
    pub data: String,
}

impl Message {
    /// The event as it is sent. Line ends in the name are left out.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = String::with_capacity(self.data.len() + self.event.len() + 40);
        let mut field = |name: &str, value: &str| {
            for part in [name, ": ", value, "\n"] {
                text.push_str(part);
            }
        };
        if let Some(id) = self.id {
            field("id", &id.to_string());
        }
        if !self.event.is_empty() {
            let name: String = self.event.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
            field("event", &name);
        }
        for line in lines(&self.data) {
            field("data", line);
        }
        text.push('\n');
        text
    }
}

/// A line that says only that the stream is alive.
pub const KEEP_ALIVE: &str = ":\n\n";

/// Splits at `\n`, `\r\n` and `\r`.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.find(['\r', '\n']) else {
            rest = None;
            return Some(text);
        };
        let width = if text[end..].starts_with("\r\n") { 2 } else { 1 };
        rest = Some(&text[end + width..]);
        Some(&text[..end])
    })
}

/// An event stream that cannot be read on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// An event is longer than allowed.
    #[error(
        "the runtime sent an event of more than {EVENT_BYTES_MAX} bytes; events are cut off here"
    )]
    TooLong,
    /// A line is not text.
    #[error("the runtime sent an event that is not UTF-8 text; events are cut off here")]
    NotText,
}

/// Reads an event stream piece by piece.
#[derive(Debug, Clone, Default)]
pub struct Reader {
    line: Vec<u8>,
    message: Message,
    has_data: bool,
    after_carriage_return: bool,
    past_first_line: bool,
}

impl Reader {
    /// A reader at the beginning of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes and adds the events that they complete to `messages`.
    ///
    /// # Errors
    /// The stream cannot be read on; what came before is in `messages`.
    pub fn push(&mut self, bytes: &[u8], messages: &mut Vec<Message>) -> Result<(), StreamError> {
        for &byte in bytes {
            let after_carriage_return = std::mem::take(&mut self.after_carriage_return);
            match byte {
                b'\n' if after_carriage_return => {}
                b'\n' | b'\r' => {
                    self.after_carriage_return = byte == b'\r';
                    self.end_line(messages)?;
                }
                _ => {
                    self.line.push(byte);
                    let length = self.line.len() + self.message.data.len();
                    if length > EVENT_BYTES_MAX {
                        return Err(StreamError::TooLong);
                    }
                }
            }
        }
        Ok(())
    }

    fn end_line(&mut self, messages: &mut Vec<Message>) -> Result<(), StreamError> {
        let line = std::mem::take(&mut self.line);
        let mut line = String::from_utf8(line).map_err(|_not_utf8| StreamError::NotText)?;
        if !std::mem::replace(&mut self.past_first_line, true) && line.starts_with('\u{feff}') {
            line.remove(0);
        }
        if line.is_empty() {
            let message = std::mem::take(&mut self.message);
            // An event without data is not one.
            if std::mem::take(&mut self.has_data) {
                messages.push(message);
            }
            return Ok(());
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => self.message.id = value.parse().ok(),
            "event" => value.clone_into(&mut self.message.event),
            "data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.message.data.push('\n');
                }
                self.message.data.push_str(value);
            }
            _ => {}
        }
        Ok(())
    }
}
