//! Observers of links, processors and the graph: they come and go while it runs, and never hold
//! it.

use std::time::Duration;

use streamlib_engine::Engine;
use streamlib_engine::compiler::Carrier;
use streamlib_engine::delegates::SchedulingStrategy;
use streamlib_engine::graph::GraphState;
use streamlib_engine::ids::{LinkId, ProcessorId};
use streamlib_engine::observability::{LinkTap, ObserverHandle, TappedFrame};
use streamlib_engine::pubsub::events::{GraphEvent, LinkEvent, ProcessorEvent, ProcessorState};
use streamlib_processor::NoConfig;
use streamlib_processor::prelude::*;

use crate::support::{
    ENDLESS, Inline, Numbers, NumbersConfig, Pass, check_counters, engine, until,
};

/// Long enough for anything that is to come; a test does not depend on how long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Takes frames and forgets them.
#[processor(name = "test.forget", crate = streamlib_processor)]
struct Forget {
    #[input]
    input: Input<AnyFrame>,
}

impl Processor for Forget {
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        self.input.read().map(drop)
    }
}

/// `count` numbers through `P` to where they are forgotten; the two links.
fn chain<P: Processor<Config = NoConfig>>(engine: &Engine, count: u64) -> [LinkId; 2] {
    let config = NumbersConfig { count, ..NumbersConfig::default() };
    let source = engine.add_processor::<Numbers>(config).unwrap();
    let middle = engine.add_processor::<P>(NoConfig {}).unwrap();
    let sink = engine.add_processor::<Forget>(NoConfig {}).unwrap();
    let first = engine.connect(source.id(), middle.id()).unwrap();
    [first, engine.connect(middle.id(), sink.id()).unwrap()]
}

fn id(name: &str) -> ProcessorId {
    ProcessorId::new(name).unwrap()
}

fn number(frame: &TappedFrame) -> u64 {
    frame.with(|frame: &DataFrame| frame.value().unwrap()).unwrap()
}

/// Most buffers that the source may have.
fn pool_limit(engine: &Engine) -> u32 {
    let source = engine.inspector().processor(&id("numbers")).unwrap();
    source.outputs[0].pool.unwrap().limit
}

fn next(tap: &mut LinkTap) -> u64 {
    number(&tap.recv_timeout(PATIENCE).unwrap())
}

/// A tap on each link of an endless graph that was started before sees frames in their order.
fn check_tap<P: Processor<Config = NoConfig>>() {
    let (engine, _) = engine(2);
    let links = chain::<P>(&engine, ENDLESS);
    engine.start().unwrap();
    let inspector = engine.inspector();
    for link in links {
        let mut tap = inspector.tap(link);
        let mut last = next(&mut tap);
        for _ in 0..50 {
            let now = next(&mut tap);
            assert!(now > last, "{now} after {last}");
            last = now;
        }
    }
    engine.stop().unwrap();
    check_counters(&engine);
}

#[test]
fn a_tap_sees_the_frames_of_a_queue() {
    check_tap::<Pass>();
}

#[test]
fn a_tap_sees_the_frames_of_an_inline_link() {
    check_tap::<Inline>();
}

/// Nobody reads the taps, on the link with the source's own frames and on the one where they are
/// passed on: everything arrives, and what the taps have no place for is counted.
fn check_unread<P: Processor<Config = NoConfig>>() {
    let (engine, _) = engine(2);
    let links = chain::<P>(&engine, 2000);
    let inspector = engine.inspector();
    let mut taps = links.map(|link| inspector.tap(link));
    engine.start().unwrap();
    engine.wait().unwrap();
    for (link, tap) in links.into_iter().zip(&mut taps) {
        let counts = inspector.link(link).unwrap().counts;
        assert_eq!((counts.sent, counts.delivered), (2000, 2000));
        assert_eq!(tap.missed(), 1998);
        let waiting: Vec<_> = std::iter::from_fn(|| tap.try_recv()).collect();
        assert_eq!(waiting.iter().map(number).collect::<Vec<_>>(), [0, 1]);
    }
    check_counters(&engine);
}

#[test]
fn a_tap_that_nobody_reads_misses_frames_and_holds_nothing() {
    check_unread::<Pass>();
    check_unread::<Inline>();
}

#[test]
fn a_reader_that_keeps_its_frames_misses_the_others() {
    let (engine, _) = engine(2);
    let [first, _] = chain::<Pass>(&engine, ENDLESS);
    engine.start().unwrap();
    let inspector = engine.inspector();
    let mut tap = inspector.tap(first);
    let held = [tap.recv_timeout(PATIENCE).unwrap(), tap.recv_timeout(PATIENCE).unwrap()];
    let sent = || inspector.link(first).unwrap().counts.sent;
    let before = sent();
    until(|| sent() > before + 1000);
    assert!(tap.try_recv().is_none() && tap.missed() >= 1000, "{}", tap.missed());
    let last = held.iter().map(number).max().unwrap();
    drop(held);
    assert!(next(&mut tap) > last);
    engine.stop().unwrap();
}

