//! What is seen of a graph while it runs and after.

use streamlib_engine::Engine;
use streamlib_engine::compiler::Carrier;
use streamlib_engine::graph::LinkOptions;
use streamlib_engine::ids::{LinkId, ProcessorId};
use streamlib_engine::observability::{LinkSnapshot, ProcessorSnapshot, WaitsFor};
use streamlib_engine::pubsub::events::ProcessorState;
use streamlib_processor::NoConfig;
use streamlib_processor::prelude::*;
use streamlib_schema::Delivery;

use crate::support::{
    Collect, ENDLESS, Inline, Numbers, NumbersConfig, Pass, check_counters, engine, until,
};

/// Numbers, something between, a collector; the two links.
fn chain<P: Processor<Config = NoConfig>>(engine: &Engine, count: u64) -> [LinkId; 2] {
    let config = NumbersConfig { count, ..NumbersConfig::default() };
    let source = engine.add_processor::<Numbers>(config).unwrap();
    let middle = engine.add_processor::<P>(NoConfig {}).unwrap();
    let sink = engine.add_processor::<Collect>(NoConfig {}).unwrap();
    let first = engine.connect(source.id(), middle.id()).unwrap();
    [first, engine.connect(middle.id(), sink.id()).unwrap()]
}

fn processor(engine: &Engine, id: &str) -> ProcessorSnapshot {
    engine.inspector().processor(&ProcessorId::new(id).unwrap()).unwrap()
}

fn link(engine: &Engine, id: LinkId) -> LinkSnapshot {
    engine.inspector().link(id).unwrap()
}

#[test]
fn a_graph_that_was_never_started_is_seen_as_declared() {
    let (engine, _) = engine(1);
    let [first, _] = chain::<Pass>(&engine, 3);
    let seen = processor(&engine, "pass");
    assert_eq!((seen.state, seen.calls), (ProcessorState::Idle, 0));
    assert_eq!(seen.processor_type, "test.pass");
    let seen = link(&engine, first);
    assert_eq!(
        (seen.source.to_string(), seen.target.to_string()),
        ("numbers.out".to_owned(), "pass.input".to_owned())
    );
    assert_eq!((seen.capacity, seen.carrier, seen.counts.sent), (8, Carrier::Ring, 0));
    let health = engine.inspector().health();
    assert_eq!((health.processor_count, health.link_count), (3, 2));
}

/// What the counters say of a run of `count` numbers, after it has ended.
fn check_run<P: Processor<Config = NoConfig>>(middle: &str, carrier: Carrier) {
    let (engine, _) = engine(2);
    let links = chain::<P>(&engine, 500);
    engine.start().unwrap();
    engine.wait().unwrap();
    check_counters(&engine);
    let carriers = links.map(|id| link(&engine, id).carrier);
    assert_eq!(carriers[0], carrier);
    for id in links {
        let seen = link(&engine, id);
        assert_eq!((seen.counts.sent, seen.counts.delivered), (500, 500), "{seen:?}");
        assert_eq!(seen.position_ns, Some(499_000_000));
        assert!(seen.counts.bytes > 0 && seen.throughput_fps > 0.0, "{seen:?}");
    }
    let source = processor(&engine, "numbers");
    assert_eq!(
        (source.state, source.outputs[0].sent, source.calls),
        (ProcessorState::Ended, 500, 501)
    );
    assert!(source.outputs[0].pool.unwrap().buffers > 0);
    let seen = processor(&engine, middle);
    assert_eq!((seen.errors, seen.restarts, seen.position_ns), (0, 0, Some(499_000_000)));
    assert!(seen.throughput_fps > 0.0 && seen.latency.samples > 0, "{seen:?}");
    assert!(seen.calls >= 500, "{seen:?}");
}

#[test]
fn counters_are_exact_over_a_queue() {
    check_run::<Pass>("pass", Carrier::Ring);
}

#[test]
fn counters_are_exact_inline() {
    check_run::<Inline>("inline", Carrier::Inline);
}

/// Fails at the third frame.
#[processor(name = "test.fails", crate = streamlib_processor)]
struct Fails {
    #[input]
    input: Input<DataFrame>,
    seen: u32,
}

impl Processor for Fails {
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        self.input.read()?;
        self.seen += 1;
        if self.seen == 3 { Err(Error::new("the third is too much")) } else { Ok(()) }
    }
}

fn id(name: &str) -> ProcessorId {
    ProcessorId::new(name).unwrap()
}

fn endless() -> NumbersConfig {
    NumbersConfig { count: ENDLESS, ..NumbersConfig::default() }
}

#[test]
fn who_holds_the_others_up_is_named() {
    let (engine, _) = engine(2);
    let [first, last] = chain::<Pass>(&engine, ENDLESS);
    engine.start().unwrap();
    engine.pause_processor(id("collect")).unwrap();
    let inspector = engine.inspector();
    until(|| [first, last].iter().all(|id| inspector.link(*id).unwrap().producer_waits));
    assert_eq!(inspector.health().bottlenecks, [id("collect")]);
    let seen = inspector.processor(&id("pass")).unwrap();
    let room = WaitsFor::Room { port: "out".to_owned(), link: last, consumer: id("collect") };
    assert_eq!(seen.waits_for, Some(room));
    assert_eq!(inspector.processor(&id("collect")).unwrap().state, ProcessorState::Paused);
    check_counters(&engine);
    engine.resume_processor(id("collect")).unwrap();
    let before = inspector.processor(&id("collect")).unwrap().calls;
    until(|| inspector.processor(&id("collect")).unwrap().calls > before + 100);
    engine.stop().unwrap();
    check_counters(&engine);
    assert_eq!(inspector.health().bottlenecks, []);
}

