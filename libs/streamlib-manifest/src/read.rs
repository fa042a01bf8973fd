//! A checked document to the model.
//!
//! What [`crate::check`] has reported is passed over here, so the model holds what could be
//! read and nothing is said twice.

use std::str::FromStr;
use std::time::Duration;

use crate::graph_file::{
    Annotations, Delivery, GraphFile, LinkEntry, Parameter, ParameterType, Priority,
    ProcessorEntry, Restart, RestartPolicy, Scheduling, Settings, Strategy,
};
use crate::identifier::check_identifier;
use crate::node::{Node, NodeKind};
use crate::package::PackageSource;
use crate::quantity::{parse_duration, parse_size};
use crate::value::{Map, Value};

/// Reads the model of a graph file from its root.
pub(crate) fn graph(root: &Node) -> GraphFile {
    GraphFile {
        name: text(root, "name").unwrap_or_default(),
        description: text(root, "description"),
        parameters: named(root, "parameters").map(|(name, node)| (name, parameter(node))).collect(),
        packages: packages(root),
        settings: root.get("settings").map(settings).unwrap_or_default(),
        processors: named(root, "processors").map(|(id, node)| (id, processor(node))).collect(),
        links: links(root).map(|(_, _, link)| link).collect(),
    }
}

fn packages(root: &Node) -> Vec<PackageSource> {
    let items = root.get("packages").map(Node::items).unwrap_or_default();
    items.iter().filter_map(|item| item.as_text()?.parse().ok()).collect()
}

/// The links that can be read, each with its place in the list and its node.
pub(crate) fn links(root: &Node) -> impl Iterator<Item = (usize, &Node, LinkEntry)> {
    let items = root.get("links").map(Node::items).unwrap_or_default();
    items.iter().enumerate().filter_map(|(at, node)| link(node).map(|link| (at, node, link)))
}

/// The entries of a mapping whose names follow the grammar.
fn named<'n>(root: &'n Node, key: &str) -> impl Iterator<Item = (String, &'n Node)> + use<'n> {
    let entries = root.get(key).map(Node::entries).unwrap_or_default();
    entries
        .iter()
        .filter(|entry| check_identifier(&entry.key).is_ok())
        .map(|entry| (entry.key.clone(), &entry.value))
}

pub(crate) fn text(node: &Node, key: &str) -> Option<String> {
    node.get(key)?.as_text().map(str::to_owned)
}

fn word<T>(node: &Node, key: &str, from_word: fn(&str) -> Option<T>) -> Option<T> {
    from_word(node.get(key)?.as_text()?)
}

fn parsed<T: FromStr>(node: &Node, key: &str) -> Option<T> {
    node.get(key)?.as_text()?.parse().ok()
}

pub(crate) fn duration(node: &Node, key: &str) -> Option<Duration> {
    parse_duration(node.get(key)?.as_text()?).ok()
}

pub(crate) fn integer<T: TryFrom<u64>>(node: &Node, key: &str) -> Option<T> {
    match &node.get(key)?.kind {
        NodeKind::Number(number) => number.as_u64().and_then(|n| T::try_from(n).ok()),
        _ => None,
    }
}

pub(crate) fn boolean(node: &Node, key: &str) -> Option<bool> {
    match node.get(key)?.kind {
        NodeKind::Bool(value) => Some(value),
        _ => None,
    }
}

fn parameter(node: &Node) -> Parameter {
    Parameter {
        default: node.get("default").map(value),
        description: text(node, "description"),
        value_type: word(node, "type", ParameterType::from_word),
    }
}

fn settings(node: &Node) -> Settings {
    Settings {
        drain_timeout: duration(node, "drain_timeout"),
        memory_budget_bytes: node
            .get("memory_budget")
            .and_then(Node::as_text)
            .and_then(|text| parse_size(text).ok()),
    }
}

fn processor(node: &Node) -> ProcessorEntry {
    ProcessorEntry {
        type_name: text(node, "type").unwrap_or_default(),
        config: node.get("config").map(map).unwrap_or_default(),
        scheduling: node.get("scheduling").and_then(scheduling),
        restart: node.get("restart").and_then(restart),
        process_limit: duration(node, "process_limit"),
        annotations: node.get("annotations").map(annotations).unwrap_or_default(),
    }
}

fn scheduling(node: &Node) -> Option<Scheduling> {
    if let Some(short) = node.as_text() {
        return Strategy::from_word(short).map(Scheduling::from);
    }
    Some(Scheduling {
        strategy: word(node, "strategy", Strategy::from_word)?,
        priority: word(node, "priority", Priority::from_word),
        name: text(node, "name"),
    })
}

fn restart(node: &Node) -> Option<Restart> {
    if let Some(short) = node.as_text() {
        return RestartPolicy::from_word(short).map(Restart::from);
    }
    Some(Restart {
        policy: word(node, "policy", RestartPolicy::from_word)?,
        backoff: duration(node, "backoff"),
        limit: integer(node, "limit"),
    })
}

fn link(node: &Node) -> Option<LinkEntry> {
    if let Some(short) = node.as_text() {
        return short.parse().ok();
    }
    Some(LinkEntry {
        from: parsed(node, "from")?,
        to: parsed(node, "to")?,
        delivery: word(node, "delivery", Delivery::from_word),
        depth: integer(node, "depth"),
        max_age: duration(node, "max_age"),
        lane: integer(node, "lane"),
        convert: boolean(node, "convert"),
        feedback: boolean(node, "feedback").unwrap_or(false),
        annotations: node.get("annotations").map(annotations).unwrap_or_default(),
    })
}

fn annotations(node: &Node) -> Annotations {
    let coordinates = node.get("position").map(Node::items).unwrap_or_default();
    let number = |node: &Node| match &node.kind {
        NodeKind::Number(number) => number.as_f64(),
        _ => None,
    };
    let position = match coordinates {
        [x, y] => number(x).zip(number(y)).map(|(x, y)| [x, y]),
        _ => None,
    };
    Annotations { position, note: text(node, "note") }
}

fn map(node: &Node) -> Map {
    node.entries().iter().map(|entry| (entry.key.clone(), value(&entry.value))).collect()
}

/// A node as a value; what was invalid is null.
pub(crate) fn value(node: &Node) -> Value {
    match &node.kind {
        NodeKind::Null | NodeKind::Invalid => Value::Null,
        NodeKind::Bool(value) => Value::Bool(*value),
        NodeKind::Number(number) => Value::Number(number.clone()),
        NodeKind::Text(text) => Value::String(text.clone()),
        NodeKind::List(items) => Value::List(items.iter().map(value).collect()),
        NodeKind::Map(_) => Value::Map(map(node)),
    }
}
