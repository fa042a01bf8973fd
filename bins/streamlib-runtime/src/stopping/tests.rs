//! The rules of stopping, on a clock that the tests turn.

use super::*;
use streamlib_protocol::GraphState;

use crate::server::MadeUp;

const SECOND: Duration = Duration::from_secs(1);

/// Seconds after which the graph is cut, with a drain timeout of 10 s, when `ask` is done.
fn cut_after(ask: impl AsyncFnOnce(&Stopper)) -> (u64, Option<Reason>) {
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    tokio.block_on(async {
        let graph = MadeUp::new();
        let stopper = Stopper::new(graph.clone(), 10 * SECOND);
        let start = Instant::now();
        tokio::join!(stopper.cut_in_time(), async {
            assert_eq!(graph.state(), GraphState::Running);
            ask(&stopper).await;
            assert_eq!(graph.state(), GraphState::Stopping);
        });
        assert_eq!(graph.state(), GraphState::Ended);
        (start.elapsed().as_secs(), stopper.reason())
    })
}

#[test]
fn a_request_drains_as_long_as_it_says_or_as_the_graph_does() {
    let asked = cut_after(async |stopper| stopper.ask(Reason::Request, None));
    assert_eq!(asked, (10, Some(Reason::Request)));
    let asked = cut_after(async |stopper| stopper.ask(Reason::Request, Some(20 * SECOND)));
    assert_eq!(asked, (20, Some(Reason::Request)));
    let asked = cut_after(async |stopper| stopper.ask(Reason::ParentGone, Some(Duration::ZERO)));
    assert_eq!(asked, (0, Some(Reason::ParentGone)));
}

#[test]
fn a_second_signal_cuts_at_once() {
    let asked = cut_after(async |stopper| {
        stopper.ask_by_signal();
        tokio::time::advance(3 * SECOND).await;
        stopper.ask_by_signal();
    });
    assert_eq!(asked, (3, Some(Reason::Signal)));
}

#[test]
fn later_requests_can_only_bring_the_cut_forward() {
    let asked = cut_after(async |stopper| {
        stopper.ask(Reason::Request, Some(4 * SECOND));
        tokio::time::advance(SECOND).await;
        stopper.ask(Reason::Signal, Some(9 * SECOND));
    });
    assert_eq!(asked, (4, Some(Reason::Request)));
    let asked = cut_after(async |stopper| {
        stopper.ask(Reason::Request, Some(9 * SECOND));
        tokio::time::advance(SECOND).await;
        stopper.ask(Reason::Request, Some(4 * SECOND));
    });
    assert_eq!(asked, (5, Some(Reason::Request)));
}

#[test]
fn a_time_beyond_all_clocks_is_no_panic() {
    let stopper = Stopper::new(MadeUp::new(), Duration::MAX);
    stopper.ask(Reason::Request, None);
    assert_eq!(stopper.reason(), Some(Reason::Request));
}
