//! The program that started this one: told how things go, and watched for its end.

use std::io::{self, Write as _};
use std::os::unix::net::UnixStream;

use streamlib_protocol::ErrorBody;
use streamlib_protocol::parent::ParentMessage;

/// Whom the runtime tells how things go.
#[derive(Debug)]
pub(crate) enum Parent {
    /// A program, through a socket.
    Program(UnixStream),
    /// Whoever reads standard error.
    Person,
}

impl Parent {
    /// The parent whose socket is standard input.
    pub(crate) fn on_stdin() -> io::Result<Self> {
        let stream = UnixStream::from(rustix::stdio::stdin().try_clone_to_owned()?);
        // Refuses what is not a socket.
        stream.peer_addr()?;
        Ok(Self::Program(stream))
    }

    /// Tells it something. A parent that is gone is noticed elsewhere.
    pub(crate) fn tell(&mut self, message: &ParentMessage) {
        match (self, message) {
            (Self::Program(stream), message) => {
                if let Ok(line) = message.to_line() {
                    let _told = stream.write_all(line.as_bytes());
                }
            }
            (Self::Person, ParentMessage::Failed { error }) => complain(error),
            (Self::Person, ParentMessage::Ready { .. } | ParentMessage::Ended { .. }) => {}
        }
    }

    /// A second handle of the socket, to be watched for its end.
    pub(crate) fn to_watch(&self) -> io::Result<Option<UnixStream>> {
        match self {
            Self::Program(stream) => stream.try_clone().map(Some),
            Self::Person => Ok(None),
        }
    }
}

/// Says on standard error why the program ends.
pub(crate) fn complain(error: &ErrorBody) {
    say(&format!("error: {error}"));
}

/// Says a line on standard error.
pub(crate) fn say(line: &str) {
    let _said = writeln!(io::stderr().lock(), "{line}");
}
