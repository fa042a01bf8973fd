//! The engine inside of a tokio program: nothing in it needs, starts or disturbs that runtime.

use std::time::Duration;

use streamlib::StreamRuntime;
use streamlib::engine::graph::GraphState;
use streamlib::prelude::NoConfig;
use streamlib::video::{Invert, TestPattern, TestPatternConfig};

/// Test pictures through a stage: `frames` of them, or without end.
fn graph(frames: u64) -> StreamRuntime {
    let runtime = StreamRuntime::new().unwrap();
    let config = TestPatternConfig { frames, width: 256, height: 32, ..Default::default() };
    let pattern = runtime.add_processor::<TestPattern>(config).unwrap();
    let stage = runtime.add_processor::<Invert>(NoConfig {}).unwrap();
    runtime.connect(&pattern, &stage).unwrap();
    runtime
}

/// On the one thread of a tokio program: a graph runs while the thread does other things, and is
/// started, edited, stopped and dropped from it.
async fn check() {
    let finite = graph(20);
    finite.start().unwrap();
    let waited = finite.engine().clone();
    let outcome = tokio::task::spawn_blocking(move || waited.wait()).await.unwrap().unwrap();
    assert!(!outcome.failed(), "{outcome:?}");

    let endless = graph(0);
    endless.start().unwrap();
    let link = endless.snapshot().links().next().unwrap().id;
    while endless.inspector().link(link).unwrap().counts.delivered < 10 {
        tokio::task::yield_now().await;
    }
    let outcome = endless.stop_within(Duration::from_secs(1)).unwrap();
    assert!(!outcome.failed(), "{outcome:?}");
    assert_eq!(endless.state(), GraphState::Idle);
    // A graph that runs is taken down by its last handle, here.
    endless.start().unwrap();
}

#[test]
fn a_graph_runs_inside_of_a_tokio_program() {
    let tokio = tokio::runtime::Builder::new_current_thread().build().unwrap();
    tokio.block_on(check());
}

/// The thread that a program gives tokio for what blocks is the main thread of a graph.
#[test]
fn a_graph_is_asked_to_stop_from_a_task() {
    let tokio = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let runtime = graph(0);
    runtime.start().unwrap();
    let engine = runtime.engine().clone();
    let outcome = tokio.block_on(async {
        let waits = tokio::task::spawn_blocking(move || engine.wait());
        runtime.request_stop();
        waits.await.unwrap().unwrap()
    });
    assert!(!outcome.failed(), "{outcome:?}");
}
