//! Declared graphs as the protocol says them: of a file, and of a running graph.

use serde_json::Value;
use streamlib::engine::graph::GraphSnapshot;
use streamlib_manifest::{Delivery, ResolvedGraph, Scheduling, Strategy};
use streamlib_protocol::{DeclaredLink, DeclaredProcessor, Snapshot};

/// The graph of a file, in its order.
pub(crate) fn of_file(graph: &ResolvedGraph) -> Snapshot {
    let processors = graph.processors.iter().map(|(id, entry)| DeclaredProcessor {
        id: id.clone(),
        type_name: entry.type_name.clone(),
        config: match entry.config.is_empty() {
            true => Value::Null,
            false => streamlib_manifest::Value::Map(entry.config.clone()).into(),
        },
        scheduling: entry.scheduling.as_ref().map(scheduling),
        note: entry.annotations.note.clone(),
    });
    let links = graph.links.iter().map(|link| DeclaredLink {
        id: None,
        from: link.from.to_string(),
        to: link.to.to_string(),
        lane: link.lane.map(u32::from),
        delivery: link.delivery.map(delivery),
        depth: link.depth.map(u32::from),
        feedback: link.feedback,
    });
    Snapshot {
        name: graph.name.clone(),
        revision: 0,
        processors: processors.collect(),
        links: links.collect(),
    }
}

/// A running graph.
pub(super) fn of_snapshot(name: &str, graph: &GraphSnapshot) -> Snapshot {
    let processors = graph.processors().map(|node| DeclaredProcessor {
        id: node.id.to_string(),
        type_name: node.processor_type.clone(),
        config: node.config.clone(),
        scheduling: node.scheduling.as_ref().map(ToString::to_string),
        note: node.annotations.get("note").and_then(Value::as_str).map(str::to_owned),
    });
    let links = graph.links().map(|link| DeclaredLink {
        id: Some(link.id.0),
        from: link.source.to_string(),
        to: link.target.to_string(),
        lane: Some(link.lane),
        delivery: link.options.delivery,
        depth: link.options.depth,
        feedback: link.options.feedback,
    });
    Snapshot {
        name: name.to_owned(),
        revision: graph.revision(),
        processors: processors.collect(),
        links: links.collect(),
    }
}

fn scheduling(scheduling: &Scheduling) -> String {
    let place = match scheduling.strategy {
        Strategy::Dedicated => "thread",
        Strategy::Pool => "pool",
        Strategy::MainThread => "main thread",
        Strategy::Lightweight => "lightweight",
    };
    match scheduling.priority {
        Some(priority) => format!("{place} ({priority})"),
        None => place.to_owned(),
    }
}

fn delivery(delivery: Delivery) -> streamlib_schema::Delivery {
    match delivery {
        Delivery::Latest => streamlib_schema::Delivery::Latest,
        Delivery::EverySample => streamlib_schema::Delivery::EverySample,
        Delivery::Lossless => streamlib_schema::Delivery::Lossless,
    }
}
