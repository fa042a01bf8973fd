//! Plugins in a runtime: loaded, refused, and replaced while the graph runs. `cargo xtask test`
//! builds the one that is loaded.

use serde_json::json;
use streamlib::StreamRuntime;

use crate::support::{Graph, plugin};

/// Pictures that go through the graph: enough to be there still when the plugin is replaced.
const PICTURES: u64 = 20_000;

/// Pictures through the plugin, and on another link past it.
fn declare() -> Graph {
    let graph = Graph::new(2);
    let loaded = graph.load_plugin(plugin()).unwrap();
    assert_eq!(loaded.types()[0].name(), "com.tatolab.grayscale_rust");
    let config = json!({ "width": 256, "height": 32, "frames": PICTURES });
    graph.add("camera", "test_pattern", config);
    graph.add("gray", "grayscale_rust", json!({}));
    graph.add("behind", "null_sink", json!({}));
    graph.add("beside", "null_sink", json!({}));
    graph.link(&[
        "camera.video_out -> gray.video_in",
        "gray.video_out -> behind.input",
        "camera.video_out -> beside.input",
    ]);
    graph
}

#[test]
fn a_plugin_is_replaced_while_it_runs_and_no_frame_is_lost() {
    let mut graph = declare();
    graph.start_until_sent("behind.input", 50);
    for _ in 0..3 {
        graph.replace_plugin(plugin()).unwrap();
    }
    let revision = graph.snapshot().revision();
    let inspection = graph.finish();
    assert!(revision > 3, "it was replaced by transactions: {revision}");
    for link in &inspection.links {
        let counts = &link.counts;
        assert_eq!((counts.sent, counts.delivered), (PICTURES, PICTURES), "{}", link.id);
    }
}

#[test]
fn what_cannot_be_loaded_changes_nothing() {
    let mut graph = declare();
    let before = graph.snapshot().revision();
    let text = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let refused = graph.replace_plugin(text).unwrap_err().to_string();
    assert!(refused.contains("cannot be loaded as a plugin: it is text"), "{refused}");
    assert_eq!(graph.snapshot().revision(), before);
    graph.run();
}

#[test]
fn a_plugin_with_the_name_of_another_type_is_refused() {
    let runtime = StreamRuntime::new().unwrap();
    let taken = streamlib::schema::ProcessorDescriptor::new(
        "com.tatolab.grayscale_rust",
        streamlib::schema::ProcessExecution::Manual,
    );
    let register = runtime.update_registry(|registry| {
        registry.register_dynamic(taken, |_| Err("it is never made".into()))
    });
    register.unwrap();
    let refused = runtime.load_plugin(plugin()).unwrap_err().to_string();
    let expected = format!(
        "the plugin `{}` cannot be used: a processor type `com.tatolab.grayscale_rust` is already \
         registered with another description; give one of the two another name",
        plugin().display()
    );
    assert_eq!(refused, expected);
}
