//! Pictures change their size in the middle of a film, and nothing is converted on the quiet.

use serde_json::{Value, json};
use streamlib::StreamRuntime;

use crate::support::{Film, Graph, clip, film, id, numbers, probe};

/// The demo with a clip of 50 pictures of 1280x720 and 50 of 640x360: how it ends, and its file.
fn check(on_size_change: Value, failure: Option<&str>, pictures: u16) {
    let builder = StreamRuntime::builder().with_workers(2);
    let mut graph = Graph::demo(builder, &clip("size_change"));
    graph.remove_processor(id("stereo")).unwrap();
    let file = graph.path("comparison.mp4");
    let config = json!({ "output_path": file, "on_size_change": on_size_change });
    graph.update_config(id("file"), config).unwrap();
    graph.start().unwrap();
    let (outcome, inspection) = graph.wait();
    let failures: Vec<_> = outcome.failures().map(|(id, words)| (id.as_str(), words)).collect();
    match failure {
        None => assert_eq!(failures, []),
        Some(expected) => {
            assert_eq!(failures.len(), 1, "{failures:?}");
            let words = failures[0].1.replace(&file.display().to_string(), "FILE");
            assert_eq!((failures[0].0, words.as_str()), ("file", expected));
        }
    }
    // The effects and the sheet took all of them, whatever became of the file.
    for link in &inspection.links {
        let (source, target) = (link.source.to_string(), link.target.to_string());
        let is_cut = failure.is_some() && target == "file.video";
        assert!(is_cut || link.counts.delivered == 100, "{source} -> {target}: {:?}", link.counts);
    }
    let shape = probe(&file, &["-show_entries", "stream=width,height"]);
    assert_eq!(shape, ["2560,720"]);
    assert_eq!(Film::of(&file).numbers(), numbers(pictures));
}

#[test]
fn a_smaller_picture_is_scaled_to_the_size_of_the_file() {
    check(json!("scale"), None, 100);
}

#[test]
fn a_smaller_picture_is_refused_by_name() {
    let words = "cannot write 'FILE': input `video` got a picture of 1280x360; pictures of the \
                 file are 2560x720: set `on_size_change: scale`, or insert com.tatolab.scale \
                 before the writer";
    check(json!("fail"), Some(words), 50);
}

/// Decoder, compositor and encoder agree on the format of the pictures. The one copy is that of
/// the first effect, which changes a picture that the comparison and the sheet want as it is.
#[test]
fn the_demo_converts_no_picture() {
    let mut graph = Graph::demo(StreamRuntime::builder().with_workers(2), &film());
    let inspection = graph.run();
    let converters: Vec<_> = inspection.processors.iter().filter(|it| it.is_converter).collect();
    assert!(converters.is_empty(), "{converters:?}");
    for processor in &inspection.processors {
        for output in &processor.outputs {
            let name = format!("{}.{}", processor.id, output.port);
            let copied = if name == "gray.video_out" { 132 } else { 0 };
            assert_eq!((output.converted, output.copied), (0, copied), "{name}");
        }
    }
    assert!(inspection.links.iter().all(|link| link.behind_converter.is_none()));
}
