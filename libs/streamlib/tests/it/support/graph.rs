//! A graph whose end nobody can forget to look at.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use streamlib::engine::graph::{GraphState, LinkOptions};
use streamlib::engine::ids::{LinkId, PortRef, ProcessorId};
use streamlib::engine::observability::Inspection;
use streamlib::engine::pubsub::Subscription;
use streamlib::engine::pubsub::events::ProcessorState;
use streamlib::manifest::parse_graph;
use streamlib::{GraphOutcome, RuntimeBuilder, StreamRuntime};
use tempfile::TempDir;

/// How long something may take that has to come: far more than it takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A runtime with a folder for its files. A test that ends without [`Graph::finish`],
/// [`Graph::wait`] or [`Graph::stop`] fails: they check that the counters of every link add up.
#[derive(Debug)]
pub(crate) struct Graph {
    runtime: StreamRuntime,
    folder: TempDir,
    was_looked_at: bool,
}

impl Deref for Graph {
    type Target = StreamRuntime;

    fn deref(&self) -> &StreamRuntime {
        &self.runtime
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        let is_forgotten = !self.was_looked_at && !std::thread::panicking();
        assert!(!is_forgotten, "the test has to finish its graph");
    }
}

/// The processor of this name.
pub(crate) fn id(name: &str) -> ProcessorId {
    ProcessorId::new(name).unwrap()
}

/// `movie.video`: an output or input of a graph.
pub(crate) fn port(text: &str) -> PortRef {
    let (processor, port) = text.split_once('.').expect("a processor and its port");
    PortRef::new(id(processor), port)
}

impl Graph {
    /// An empty graph on this many workers.
    pub(crate) fn new(workers: usize) -> Self {
        Self::build(StreamRuntime::builder().with_workers(workers))
    }

