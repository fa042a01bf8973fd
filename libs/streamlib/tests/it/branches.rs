//! Branches that are slow, late or gone do not touch their siblings.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use streamlib::engine::graph::{LinkOptions, ProcessorNode};
use streamlib::engine::ids::{PortRef, ProcessorId};
use streamlib::engine::pubsub::TopicFilter;
use streamlib::prelude::*;
use streamlib::schema::Delivery;
use streamlib::{CommitMode, RuntimeBuilder};

use crate::support::{asset, decoded_frames};

/// A door that starts closed.
#[derive(Debug, Default)]
struct Door {
    open: Mutex<bool>,
    changed: Condvar,
}

impl Door {
    fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.changed.notify_all();
    }

    fn wait(&self) {
        drop(self.changed.wait_while(self.open.lock().unwrap(), |open| !*open));
    }
}

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

fn port(processor: &str, port: &str) -> PortRef {
    PortRef::new(ProcessorId::new(processor).unwrap(), port)
}

/// The film into a file beside a preview that hangs until the file is finished.
fn check(builder: RuntimeBuilder, scheduling: Option<&str>) {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("film.mp4");
    let door = Arc::new(Door::default());
    let runtime = builder
        .with_resource(Arc::clone(&door))
        .with_commit_mode(CommitMode::Auto)
        .build()
        .unwrap();
    let config = serde_json::json!({ "path": asset("bigbuckbunny.mp4") });
    runtime.add_processor_by_name("movie", "com.tatolab.mp4_source", config).unwrap();
    let config = serde_json::json!({ "output_path": film });
    runtime.add_processor_by_name("file", "com.tatolab.mp4_writer", config).unwrap();
    let preview = runtime.add_processor::<HangingPreview>(NoConfig {}).unwrap();
    if let Some(strategy) = scheduling {
        let mut node = ProcessorNode::clone(runtime.snapshot().processor(preview.id()).unwrap());
        node.scheduling = Some(serde_json::from_str(strategy).unwrap());
        runtime.replace(&preview, node).unwrap();
    }
    runtime.connect(port("movie", "video"), port("file", "video")).unwrap();
    let link = runtime.connect(port("movie", "video"), &preview).unwrap();

    let mut ended = runtime
        .events()
        .subscribe("processor.file.state_changed".parse::<TopicFilter>().unwrap(), 64);
    runtime.start().unwrap();
    // The writer has no outputs, so its change to `ended` says that the file is finished.
    let mut finished = false;
    while !finished {
        let event = ended.recv_timeout(Duration::from_secs(60)).expect("the file is finished");
        finished = format!("{event:?}").contains("new: Ended");
    }
    let counts = runtime.inspector().link(link).unwrap().counts;
    assert_eq!(counts.sent, 132, "the source was not held up");
    door.open();
    let outcome = runtime.wait().unwrap();
    assert!(!outcome.failed(), "{outcome:?}");
    assert_eq!(decoded_frames(&film, "v:0"), 132);
    // Two frames at most reached the preview: the first, and the newest when it came back.
    assert!(counts.superseded >= 130, "{counts:?}");
}

#[test]
fn a_hanging_preview_on_the_pool_holds_nobody_up() {
    check(StreamRuntime::builder().with_workers(2), None);
}

#[test]
fn a_hanging_preview_on_the_only_worker_holds_nobody_up() {
    check(StreamRuntime::builder().with_workers(1), None);
}

#[test]
fn a_hanging_preview_on_its_own_thread_holds_nobody_up() {
    let dedicated = r#"{"strategy": "dedicated_thread", "priority": "normal"}"#;
    check(StreamRuntime::builder().with_workers(1), Some(dedicated));
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

/// A branch that is 30 frames late joins the direct one again, with every depth at 1.
fn check_join(workers: usize) {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("film.mp4");
    let runtime = StreamRuntime::builder().with_workers(workers).build().unwrap();
    let config = serde_json::json!({ "path": asset("bigbuckbunny.mp4"), "audio": false });
    runtime.add_processor_by_name("movie", "com.tatolab.mp4_source", config).unwrap();
    let late = runtime.add_processor::<Late>(NoConfig {}).unwrap();
    let none = serde_json::Value::Null;
    runtime.add_processor_by_name("both", "com.tatolab.compositor", none).unwrap();
    let config = serde_json::json!({ "output_path": film });
    runtime.add_processor_by_name("file", "com.tatolab.mp4_writer", config).unwrap();
    let shallow = || LinkOptions {
        depth: Some(1),
        delivery: Some(Delivery::Lossless),
        ..LinkOptions::default()
    };
    let join = port("both", "video_in");
    let connect = |from: PortRef, to: PortRef| runtime.connect_with(from, to, shallow()).unwrap();
    connect(port("movie", "video"), join.clone());
    connect(port("movie", "video"), PortRef::new(late.id().clone(), "video_in"));
    connect(PortRef::new(late.id().clone(), "video_out"), join);
    connect(port("both", "video_out"), port("file", "video"));
    runtime.start().unwrap();
    let outcome = runtime.wait().unwrap();
    assert!(!outcome.failed(), "{outcome:?}");
    assert_eq!(decoded_frames(&film, "v:0"), 132, "{workers} workers");
}

#[test]
fn a_late_branch_joins_again_on_one_worker() {
    check_join(1);
}

#[test]
fn a_late_branch_joins_again_on_four_workers() {
    check_join(4);
}
