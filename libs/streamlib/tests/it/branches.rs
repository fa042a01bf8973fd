//! Branches that are slow, late or gone do not touch their siblings.

use std::sync::Arc;

use serde_json::{Value, json};
use streamlib::engine::graph::{LinkOptions, ProcessorNode};
use streamlib::prelude::*;
use streamlib::schema::Delivery;

use crate::support::{Door, Film, Graph, assert_near, clip, decoded_frames, film, numbers, port};

/// Wants the newest picture, and hangs in its first call until the door opens.
#[processor(name = "test.hanging_preview", needs(call_limit_ms = 600000))]
struct HangingPreview {
    #[input(delivery = latest)]
    video_in: Input<VideoFrame>,
    door: Option<Arc<Door>>,
}

impl Processor for HangingPreview {
    fn setup(&mut self, ctx: &mut SetupContext<'_>) -> Result<()> {
        self.door = ctx.resource();
        Ok(())
    }

    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        self.video_in.read()?;
        if let Some(door) = &self.door {
            door.wait();
        }
        Ok(())
    }
}

/// The film into a file beside a preview that hangs until the file is finished.
fn check(workers: usize, scheduling: Option<&str>) {
    let door = Arc::new(Door::default());
    let builder = StreamRuntime::builder().with_workers(workers).with_resource(Arc::clone(&door));
    let mut graph = Graph::build(builder);
    graph.add_movie(&film());
    let file = graph.add_writer("file", json!({}));
    let preview = graph.add_processor::<HangingPreview>(NoConfig {}).unwrap();
    if let Some(strategy) = scheduling {
        let mut node = ProcessorNode::clone(graph.snapshot().processor(preview.id()).unwrap());
        node.scheduling = Some(serde_json::from_str(strategy).unwrap());
        graph.replace(&preview, node).unwrap();
    }
    graph.link(&["movie.video -> file.video"]);
    let link = graph.connect(port("movie.video"), &preview).unwrap();

    // The writer has no outputs, so its change to `ended` says that the file is finished.
    let mut ended = graph.follow("processor.file.state_changed");
    graph.start().unwrap();
    ended.until("Ended");
    let counts = graph.inspector().link(link).unwrap().counts;
    assert_eq!(counts.sent, 132, "the source was not held up");
    door.open();
    graph.finish();
    assert_eq!(decoded_frames(&file, "v:0"), 132);
    // Two frames at most reached the preview: the first, and the newest when it came back.
    assert!(counts.superseded >= 130, "{counts:?}");
}

#[test]
fn a_hanging_preview_on_the_pool_holds_nobody_up() {
    check(2, None);
}

#[test]
fn a_hanging_preview_on_the_only_worker_holds_nobody_up() {
    check(1, None);
}

#[test]
fn a_hanging_preview_on_its_own_thread_holds_nobody_up() {
    let dedicated = r#"{"strategy": "dedicated_thread", "priority": "normal"}"#;
    check(1, Some(dedicated));
}

#[test]
fn a_hanging_preview_inline_in_the_source_holds_nobody_up() {
    let inline = r#"{"strategy": "lightweight"}"#;
    check(1, Some(inline));
    check(2, Some(inline));
}

/// Keeps the last `HELD` frames back: its branch is late.
#[processor(name = "test.late")]
struct Late {
    #[input(holds = 30)]
    video_in: Input<VideoFrame>,
    #[output(same_as = video_in)]
    video_out: Output<VideoFrame>,
    held: std::collections::VecDeque<VideoFrame>,
}

const HELD: usize = 30;

impl Processor for Late {
    fn process(&mut self, _ctx: &mut ProcessContext<'_>) -> Result<()> {
        let Some(frame) = self.video_in.read()? else { return Ok(()) };
        self.held.push_back(frame);
        if self.held.len() > HELD
            && let Some(frame) = self.held.pop_front()
        {
            self.video_out.send(frame)?;
        }
        Ok(())
    }

    fn end_of_stream(&mut self, ctx: &mut ProcessContext<'_>) -> Result<()> {
        if let Some(frame) = self.held.pop_front() {
            self.video_out.send(frame)?;
        }
        if !self.held.is_empty() {
            ctx.again();
        }
        Ok(())
    }
}

/// Every queue holds one frame.
fn shallow() -> LinkOptions {
    let (depth, delivery) = (Some(1), Some(Delivery::Lossless));
    LinkOptions { depth, delivery, ..LinkOptions::default() }
}

/// A branch that is 30 frames late joins the direct one again.
fn check_join(workers: usize) {
    let mut graph = Graph::new(workers);
    graph.add("movie", "mp4_source", json!({ "path": clip("bframes"), "audio": false }));
    let late = graph.add_processor::<Late>(NoConfig {}).unwrap();
    assert_eq!(late.id().as_str(), "late");
    graph.add("both", "compositor", Value::Null);
    let file = graph.add_writer("file", json!({}));
    let links = [
        "movie.video -> both.video_in",
        "movie.video -> late.video_in",
        "late.video_out -> both.video_in",
        "both.video_out -> file.video",
    ];
    graph.link_with(&links, &shallow());
    graph.run();
    assert_eq!(Film::of(&file).numbers(), numbers(125));
}

#[test]
fn a_late_branch_joins_again_on_one_worker() {
    check_join(1);
}

#[test]
fn a_late_branch_joins_again_on_four_workers() {
    check_join(4);
}

/// The sound starts 50 pictures after the first picture, and the demo loses none of them.
fn check_late_sound(workers: usize) {
    let builder = StreamRuntime::builder().with_workers(workers);
    let mut graph = Graph::demo(builder, &clip("late_audio"));
    let links: Vec<_> = graph.snapshot().links().cloned().collect();
    let mut edit = graph.transaction();
    links.iter().for_each(|link| edit.disconnect(link.id));
    for link in links {
        edit.connect(link.source.clone(), link.target.clone(), shallow());
    }
    edit.commit().unwrap();
    graph.run();
    let made = Film::of(&graph.path("comparison.mp4"));
    assert_eq!(made.numbers(), numbers(125));
    let sound = made.sound.unwrap();
    assert_near("start of the sound", sound.start, 2.0, 0.03);
    assert_near("end of the sound", sound.end, 5.0, 0.03);
}

#[test]
fn late_sound_holds_nothing_up_on_one_worker() {
    check_late_sound(1);
}

#[test]
fn late_sound_holds_nothing_up_on_four_workers() {
    check_late_sound(4);
}