    /// An empty graph.
    pub(crate) fn build(builder: RuntimeBuilder) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { runtime: builder.build().unwrap(), folder, was_looked_at: false }
    }

    /// The graph of the demo, with this clip.
    pub(crate) fn demo(builder: RuntimeBuilder, clip: &Path) -> Self {
        let graph = Self::build(builder);
        let text = include_str!("../../../../../examples/demo/comparison.yaml");
        let set = [("clip", clip), ("out", graph.folder.path())];
        let set = set.map(|(name, value)| format!("{name}={}", value.display()).parse().unwrap());
        let file = parse_graph(text, "comparison.yaml").resolve(&set);
        let file = file.unwrap_or_else(|problems| panic!("{problems}"));
        graph.load_graph(&file).unwrap_or_else(|error| panic!("{error}"));
        graph
    }

    /// A file that the graph makes.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Adds a processor of a built-in type: `mp4_source`.
    pub(crate) fn add(&self, id: &str, processor_type: &str, config: Value) {
        let processor_type = format!("com.tatolab.{processor_type}");
        self.add_processor_by_name(id, &processor_type, config)
            .unwrap_or_else(|error| panic!("{error}"));
    }

    /// Adds a source of this clip, called `movie`.
    pub(crate) fn add_movie(&self, clip: &Path) {
        self.add("movie", "mp4_source", json!({ "path": clip }));
    }

    /// Adds a writer with these settings beside the path, called `name`, and gives its file.
    pub(crate) fn add_writer(&self, name: &str, mut config: Value) -> PathBuf {
        let path = self.path(&format!("{name}.mp4"));
        config["output_path"] = json!(path);
        self.add(name, "mp4_writer", config);
        path
    }

    /// Links outputs to inputs: `movie.video -> file.video`.
    pub(crate) fn link(&self, links: &[&str]) -> Vec<LinkId> {
        self.link_with(links, &LinkOptions::default())
    }

    /// As [`Self::link`], each with these options.
    pub(crate) fn link_with(&self, links: &[&str], options: &LinkOptions) -> Vec<LinkId> {
        let connect = |link: &&str| {
            let (source, target) = link.split_once(" -> ").expect("two ports");
            self.connect_with(port(source), port(target), options.clone())
                .unwrap_or_else(|error| panic!("{error}"))
        };
        links.iter().map(connect).collect()
    }

    /// The link that ends at an input; of several the first.
    pub(crate) fn link_to(&self, input: &str) -> LinkId {
        self.find_link(|_, target| *target == port(input))
    }

    /// The link between two ports: `movie.video -> file.video`.
    pub(crate) fn link_between(&self, link: &str) -> LinkId {
        let (from, to) = link.split_once(" -> ").expect("two ports");
        self.find_link(|source, target| *source == port(from) && *target == port(to))
    }

    fn find_link(&self, is_it: impl Fn(&PortRef, &PortRef) -> bool) -> LinkId {
        let snapshot = self.snapshot();
        let link = snapshot.links().find(|link| is_it(&link.source, &link.target));
        link.expect("a link").id
    }

    /// Follows the events of a topic from now on.
    pub(crate) fn follow(&self, topic: &str) -> Following {
        Following(self.events().subscribe(topic.parse().unwrap(), 256))
    }

    /// Starts the graph and waits until this many frames were sent to an input, by the numbers
    /// that the frames bear.
    pub(crate) fn start_until_sent(&self, input: &str, frames: u64) {
        let mut tap = self.inspector().tap(self.link_to(input));
        self.start().unwrap_or_else(|error| panic!("{error}"));
        loop {
            let frame = tap.recv_timeout(PATIENCE).expect("frames go on");
            if frame.envelope().sequence + 1 >= frames {
                return;
            }
        }
    }

    /// Runs the graph to its end, which is a good one.
    pub(crate) fn run(&mut self) -> Inspection {
        self.start().unwrap_or_else(|error| panic!("{error}"));
        self.finish()
    }

    /// Waits for the end of the graph, which is a good one.
    pub(crate) fn finish(&mut self) -> Inspection {
        let (outcome, inspection) = self.wait();
        assert!(!outcome.failed(), "{outcome:?}");
        inspection
    }

    /// Waits for the end of the graph.
    pub(crate) fn wait(&mut self) -> (GraphOutcome, Inspection) {
        let outcome = self.runtime.wait().unwrap();
        (outcome, self.look_back())
    }

    /// Stops the graph, and lets it drain.
    pub(crate) fn stop(&mut self) -> (GraphOutcome, Inspection) {
        let outcome = self.runtime.stop().unwrap();
        (outcome, self.look_back())
    }

    /// The start fails, in these words.
    pub(crate) fn refuse(&mut self) -> String {
        let error = self.start().expect_err("the graph cannot start");
        self.look_back();
        let mut words = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(error) = source {
            words = format!("{words}: {error}");
            source = error.source();
        }
        words
    }

    fn look_back(&mut self) -> Inspection {
        self.was_looked_at = true;
        let inspection = self.inspector().inspect();
        assert_eq!(inspection.state, GraphState::Idle);
        check_counters(&inspection);
        inspection
    }
}

/// On every link what was sent was delivered, dropped, flushed or lost, and nothing is left in it.
fn check_counters(inspection: &Inspection) {
    let is_stuck = |id: &ProcessorId| {
        let processor = inspection.processors.iter().find(|processor| processor.id == *id);
        processor.is_some_and(|processor| processor.state == ProcessorState::Stuck)
    };
    for link in inspection.links.iter().flat_map(|link| link.parts()) {
        let counts = &link.counts;
        let accounted = counts.delivered + counts.dropped + counts.flushed + counts.lost;
        let (source, target) = (&link.source, &link.target);
        assert_eq!(counts.sent, accounted + counts.in_flight, "{source} -> {target}: {counts:?}");
        // Who was left behind in a call has its frames still.
        let is_empty = (counts.in_flight, link.queue_depth) == (0, 0);
        assert!(is_empty || is_stuck(&target.processor), "{source} -> {target}: {counts:?}");
    }
}

/// Events of a graph.
#[derive(Debug)]
pub(crate) struct Following(Subscription);

impl Following {
    /// Waits for an event in whose words `part` is, and gives it.
    pub(crate) fn until(&mut self, part: &str) -> String {
        loop {
            let event = self.0.recv_timeout(PATIENCE).expect("the event comes");
            let words = format!("{:?}", event.kind);
            if words.contains(part) {
                return words;
            }
        }
    }
}
