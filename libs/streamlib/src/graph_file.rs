//! From a graph file to changes of a graph, with every problem at its place in the file.

use std::sync::Arc;

use serde_json::{Value, json};
use streamlib_engine::Engine;
use streamlib_engine::delegates::{FactoryDelegate, SchedulingStrategy, ThreadPriority};
use streamlib_engine::graph::{
    Change, GraphError, GraphSnapshot, LinkOptions, ProcessorNode, RestartPolicy, apply,
};
use streamlib_engine::ids::{PortRef, ProcessorId};
use streamlib_manifest::{
    Annotations, Code, Delivery, LinkEntry, NodePath, Priority, ProcessorEntry, ResolvedGraph,
    Strategy,
};
use streamlib_processor::BoxedProcessor;
use streamlib_schema::ProcessorDescriptor;

/// Back-off of a restart policy that names none.
const DEFAULT_BACKOFF: std::time::Duration = std::time::Duration::from_millis(500);

/// What is wrong in a graph file, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphProblem {
    /// The kind of problem.
    pub code: Code,
    /// Where: a path from the top of the file.
    pub path: NodePath,
    /// True if the place is the key at the path and not its value.
    pub at_key: bool,
    /// What is wrong and what to do.
    pub message: String,
}

/// Why a graph file cannot be loaded: every problem, in the order of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphFileError {
    /// At least one.
    pub problems: Vec<GraphProblem>,
}

impl std::fmt::Display for GraphFileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let end = if index > 0 { "\n" } else { "" };
            write!(f, "{end}{}: {}", problem.path, problem.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for GraphFileError {}

/// Every problem of `graph` that shows before anything is built.
pub fn check(engine: &Engine, graph: &ResolvedGraph) -> Vec<GraphProblem> {
    match collect(&engine.snapshot(), graph, engine.factory()) {
        Err(problems) => problems,
        Ok(changes) => match engine.transaction().with(changes).dry_run() {
            Ok(_) => Vec::new(),
            Err(error) => vec![whole(error.to_string())],
        },
    }
}

/// Adds what `graph` declares to the graph of `engine`, all or nothing.
///
/// # Errors
/// Something in it cannot be.
pub fn load(engine: &Engine, graph: &ResolvedGraph) -> Result<(), GraphFileError> {
    let changes = collect(&engine.snapshot(), graph, engine.factory())
        .map_err(|problems| GraphFileError { problems })?;
    match engine.transaction().with(changes).commit() {
        Ok(_) => Ok(()),
        Err(error) => Err(GraphFileError { problems: vec![whole(error.to_string())] }),
    }
}

fn whole(message: String) -> GraphProblem {
    let (code, path) = (Code::RefusedGraph, NodePath::root());
    GraphProblem { code, path, at_key: false, message }
}

/// The changes that make the graph, applied one by one so that each problem is found.
fn collect(
    before: &GraphSnapshot,
    graph: &ResolvedGraph,
    factory: &dyn FactoryDelegate,
) -> Result<Vec<Change>, Vec<GraphProblem>> {
    let mut trial = Trial {
        snapshot: before.clone(),
        factory,
        changes: Vec::new(),
        problems: Vec::new(),
        missing: Vec::new(),
    };
    for (id, entry) in &graph.processors {
        trial.processor(id, entry);
    }
    for (index, entry) in graph.links.iter().enumerate() {
        trial.link(index, entry);
    }
    if trial.problems.is_empty() { Ok(trial.changes) } else { Err(trial.problems) }
}

struct Trial<'a> {
    snapshot: GraphSnapshot,
    factory: &'a dyn FactoryDelegate,
    changes: Vec<Change>,
    problems: Vec<GraphProblem>,
    /// Processors that could not be added: their links say nothing new.
    missing: Vec<&'a str>,
}

impl<'a> Trial<'a> {
    fn processor(&mut self, id: &'a str, entry: &ProcessorEntry) {
        let path = NodePath::root().then("processors").then(id);
        let node = match node(id, entry) {
            Ok(node) => node,
            Err(message) => return self.problem(Code::InvalidName, path, true, message),
        };
        let bare = ProcessorNode { config: json!({}), ..node.clone() };
        if let Err(error) = self.apply(Change::Add { node }) {
            // With its settings left out, its links can still be looked at.
            let is_config = matches!(error, GraphError::BadConfig { .. });
            self.processor_problem(path, error);
            let changes = [Change::Add { node: bare }];
            match apply(&self.snapshot, &changes, &WithoutSettings(self.factory)) {
                Ok(applied) if is_config => self.snapshot = applied.snapshot,
                _ => self.missing.push(id),
            }
        }
    }

    fn processor_problem(&mut self, path: NodePath, error: GraphError) {
        match error {
            GraphError::UnknownType { .. } => {
                let message = error.to_string();
                self.problem(Code::UnknownType, path.then("type"), false, message);
            }
            GraphError::BadConfig { problems, .. } => {
                for problem in problems {
                    let message = problem.message.clone()
                        + &problem.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
                    let mut place = path.then("config");
                    for part in &problem.path {
                        place = match part.parse::<usize>() {
                            Ok(index) => place.then(index),
                            Err(_) => place.then(part.as_str()),
                        };
                    }
                    self.problem(Code::InvalidConfig, place, true, message);
                }
            }
            other => self.problem(Code::InvalidProcessor, path, true, other.to_string()),
        }
    }

