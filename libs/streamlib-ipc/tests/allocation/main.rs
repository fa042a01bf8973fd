//! In steady state a frame crosses without an allocation of ours. The transport makes one itself, of
//! a hundred bytes, for each slot that it lends (the counter and lock of its `SampleMut`), which
//! has no other way; none for one that is received.

use std::time::Duration;

use streamlib_abi::{Envelope, RawFrame};
use streamlib_ipc::{
    Bell, Delivery, Domain, Doorbell, Node, Port, PortPlan, PortReader, PortWriter, SeatPlan,
};
use streamlib_testing::{CountingAllocator, Watch};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

const FRAMES: i64 = 1000;

fn cross(writer: &mut PortWriter, reader: &mut PortReader, doorbell: &mut Doorbell, at: i64) {
    let mut block = writer.loan(64).expect("a slot");
    block.bytes_mut().expect("a loan")[0] = at as u8;
    writer.send(RawFrame { envelope: Envelope::at(at), block }).expect("room");
    assert!(doorbell.wait(None, Duration::ZERO, || reader.has_frames()));
    let received = reader.read().expect("frames").expect("one");
    assert_eq!((received.frame.envelope.timestamp_ns, received.missed), (at, 0));
}

#[test]
fn a_frame_crosses_with_the_one_allocation_of_the_transport() {
    let home =
        std::env::temp_dir().join(format!("streamlib-ipc-allocation-{}", std::process::id()));
    let node = Node::host(&Domain::of_home(&home), "runtime").expect("a runtime");
    let consumer = SeatPlan::consumer(Delivery::Lossless, 4, 1);
    let plan = PortPlan::new("p", 4096, 1, &[consumer]);
    let _port = Port::create(&node, plan).expect("a port");
    let mut writer = PortWriter::open(&node, "p", 0).expect("the writing end");
    let mut reader = PortReader::open(&node, "p", 0, 0).expect("the seat");
    let mut doorbell = Doorbell::open(&node, "d").expect("a doorbell");
    writer.set_bell(0, Some(Bell::open(&node, "d").expect("a bell")));
    for at in 0..10 {
        cross(&mut writer, &mut reader, &mut doorbell, at);
    }
    let watch = Watch::start(&ALLOCATOR).expect("the only watch");
    for at in 10..FRAMES {
        cross(&mut writer, &mut reader, &mut doorbell, at);
    }
    let report = watch.finish();
    assert_eq!(report.allocations(), FRAMES as u64 - 10, "{report}");
}
