//! A running graph back to the file it came from.

use crate::diagnostic::Diagnostics;
use crate::graph_file::GraphFile;
use crate::reference::escape;
use crate::resolve::{Assignment, ResolvedGraph, read_as};
use crate::rules::type_of;
use crate::value::{Map, Value};

impl ResolvedGraph {
    /// A graph file without parameters that resolves to this graph. Config values become
    /// literal: what looks like a reference is escaped.
    #[must_use]
    pub fn to_graph_file(&self) -> GraphFile {
        let mut file = self.declaration();
        for processor in file.processors.values_mut() {
            processor.config.values_mut().for_each(escape_value);
        }
        file
    }

    /// A graph file that resolves to this graph, as near as can be to the one it came from:
    /// config values that still are what the original's references stood for stay references.
    /// Parameters that were set get what they were set to as their default.
    ///
    /// # Errors
    /// When `original` cannot be resolved with `assignments`.
    pub fn to_graph_file_like(
        &self,
        original: &GraphFile,
        assignments: &[Assignment],
    ) -> Result<GraphFile, Diagnostics> {
        let before = original.resolve(assignments)?;
        let mut file = self.declaration();
        file.parameters = original.parameters.clone();
        for Assignment { name, value } in assignments {
            if let Some(parameter) = file.parameters.get_mut(name) {
                let value_type = type_of(parameter);
                parameter.default = read_as(value, value_type);
                // `2` for a number would make an integer of the parameter.
                if type_of(parameter) != value_type {
                    parameter.value_type = Some(value_type);
                }
            }
        }
        for (id, processor) in &mut file.processors {
            match (before.processors.get(id), original.processors.get(id)) {
                (Some(before), Some(original)) => {
                    restore_map(&mut processor.config, &before.config, &original.config);
                }
                _ => processor.config.values_mut().for_each(escape_value),
            }
        }
        Ok(file)
    }

    /// Everything but the parameters, with config values as they are.
    fn declaration(&self) -> GraphFile {
        GraphFile {
            name: self.name.clone(),
            description: self.description.clone(),
            packages: self.packages.clone(),
            settings: self.settings.clone(),
            processors: self.processors.clone(),
            links: self.links.clone(),
            ..GraphFile::default()
        }
    }
}

/// Puts the references of `original`, which resolved to `before`, back into what is still the
/// same, and escapes the rest.
fn restore_map(now: &mut Map, before: &Map, original: &Map) {
    for (key, value) in now {
        match (before.get(key), original.get(key)) {
            (Some(before), Some(original)) => restore(value, before, original),
            _ => escape_value(value),
        }
    }
}

fn restore(now: &mut Value, before: &Value, original: &Value) {
    match (&mut *now, before, original) {
        (Value::Map(now), Value::Map(before), Value::Map(original)) => {
            restore_map(now, before, original);
        }
        (Value::List(now), Value::List(before), Value::List(original)) => {
            let mut pairs = before.iter().zip(original);
            for item in now {
                match pairs.next() {
                    Some((before, original)) => restore(item, before, original),
                    None => escape_value(item),
                }
            }
        }
        (now, before, original) if now == before => *now = original.clone(),
        (now, ..) => escape_value(now),
    }
}

fn escape_value(value: &mut Value) {
    match value {
        Value::String(text) if text.contains("${") => *text = escape(text),
        Value::List(items) => items.iter_mut().for_each(escape_value),
        Value::Map(map) => map.values_mut().for_each(escape_value),
        _ => {}
    }
}
