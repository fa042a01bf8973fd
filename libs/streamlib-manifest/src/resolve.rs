//! Parameters put into a graph: a declared graph becomes one that can be built.

use std::collections::HashMap;
use std::str::FromStr;

use indexmap::IndexMap;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::error::{ManifestError, excerpt};
use crate::graph_file::{GraphFile, LinkEntry, ParameterType, ProcessorEntry, Settings};
use crate::identifier::check_identifier;
use crate::package::PackageSource;
use crate::path::NodePath;
use crate::reference::{Piece, pieces};
use crate::rules::type_of;
use crate::scalar::{self, Scalar};
use crate::spans::Spans;
use crate::suggest;
use crate::value::{Map, Value};

/// `name=value`, as the command line sets a parameter. The value is read by the type of the
/// parameter, so `clip=1` is text where `clip` is text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Name of the parameter.
    pub name: String,
    /// Its value as text.
    pub value: String,
}

/// Reads `name=value`; the value is everything after the first `=` and may be empty.
impl FromStr for Assignment {
    type Err = ManifestError;

    fn from_str(text: &str) -> Result<Self, ManifestError> {
        match text.split_once('=') {
            Some((name, value)) if check_identifier(name).is_ok() => {
                Ok(Self { name: name.to_owned(), value: value.to_owned() })
            }
            _ => Err(ManifestError::InvalidAssignment { text: excerpt(text) }),
        }
    }
}

/// A graph without parameters: every string is what it says. It can be built.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ResolvedGraph {
    /// Name of the graph.
    pub name: String,
    /// What it does, for people.
    pub description: Option<String>,
    /// Packages whose processors it uses.
    pub packages: Vec<PackageSource>,
    /// Settings of the whole graph.
    pub settings: Settings,
    /// Processors by their ids; their configs have no references.
    pub processors: IndexMap<String, ProcessorEntry>,
    /// Links, in the order of lanes.
    pub links: Vec<LinkEntry>,
}

impl GraphFile {
    /// This graph with its parameters put in. A string that is exactly one reference takes the
    /// value with its type; inside longer text the value is written out.
    ///
    /// # Errors
    /// Assignments to parameters that are not declared or of the wrong type, parameters that
    /// have no value, and references that are not valid.
    pub fn resolve(&self, assignments: &[Assignment]) -> Result<ResolvedGraph, Diagnostics> {
        match resolve(self, None, assignments) {
            (_, found) if found.has_errors() => Err(found),
            (graph, _) => Ok(graph),
        }
    }
}

/// The graph with its parameters put in as far as they are right, and what is wrong with them.
pub(crate) fn resolve(
    graph: &GraphFile,
    spans: Option<&Spans>,
    assignments: &[Assignment],
) -> (ResolvedGraph, Diagnostics) {
    let mut resolver = Resolver { spans, values: HashMap::new(), found: Diagnostics::default() };
    resolver.assign(graph, assignments);
    let mut processors = graph.processors.clone();
    for (id, processor) in &mut processors {
        let mut path: NodePath = ["processors", id.as_str(), "config"].into_iter().collect();
        resolver.map(&mut processor.config, &mut path);
    }
    let resolved = ResolvedGraph {
        name: graph.name.clone(),
        description: graph.description.clone(),
        packages: graph.packages.clone(),
        settings: graph.settings.clone(),
        processors,
        links: graph.links.clone(),
    };
    (resolved, resolver.found)
}

struct Resolver<'s> {
    spans: Option<&'s Spans>,
    /// Values of the parameters; `None` for one that has none, which is reported already.
    values: HashMap<String, Option<Value>>,
    found: Diagnostics,
}

