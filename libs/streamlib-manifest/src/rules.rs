//! What must hold between the parts of a graph file: links name processors that are there,
//! keys do not contradict each other, references name parameters.

use std::collections::{HashMap, HashSet};

use crate::diagnostic::{Code, Diagnostic, Problems};
use crate::graph_file::{
    Delivery, GraphFile, LinkEntry, Parameter, ParameterType, RestartPolicy, Strategy,
};
use crate::node::{Node, NodeKind};
use crate::path::NodePath;
use crate::reference::{Piece, pieces};
use crate::source::ByteSpan;
use crate::spans::{each_text, link_end_span};
use crate::value::Value;
use crate::{read, suggest};

/// Reports what is wrong between the parts of the file.
pub(crate) fn check(root: &Node, graph: &GraphFile, problems: &mut Problems<'_>) {
    check_parameters(root, graph, problems);
    check_references(root, graph, problems);
    check_processors(root, graph, problems);
    check_links(root, problems);
}

/// Reports an error; its text is made only when there is room for it, since a hint looks through
/// all names of the file.
fn error(
    problems: &mut Problems<'_>,
    span: &ByteSpan,
    code: Code,
    path: NodePath,
    text: impl FnOnce() -> (String, Option<String>),
) {
    problems.error(span, || {
        let (message, hint) = text();
        Diagnostic::error(code, path, message).with_hint(hint)
    });
}

/// The declared type of a parameter, else that of its default, else text.
pub(crate) fn type_of(parameter: &Parameter) -> ParameterType {
    let of_default = || match parameter.default.as_ref()? {
        Value::Bool(_) => Some(ParameterType::Boolean),
        Value::Number(number) if number.is_f64() => Some(ParameterType::Number),
        Value::Number(_) => Some(ParameterType::Integer),
        _ => None,
    };
    parameter.value_type.or_else(of_default).unwrap_or(ParameterType::String)
}

fn fits(value: &Value, value_type: ParameterType) -> bool {
    match value_type {
        ParameterType::String => matches!(value, Value::String(_)),
        ParameterType::Boolean => matches!(value, Value::Bool(_)),
        ParameterType::Number => matches!(value, Value::Number(_)),
        ParameterType::Integer => matches!(value, Value::Number(n) if !n.is_f64()),
    }
}

fn check_parameters(root: &Node, graph: &GraphFile, problems: &mut Problems<'_>) {
    for entry in root.get("parameters").map(Node::entries).unwrap_or_default() {
        let name = &entry.key;
        let Some(parameter) = graph.parameters.get(name) else { continue };
        let path: NodePath = ["parameters", name, "default"].into_iter().collect();
        let default = entry.value.get("default");
        let (Some(node), Some(value)) = (default, &parameter.default) else { continue };
        let value_type = type_of(parameter);
        let is_scalar = !matches!(value, Value::List(_) | Value::Map(_) | Value::Null);
        if is_scalar && !fits(value, value_type) {
            error(problems, &node.span, Code::ParameterType, path, || {
                let found = node.describe();
                let message = format!(
                    "the default of parameter `{name}` is {found}, but its type is {value_type}"
                );
                (message, None)
            });
        }
    }
}

fn check_references(root: &Node, graph: &GraphFile, problems: &mut Problems<'_>) {
    let mut used = HashSet::new();
    for entry in root.get("processors").map(Node::entries).unwrap_or_default() {
        let Some(config) = entry.value.get("config") else { continue };
        let mut path: NodePath = ["processors", &entry.key, "config"].into_iter().collect();
        each_text(config, &mut path, &mut |path, node| {
            let text = node.as_text().unwrap_or_default();
            match pieces(text) {
                Err(invalid) => {
                    let code = Code::InvalidReference;
                    error(problems, &node.span, code, path.clone(), || (invalid.to_string(), None));
                }
                Ok(pieces) => {
                    for piece in pieces {
                        let Piece::Parameter(name) = piece else { continue };
                        used.insert(name.to_owned());
                        if !graph.parameters.contains_key(name) {
                            unknown_parameter(problems, node, path, name, graph);
                        }
                    }
                }
            }
        });
    }
    report_unused(root, &used, problems);
}

fn unknown_parameter(
    problems: &mut Problems<'_>,
    node: &Node,
    path: &NodePath,
    name: &str,
    graph: &GraphFile,
) {
    let span = problems.source.find_in(&node.span, &format!("${{{name}}}"));
    error(problems, &span, Code::UnknownParameter, path.clone(), || {
        let known: Vec<&str> = graph.parameters.keys().map(String::as_str).collect();
        let hint = suggest::hint(name, "parameters", &known).or_else(|| {
            let declare = format!("declare `{name}` under `parameters`");
            Some(format!("{declare}, or write `$${{` for a literal `${{`"))
        });
        (format!("there is no parameter `{name}`"), hint)
    });
}

