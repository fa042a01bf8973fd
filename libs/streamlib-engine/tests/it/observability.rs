//! What is seen of a graph while it runs and after.

use streamlib_engine::Engine;
use streamlib_engine::compiler::Carrier;
use streamlib_engine::ids::{LinkId, ProcessorId};
use streamlib_engine::observability::{LinkSnapshot, ProcessorSnapshot};
use streamlib_engine::pubsub::events::ProcessorState;
use streamlib_processor::NoConfig;
use streamlib_processor::prelude::*;

use crate::support::{Collect, Inline, Numbers, NumbersConfig, Pass, check_counters, engine};

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
