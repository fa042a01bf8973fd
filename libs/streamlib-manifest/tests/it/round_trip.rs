//! What is written reads back as the same graph.

use std::time::Duration;

use insta::assert_snapshot;
use proptest::prelude::*;
use streamlib_manifest::{
    Annotations, Delivery, Endpoint, GraphFile, LinkEntry, Map, Number, Parameter, ParameterType,
    Priority, ProcessorEntry, Restart, RestartPolicy, Scheduling, Settings, Strategy as Place,
    Value, parse_graph, to_yaml,
};

use crate::good;

/// A graph and the JSON of it (which shows the order of mappings) after writing and reading.
fn check(graph: &GraphFile) {
    let yaml = to_yaml(graph);
    let parsed = parse_graph(&yaml, "written");
    assert!(!parsed.diagnostics().has_errors(), "{}\n{yaml}", parsed.diagnostics());
    let (again, _) = parsed.into_graph().expect("no errors");
    assert_eq!(&again, graph, "{yaml}");
    let json = |graph: &GraphFile| serde_json::to_string(graph).expect("JSON");
    assert_eq!(json(&again), json(graph), "{yaml}");
}

#[test]
fn the_written_form() {
    let graph = good(include_str!("../corpus/everything.yaml"));
    check(&graph);
    assert_snapshot!(to_yaml(&graph), @r#"
    name: everything.v2
    description: A graph with every key there is
    parameters:
      clip: { default: clip.mp4, description: The film, type: string }
      bitrate: { default: 4000000 }
      quality: { type: number }
    packages:
      - "com.example.effects@^1.2"
      - "./plugin"
    settings:
      drain_timeout: 5s
      memory_budget: 512MiB
    processors:
      movie:
        type: com.tatolab.mp4_source
        config:
          path: "films/${clip}"
          literal: "$${clip}"
          quality: "${quality}"
          list:
            - 1
            - -2
            - 2.5
            - true
            - null
            -
              - nested
              - { deep: 16 }
        scheduling: { strategy: dedicated, priority: high, name: reader }
        restart: { policy: on_failure, backoff: 250ms, limit: 3 }
        process_limit: 1500ms
        annotations:
          position: [10.0, -20.5]
          note: "reads: the film"
      gray: { type: Grayscale, scheduling: lightweight, restart: never }
      file:
        type: com.tatolab.mp4_writer
        config: { video_bitrate: "${bitrate}" }
        scheduling: pool
        restart: always
    links:
      - movie.video -> gray.video_in
      -
        from: gray.video_out
        to: file.video
        delivery: every_sample
        depth: 4096
        max_age: 200ms
        lane: 1
        convert: false
        annotations: { note: to the file }
      -
        from: file.state
        to: movie.control
        delivery: latest
        convert: true
        feedback: true
    "#);
}

#[test]
fn text_that_needs_quotes() {
    let texts = [
        "yes",
        "No",
        "ON",
        "y",
        "1",
        "-1",
        "1.5",
        "1e3",
        "0x1F",
        "0o7",
        "null",
        "~",
        "",
        " ",
        "a ",
        " a",
        ": ",
        "a: b",
        "a #b",
        "#",
        "- a",
        "-",
        "?",
        "[",
        "{",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
        "%",
        "@",
        "`",
        "'",
        "\"",
        "\\",
        "a\nb",
        "a\r\nb",
        "\t",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\0",
        "\u{1b}[0m",
        "1:30",
        "2026-01-01",
        "true",
        ".5",
        ".inf",
        "=",
        "<<",
        "---",
        "...",
        "é",
        "🎬",
        "\u{10ffff}",
        "a,b",
        "a]",
        "$${x}",
        "\u{fffe}",
        "\u{7f}",
    ];
    let config = Map::from_iter(texts.iter().map(|t| ((*t).to_owned(), Value::from(*t))));
    let entry = ProcessorEntry { type_name: "x.a".to_owned(), config, ..ProcessorEntry::default() };
    let mut graph = GraphFile { name: "g".to_owned(), ..GraphFile::default() };
    graph.processors.insert("a".to_owned(), entry);
    check(&graph);
}

/// YAML 1.1 readers, of which there are many, must see the same values.
#[test]
fn values_that_yaml_versions_read_differently() {
    let number = |n: f64| Value::Number(Number::from_f64(n).expect("finite"));
    let values =
        vec!["yes".into(), "Off".into(), "y".into(), "5s".into(), number(1e300), number(3.0)];
    let entry = ProcessorEntry {
        type_name: "x.a".to_owned(),
        config: Map::from([("v".to_owned(), Value::List(values))]),
        ..ProcessorEntry::default()
    };
    let mut graph = GraphFile { name: "on".to_owned(), ..GraphFile::default() };
    graph.processors.insert("no".to_owned(), entry);
    check(&graph);
    assert_snapshot!(to_yaml(&graph), @r#"
    name: "on"
    processors:
      "no":
        type: x.a
        config:
          v: ["yes", "Off", "y", 5s, 1.0e+300, 3.0]
    "#);
}

fn identifier() -> impl Strategy<Value = String> {
    prop_oneof!["[A-Za-z_][A-Za-z0-9_-]{0,8}", Just("yes".to_owned()), Just("null".to_owned())]
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        any::<f64>().prop_filter_map("finite", Number::from_f64),
    ]
}

/// Text in which no `${` opens a reference.
fn text() -> impl Strategy<Value = String> {
    let any_text = prop_oneof![".{0,12}", "[a-z:#\\-{}\\[\\],&*!|>'\"%@`\n ]{0,12}"];
    any_text.prop_map(|text| text.replace("${", "$${"))
}

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number().prop_map(Value::Number),
        text().prop_map(Value::String),
    ];
    scalar.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
            prop::collection::vec((text(), inner), 0..5)
                .prop_map(|entries| Value::Map(entries.into_iter().collect())),
        ]
    })
}

