//! `kill -9` of children that hold samples, of the runtime, of both: the counters add up, and
//! nothing is left.

use std::path::PathBuf;

use streamlib_ipc::{
    Delivery, Node, OnPeerDeath, Port, PortPlan, PortReader, PortWriter, Revoked, SeatPlan,
    SeatState,
};

use super::support::{Home, Random, frame};

fn plan(port: &str, on_peer_death: OnPeerDeath) -> PortPlan {
    let consumer = SeatPlan::consumer(Delivery::Lossless, 3, 2);
    PortPlan::new(port, 4096, 2, &[SeatPlan { on_peer_death, ..consumer }, consumer])
}

/// Descriptors of this process.
fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("descriptors").count()
}

fn adds_up(port: &Port, seat: usize) {
    let counters = port.counters(seat).expect("the seat");
    let accounted = counters.delivered
        + counters.dropped
        + counters.flushed
        + counters.lost
        + counters.in_flight;
    assert_eq!(counters.sent, accounted, "{counters:?}");
}

/// A dead reader holds nobody up, whatever it held, and its seat has a reader again afterwards.
#[test]
fn a_dead_reader_gives_back_its_credit_at_once() {
    let check = |on_peer_death, room_meanwhile, sent, dropped| {
        let home = Home::new(&format!("dead-reader-{on_peer_death:?}"));
        let node = home.host();
        let port = Port::create(&node, plan("p", on_peer_death)).expect("a port");
        let mut writer = PortWriter::open(&node, "p", 0).expect("the writing end");
        let mut child = home.spawn("reader p");
        assert_eq!(child.stream.hear(), "ready");
        let mut sibling = PortReader::open(&node, "p", 0, 1).expect("the other seat");
        for at in 1..=3 {
            let frame = frame(&mut writer, 8, 1, at);
            writer.send(frame).expect("room");
        }
        assert_eq!(child.ask("read"), "1 1 0 0");
        while sibling.read().expect("frames").is_some() {}
        child.kill();
        // Its credit is used up until somebody says that it died.
        assert_eq!(writer.room(), 1);
        assert_eq!(port.revoke(0, Revoked::PeerDied), 2);
        assert_eq!(port.state(0), Some(SeatState::Absent));
        assert_eq!(writer.room(), room_meanwhile);
        if room_meanwhile > 0 {
            let frame = frame(&mut writer, 8, 1, 4);
            assert_eq!(writer.send(frame).expect("room"), 1, "to the sibling");
        }
        assert_eq!(node.reclaim().expect("reclaimed").processes, 1);
        let mut again = home.spawn("reader p");
        assert_eq!(again.stream.hear(), "ready");
        let frame = frame(&mut writer, 8, 9, 5);
        writer.send(frame).expect("room for the new reader");
        assert_eq!(again.ask("read"), "5 9 0 0");
        let counters = port.counters(0).expect("the seat");
        assert_eq!((counters.sent, counters.delivered, counters.lost), (sent, 2, 2));
        assert_eq!(counters.dropped, dropped);
        adds_up(&port, 0);
        again.finish();
    };
    check(OnPeerDeath::Drop, 3, 5, 1);
    check(OnPeerDeath::Hold, 0, 4, 0);
}

/// Frames of a dead writer that were sent are read; another writer goes on behind them.
#[test]
fn a_dead_writer_loses_nothing_that_it_sent() {
    let home = Home::new("dead-writer");
    let node = home.host();
    let port = Port::create(&node, plan("p", OnPeerDeath::Drop)).expect("a port");
    let mut reader = PortReader::open(&node, "p", 0, 0).expect("the seat");
    let mut child = home.spawn("writer p");
    assert_eq!(child.stream.hear(), "ready");
    assert_eq!(
        [child.ask("loan"), child.ask("send 8 5"), child.ask("send 8 6")],
        ["loaned", "1", "1"]
    );
    let held = reader.read().expect("frames").expect("the first").frame;
    child.kill();
    port.writer_died();
    assert_eq!(held.block.bytes()[..8], [5; 8]);
    let mut writer = PortWriter::open(&node, "p", 0).expect("the writing end, again");
    let next = frame(&mut writer, 8, 7, 3);
    writer.send(next).expect("room");
    let values: Vec<_> = std::iter::from_fn(|| reader.read().expect("frames"))
        .map(|received| received.frame.block.bytes()[0])
        .collect();
    assert_eq!(values, [6, 7]);
    assert_eq!(held.block.bytes()[..8], [5; 8]);
    adds_up(&port, 0);
}

/// One round of the torture below: a child that reads and one that writes, each killed after some
/// steps.
fn round(home: &Home, node: &Node, ports: &[Port; 2], random: &mut Random) {
    let mut writer = PortWriter::open(node, "out", 0).expect("the writing end");
    let mut reading = home.spawn("reader out");
    let mut writing = home.spawn("writer in");
    assert_eq!((reading.stream.hear(), writing.stream.hear()), ("ready".into(), "ready".into()));
    let mut reader = PortReader::open(node, "in", 0, 0).expect("a seat");
    let mut held = Vec::new();
    for at in 0..random.below(12) {
        match random.below(6) {
            0 if writer.room() > 0 => {
                let frame = frame(&mut writer, 16, 1, at as i64);
                writer.send(frame).expect("room");
            }
            0 | 1 => drop(reading.ask("read")),
            2 => drop(reading.ask("release")),
            3 => drop(writing.ask("send 16 3")),
            4 if at < 2 => drop(writing.ask("loan")),
            _ => {
                if let Ok(Some(received)) = reader.read() {
                    held.push(received.frame);
                }
            }
        }
    }
    // Some die in the middle of something.
    if random.below(2) == 0 {
        reading.stream.tell("read");
        writing.stream.tell("send 16 3");
    }
    reading.kill();
    writing.kill();
    ports[0].revoke(0, Revoked::PeerDied);
    ports[1].writer_died();
    assert_ne!(writer.room(), 0, "nobody is waited for");
    adds_up(&ports[0], 0);
    drop(held);
    drop(reader);
    adds_up(&ports[1], 0);
    drop(writer);
    let reclaimed = node.reclaim().expect("reclaimed");
    assert_eq!(reclaimed.failed, 0);
}