fn report_unused(root: &Node, used: &HashSet<String>, problems: &mut Problems<'_>) {
    for entry in root.get("parameters").map(Node::entries).unwrap_or_default() {
        if !used.contains(&entry.key) {
            problems.warning(&entry.key_span, || {
                let path = ["parameters", &entry.key].into_iter().collect();
                let message = format!("no config refers to the parameter `{}`", entry.key);
                let hint = format!("write `${{{}}}` where it is meant, or remove it", entry.key);
                Diagnostic::warning(Code::UnusedParameter, path, message).with_hint(hint)
            });
        }
    }
}

fn check_processors(root: &Node, graph: &GraphFile, problems: &mut Problems<'_>) {
    for entry in root.get("processors").map(Node::entries).unwrap_or_default() {
        let (id, node) = (&entry.key, &entry.value);
        let Some(processor) = graph.processors.get(id) else { continue };
        let path: NodePath = ["processors", id].into_iter().collect();
        if processor.scheduling.as_ref().is_some_and(|s| s.strategy != Strategy::Dedicated) {
            let what = "is only for `strategy: dedicated`";
            conflicts(node, &path, "scheduling", &["priority", "name"], what, problems);
        }
        if processor.restart.as_ref().is_some_and(|r| r.policy == RestartPolicy::Never) {
            let what = "has no meaning with `policy: never`";
            conflicts(node, &path, "restart", &["backoff", "limit"], what, problems);
        }
    }
}

/// Reports each of `keys` that stands in the mapping `group` of a processor.
fn conflicts(
    processor: &Node,
    path: &NodePath,
    group: &str,
    keys: &[&str],
    what: &str,
    problems: &mut Problems<'_>,
) {
    for key in keys {
        if let Some(entry) = processor.get(group).and_then(|node| node.entry(key)) {
            let path = path.then(group).then(*key);
            let code = Code::ConflictingKeys;
            error(problems, &entry.key_span, code, path, || (format!("`{key}` {what}"), None));
        }
    }
}

fn check_links(root: &Node, problems: &mut Problems<'_>) {
    // All ids count here, also those that were refused for their grammar: said once is enough.
    let processors = root.get("processors").map(Node::entries).unwrap_or_default();
    let known: Vec<&str> = processors.iter().map(|entry| entry.key.as_str()).collect();
    let ids: HashSet<&str> = known.iter().copied().collect();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut lanes: HashMap<String, usize> = HashMap::new();
    for (at, node, link) in read::links(root) {
        let path = NodePath::root().then("links").then(at);
        for (end, endpoint) in [("from", &link.from), ("to", &link.to)] {
            let id = endpoint.processor.as_str();
            if !ids.contains(id) {
                let span = link_end_span(problems.source, node, end).unwrap_or(node.span.clone());
                error(problems, &span, Code::UnknownProcessor, path.then(end), || {
                    let hint = suggest::hint(id, "processors", &known);
                    (format!("there is no processor `{id}`"), hint)
                });
            }
        }
        let line = problems.source.line_number(node.span.start);
        if let Some(first) = seen.insert(format!("{} -> {}", link.from, link.to), line) {
            error(problems, &node.span, Code::DuplicateLink, path.clone(), || {
                let message = format!("the link {} -> {} stands here again", link.from, link.to);
                (message, Some(format!("the first is on line {first}; keep one of them")))
            });
        }
        if let Some(lane) = link.lane
            && let Some(first) = lanes.insert(format!("{} {lane}", link.to), line)
        {
            let span = node.get("lane").map_or(node.span.clone(), |n| n.span.clone());
            error(problems, &span, Code::DuplicateLane, path.then("lane"), || {
                let message = format!("lane {lane} of `{}` is taken", link.to);
                (message, Some(format!("the link on line {first} has it")))
            });
        }
        check_policies(node, &link, &path, problems);
    }
}

fn check_policies(node: &Node, link: &LinkEntry, path: &NodePath, problems: &mut Problems<'_>) {
    let mut conflict = |key: &str, message: &str| {
        if let Some(entry) = node.entry(key).filter(|e| e.value.kind != NodeKind::Invalid) {
            let (code, path) = (Code::ConflictingKeys, path.then(key));
            error(problems, &entry.key_span, code, path, || (message.to_owned(), None));
        }
    };
    let is_latest = link.delivery == Some(Delivery::Latest);
    if is_latest || link.feedback {
        conflict("depth", "`depth` has no meaning with `latest`: one frame waits, the newest");
    }
    if link.feedback && link.delivery.is_some() && !is_latest {
        conflict("delivery", "a feedback link is always `latest`");
    }
}