#[test]
fn taps_come_and_go_a_thousand_times() {
    let (engine, _) = engine(2);
    let links = chain::<Pass>(&engine, ENDLESS);
    engine.start().unwrap();
    let inspector = engine.inspector();
    until(|| inspector.link(links[1]).unwrap().counts.delivered > 100);
    let limit = pool_limit(&engine);
    let mut taken = 0;
    for round in 0..1000 {
        let mut tap = inspector.tap(links[round % 2]);
        assert_eq!(pool_limit(&engine), limit + 2, "a tap brings its own buffers");
        if round % 10 == 0 {
            next(&mut tap);
            taken += 1;
        }
        drop(tap);
        assert_eq!(pool_limit(&engine), limit, "after round {round}");
    }
    assert_eq!(taken, 100);
    engine.stop().unwrap();
    check_counters(&engine);
    let pool = inspector.processor(&id("numbers")).unwrap().outputs[0].pool.unwrap();
    assert!(pool.buffers <= limit, "{pool:?}");
}

#[test]
fn several_observers_of_a_link_do_not_see_each_other() {
    let (engine, _) = engine(2);
    let [first, _] = chain::<Pass>(&engine, ENDLESS);
    let inspector = engine.inspector();
    let mut taps = [inspector.tap(first), inspector.tap(first), inspector.tap(first)];
    let mut events = inspector.observe_link(first);
    engine.start().unwrap();
    taps.iter_mut().for_each(|tap| assert_eq!(next(tap), 0));
    assert_eq!(pushed(&mut events), 0);
    let observers = || inspector.link(first).unwrap().observers;
    assert_eq!(observers(), 4);
    let [one, mut other, another] = taps;
    drop((one, another));
    assert_eq!(observers(), 2);
    let last = next(&mut other);
    assert!(next(&mut other) > last);
    drop(events);
    assert!(next(&mut other) > last);
    drop(other);
    assert_eq!(observers(), 0);
    engine.stop().unwrap();
}

/// The timestamp of the next frame that is sent.
fn pushed(events: &mut ObserverHandle<LinkEvent>) -> i64 {
    loop {
        if let LinkEvent::DataPushed { timestamp_ns, size } = events.recv_timeout(PATIENCE).unwrap()
        {
            assert!(size > 0 && size <= 9, "a number takes 1 to 9 bytes, not {size}");
            return timestamp_ns;
        }
    }
}

#[test]
fn an_observer_of_a_link_is_told_of_frames_and_of_a_queue_that_is_full_or_empty() {
    let (engine, _) = engine(1);
    let [first, _] = chain::<Pass>(&engine, 100);
    let mut events = engine.inspector().observe_link(first);
    engine.start().unwrap();
    engine.wait().unwrap();
    let seen: Vec<_> = std::iter::from_fn(|| events.try_recv()).collect();
    let pushed = seen.iter().filter_map(|event| match event {
        LinkEvent::DataPushed { timestamp_ns, .. } => Some(*timestamp_ns),
        _ => None,
    });
    let sent: Vec<_> = (0..100).map(|number| number * 1_000_000).collect();
    assert_eq!((pushed.collect::<Vec<_>>(), events.missed()), (sent, 0));
    assert!(seen.contains(&LinkEvent::QueueFull { dropped: false }), "{seen:?}");
    assert_eq!(seen.last(), Some(&LinkEvent::QueueEmpty {}));
}

#[test]
fn an_observer_that_does_not_keep_up_is_told_how_much_it_missed() {
    let (engine, _) = engine(2);
    let [first, _] = chain::<Inline>(&engine, 5000);
    let mut events = engine.inspector().observe_link(first);
    engine.start().unwrap();
    engine.wait().unwrap();
    let seen = std::iter::from_fn(|| events.try_recv()).count() as u64;
    assert_eq!(seen, 1024);
    assert!(events.missed() >= 5000 - 1024, "{}", events.missed());
}

#[test]
fn an_observer_of_a_processor_is_told_of_its_state_and_of_measured_calls() {
    let (engine, _) = engine(1);
    chain::<Pass>(&engine, 1000);
    let mut of_pass = engine.inspector().observe_processor(&id("pass"));
    let mut of_source = engine.inspector().observe_processor(&id("numbers"));
    engine.start().unwrap();
    engine.wait().unwrap();
    for (events, first_ns) in [(&mut of_pass, 0), (&mut of_source, 0)] {
        let seen: Vec<_> = std::iter::from_fn(|| events.try_recv()).collect();
        let running = ProcessorEvent::StateChanged {
            old: ProcessorState::Idle,
            new: ProcessorState::Running,
        };
        assert!(seen.contains(&running), "{seen:?}");
        let measured: Vec<_> = seen
            .iter()
            .filter_map(|event| match event {
                ProcessorEvent::FrameProcessed { timestamp_ns, .. } => Some(*timestamp_ns),
                _ => None,
            })
            .collect();
        assert_eq!(measured.first(), Some(&first_ns));
        assert!(measured.is_sorted() && measured.len() >= 1000 / 64, "{measured:?}");
        assert!(matches!(seen.last(), Some(ProcessorEvent::EndOfStream { .. })), "{seen:?}");
    }
}