#[test]
fn a_hundred_rounds_of_kill_leave_nothing() {
    let home = Home::new("rounds");
    let node = home.host();
    let ports = ["out", "in"]
        .map(|name| Port::create(&node, plan(name, OnPeerDeath::Drop)).expect("a port"));
    let mut random = Random::new(4);
    round(&home, &node, &ports, &mut random);
    let (files, open) = (home.files(), descriptors());
    for _ in 1..100 {
        round(&home, &node, &ports, &mut random);
        assert_eq!(home.files(), files);
        assert_eq!(descriptors(), open);
    }
}

/// The runtime dies, with its children or before them; whoever comes next finds nothing.
#[test]
fn a_killed_runtime_is_cleaned_up_by_the_next_start() {
    let home = Home::new("runtime");
    let mut random = Random::new(5);
    let fresh = {
        let _node = home.host();
        home.files().len()
    };
    for round in 0..20 {
        let mut host = home.spawn("host");
        assert_eq!(host.stream.hear(), "ready");
        let mut child = home.spawn("reader p");
        assert_eq!(child.stream.hear(), "ready");
        for _ in 0..random.below(4) {
            host.ask("send 16 1");
            child.ask("read");
        }
        assert_ne!(home.files(), Vec::<PathBuf>::new());
        match round % 3 {
            0 => {
                host.kill();
                // The child still has what it has, and can be read from.
                assert!(!child.ask("read").is_empty());
                child.kill();
            }
            1 => {
                child.kill();
                host.kill();
            }
            _ => {
                host.stream.tell("send 16 1");
                host.kill();
                child.kill();
            }
        }
        let node = home.host();
        assert!(node.found() > 0, "something was left, and removed");
        assert_eq!(home.files().len(), fresh, "{:?}", home.files());
        drop(node);
        assert_eq!(home.files(), Vec::<PathBuf>::new());
    }
}

/// What no list names any more goes too, when somebody is alone in the domain; beside others it
/// stays, since it could be theirs.
#[test]
fn whoever_is_alone_removes_what_nobody_knows() {
    let home = Home::new("alone");
    let domain = home.domain();
    let junk = std::path::Path::new("/dev/shm").join(format!("{}junk.dynamic", domain.prefix()));
    let litter = || std::fs::write(&junk, "left by nobody").expect("written");
    litter();
    let node = home.host();
    assert_eq!((node.found(), junk.exists()), (1, false));
    litter();
    assert_eq!(domain.clean().expect("cleaned").files, 0);
    assert!(junk.exists(), "somebody is there whose it could be");
    drop(node);
    litter();
    assert_eq!(domain.clean().expect("cleaned").files, 1);
    assert_eq!(home.files(), Vec::<PathBuf>::new());
}

/// Killed at any moment of making and opening things, beside a runtime that lives on.
#[test]
fn a_child_killed_while_it_opens_ports_leaves_nothing() {
    let home = Home::new("churn");
    let node = home.host();
    let port = Port::create(&node, plan("p", OnPeerDeath::Drop)).expect("a port");
    let files = home.files();
    let mut random = Random::new(6);
    for _ in 0..30 {
        let mut child = home.spawn("churn");
        for _ in 0..=random.below(8) {
            child.stream.hear();
        }
        child.kill();
        port.revoke(0, Revoked::PeerDied);
        port.writer_died();
        node.reclaim().expect("reclaimed");
        adds_up(&port, 0);
        let mut writer = PortWriter::open(&node, "p", 0).expect("the writing end");
        let mut reader = PortReader::open(&node, "p", 0, 0).expect("the seat");
        let sent = frame(&mut writer, 8, 4, 1);
        writer.send(sent).expect("room");
        assert!(reader.read().expect("frames").is_some());
    }
    node.reclaim().expect("reclaimed");
    assert_eq!(home.files(), files);
}

/// A child that hangs keeps its seat until it is taken away; then it is told.
#[test]
fn a_reader_that_comes_back_late_is_told_that_its_seat_is_gone() {
    let home = Home::new("late");
    let node = home.host();
    let port = Port::create(&node, plan("p", OnPeerDeath::Drop)).expect("a port");
    let mut writer = PortWriter::open(&node, "p", 0).expect("the writing end");
    let mut child = home.spawn("reader p");
    assert_eq!(child.stream.hear(), "ready");
    signal(child.id(), libc::SIGSTOP);
    for at in 1..=3 {
        let frame = frame(&mut writer, 8, 1, at);
        writer.send(frame).expect("room");
    }
    assert_eq!(writer.room(), 0);
    assert_eq!(port.revoke(0, Revoked::Disconnected), 3);
    assert_eq!(writer.room(), u32::MAX, "nobody is waited for");
    signal(child.id(), libc::SIGCONT);
    let answer = child.ask("read");
    assert!(answer.starts_with("seat 0 of port p was taken away"), "{answer}");
    let counters = port.counters(0).expect("the seat");
    assert_eq!((counters.sent, counters.delivered, counters.flushed), (3, 0, 3));
    child.finish();
}

fn signal(process: u32, signal: i32) {
    let process = i32::try_from(process).expect("a process");
    // SAFETY: a plain call, to a child of this test.
    assert_eq!(unsafe { libc::kill(process, signal) }, 0);
}