#[test]
fn a_failure_is_seen_with_its_message() {
    let (engine, _) = engine(1);
    let source = engine.add_processor::<Numbers>(endless()).unwrap();
    let fails = engine.add_processor::<Fails>(NoConfig {}).unwrap();
    let link = engine.connect(source.id(), fails.id()).unwrap();
    let inspector = engine.inspector();
    engine.start().unwrap();
    until(|| inspector.health().failing == [id("fails")]);
    engine.stop().unwrap();
    let seen = inspector.processor(&id("fails")).unwrap();
    assert_eq!((seen.state, seen.errors, seen.calls), (ProcessorState::Error, 1, 3));
    assert_eq!(seen.failure.as_deref(), Some("the third is too much"));
    let health = inspector.health();
    assert_eq!((health.error_count, health.failing), (1, vec![id("fails")]));
    let counts = inspector.link(link).unwrap().counts;
    assert_eq!(counts.delivered, 3, "{counts:?}");
    assert!(counts.flushed > 0, "{counts:?}");
    check_counters(&engine);
}

#[test]
fn what_nobody_takes_is_counted_unlinked() {
    let (engine, _) = engine(1);
    let config = NumbersConfig { count: 40, ..NumbersConfig::default() };
    engine.add_processor::<Numbers>(config).unwrap();
    engine.start().unwrap();
    engine.wait().unwrap();
    let seen = engine.inspector().processor(&id("numbers")).unwrap();
    assert_eq!((seen.outputs[0].sent, seen.outputs[0].unlinked), (0, 40));
    assert_eq!(engine.inspector().health().dropped_frames, 0);
}

#[test]
fn a_slow_branch_of_the_latest_loses_frames_and_says_so() {
    let (engine, seen) = engine(2);
    let config = NumbersConfig { count: 300, ..NumbersConfig::default() };
    let source = engine.add_processor::<Numbers>(config).unwrap();
    let slow = engine.add_processor::<Pass>(NoConfig {}).unwrap();
    let all = engine.add_processor::<Collect>(NoConfig {}).unwrap();
    let options = LinkOptions { delivery: Some(Delivery::Latest), ..LinkOptions::default() };
    let latest = engine.connect_with(source.id(), slow.id(), options).unwrap();
    let lossless = engine.connect(source.id(), all.id()).unwrap();
    engine.start().unwrap();
    engine.pause_processor(slow.id()).unwrap();
    until(|| seen.numbers.lock().unwrap().len() == 300);
    engine.resume_processor(slow.id()).unwrap();
    engine.wait().unwrap();
    let counts = link(&engine, latest).counts;
    assert_eq!((counts.sent, counts.dropped), (300, counts.superseded));
    assert!(counts.superseded > 0 && counts.delivered > 0, "{counts:?}");
    assert_eq!(link(&engine, lossless).counts.delivered, 300);
    assert_eq!(engine.inspector().health().dropped_frames, counts.superseded);
    check_counters(&engine);
}

#[test]
fn an_inspection_is_json_in_a_fixed_order() {
    let (engine, _) = engine(1);
    chain::<Pass>(&engine, 100);
    engine.start().unwrap();
    engine.wait().unwrap();
    let inspection = serde_json::to_value(engine.inspector().inspect()).unwrap();
    let names: Vec<_> = inspection["processors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|processor| processor["id"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["collect", "numbers", "pass"]);
    let link = &inspection["links"][0];
    assert_eq!(link["source"], serde_json::json!({"processor": "numbers", "port": "out"}));
    assert_eq!((&link["carrier"], &link["delivery"]), (&"ring".into(), &"lossless".into()));
    assert_eq!((&link["counts"]["sent"], &link["counts"]["in_flight"]), (&100.into(), &0.into()));
    assert_eq!(
        (&inspection["state"], &inspection["health"]["state"]),
        (&"idle".into(), &"idle".into())
    );
    let topology = serde_json::to_value(engine.inspector().topology()).unwrap();
    assert_eq!(topology["processors"][2]["inputs"], serde_json::json!(["input"]));
    assert_eq!(topology["links"][1]["lane"], 0);
}

#[test]
fn looking_does_not_stop_what_is_looked_at() {
    let (engine, seen) = engine(2);
    chain::<Pass>(&engine, 20_000);
    let inspector = engine.inspector();
    engine.start().unwrap();
    let mut sent = 0;
    until(|| {
        let inspection = inspector.inspect();
        check_counters(&engine);
        let now = inspection.links[0].counts.sent;
        assert!(now >= sent, "{now} after {sent}");
        sent = now;
        seen.numbers.lock().unwrap().len() == 20_000
    });
    engine.wait().unwrap();
    check_counters(&engine);
}
