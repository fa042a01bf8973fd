//! The demo is changed while it runs, and its file has every picture.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use streamlib::StreamRuntime;
use streamlib::engine::execution::VirtualClock;
use streamlib::engine::graph::{Change, LinkOptions, ProcessorNode};

use crate::support::{Film, Graph, clip, film, id, port};

/// How often an effect comes and goes.
const TIMES: u32 = 100;

/// The links that no edit touches.
const UNTOUCHED: [&str; 6] = [
    "movie.video -> gray.video_in",
    "movie.video -> both.video_in",
    "both.video_out -> file.video",
    "movie.audio -> stereo.audio_in",
    "stereo.audio_out -> file.audio",
    "movie.video -> sheet.video_in",
];

/// Puts an effect behind `gray`, or takes it out again.
fn insert_and_remove(graph: &Graph) {
    let options = LinkOptions::default;
    let mut edit = graph.transaction();
    edit.disconnect(graph.link_to("negative.video_in"));
    let node = ProcessorNode::new(id("extra"), "com.tatolab.invert", json!({}));
    edit.push(Change::Add { node });
    edit.connect(port("gray.video_out"), port("extra.video_in"), options());
    edit.connect(port("extra.video_out"), port("negative.video_in"), options());
    let inserted = edit.commit().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(inserted.problems, Vec::<String>::new());

    let mut edit = graph.transaction();
    edit.remove(id("extra"));
    edit.connect(port("gray.video_out"), port("negative.video_in"), options());
    let removed = edit.commit().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(removed.problems, Vec::<String>::new());
}

/// The declaration, without what counts edits.
fn declared(graph: &Graph) -> Vec<(String, String)> {
    let snapshot = graph.snapshot();
    let nodes = snapshot.processors().map(|node| (node.id.to_string(), format!("{node:?}")));
    let links = snapshot
        .links()
        .map(|link| (format!("{} -> {}", link.source, link.target), format!("{:?}", link.options)));
    nodes.chain(links).collect()
}

/// The film plays in time with the edits, by a clock that moves on with each of them, so that all
/// of them happen while it plays.
fn check(clip: &Path, pictures: usize) -> Film {
    let clock = Arc::new(VirtualClock::default());
    let builder = StreamRuntime::builder().with_workers(2).with_clock(Arc::clone(&clock) as _);
    let mut graph = Graph::demo(builder, clip);
    graph.update_config(id("movie"), json!({ "path": clip, "real_time": true })).unwrap();
    let ids = UNTOUCHED.map(|link| graph.link_between(link));
    graph.start().unwrap();
    let step = Duration::from_millis(40) * pictures as u32 / (TIMES + 10);
    for _ in 0..TIMES {
        clock.advance(step);
        insert_and_remove(&graph);
    }
    let before = declared(&graph);
    clock.advance(step);
    let node = ProcessorNode::new(id("negative"), "com.tatolab.grayscale", json!({}));
    graph.replace(id("negative"), node).unwrap();
    assert_ne!(declared(&graph), before);
    clock.advance(step);
    graph.undo().unwrap();
    assert_eq!(declared(&graph), before);
    let late = graph.inspector().link(ids[2]).unwrap().counts.sent;
    assert!((late as usize) < pictures, "the film still plays");
    clock.advance(Duration::from_secs(60));
    let inspection = graph.finish();

    for (link, name) in ids.into_iter().zip(UNTOUCHED) {
        let link = inspection.links.iter().find(|it| it.id == link).expect("it is still there");
        let counts = &link.counts;
        assert_eq!(counts.sent, counts.delivered, "{name}: {counts:?}");
        let is_video = !name.contains("audio");
        assert!(!is_video || counts.sent as usize == pictures, "{name}: {counts:?}");
    }
    assert_eq!(inspection.health.error_count, 0);
    let made = Film::of(&graph.path("comparison.mp4"));
    assert_eq!(made.pictures.len(), pictures);
    for (number, picture) in made.pictures.iter().enumerate() {
        let expected = number as f64 * 0.04;
        assert!((picture.time - expected).abs() < 0.001, "picture {number} at {}", picture.time);
    }
    made
}

#[test]
fn the_film_is_whole_after_a_hundred_edits() {
    check(&film(), 132);
}

#[test]
fn every_picture_is_in_its_place_after_a_hundred_edits() {
    let made = check(&clip("bframes"), 125);
    assert_eq!(made.numbers(), crate::support::numbers(125));
}
