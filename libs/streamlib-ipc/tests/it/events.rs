//! Events of a runtime in other processes: history, filters, what was missed.

use streamlib_ipc::{
    Doorbell, EVENT_HISTORY, EVENTS_BELL, EventFilter, EventReader, EventWriter, IpcError,
    MOST_EVENT_BYTES, MOST_EVENT_READERS, Node,
};

use super::support::Home;

fn reader(node: &Node, filter: &str, history: usize) -> EventReader {
    let filter = EventFilter::new(filter).expect("a filter");
    EventReader::open(node, filter, history).expect("a subscription")
}

/// Numbers, and how many were missed before each.
fn drain(reader: &mut EventReader) -> Vec<(u64, u64)> {
    let events = std::iter::from_fn(|| reader.read().expect("events"));
    events.map(|event| (event.sequence, event.missed)).collect()
}

#[test]
fn a_child_gets_the_history_it_asks_for_and_what_comes_then() {
    let home = Home::new("events");
    let node = home.host();
    let mut writer = EventWriter::open(&node).expect("the writer");
    let mut attending = Doorbell::open(&node, EVENTS_BELL).expect("its bell");
    for name in ["a", "b", "movie"] {
        writer.publish(&["processor", name, "started"], name.as_bytes()).expect("published");
    }
    let armed = attending.arm(|| false).expect("armed");
    assert!(armed);
    let mut child = home.spawn("events processor.movie");
    assert_eq!(child.stream.hear(), "ready");
    // It rang the bell of whoever attends.
    let mut poll = libc::pollfd {
        fd: std::os::fd::AsRawFd::as_raw_fd(&attending.descriptor().expect("a pipe")),
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one live entry, as said.
    assert_eq!(unsafe { libc::poll(&raw mut poll, 1, -1) }, 1);
    attending.disarm().expect("disarmed");
    writer.attend().expect("attended");
    assert_eq!(child.stream.hear(), "2 processor/movie/started movie 0");
    writer.publish(&["processor", "other", "failed"], b"no").expect("published");
    writer.publish(&["processor", "movie", "failed"], b"why").expect("published");
    assert_eq!(child.stream.hear(), "4 processor/movie/failed why 0");
    child.kill();
    // A dead reader holds nobody up, and its place is free again.
    writer.publish(&["graph", "changed"], b"").expect("published");
    node.reclaim().expect("reclaimed");
    let mut all: Vec<_> = (0..MOST_EVENT_READERS).map(|_| reader(&node, "*", 2)).collect();
    let refused = EventReader::open(&node, EventFilter::all(), 0);
    assert!(matches!(refused, Err(IpcError::TooManyReaders { .. })), "{refused:?}");
    writer.attend().expect("attended");
    assert_eq!(drain(&mut all[0]), [(4, 0), (5, 0)]);
}

#[test]
fn what_does_not_fit_is_counted() {
    let home = Home::new("events-missed");
    let node = home.host();
    let mut writer = EventWriter::open(&node).expect("the writer");
    let mut all = reader(&node, "*", 0);
    let mut some = reader(&node, "odd", 0);
    writer.publish(&["odd"], b"").expect("published");
    assert_eq!((drain(&mut all), drain(&mut some)), (vec![(0, 0)], vec![(0, 0)]));
    let more = EVENT_HISTORY as u64 + 10;
    for number in 1..=more {
        let topic = if number % 2 == 1 { "odd" } else { "even" };
        writer.publish(&[topic], b"").expect("published");
    }
    let got = drain(&mut all);
    assert_eq!((got[0], got.len(), all.missed()), ((11, 10), EVENT_HISTORY, 10));
    let got = drain(&mut some);
    assert_eq!((got[0], got.len(), some.missed()), ((11, 10), EVENT_HISTORY / 2, 10));

    let large = vec![0; MOST_EVENT_BYTES];
    let refused = writer.publish(&["t"], &large).expect_err("too large").to_string();
    assert!(refused.starts_with("an event of 4097 bytes is larger than the 4096"), "{refused}");
    assert!(matches!(writer.publish(&[], b""), Err(IpcError::Topic { .. })));
    assert_eq!(writer.refused(), 2);
    writer.publish(&["t"], &large[1..]).expect("just fits");
    assert_eq!(drain(&mut all), [(more + 1, 0)], "what was refused used up no number");
    let second = EventWriter::open(&node).expect_err("one writer");
    assert!(matches!(second, IpcError::HasWriter { .. }), "{second}");
}
