//! The model to the form of a file: a [`Value`], from which YAML and JSON are written.

use std::time::Duration;

use serde::ser::{Serialize, Serializer};

use crate::graph_file::{
    Annotations, GraphFile, LinkEntry, Parameter, ProcessorEntry, Restart, Scheduling, Settings,
};
use crate::package::PackageSource;
use crate::quantity::{format_duration, format_size};
use crate::value::{Map, Number, Value};

/// A mapping that leaves out what is absent.
#[derive(Default)]
struct Fields(Map);

impl Fields {
    fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    fn maybe<T: Into<Value>>(self, key: &str, value: Option<T>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    fn duration(self, key: &str, value: Option<Duration>) -> Self {
        self.maybe(key, value.map(format_duration))
    }

    /// A mapping that is left out when it is empty.
    fn map(self, key: &str, map: Map) -> Self {
        if map.is_empty() { self } else { self.with(key, Value::Map(map)) }
    }
}

pub(crate) fn graph(graph: &GraphFile) -> Value {
    let named = |map: Vec<(&String, Value)>| -> Map {
        map.into_iter().map(|(name, value)| (name.clone(), value)).collect()
    };
    let parameters = named(graph.parameters.iter().map(|(n, p)| (n, parameter(p))).collect());
    let processors = named(graph.processors.iter().map(|(n, p)| (n, processor(p))).collect());
    let links: Vec<Value> = graph.links.iter().map(link).collect();
    let fields = Fields::default()
        .with("name", graph.name.as_str())
        .maybe("description", graph.description.as_deref())
        .map("parameters", parameters)
        .maybe("packages", packages(&graph.packages))
        .map("settings", settings(&graph.settings))
        .with("processors", Value::Map(processors))
        .maybe("links", (!links.is_empty()).then_some(Value::List(links)));
    Value::Map(fields.0)
}

fn packages(packages: &[PackageSource]) -> Option<Value> {
    let texts = packages.iter().map(|one| Value::from(one.to_string()));
    (!packages.is_empty()).then(|| Value::List(texts.collect()))
}

fn parameter(parameter: &Parameter) -> Value {
    let fields = Fields::default()
        .maybe("default", parameter.default.clone())
        .maybe("description", parameter.description.as_deref())
        .maybe("type", parameter.value_type.map(|t| t.as_str()));
    Value::Map(fields.0)
}

fn settings(settings: &Settings) -> Map {
    Fields::default()
        .duration("drain_timeout", settings.drain_timeout)
        .maybe("memory_budget", settings.memory_budget_bytes.map(format_size))
        .0
}

fn processor(processor: &ProcessorEntry) -> Value {
    let fields = Fields::default()
        .with("type", processor.type_name.as_str())
        .map("config", processor.config.clone())
        .maybe("scheduling", processor.scheduling.as_ref().map(scheduling))
        .maybe("restart", processor.restart.as_ref().map(restart))
        .duration("process_limit", processor.process_limit)
        .map("annotations", annotations(&processor.annotations));
    Value::Map(fields.0)
}

fn scheduling(scheduling: &Scheduling) -> Value {
    let strategy = scheduling.strategy.as_str();
    if *scheduling == Scheduling::from(scheduling.strategy) {
        return strategy.into();
    }
    let fields = Fields::default()
        .with("strategy", strategy)
        .maybe("priority", scheduling.priority.map(|p| p.as_str()))
        .maybe("name", scheduling.name.as_deref());
    Value::Map(fields.0)
}

fn restart(restart: &Restart) -> Value {
    let policy = restart.policy.as_str();
    if *restart == Restart::from(restart.policy) {
        return policy.into();
    }
    let fields = Fields::default()
        .with("policy", policy)
        .duration("backoff", restart.backoff)
        .maybe("limit", restart.limit);
    Value::Map(fields.0)
}

fn link(link: &LinkEntry) -> Value {
    if *link == LinkEntry::new(link.from.clone(), link.to.clone()) {
        return format!("{} -> {}", link.from, link.to).into();
    }
    let fields = Fields::default()
        .with("from", link.from.to_string())
        .with("to", link.to.to_string())
        .maybe("delivery", link.delivery.map(|d| d.as_str()))
        .maybe("depth", link.depth)
        .duration("max_age", link.max_age)
        .maybe("lane", link.lane)
        .maybe("convert", link.convert)
        .maybe("feedback", link.feedback.then_some(true))
        .map("annotations", annotations(&link.annotations));
    Value::Map(fields.0)
}

fn annotations(annotations: &Annotations) -> Map {
    // A coordinate that is not finite has no form in a file; such a position is left out.
    let position = annotations.position.and_then(|[x, y]| {
        let [x, y] = [Number::from_f64(x)?, Number::from_f64(y)?];
        Some(Value::List(vec![Value::Number(x), Value::Number(y)]))
    });
    Fields::default().maybe("position", position).maybe("note", annotations.note.as_deref()).0
}

/// Writes the form of the file.
impl Serialize for GraphFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        graph(self).serialize(serializer)
    }
}

/// Writes the form of the file.
impl Serialize for ProcessorEntry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        processor(self).serialize(serializer)
    }
}

/// Writes the form of the file: the short one where it says everything.
impl Serialize for LinkEntry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        link(self).serialize(serializer)
    }
}
