//! Ports between two processes: no copies, policies, limits, generations.

use std::os::unix::fs::MetadataExt;

use streamlib_ipc::{
    Delivery, IpcError, Node, NotSent, Port, PortPlan, PortReader, PortWriter, SeatPlan,
};

use super::support::{Home, frame};

const MEGABYTE: usize = 1 << 20;

fn plan(delivery: Delivery, depth: u32, held: u32) -> PortPlan {
    let consumers = [SeatPlan::consumer(delivery, depth, held)];
    PortPlan::new("p", MEGABYTE as u64, 2, &consumers)
}

fn setup(home: &Home, plan: PortPlan) -> (Node, Port, PortWriter) {
    let node = home.host();
    let port = Port::create(&node, plan).expect("a port");
    let writer = PortWriter::open(&node, "p", 0).expect("the writing end");
    (node, port, writer)
}

/// What the child reads is what the parent wrote: the same memory, not a copy of it.
#[test]
fn a_frame_is_read_where_it_was_written() {
    let home = Home::new("zero-copy");
    let (_node, port, mut writer) = setup(&home, plan(Delivery::Lossless, 4, 1));
    let mut child = home.spawn("reader p");
    assert_eq!(child.stream.hear(), "ready");

    let mut sent = frame(&mut writer, MEGABYTE, 7, 42);
    assert_eq!(sent.block.bytes().as_ptr() as usize % 64, 0);
    let address = sent.block.bytes_mut().expect("a loan").as_mut_ptr();
    assert_eq!(writer.send(sent).expect("room"), 1);
    assert_eq!(child.ask("read"), "42 7 0 0");
    assert_eq!(child.ask("writable"), "false");

    // Against all rules, to see it: written through this mapping after sending, read through the
    // child's.
    // SAFETY: the slot stays mapped while `writer` lives; the child reads it only when asked.
    unsafe { address.write_volatile(99) };
    assert_eq!(child.ask("look"), "42 99 0 0");

    // And the same file: its inode is what the child has mapped, and the address lies in ours.
    let ours = std::fs::read_to_string("/proc/self/maps").expect("maps");
    let line = ours.lines().find(|line| contains(line, address as usize)).expect("mapped");
    let file = line.split_whitespace().last().expect("a file");
    let inode = std::fs::metadata(file).expect("a named file").ino().to_string();
    let theirs = child.ask("maps");
    let is_mapped = |line: &str| line.split_whitespace().nth(4) == Some(inode.as_str());
    assert!(theirs.split('|').any(is_mapped), "{file} is not mapped by the child");

    let counters = port.counters(0).expect("the seat");
    assert_eq!((counters.sent, counters.delivered, counters.in_flight), (1, 1, 0));
    child.finish();
}

fn contains(line: &str, address: usize) -> bool {
    let range = line.split_whitespace().next().and_then(|range| range.split_once('-'));
    range.is_some_and(|(start, end)| {
        let number = |text| usize::from_str_radix(text, 16).expect("an address");
        (number(start)..number(end)).contains(&address)
    })
}

/// `latest` gets the newest, `every_sample` the newest few, `lossless` all or the writer none.
#[test]
fn each_policy_does_between_processes_what_it_does_inside() {
    let check = |delivery, depth, sends: i64, expected: &[&str], dropped| {
        let home = Home::new(&format!("policy-{delivery:?}"));
        let (_node, port, mut writer) = setup(&home, plan(delivery, depth, 8));
        let mut child = home.spawn("reader p");
        assert_eq!(child.stream.hear(), "ready");
        for at in 1..=sends {
            let frame = frame(&mut writer, 1, at as u8, at);
            if let Err(NotSent::Full(_)) = writer.send(frame) {
                assert_eq!((delivery, at), (Delivery::Lossless, i64::from(depth) + 1));
                break;
            }
        }
        let got: Vec<_> = std::iter::from_fn(|| Some(child.ask("read")))
            .take_while(|line| line != "none")
            .collect();
        assert_eq!(got, expected);
        let counters = port.counters(0).expect("the seat");
        assert_eq!((counters.delivered, counters.dropped), (expected.len() as u64, dropped));
        assert_eq!(counters.sent, counters.delivered + counters.dropped);
        child.finish();
    };
    check(Delivery::Latest, 9, 5, &["5 5 4 0"], 4);
    check(Delivery::EverySample, 3, 5, &["3 3 2 0", "4 4 0 0", "5 5 0 0"], 2);
    check(Delivery::Lossless, 3, 9, &["1 1 0 0", "2 2 0 0", "3 3 0 0"], 0);
}

