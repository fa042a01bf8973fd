//! A processor that fails beside and before a writer: the rest runs on, every file is finished,
//! and it can be seen who failed.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use streamlib::engine::pubsub::events::ProcessorState;
use streamlib::prelude::*;

use crate::support::{Door, Film, Graph, assert_near, clip, id, numbers};

/// How [`Bad`] fails.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, ConfigChoice)]
#[serde(rename_all = "snake_case")]
enum Way {
    #[default]
    Error,
    Panic,
    Hang,
}

/// Settings of [`Bad`].
#[derive(Debug, Clone, Default, Serialize, Deserialize, ProcessorConfig)]
#[serde(default, deny_unknown_fields)]
struct BadConfig {
    /// What it does with the picture after the good ones.
    way: Way,
}

/// Passes pictures on until it fails.
#[processor(name = "test.bad", needs(call_limit_ms = 100))]
struct Bad {
    #[input]
    video_in: Input<VideoFrame>,
    #[output(same_as = video_in)]
    video_out: Output<VideoFrame>,
    #[config]
    config: BadConfig,
    passed: usize,
    door: Option<Arc<Door>>,
}

/// How many pictures pass.
const GOOD: usize = 50;

impl Processor for Bad {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.door = ctx.resource();
        Ok(())
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(frame) = self.video_in.read()? else { return Ok(()) };
        if self.passed == GOOD {
            match (self.config.way, &self.door) {
                (Way::Error, _) => return Err(Error::new("the picture is too blue")),
                (Way::Panic, _) => panic!("the picture is too red"),
                (Way::Hang, Some(door)) => door.wait(),
                (Way::Hang, None) => {}
            }
        }
        self.passed += 1;
        Ok(self.video_out.send(frame)?)
    }
}

/// A film into one file as it is, and into another one by way of a processor that fails.
fn check(way: Way, workers: usize, event: &str, message: Option<&str>) {
    let door = Arc::new(Door::default());
    let builder = StreamRuntime::builder().with_workers(workers).with_resource(Arc::clone(&door));
    let mut graph = Graph::build(builder.with_drain_timeout(Duration::from_millis(200)));
    graph.add_movie(&clip("bframes"));
    let bad = graph.add_processor::<Bad>(BadConfig { way }).unwrap();
    let (beside, behind) =
        (graph.add_writer("beside", json!({})), graph.add_writer("behind", json!({})));
    graph.link(&[
        "movie.video -> beside.video",
        "movie.audio -> beside.audio",
        "movie.video -> bad.video_in",
        "bad.video_out -> behind.video",
        "movie.audio -> behind.audio",
    ]);
    let mut events = graph.follow("processor.bad");
    let mut ended = graph.follow("processor.beside.state_changed");
    graph.start().unwrap();
    let words = events.until(event);
    assert!(words.contains(message.unwrap_or_default()), "{words}");
    ended.until("new: Ended");

    // Seen while the graph runs.
    let seen = graph.inspector().inspect();
    assert_eq!(seen.health.failing, [bad.id().clone()]);
    let expected = if way == Way::Hang { ProcessorState::Stuck } else { ProcessorState::Error };
    let seen = graph.inspector().processor(&id("bad")).unwrap();
    assert_eq!((seen.state, seen.failure.as_deref()), (expected, message));

    let outcome = if way == Way::Hang { graph.stop().0 } else { graph.wait().0 };
    door.open();
    let failures: Vec<_> = outcome.failures().map(|(id, said)| (id.as_str(), Some(said))).collect();
    if way != Way::Hang {
        assert_eq!(failures, [("bad", message)]);
    }
    let (beside, behind) = (Film::of(&beside), Film::of(&behind));
    assert_eq!(beside.numbers(), numbers(125));
    assert_eq!(behind.numbers(), numbers(GOOD as u16));
    for film in [beside, behind] {
        assert_near("end of the sound", film.sound.unwrap().end, 5.0, 0.03);
    }
}

#[test]
fn an_error_ends_the_one_file_and_not_the_other() {
    check(Way::Error, 2, "ProcessorFailed", Some("the picture is too blue"));
}

#[test]
fn a_panic_ends_the_one_file_and_not_the_other() {
    let message = "the processor panicked: the picture is too red";
    check(Way::Panic, 2, "ProcessorFailed", Some(message));
}

#[test]
fn a_processor_that_hangs_stops_nobody_else() {
    check(Way::Hang, 2, "ProcessorStuck", None);
}

#[test]
fn a_processor_that_hangs_on_the_only_worker_stops_nobody_else() {
    check(Way::Hang, 1, "ProcessorStuck", None);
}