fn duration() -> impl Strategy<Value = Duration> {
    any::<u64>().prop_map(Duration::from_nanos)
}

fn annotations() -> impl Strategy<Value = Annotations> {
    let finite = any::<f64>().prop_filter("finite", |x| x.is_finite());
    let position = prop::option::of((finite.clone(), finite).prop_map(|(x, y)| [x, y]));
    (position, prop::option::of(text())).prop_map(|(position, note)| Annotations { position, note })
}

fn processor() -> impl Strategy<Value = ProcessorEntry> {
    let scheduling = prop_oneof![
        Just(Scheduling::from(Place::Pool)),
        (prop::sample::select(vec![Priority::RealTime, Priority::Background]), identifier())
            .prop_map(|(priority, name)| Scheduling {
                strategy: Place::Dedicated,
                priority: Some(priority),
                name: Some(name),
            }),
    ];
    let restart = prop_oneof![
        Just(Restart::from(RestartPolicy::Never)),
        (duration(), 1..=u32::MAX).prop_map(|(backoff, limit)| Restart {
            policy: RestartPolicy::OnFailure,
            backoff: Some(backoff),
            limit: Some(limit),
        }),
    ];
    (
        prop::collection::vec(identifier(), 1..4),
        prop::collection::vec((text(), value()), 0..4),
        prop::option::of(scheduling),
        prop::option::of(restart),
        prop::option::of(duration()),
        annotations(),
    )
        .prop_map(|(name, config, scheduling, restart, process_limit, annotations)| {
            ProcessorEntry {
                type_name: name.join("."),
                config: config.into_iter().collect(),
                scheduling,
                restart,
                process_limit,
                annotations,
            }
        })
}

fn parameter() -> impl Strategy<Value = Parameter> {
    let default = prop_oneof![
        text().prop_map(|t| (Value::String(t), ParameterType::String)),
        any::<bool>().prop_map(|b| (Value::Bool(b), ParameterType::Boolean)),
        number().prop_map(|n| (Value::Number(n), ParameterType::Number)),
    ];
    (prop::option::of(default), any::<bool>(), prop::option::of(text())).prop_map(
        |(default, typed, description)| Parameter {
            value_type: default.as_ref().filter(|_| typed).map(|(_, t)| *t),
            default: default.map(|(value, _)| value),
            description,
        },
    )
}

/// Policies of a link, to be joined with two of the processors that there are.
fn policies() -> impl Strategy<Value = LinkEntry> {
    let end = || Endpoint { processor: String::new(), port: "p".to_owned() };
    (
        prop::sample::select(vec![None, Some(Delivery::Lossless), Some(Delivery::EverySample)]),
        prop::option::of(1..=4096_u16),
        prop::option::of(duration()),
        prop::option::of(any::<bool>()),
        annotations(),
    )
        .prop_map(move |(delivery, depth, max_age, convert, annotations)| LinkEntry {
            delivery,
            depth,
            max_age,
            convert,
            annotations,
            ..LinkEntry::new(end(), end())
        })
}

fn graph() -> impl Strategy<Value = GraphFile> {
    let links = prop::collection::vec((policies(), any::<prop::sample::Index>()), 0..6);
    (
        "[A-Za-z0-9_][A-Za-z0-9_.-]{0,12}",
        prop::option::of(text()),
        prop::collection::vec((identifier(), parameter()), 0..3),
        (prop::option::of(duration()), prop::option::of(any::<u64>())),
        prop::collection::vec((identifier(), processor()), 1..5),
        links,
    )
        .prop_map(|(name, description, parameters, settings, processors, links)| {
            let processors: indexmap::IndexMap<_, _> = processors.into_iter().collect();
            let links = links.into_iter().enumerate().map(|(at, (mut link, to))| {
                let id = |n: usize| processors.keys()[n % processors.len()].clone();
                link.from = Endpoint { processor: id(at), port: format!("out{at}") };
                link.to = Endpoint { processor: id(to.index(processors.len())), ..link.to };
                link
            });
            GraphFile {
                packages: vec![
                    "./plugin".parse().expect("a folder"),
                    "a.b@^1.2".parse().expect("a name"),
                ],
                name,
                description,
                parameters: parameters.into_iter().collect(),
                settings: Settings { drain_timeout: settings.0, memory_budget_bytes: settings.1 },
                links: links.collect(),
                processors,
            }
        })
}

proptest! {
    #[test]
    fn any_graph(graph in graph()) {
        check(&graph);
    }

    #[test]
    fn durations_and_sizes(amount in any::<u64>(), shift in 0..64_u32) {
        use streamlib_manifest::{format_duration, format_size, parse_duration, parse_size};
        let amount = amount >> shift << (shift / 2);
        let duration = Duration::from_nanos(amount);
        prop_assert_eq!(parse_duration(&format_duration(duration)), Ok(duration));
        prop_assert_eq!(parse_size(&format_size(amount)), Ok(amount));
    }
}