    fn link(&mut self, index: usize, entry: &LinkEntry) {
        let ends = [entry.from.processor.as_str(), entry.to.processor.as_str()];
        if ends.iter().any(|end| self.missing.contains(end)) {
            return;
        }
        let path = NodePath::root().then("links").then(index);
        let change = match connect(entry) {
            Ok(change) => change,
            Err(message) => return self.problem(Code::InvalidName, path, false, message),
        };
        if let Err(error) = self.apply(change) {
            let code = match error {
                GraphError::UnknownPort { .. } => Code::UnknownPort,
                GraphError::UnknownProcessor { .. } => Code::UnknownProcessor,
                _ => Code::RefusedLink,
            };
            self.problem(code, path, false, error.to_string());
        }
    }

    fn apply(&mut self, change: Change) -> Result<(), GraphError> {
        let changes = std::slice::from_ref(&change);
        self.snapshot = apply(&self.snapshot, changes, self.factory)?.snapshot;
        self.changes.push(change);
        Ok(())
    }

    fn problem(&mut self, code: Code, path: NodePath, at_key: bool, message: String) {
        self.problems.push(GraphProblem { code, path, at_key, message });
    }
}

/// A factory whose types have no settings, for a look at the ports of processors whose settings
/// are wrong.
struct WithoutSettings<'a>(&'a dyn FactoryDelegate);

impl FactoryDelegate for WithoutSettings<'_> {
    fn create(&self, node: &ProcessorNode) -> Result<BoxedProcessor, streamlib_processor::Error> {
        self.0.create(node)
    }

    fn descriptor(&self, processor_type: &str) -> Option<Arc<ProcessorDescriptor>> {
        let mut descriptor = (*self.0.descriptor(processor_type)?).clone();
        descriptor.config.clear();
        Some(Arc::new(descriptor))
    }

    fn type_names(&self) -> Vec<String> {
        self.0.type_names()
    }
}

fn node(id: &str, entry: &ProcessorEntry) -> Result<ProcessorNode, String> {
    let id = ProcessorId::new(id).map_err(|error| error.to_string())?;
    let config = Value::from(streamlib_manifest::Value::Map(entry.config.clone()));
    let mut node = ProcessorNode::new(id, entry.type_name.clone(), config);
    node.scheduling = entry.scheduling.as_ref().map(|scheduling| match scheduling.strategy {
        Strategy::Dedicated => SchedulingStrategy::DedicatedThread {
            priority: match scheduling.priority {
                Some(Priority::RealTime) => ThreadPriority::RealTime,
                Some(Priority::High) => ThreadPriority::High,
                Some(Priority::Background) => ThreadPriority::Background,
                Some(Priority::Normal) | None => ThreadPriority::Normal,
            },
            name: scheduling.name.clone(),
        },
        Strategy::Pool => SchedulingStrategy::WorkStealingPool,
        Strategy::MainThread => SchedulingStrategy::MainThread,
        Strategy::Lightweight => SchedulingStrategy::Lightweight,
    });
    if let Some(restart) = &entry.restart {
        use streamlib_manifest::RestartPolicy as Declared;
        let backoff = restart.backoff.unwrap_or(DEFAULT_BACKOFF);
        let limit = restart.limit;
        node.restart = match restart.policy {
            Declared::Never => RestartPolicy::Never,
            Declared::OnFailure => RestartPolicy::OnFailure { backoff, limit },
            Declared::Always => RestartPolicy::Always { backoff, limit },
        };
    }
    node.call_limit = entry.process_limit;
    node.annotations = annotations(&entry.annotations);
    Ok(node)
}

fn connect(entry: &LinkEntry) -> Result<Change, String> {
    let port = |processor: &str, port: &str| {
        let id = ProcessorId::new(processor).map_err(|error| error.to_string())?;
        Ok::<_, String>(PortRef::new(id, port))
    };
    let options = LinkOptions {
        delivery: entry.delivery.map(|delivery| match delivery {
            Delivery::Latest => streamlib_schema::Delivery::Latest,
            Delivery::EverySample => streamlib_schema::Delivery::EverySample,
            Delivery::Lossless => streamlib_schema::Delivery::Lossless,
        }),
        depth: entry.depth.map(u32::from),
        max_age: entry.max_age,
        lane: entry.lane.map(u32::from),
        convert: entry.convert.unwrap_or(true),
        feedback: entry.feedback,
        annotations: annotations(&entry.annotations),
    };
    Ok(Change::Connect {
        source: port(&entry.from.processor, &entry.from.port)?,
        target: port(&entry.to.processor, &entry.to.port)?,
        options,
    })
}

fn annotations(annotations: &Annotations) -> Value {
    let mut map = serde_json::Map::new();
    if let Some(position) = annotations.position {
        map.insert("position".to_owned(), json!(position));
    }
    if let Some(note) = &annotations.note {
        map.insert("note".to_owned(), json!(note));
    }
    if map.is_empty() { Value::Null } else { Value::Object(map) }
}
