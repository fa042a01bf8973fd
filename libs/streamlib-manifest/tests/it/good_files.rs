//! Files that are right, and the model they give.

use std::time::Duration;

use streamlib_manifest::{
    Annotations, Delivery, Endpoint, LinkEntry, ParameterType, Priority, Restart, RestartPolicy,
    Scheduling, Strategy, Value, parse_graph, parse_value,
};

use crate::{EXAMPLE, good};

fn end(text: &str) -> Endpoint {
    text.parse().expect("an endpoint")
}

#[test]
fn the_example() {
    let graph = good(EXAMPLE);
    assert_eq!(graph.name, "side-by-side");
    let ids: Vec<&str> = graph.processors.keys().map(String::as_str).collect();
    assert_eq!(ids, ["movie", "gray", "both", "file"]);
    assert_eq!(graph.processors["movie"].type_name, "com.tatolab.mp4_source");
    assert_eq!(graph.processors["movie"].config["path"], Value::from("${clip}"));
    assert_eq!(graph.processors["file"].config["video_bitrate"], Value::from(4_000_000_u64));
    assert_eq!(graph.parameters["clip"].default, Some(Value::from("clip.mp4")));
    assert_eq!(graph.links[0], LinkEntry::new(end("movie.video"), end("gray.video_in")));
    let last = LinkEntry {
        delivery: Some(Delivery::Lossless),
        depth: Some(8),
        ..LinkEntry::new(end("both.video_out"), end("file.video"))
    };
    assert_eq!(graph.links[4..], [last]);
}

#[test]
fn every_key() {
    let graph = good(include_str!("../corpus/everything.yaml"));
    assert_eq!(graph.parameters["quality"].value_type, Some(ParameterType::Number));
    assert_eq!(graph.settings.drain_timeout, Some(Duration::from_secs(5)));
    assert_eq!(graph.settings.memory_budget_bytes, Some(512 << 20));
    let packages: Vec<_> = graph.packages.iter().map(ToString::to_string).collect();
    assert_eq!(packages, ["com.example.effects@^1.2", "./plugin"]);
    let movie = &graph.processors["movie"];
    let scheduling = Scheduling {
        strategy: Strategy::Dedicated,
        priority: Some(Priority::High),
        name: Some("reader".to_owned()),
    };
    assert_eq!(movie.scheduling, Some(scheduling));
    let restart = Restart {
        policy: RestartPolicy::OnFailure,
        backoff: Some(Duration::from_millis(250)),
        limit: Some(3),
    };
    assert_eq!(movie.restart, Some(restart));
    assert_eq!(movie.process_limit, Some(Duration::from_millis(1500)));
    let note = Some("reads: the film".to_owned());
    assert_eq!(movie.annotations, Annotations { position: Some([10.0, -20.5]), note });
    assert_eq!(graph.processors["gray"].scheduling, Some(Strategy::Lightweight.into()));
    assert_eq!(graph.processors["file"].restart, Some(RestartPolicy::Always.into()));
    let link = &graph.links[1];
    assert_eq!((link.depth, link.lane, link.convert), (Some(4096), Some(1), Some(false)));
    assert_eq!(link.max_age, Some(Duration::from_millis(200)));
    assert!(graph.links[2].feedback);
}

#[test]
fn json_is_read_too() {
    let graph = good(include_str!("../corpus/graph.json"));
    assert_eq!(graph.parameters["clip"].default, Some(Value::from("a/b 🎬.mp4")));
    let config = serde_json::to_string(&graph.processors["movie"].config).expect("JSON");
    assert_eq!(config, r#"{"path":"${clip}","rate":1500.0}"#);
}

#[test]
fn scalars_mean_what_yaml_1_2_says() {
    let text = "
name: g
processors:
  a:
    type: x.a
    config:
      texts: [yes, off, 1_000, 12:30, 0b1, +-5, 1.2.3, '5', \"null\", e5, '']
      numbers: [007, +5, -0, 0o17, 0xFF, 18446744073709551615, -9223372036854775808, 1., .5, 1e3]
      others: [~, null, True, FALSE, ]
      block: |
        two
        lines
      12: a key that looks like a number
";
    let graph = good(text);
    let json = serde_json::to_string(&graph.processors["a"].config).expect("JSON");
    insta::assert_snapshot!(json, @r#"{"texts":["yes","off","1_000","12:30","0b1","+-5","1.2.3","5","null","e5",""],"numbers":[7,5,0,15,255,18446744073709551615,-9223372036854775808,1.0,0.5,1000.0],"others":[null,null,true,false],"block":"two\nlines\n","12":"a key that looks like a number"}"#);
}

#[test]
fn the_json_form_of_a_graph_is_a_graph_file() {
    let graph = good(include_str!("../corpus/everything.yaml"));
    let json = serde_json::to_string_pretty(&graph).expect("JSON");
    assert_eq!(good(&json), graph);
}

#[test]
fn what_could_be_read_is_there_beside_the_errors() {
    let parsed = parse_graph("name: g\nprocessors: { a: { type: x.a } }\nlinks: 5\n", "g");
    assert_eq!(parsed.graph(), None);
    assert_eq!(parsed.readable_part().processors["a"].type_name, "x.a");
    assert!(parsed.clone().into_graph().is_err());
    assert!(parsed.resolve(&[]).is_err());
}

#[test]
fn of_a_key_that_stands_twice_the_first_is_read() {
    let parsed = parse_graph("name: g\nprocessors: { a: { type: x.a }, a: { type: x.b } }\n", "g");
    assert_eq!(parsed.readable_part().processors["a"].type_name, "x.a");
}

#[test]
fn any_document_is_a_value() {
    let value = parse_value("properties: { b: { type: uint8 }, a: {} }\n", "a.yaml").expect("read");
    let json = serde_json::json!({"properties": {"b": {"type": "uint8"}, "a": {}}});
    assert_eq!(value, Value::from(json));
    assert_eq!(parse_value("[1, 1.0, null]", "a").map(serde_json::Value::from).ok(), {
        Some(serde_json::json!([1, 1.0, null]))
    });
    let problems = parse_value("a: 1\na: *b\n", "a.yaml").expect_err("a key twice, an alias");
    let told: Vec<_> = problems.as_slice().iter().map(|one| one.code.as_str()).collect();
    assert_eq!(told, ["duplicate-key", "anchor-or-alias"]);
    let empty = parse_value("", "a.yaml").expect_err("nothing");
    assert_eq!(
        empty.as_slice().iter().map(|one| one.code.as_str()).collect::<Vec<_>>(),
        ["empty-file"]
    );
}