#[test]
fn nobody_is_told_of_calls_once_the_observer_is_gone() {
    let (engine, _) = engine(1);
    chain::<Pass>(&engine, 1000);
    let filter = "processor.*.frame_processed".parse().unwrap();
    let mut all = engine.events().subscribe(filter, 64);
    drop(engine.inspector().observe_processor(&id("pass")));
    engine.start().unwrap();
    engine.wait().unwrap();
    assert!(all.try_recv().is_none());
}

#[test]
fn an_observer_of_the_graph_is_told_of_its_changes() {
    let (engine, _) = engine(1);
    let mut events = engine.inspector().observe_graph();
    chain::<Pass>(&engine, 10);
    engine.start().unwrap();
    engine.wait().unwrap();
    let seen: Vec<_> = std::iter::from_fn(|| events.try_recv()).collect();
    let state = |old, new| GraphEvent::StateChanged { old, new };
    let started = state(GraphState::Idle, GraphState::Running);
    assert!(seen.contains(&GraphEvent::CommitDone { revision: 1 }), "{seen:?}");
    assert!(seen.contains(&started), "{seen:?}");
    assert_eq!(seen.last(), Some(&state(GraphState::Running, GraphState::Idle)));
}

#[test]
fn an_observer_waits_for_what_comes_later_and_follows_it() {
    let (engine, _) = engine(2);
    let [first, last] = chain::<Pass>(&engine, ENDLESS);
    let inspector = engine.inspector();
    let mut tap = inspector.tap(first);
    assert!(tap.try_recv().is_none());
    engine.start().unwrap();
    assert_eq!(next(&mut tap), 0);
    let limit = pool_limit(&engine);
    drop(inspector.tap(last));
    assert_eq!(pool_limit(&engine), limit);
    // Its consumer goes into its producer's strand, so the link is built anew.
    let mut pass = (**engine.snapshot().processor(&id("pass")).unwrap()).clone();
    pass.scheduling = Some(SchedulingStrategy::Lightweight);
    engine.replace(id("pass"), pass).unwrap();
    assert_eq!(inspector.link(first).unwrap().carrier, Carrier::Inline);
    while tap.try_recv().is_some() {}
    let last = next(&mut tap);
    assert!(next(&mut tap) > last);
    engine.stop().unwrap();
    engine.start().unwrap();
    while tap.try_recv().is_some() {}
    assert!(tap.recv_timeout(PATIENCE).is_some(), "a graph that is started anew is tapped too");
    let limit = pool_limit(&engine);
    drop(tap);
    assert_eq!(pool_limit(&engine), limit - 2, "its buffers came along");
    engine.stop().unwrap();
}

#[test]
fn an_observer_that_waits_is_woken() {
    let (engine, _) = engine(1);
    let inspector = engine.inspector();
    let mut of_graph = inspector.observe_graph();
    let mut of_link = inspector.observe_link(LinkId(0));
    let (told, heard) = std::sync::mpsc::sync_channel(0);
    let waiting = std::thread::spawn(move || {
        for revision in 1..=100 {
            while of_graph.recv_timeout(PATIENCE).unwrap() != (GraphEvent::CommitDone { revision })
            {
            }
            told.send(revision).unwrap();
        }
        pushed(&mut of_link);
    });
    for revision in 1..=100 {
        let config = NumbersConfig { count: revision, ..NumbersConfig::default() };
        match revision {
            1 => drop(engine.add_processor::<Numbers>(config).unwrap()),
            _ => {
                engine.update_config(id("numbers"), serde_json::to_value(config).unwrap()).unwrap();
            }
        }
        assert_eq!(heard.recv().unwrap(), revision);
    }
    drop(inspector);
    engine.remove_processor(id("numbers")).unwrap();
    let [first, _] = chain::<Pass>(&engine, 1);
    engine.start().unwrap();
    assert_eq!(first, LinkId(0));
    waiting.join().unwrap();
    engine.wait().unwrap();
}

#[test]
fn waiting_ends_when_nothing_comes() {
    let (engine, _) = engine(1);
    let inspector = engine.inspector();
    let mut events = inspector.observe_link(LinkId(7));
    assert_eq!(events.recv_timeout(Duration::from_millis(1)), None);
    let mut tap = inspector.tap(LinkId(7));
    assert!(tap.recv_timeout(Duration::from_millis(1)).is_none());
    drop((inspector, engine));
    assert_eq!(events.recv_timeout(PATIENCE), None);
    assert!(tap.recv_timeout(PATIENCE).is_none());
}
