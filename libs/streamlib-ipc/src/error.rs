//! What can go wrong between processes: each a sentence that says what, where, and what to do.

use std::io;

/// What went wrong between processes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IpcError {
    /// The operating system refused something.
    #[error("the system could not {what} {place}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// On what.
        place: String,
        /// Why not.
        source: io::Error,
    },
    /// The folder for shared memory is not ours.
    #[error(
        "{path} cannot be used for shared memory: it must be a folder that belongs to this user \
         alone; remove it and start again"
    )]
    NotPrivate {
        /// The folder.
        path: String,
    },
    /// Another copy of the transport is in this process.
    #[error(
        "a second copy of iceoryx2 is in this process: {other}; two copies destroy each other's \
         state, so load only one of them, or run this part in a process of its own"
    )]
    SecondCopy {
        /// What was found.
        other: String,
    },
    /// A name cannot stand in a file name.
    #[error(
        "{name:?} cannot name a {what}: use 1 to 120 of the characters a-z, A-Z, 0-9, '.', '_' and \
         '-', and begin with a letter or a digit"
    )]
    Name {
        /// What was to be named.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A runtime of this name runs already.
    #[error("a runtime named {name} runs already; give this one another name")]
    RuntimeExists {
        /// The name.
        name: String,
    },
    /// No runtime of this name runs.
    #[error("no runtime named {name} runs here; start it before its children join it")]
    NoRuntime {
        /// The name.
        name: String,
    },
    /// The plan of a port cannot be kept.
    #[error("the plan of port {port} cannot be kept: {what}")]
    Plan {
        /// The port.
        port: String,
        /// What is wrong.
        what: String,
    },
    /// There is no such port, or not this generation of it.
    #[error("there is no port {port} of generation {generation}; its runtime must create it first")]
    NoPort {
        /// The port.
        port: String,
        /// The generation that was asked for.
        generation: u32,
    },
    /// A shared page does not hold what its name says.
    #[error(
        "the shared page of {place} cannot be read: {what}; all programs must be of one version"
    )]
    Page {
        /// Of what.
        place: String,
        /// What is wrong.
        what: &'static str,
    },
    /// A port has one writer.
    #[error("port {port} has a writer already; only one process sends at a port")]
    HasWriter {
        /// The port.
        port: String,
    },
    /// A seat is taken.
    #[error("seat {seat} of port {port} is taken; give this consumer a seat of its own")]
    SeatTaken {
        /// The port.
        port: String,
        /// The seat.
        seat: usize,
    },
    /// A seat is not there, or not for this consumer.
    #[error(
        "seat {seat} of port {port} does not fit this consumer: {what}; open the port again under a \
         new generation whose plan has a seat for it"
    )]
    Seat {
        /// The port.
        port: String,
        /// The seat.
        seat: usize,
        /// What does not fit.
        what: String,
    },
    /// There is not enough shared memory for a port.
    #[error(
        "port {port} needs {bytes} bytes of shared memory, and there is not as much; make /dev/shm \
         larger, or lower the depths or the number of frames that are held"
    )]
    NoMemory {
        /// The port.
        port: String,
        /// Bytes of its slots.
        bytes: u64,
    },
    /// The frame does not fit the port's slots.
    #[error(
        "a frame of {bytes} bytes does not fit the slots of port {port}, which have {slot}; open \
         the port again under a new generation with larger ones"
    )]
    TooLarge {
        /// The port.
        port: String,
        /// Bytes of the frame.
        bytes: u64,
        /// Bytes of a slot.
        slot: u64,
    },
    /// All slots are in use.
    #[error("port {port} has no free slot: {slots} are held by its consumers and by loans")]
    NoSlot {
        /// The port.
        port: String,
        /// How many slots there are.
        slots: u32,
    },
    /// A consumer holds as many frames as it may.
    #[error(
        "the consumer on seat {seat} of port {port} holds {held} frames, as many as it declared; \
         let go of one before reading the next, or declare that it holds more"
    )]
    HoldsTooMany {
        /// The port.
        port: String,
        /// The seat.
        seat: usize,
        /// How many it holds.
        held: usize,
    },
    /// The seat was taken away from this reader.
    #[error("seat {seat} of port {port} was taken away from this reader; open it again")]
    Revoked {
        /// The port.
        port: String,
        /// The seat.
        seat: usize,
    },
    /// An event is larger than the service carries.
    #[error("an event of {bytes} bytes is larger than the {most} that the event service carries")]
    EventTooLarge {
        /// Bytes of topic and body.
        bytes: usize,
        /// The most there may be.
        most: usize,
    },
    /// All places for readers of events are taken.
    #[error("all {most} places for readers of a runtime's events are taken; end one of them first")]
    TooManyReaders {
        /// How many there are.
        most: usize,
    },
    /// A topic or a filter is not well-formed.
    #[error(
        "{topic:?} is no {what} of events: a topic has parts that are not empty, of at most 255 \
         bytes together; a filter is the first of them with dots in between, `*` for any one part"
    )]
    Topic {
        /// A topic or a filter.
        what: &'static str,
        /// What was given.
        topic: String,
    },
    /// The transport below failed in a way that has no name of its own here.
    #[error("the shared-memory transport could not {what} {place}: {reason}")]
    Transport {
        /// What was tried.
        what: &'static str,
        /// On what.
        place: String,
        /// What it said.
        reason: String,
    },
}

impl IpcError {
    pub(crate) fn system(what: &'static str, place: impl ToString, source: io::Error) -> Self {
        Self::System { what, place: place.to_string(), source }
    }

    #[cfg(not(loom))]
    pub(crate) fn transport(
        what: &'static str,
        place: impl ToString,
        reason: impl std::fmt::Debug,
    ) -> Self {
        Self::Transport { what, place: place.to_string(), reason: format!("{reason:?}") }
    }
}

/// Whether `name` can stand in a file name on every system.
pub(crate) fn check_name(what: &'static str, name: &str) -> Result<(), IpcError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let begins_well = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    if begins_well && name.len() <= 120 && name.bytes().all(is_plain) {
        return Ok(());
    }
    Err(IpcError::Name { what, name: name.to_owned() })
}