/// A live source goes on; only its full link loses frames, and says so.
#[test]
fn a_live_port_is_not_held_up_by_a_full_lossless_link() {
    let home = Home::new("live");
    let live = PortPlan { live: true, ..plan(Delivery::Lossless, 2, 8) };
    let (_node, port, mut writer) = setup(&home, live);
    let mut child = home.spawn("reader p");
    assert_eq!(child.stream.hear(), "ready");
    for at in 1..=5 {
        let frame = frame(&mut writer, 1, 1, at);
        assert_eq!(writer.send(frame).expect("always room"), 1);
    }
    assert_eq!([child.ask("read"), child.ask("read")], ["4 1 3 0", "5 1 0 0"]);
    let counters = port.counters(0).expect("the seat");
    assert_eq!((counters.sent, counters.delivered, counters.dropped), (5, 2, 3));
    child.finish();
}

#[test]
fn limits_are_refused_by_name_and_lose_nothing() {
    let home = Home::new("limits");
    let (node, _port, mut writer) = setup(&home, plan(Delivery::Lossless, 4, 1));
    let mut reader = PortReader::open(&node, "p", 0, 0).expect("the seat");

    let too_large = writer.loan(MEGABYTE + 1).expect_err("too large").to_string();
    assert!(too_large.contains("1048577 bytes does not fit the slots of port p"), "{too_large}");
    let loans = [writer.loan(1).expect("first"), writer.loan(1).expect("second")];
    assert!(!writer.has_slot());
    let message = writer.loan(1).expect_err("two loans").to_string();
    assert!(message.starts_with("port p has no free slot"), "{message}");
    drop(loans);
    assert!(writer.has_slot());
    let refused = writer.refused();
    assert_eq!((refused.too_large, refused.no_slot), (1, 1));

    for at in 1..=3 {
        let frame = frame(&mut writer, 1, 1, at);
        writer.send(frame).expect("room");
    }
    let first = reader.read().expect("a frame").expect("there");
    let _second = reader.read().expect("a frame").expect("there");
    let message = reader.read().expect_err("it holds two").to_string();
    assert!(message.starts_with("the consumer on seat 0 of port p holds 2 frames"), "{message}");
    drop(first);
    let third = reader.read().expect("a frame").expect("there");
    assert_eq!((third.frame.envelope.timestamp_ns, third.missed), (3, 0));

    let taken = PortReader::open(&node, "p", 0, 0).expect_err("taken").to_string();
    assert!(taken.starts_with("seat 0 of port p is taken"), "{taken}");
    assert!(matches!(PortReader::open(&node, "p", 0, 9), Err(IpcError::Seat { .. })));
    assert!(matches!(PortReader::open(&node, "p", 1, 0), Err(IpcError::NoPort { .. })));
    assert!(matches!(PortWriter::open(&node, "p", 0), Err(IpcError::HasWriter { .. })));
}

/// Only an own and only handle can be sent; the frame comes back with the reason.
#[test]
fn foreign_and_shared_blocks_come_back() {
    let home = Home::new("foreign");
    let (node, _port, mut writer) = setup(&home, plan(Delivery::Lossless, 4, 1));
    let mut reader = PortReader::open(&node, "p", 0, 0).expect("the seat");
    let own = frame(&mut writer, 1, 1, 1);
    let copy = own.block.clone();
    let Err(NotSent::Shared(own)) = writer.send(own) else { panic!("somebody else holds it") };
    drop(copy);
    writer.send(own).expect("now it is the only one");
    let received = reader.read().expect("a frame").expect("there").frame;
    // Received from this very port, but sent already.
    let result = writer.send(received);
    assert!(matches!(result, Err(NotSent::Shared(_) | NotSent::Foreign(_))), "{result:?}");
    let heap = streamlib_abi::handle::heap_block(64);
    let heap = streamlib_abi::RawFrame { envelope: Default::default(), block: heap };
    assert!(matches!(writer.send(heap), Err(NotSent::Foreign(_))));
}

/// Handles live on after reader, writer, port and node are gone.
#[test]
fn a_frame_outlives_everything_it_came_through() {
    let home = Home::new("outlives");
    let (node, port, mut writer) = setup(&home, plan(Delivery::Lossless, 4, 1));
    let mut reader = PortReader::open(&node, "p", 0, 0).expect("the seat");
    let sent = frame(&mut writer, 64, 5, 1);
    writer.send(sent).expect("room");
    let received = reader.read().expect("a frame").expect("there").frame;
    drop((reader, writer, port, node));
    assert_eq!(received.block.bytes()[..64], [5; 64]);
    std::thread::spawn(move || drop(received)).join().expect("dropped elsewhere");
}

