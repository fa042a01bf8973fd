//! Events reach who asked for them, and nobody waits for who does not read.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use streamlib_engine::ids::LinkId;
use streamlib_engine::pubsub::events::{GraphEvent, LinkEvent, ProcessorEvent, RuntimeEvent};
use streamlib_engine::pubsub::{EventBus, EventKind, TopicFilter};

use crate::graphs::id;

fn commit(revision: u64) -> EventKind {
    EventKind::Graph { event: GraphEvent::CommitDone { revision } }
}

fn failure(processor: &str) -> EventKind {
    let event =
        ProcessorEvent::ProcessorFailed { message: "no such file".to_owned(), panicked: false };
    EventKind::Processor { processor: id(processor), event }
}

#[test]
fn a_filter_takes_what_begins_like_it() {
    let grown =
        EventKind::Link { link: LinkId(7), event: LinkEvent::LinkGrown { from: 8, to: 16 } };
    let started = EventKind::Runtime { event: RuntimeEvent::RuntimeDidStart {} };
    let events = [commit(1), failure("movie"), failure("gray"), grown, started];
    let check = |filter: &str, expect: [bool; 5]| {
        let filter: TopicFilter = filter.parse().unwrap();
        assert_eq!(events.each_ref().map(|event| filter.takes(event)), expect);
    };
    check("*", [true; 5]);
    check("graph", [true, false, false, false, false]);
    check("processor.movie", [false, true, false, false, false]);
    check("processor.movie.*", [false, true, false, false, false]);
    check("processor.*.processor_failed", [false, true, true, false, false]);
    check("processor.*.processor_stuck", [false; 5]);
    check("link.7.link_grown", [false, false, false, true, false]);
    check("link.8", [false; 5]);
    check("*.*.*.*", [false; 5]);
    for bad in ["", "a..b", "a*", "processor.mov*"] {
        assert!(bad.parse::<TopicFilter>().is_err(), "{bad}");
    }
    let error = "a*".parse::<TopicFilter>().unwrap_err().to_string();
    assert_eq!(
        error,
        "`a*` is not a filter for events; write the parts of a topic with dots between them and \
         `*` for any one part, `processor.movie.*`"
    );
}

#[test]
fn a_slow_reader_loses_the_oldest_and_is_told_how_many() {
    let bus = EventBus::new();
    bus.publish(0, commit(0));
    let mut slow = bus.subscribe(TopicFilter::all(), 2);
    let mut quick = bus.subscribe("graph".parse().unwrap(), 100);
    for revision in 1..=5 {
        bus.publish(revision * 10, commit(revision));
    }
    bus.publish(60, failure("movie"));
    let slow_got: Vec<_> = std::iter::from_fn(|| slow.try_recv()).collect();
    assert_eq!(slow_got.iter().map(|event| event.sequence).collect::<Vec<_>>(), [5, 6]);
    assert_eq!(slow.missed(), 4);
    let quick_got: Vec<_> = std::iter::from_fn(|| quick.try_recv()).collect();
    let all: Vec<_> = quick_got.iter().map(|event| (event.sequence, event.time_ns)).collect();
    assert_eq!(all, [(1, 10), (2, 20), (3, 30), (4, 40), (5, 50)]);
    assert_eq!(quick.missed(), 0);
}

#[test]
fn a_subscription_ends_with_its_guard_and_with_its_bus() {
    let bus = EventBus::new();
    let first = bus.subscribe(TopicFilter::all(), 1);
    let mut second = bus.subscribe(TopicFilter::all(), 1);
    assert_eq!(bus.subscriber_count(), 2);
    drop(first);
    assert_eq!(bus.subscriber_count(), 1);
    bus.publish(0, commit(1));
    drop(bus);
    assert!(second.is_closed());
    assert_eq!(second.recv().map(|event| event.sequence), Some(0));
    assert_eq!(second.recv(), None);
    assert_eq!(second.recv_timeout(Duration::from_secs(3600)), None);
}

#[test]
fn no_wake_is_lost_between_threads() {
    const EVENTS: u64 = 20_000;
    let bus = EventBus::new();
    let mut events = bus.subscribe(TopicFilter::all(), EVENTS as usize);
    let mut publishers = Vec::new();
    for _ in 0..2 {
        let bus = bus.clone();
        publishers.push(std::thread::spawn(move || {
            for revision in 0..EVENTS / 2 {
                bus.publish(0, commit(revision));
            }
        }));
    }
    drop(bus);
    let mut seen: Vec<_> =
        std::iter::from_fn(|| events.recv()).map(|event| event.sequence).collect();
    seen.sort_unstable();
    assert!(seen.into_iter().eq(0..EVENTS));
    publishers.into_iter().for_each(|publisher| publisher.join().unwrap());
}

#[test]
fn who_waits_is_woken() {
    const ROUNDS: u64 = 2_000;
    let (there, back) = (EventBus::new(), EventBus::new());
    let mut asked = there.subscribe(TopicFilter::all(), 1);
    let mut answered = back.subscribe(TopicFilter::all(), 1);
    let answering = std::thread::spawn(move || {
        for _ in 0..ROUNDS {
            let event = asked.recv().unwrap();
            back.publish(0, commit(event.sequence));
        }
    });
    for round in 0..ROUNDS {
        there.publish(0, commit(round));
        assert_eq!(answered.recv().unwrap().sequence, round);
    }
    answering.join().unwrap();
}

#[test]
fn events_are_json_with_names() {
    let bus = EventBus::new();
    let mut events = bus.subscribe(TopicFilter::all(), 1);
    bus.publish(5, failure("movie"));
    let event: Arc<_> = events.try_recv().unwrap();
    let expect = json!({
        "sequence": 0,
        "time_ns": 5,
        "about": "processor",
        "processor": "movie",
        "event": { "name": "processor_failed", "message": "no such file", "panicked": false },
    });
    assert_eq!(serde_json::to_value(&*event).unwrap(), expect);
}
