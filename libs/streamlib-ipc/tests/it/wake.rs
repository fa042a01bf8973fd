//! Sleeping processes are woken, by thread and by descriptor, and back-pressure wakes the producer.

use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use streamlib_ipc::{
    Bell, Delivery, Doorbell, Node, Port, PortPlan, PortReader, PortWriter, SeatPlan,
};

use super::support::{Home, frame};

const DEPTH: u32 = 2;

/// How the parent waits for its child.
#[derive(Debug, Clone, Copy)]
enum Waits {
    Parked,
    Spinning,
    Polling,
}

struct Parent {
    _ports: [Port; 2],
    writer: PortWriter,
    reader: PortReader,
    doorbell: Doorbell,
}

fn setup(node: &Node) -> Parent {
    let lossless = [SeatPlan::consumer(Delivery::Lossless, DEPTH, 1)];
    let ports = ["there", "back"]
        .map(|name| Port::create(node, PortPlan::new(name, 64, 1, &lossless)).expect("a port"));
    let bell = Bell::open(node, "child").expect("a bell");
    let mut writer = PortWriter::open(node, "there", 0).expect("the writing end");
    let mut reader = PortReader::open(node, "back", 0, 0).expect("a seat");
    writer.set_bell(0, Some(bell.clone()));
    reader.set_bell(Some(bell));
    let doorbell = Doorbell::open(node, "parent").expect("a doorbell");
    Parent { _ports: ports, writer, reader, doorbell }
}

fn wait(doorbell: &mut Doorbell, waits: Waits, ready: impl Fn() -> bool) {
    match waits {
        Waits::Parked => assert!(doorbell.wait(None, Duration::ZERO, ready)),
        Waits::Spinning => assert!(doorbell.wait(None, Duration::from_micros(50), ready)),
        Waits::Polling => {
            while doorbell.arm(&ready).expect("armed") {
                let fd = doorbell.descriptor().expect("a pipe").as_raw_fd();
                let mut poll = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
                // SAFETY: one live entry, as said.
                assert_eq!(unsafe { libc::poll(&raw mut poll, 1, -1) }, 1);
                doorbell.disarm().expect("disarmed");
            }
        }
    }
}

fn check(waits: Waits) {
    let home = Home::new(&format!("wake-{waits:?}"));
    let node = home.host();
    let mut parent = setup(&node);
    let mut child = home.spawn("echo");
    assert_eq!(child.stream.hear(), "ready");
    // One at a time, so that both sleep between any two; then as many as fit.
    let sends = 300;
    for at in 1..=100 {
        let frame = frame(&mut parent.writer, 1, 1, at);
        parent.writer.send(frame).expect("room");
        wait(&mut parent.doorbell, waits, || parent.reader.has_frames());
        let received = parent.reader.read().expect("frames").expect("one");
        assert_eq!((received.frame.envelope.timestamp_ns, received.missed), (at, 0));
    }
    let (mut next, mut expected) = (101, 101);
    while expected <= sends {
        while next <= sends && parent.writer.room() > 0 {
            let value = if next == sends { 255 } else { 1 };
            let frame = frame(&mut parent.writer, 1, value, next);
            parent.writer.send(frame).expect("room");
            next += 1;
        }
        let has_room = next <= sends;
        wait(&mut parent.doorbell, waits, || {
            parent.reader.has_frames() || has_room && parent.writer.room() > 0
        });
        while let Some(received) = parent.reader.read().expect("frames") {
            assert_eq!((received.frame.envelope.timestamp_ns, received.missed), (expected, 0));
            expected += 1;
        }
    }
    child.finish();
}

#[test]
fn sleeping_processes_wake_each_other() {
    check(Waits::Parked);
}

#[test]
fn spinning_before_sleeping_changes_nothing_else() {
    check(Waits::Spinning);
}

#[test]
fn a_loop_that_polls_descriptors_is_woken_too() {
    check(Waits::Polling);
}

#[test]
fn a_wait_ends_at_its_deadline_and_sees_what_is_there_already() {
    let home = Home::new("deadline");
    let node = home.host();
    let mut doorbell = Doorbell::open(&node, "d").expect("a doorbell");
    assert!(!doorbell.wait(Some(Instant::now()), Duration::ZERO, || false));
    let deadline = Instant::now() + Duration::from_millis(2);
    assert!(!doorbell.wait(Some(deadline), Duration::ZERO, || false));
    assert!(Instant::now() >= deadline);
    assert!(doorbell.wait(Some(Instant::now()), Duration::ZERO, || true));
    assert!(!doorbell.arm(|| true).expect("not armed"));
}