impl Resolver<'_> {
    fn assign(&mut self, graph: &GraphFile, assignments: &[Assignment]) {
        for Assignment { name, value } in assignments {
            let Some(parameter) = graph.parameters.get(name) else {
                let known: Vec<&str> = graph.parameters.keys().map(String::as_str).collect();
                let hint = suggest::hint(name, "parameters", &known)
                    .unwrap_or_else(|| "this graph has no parameters".to_owned());
                let message = format!("there is no parameter `{name}` to set");
                let code = Code::UnknownParameter;
                let path = NodePath::root();
                self.found.push(Diagnostic::error(code, path, message).with_hint(hint));
                continue;
            };
            let value_type = type_of(parameter);
            let typed = read_as(value, value_type);
            if typed.is_none() {
                let path: NodePath = ["parameters", name].into_iter().collect();
                let message = format!(
                    "parameter `{name}` is set to {:?}, but its type is {value_type}",
                    excerpt(value)
                );
                self.found.push(Diagnostic::error(Code::ParameterType, path, message));
            }
            self.values.insert(name.clone(), typed);
        }
        for (name, parameter) in &graph.parameters {
            if !self.values.contains_key(name) {
                if parameter.default.is_none() {
                    self.report_unset(name);
                }
                self.values.insert(name.clone(), parameter.default.clone());
            }
        }
    }

    fn report_unset(&mut self, name: &str) {
        let path: NodePath = ["parameters", name].into_iter().collect();
        let message = format!("parameter `{name}` has no default and is not set");
        let hint = format!("set it with `--set {name}=value`, or give it a `default`");
        let error = Diagnostic::error(Code::ParameterUnset, path, message).with_hint(hint);
        self.found.push(match self.spans {
            Some(spans) => spans.at_key(error),
            None => error,
        });
    }

    fn map(&mut self, map: &mut Map, path: &mut NodePath) {
        for (key, value) in map {
            path.push(key.as_str());
            self.value(value, path);
            path.pop();
        }
    }

    fn value(&mut self, value: &mut Value, path: &mut NodePath) {
        match value {
            Value::String(text) => {
                if text.contains("${")
                    && let Some(resolved) = self.text(text, path)
                {
                    *value = resolved;
                }
            }
            Value::List(items) => {
                for (at, item) in items.iter_mut().enumerate() {
                    path.push(at);
                    self.value(item, path);
                    path.pop();
                }
            }
            Value::Map(map) => self.map(map, path),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn text(&mut self, text: &str, path: &NodePath) -> Option<Value> {
        let pieces = match pieces(text) {
            Ok(pieces) => pieces,
            Err(error) => {
                let code = Code::InvalidReference;
                self.report(Diagnostic::error(code, path.clone(), error.to_string()), "${");
                return None;
            }
        };
        if let [Piece::Parameter(name)] = pieces.as_slice() {
            return self.lookup(name, path);
        }
        let mut written = String::with_capacity(text.len());
        for piece in pieces {
            match piece {
                Piece::Literal(literal) => written.push_str(literal),
                Piece::Parameter(name) => match self.lookup(name, path)? {
                    Value::String(value) => written.push_str(&value),
                    Value::Bool(value) => written.push_str(if value { "true" } else { "false" }),
                    Value::Number(number) => written.push_str(&number.to_string()),
                    // The type check of defaults and assignments lets nothing else through.
                    Value::Null | Value::List(_) | Value::Map(_) => return None,
                },
            }
        }
        Some(Value::String(written))
    }

    fn lookup(&mut self, name: &str, path: &NodePath) -> Option<Value> {
        if let Some(value) = self.values.get(name) {
            return value.clone();
        }
        let message = format!("there is no parameter `{name}`");
        let error = Diagnostic::error(Code::UnknownParameter, path.clone(), message);
        let hint = suggest::hint(
            name,
            "parameters",
            &self.values.keys().map(String::as_str).collect::<Vec<_>>(),
        );
        self.report(error.with_hint(hint), &format!("${{{name}}}"));
        None
    }

    fn report(&mut self, error: Diagnostic, part: &str) {
        self.found.push(match self.spans {
            Some(spans) => spans.at_part(error, part),
            None => error,
        });
    }
}

/// The text of an assignment as a value of a type.
pub(crate) fn read_as(text: &str, value_type: ParameterType) -> Option<Value> {
    if value_type == ParameterType::String {
        return Some(Value::String(text.to_owned()));
    }
    match (scalar::resolve(text), value_type) {
        (Scalar::Bool(value), ParameterType::Boolean) => Some(Value::Bool(value)),
        (Scalar::Number(number), ParameterType::Number) => Some(Value::Number(number)),
        (Scalar::Number(number), ParameterType::Integer) if !number.is_f64() => {
            Some(Value::Number(number))
        }
        _ => None,
    }
}