/// A consumer that was not declared takes a spare seat; beyond them the port opens again, and
/// nothing is lost on the way over.
#[test]
fn a_consumer_beyond_the_seats_gets_a_new_generation() {
    let home = Home::new("generation");
    let (node, port, mut writer) = setup(&home, plan(Delivery::Lossless, 4, 4));
    let mut reader = PortReader::open(&node, "p", 0, 0).expect("the seat");
    let late = SeatPlan::consumer(Delivery::Latest, 1, 0);
    let _spares =
        [1, 2].map(|seat| PortReader::open_spare(&node, "p", 0, seat, late).expect("spare"));
    assert!(matches!(
        PortReader::open_spare(&node, "p", 0, 1, late),
        Err(IpcError::SeatTaken { .. })
    ));
    assert!(matches!(PortReader::open_spare(&node, "p", 0, 3, late), Err(IpcError::Seat { .. })));
    let deep = SeatPlan::consumer(Delivery::Lossless, 5, 0);
    assert!(matches!(PortReader::open_spare(&node, "p", 0, 2, deep), Err(IpcError::Seat { .. })));

    for at in 1..=2 {
        let frame = frame(&mut writer, 1, 1, at);
        writer.send(frame).expect("room");
    }
    let consumers = [SeatPlan::consumer(Delivery::Lossless, 4, 4), deep];
    let next = port
        .next_generation(PortPlan::new("p", 2 * MEGABYTE as u64, 2, &consumers))
        .expect("the next generation");
    reader.follow(PortReader::open(&node, "p", 1, 0).expect("its seat"));
    let mut writer = {
        // The reader has not read yet, and the old writer goes.
        let new = PortWriter::open(&node, "p", 1).expect("its writing end");
        drop(writer);
        new
    };
    let large = frame(&mut writer, 2 * MEGABYTE, 1, 3);
    writer.send(large).expect("room");
    let read: Vec<_> = std::iter::from_fn(|| reader.read().expect("frames"))
        .map(|received| (received.frame.envelope.timestamp_ns, received.missed))
        .collect();
    assert_eq!(read, [(1, 0), (2, 0), (3, 0)]);
    assert_eq!(next.counters(0).expect("the seat").delivered, 1);
    assert_eq!(port.counters(0).expect("the seat").delivered, 2);
}

/// The memory of all slots is there before the first frame, as much as the plan said; and a plan
/// that there is not enough for is refused before it takes any.
#[test]
fn the_memory_of_a_port_is_there_from_the_start() {
    let home = Home::new("memory");
    let node = home.host();
    let made = plan(Delivery::Lossless, 4, 1);
    let bytes = made.memory_bytes();
    let _port = Port::create(&node, made).expect("a port");
    let _writer = PortWriter::open(&node, "p", 0).expect("the writing end");
    let slots = home.files().into_iter().find(|path| path.extension().is_some_and(|e| e == "data"));
    let slots = std::fs::metadata(slots.expect("its slots")).expect("a file");
    assert_eq!(slots.blocks() * 512, slots.len().next_multiple_of(4096), "all pages are there");
    let (least, most) = (bytes - bytes / 100, bytes + 65536);
    assert!((least..=most).contains(&slots.len()), "{} and {bytes} planned", slots.len());

    let huge =
        PortPlan { port: "huge".to_owned(), block_bytes: 1 << 40, ..plan(Delivery::Latest, 1, 0) };
    let refused = Port::create(&node, huge).expect_err("refused");
    assert!(matches!(refused, IpcError::NoMemory { .. }), "{refused}");
}

#[test]
fn runtimes_are_told_apart_and_plans_are_checked() {
    let home = Home::new("runtimes");
    let first = home.host();
    let second = Node::host(&home.domain(), "second").expect("another runtime");
    assert!(matches!(Node::host(&home.domain(), "second"), Err(IpcError::RuntimeExists { .. })));
    assert!(matches!(Node::join(&home.domain(), "third"), Err(IpcError::NoRuntime { .. })));
    assert!(matches!(Node::host(&home.domain(), "../x"), Err(IpcError::Name { .. })));
    let _port = Port::create(&first, plan(Delivery::Latest, 1, 0)).expect("a port");
    assert!(matches!(PortReader::open(&second, "p", 0, 0), Err(IpcError::NoPort { .. })));
    let joined = Node::join(&home.domain(), "second").expect("joined");
    assert!(matches!(
        Port::create(&joined, plan(Delivery::Latest, 1, 0)),
        Err(IpcError::Plan { .. })
    ));
    let other = Home::new("runtimes-elsewhere");
    assert!(matches!(Node::join(&other.domain(), "second"), Err(IpcError::NoRuntime { .. })));
}
