//! What this binary does when a test has started it as a child.

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use streamlib_abi::RawFrame;
use streamlib_ipc::{
    Bell, Delivery, Domain, Doorbell, EventFilter, EventReader, Node, Port, PortPlan, PortReader,
    PortWriter, SeatPlan,
};

use super::support::{HOME, Lines, RUNTIME, SCENARIO, SOCKET, frame};

/// Does nothing in a run of the tests.
#[test]
fn entry() {
    let Ok(scenario) = std::env::var(SCENARIO) else {
        return;
    };
    let variable = |name| std::env::var_os(name).expect("set by the parent");
    let stream = UnixStream::connect(variable(SOCKET)).expect("the parent listens");
    let mut lines = Lines::new(stream);
    let domain = Domain::of_home(Path::new(&variable(HOME)));
    if scenario == "host" {
        host(&domain, &mut lines);
        return;
    }
    let node = Node::join(&domain, RUNTIME).expect("joined");
    match scenario.split_once(' ').unwrap_or((&scenario, "")) {
        ("reader", port) => reader(&node, port, &mut lines),
        ("writer", port) => writer(&node, port, &mut lines),
        ("churn", _) => churn(&node, &mut lines),
        ("events", filter) => events(&node, filter, &mut lines),
        ("echo", _) => echo(&node, &mut lines),
        (other, _) => panic!("no scenario {other}"),
    }
}

/// Reads at seat 0 (or the one named after the port) as it is told.
fn reader(node: &Node, port: &str, lines: &mut Lines) {
    let (port, seat) = port.split_once(' ').unwrap_or((port, "0"));
    let mut reader =
        PortReader::open(node, port, 0, seat.parse().expect("a number")).expect("a seat");
    let mut held: Vec<RawFrame> = Vec::new();
    lines.tell("ready");
    loop {
        let answer = match lines.hear().as_str() {
            "read" => match reader.read() {
                Ok(None) => "none".to_owned(),
                Ok(Some(received)) => {
                    let answer = describe(&received.frame, received.missed);
                    held.push(received.frame);
                    answer
                }
                Err(error) => error.to_string(),
            },
            "drain" => {
                let mut count = 0;
                while reader.read().expect("frames").is_some() {
                    count += 1;
                }
                count.to_string()
            }
            "look" => held.last().map_or_else(String::new, |frame| describe(frame, 0)),
            "release" => {
                held.clear();
                "released".to_owned()
            }
            "maps" => std::fs::read_to_string("/proc/self/maps").expect("maps").replace('\n', "|"),
            "writable" => {
                let writable =
                    held.last_mut().is_some_and(|frame| frame.block.bytes_mut().is_some());
                writable.to_string()
            }
            _ => return,
        };
        lines.tell(&answer);
    }
}

/// Timestamp, first byte and how many were missed.
fn describe(frame: &RawFrame, missed: u32) -> String {
    let envelope = frame.envelope;
    format!("{} {} {missed} {}", envelope.timestamp_ns, frame.block.bytes()[0], envelope.reserved)
}

/// Sends as it is told: `send <bytes> <value>`.
fn writer(node: &Node, port: &str, lines: &mut Lines) {
    let mut writer = PortWriter::open(node, port, 0).expect("the writing end");
    let mut loans = Vec::new();
    lines.tell("ready");
    let mut at = 0;
    loop {
        let line = lines.hear();
        let words: Vec<&str> = line.split(' ').collect();
        let answer = match words[..] {
            ["send", bytes, value] => {
                at += 1;
                let bytes = bytes.parse().expect("a number");
                let frame = frame(&mut writer, bytes, value.parse().expect("a byte"), at);
                writer
                    .send(frame)
                    .map_or_else(|error| format!("{error:?}"), |links| links.to_string())
            }
            ["room"] => writer.room().to_string(),
            ["loan"] => {
                loans.push(writer.loan(1).expect("a slot"));
                "loaned".to_owned()
            }
            _ => return,
        };
        lines.tell(&answer);
    }
}

/// Hosts the runtime, with a port of one consumer, and sends at it.
fn host(domain: &Domain, lines: &mut Lines) {
    let node = Node::host(domain, RUNTIME).expect("a runtime");
    let consumers = [SeatPlan::consumer(Delivery::EverySample, 3, 8)];
    let port = Port::create(&node, PortPlan::new("p", 4096, 2, &consumers)).expect("a port");
    writer(&node, "p", lines);
    drop(port);
}

/// Tells each event that comes, until it is killed.
fn events(node: &Node, filter: &str, lines: &mut Lines) {
    let filter = EventFilter::new(filter).expect("a filter");
    let mut reader = EventReader::open(node, filter, 8).expect("a subscription");
    lines.tell("ready");
    loop {
        assert!(reader.wait(None));
        while let Some(event) = reader.read().expect("events") {
            let body = String::from_utf8(event.body).expect("text");
            let topic = event.topic.join("/");
            lines.tell(&format!("{} {topic} {body} {}", event.sequence, event.missed));
        }
    }
}

/// Opens and closes both ends of a port, and tells after each step, until it is killed.
fn churn(node: &Node, lines: &mut Lines) {
    loop {
        let writer = PortWriter::open(node, "p", 0);
        lines.tell("writer");
        let reader = PortReader::open(node, "p", 0, 0);
        lines.tell("reader");
        if let (Ok(mut writer), Ok(mut reader)) = (writer, reader) {
            let frame = frame(&mut writer, 8, 1, 1);
            writer.send(frame).expect("room");
            let received = reader.read().expect("a frame");
            lines.tell("frame");
            drop(received);
        }
    }
}

/// Sends back on port `back` what comes on port `there`, asleep in between, until told to end by a
/// frame of value 255.
fn echo(node: &Node, lines: &mut Lines) {
    let mut reader = PortReader::open(node, "there", 0, 0).expect("a seat");
    let mut writer = PortWriter::open(node, "back", 0).expect("the writing end");
    let mut doorbell = Doorbell::open(node, "child").expect("a doorbell");
    let bell = Bell::open(node, "parent").expect("a bell");
    reader.set_bell(Some(bell.clone()));
    writer.set_bell(0, Some(bell));
    lines.tell("ready");
    loop {
        doorbell.wait(None, Duration::ZERO, || reader.has_frames() && writer.room() > 0);
        while writer.room() > 0
            && let Some(received) = reader.read().expect("frames")
        {
            let value = received.frame.block.bytes()[0];
            let frame = frame(&mut writer, 1, value, received.frame.envelope.timestamp_ns);
            writer.send(frame).expect("room");
            if value == 255 {
                lines.hear();
                return;
            }
        }
    }
}
