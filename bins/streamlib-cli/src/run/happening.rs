//! What a run waits for, from all sides, in one bounded channel.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use streamlib_protocol::Event;
use streamlib_protocol::parent::ParentMessage;

use crate::error::Error;

/// Something that a run must do something about.
#[derive(Debug)]
pub(super) enum Happening {
    /// Ctrl-C, or the system asks the program to end.
    Signal,
    /// The runtime says something.
    FromChild(ParentMessage),
    /// The runtime will say nothing more.
    ChildSilent,
    /// The runtime wrote a line to standard error.
    ChildSaid(String),
    /// The runtime will write nothing more to standard error.
    ChildSaidAll,
    /// Something happened in the graph that is worth a line.
    Event(Box<Event>),
}

/// Who is ahead waits.
const CAPACITY: usize = 64;

pub(super) fn channel() -> (SyncSender<Happening>, Receiver<Happening>) {
    sync_channel(CAPACITY)
}

/// Turns signals into happenings until the program ends.
pub(super) fn watch_signals(happenings: SyncSender<Happening>) -> Result<(), Error> {
    let doing = "signals such as Ctrl-C cannot be watched";
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])
        .map_err(|source| Error::System { doing, source })?;
    spawn("signals", move || {
        for _signal in signals.forever() {
            if happenings.send(Happening::Signal).is_err() {
                return;
            }
        }
    })
}

/// Starts a thread that ends with what it watches.
pub(super) fn spawn(name: &str, watch: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    let doing = "a thread cannot be started";
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(watch)
        .map(drop)
        .map_err(|source| Error::System { doing, source })
}
