//! Transactions of the protocol as changes of the engine.

use std::time::Duration;

use serde_json::{Map, Value};
use streamlib::engine::graph::{self, GraphSnapshot, ProcessorNode};
use streamlib::engine::ids::{PortRef, ProcessorId};
use streamlib::{Committed, StreamRuntime};
use streamlib_protocol::{
    Change, ConfigMode, ErrorBody, ErrorCode, LinkOptions, TransactionReply, TransactionRequest,
};

use super::refusals;

/// Plans a transaction and, unless it is a dry run, carries it out.
pub(super) fn transaction(
    runtime: &StreamRuntime,
    request: TransactionRequest,
) -> Result<TransactionReply, ErrorBody> {
    let snapshot = runtime.snapshot();
    // What is merged was read from this revision, so it must not be put on another one.
    let has_merges = request.changes.iter().any(is_merge);
    let base = request.base_revision.or(has_merges.then(|| snapshot.revision()));
    let changes = request
        .changes
        .into_iter()
        .map(|change| translate(change, &snapshot))
        .collect::<Result<Vec<_>, _>>()?;
    let mut transaction = runtime.transaction().with(changes);
    if let Some(base) = base {
        transaction = transaction.planned_on(base);
    }
    if request.dry_run {
        let (plan, _graph) = transaction.dry_run().map_err(|error| refusals::engine(&error))?;
        let plan = lines(&plan);
        let revision = snapshot.revision();
        return Ok(TransactionReply { revision, committed: false, plan, warnings: Vec::new() });
    }
    let committed = transaction.commit().map_err(|error| refusals::engine(&error))?;
    Ok(reply(committed))
}

/// What was carried out.
pub(super) fn reply(committed: Committed) -> TransactionReply {
    TransactionReply {
        revision: committed.revision,
        committed: true,
        plan: lines(&committed.plan),
        warnings: committed.problems,
    }
}

fn lines(plan: &streamlib::engine::compiler::Plan) -> Vec<String> {
    plan.to_string().lines().map(str::to_owned).collect()
}

const fn is_merge(change: &Change) -> bool {
    matches!(change, Change::SetConfig { mode: ConfigMode::Merge, .. })
}

fn translate(change: Change, snapshot: &GraphSnapshot) -> Result<graph::Change, ErrorBody> {
    Ok(match change {
        Change::SetConfig { processor, config, mode } => {
            let id = id(&processor)?;
            let config = match mode {
                ConfigMode::Replace => Value::Object(config),
                ConfigMode::Merge => merged(&id, config, snapshot),
            };
            graph::Change::SetConfig { id, config }
        }
        Change::Add { processor, type_name, config } => {
            graph::Change::Add { node: node(&processor, type_name, config)? }
        }
        Change::Remove { processor } => graph::Change::Remove { id: id(&processor)? },
        Change::Connect { from, to, options } => graph::Change::Connect {
            source: port(&from)?,
            target: port(&to)?,
            options: link_options(&options),
        },
        Change::Disconnect { from, to } => disconnect(&port(&from)?, &port(&to)?, snapshot)?,
        Change::Replace { processor, type_name, config } => {
            let node = node(&processor, type_name, config)?;
            graph::Change::Replace { id: node.id.clone(), node }
        }
    })
}

fn id(text: &str) -> Result<ProcessorId, ErrorBody> {
    ProcessorId::new(text)
        .map_err(|error| ErrorBody::new(ErrorCode::InvalidGraph, error.to_string()))
}

fn node(
    processor: &str,
    type_name: String,
    config: Map<String, Value>,
) -> Result<ProcessorNode, ErrorBody> {
    Ok(ProcessorNode::new(id(processor)?, type_name, Value::Object(config)))
}

fn port(text: &str) -> Result<PortRef, ErrorBody> {
    let Some((processor, port)) = text.split_once('.') else {
        let message =
            format!("`{text}` is not a port: write PROCESSOR.PORT, such as `movie.video`");
        return Err(ErrorBody::new(ErrorCode::InvalidGraph, message));
    };
    Ok(PortRef::new(id(processor)?, port))
}

/// The settings that are named over those that are in force.
fn merged(id: &ProcessorId, config: Map<String, Value>, snapshot: &GraphSnapshot) -> Value {
    let present = snapshot.processor(id).and_then(|node| node.config.as_object());
    let mut all = present.cloned().unwrap_or_default();
    all.extend(config);
    Value::Object(all)
}

fn disconnect(
    source: &PortRef,
    target: &PortRef,
    snapshot: &GraphSnapshot,
) -> Result<graph::Change, ErrorBody> {
    let link = snapshot.links_from(source).find(|link| link.target == *target);
    if let Some(link) = link {
        return Ok(graph::Change::Disconnect { id: link.id });
    }
    let there = snapshot.links().map(|link| format!("{} -> {}", link.source, link.target));
    let there = there.collect::<Vec<_>>().join(", ");
    let message = format!("there is no link `{source} -> {target}`");
    Err(ErrorBody::new(ErrorCode::UnknownName, message).with_hint(if there.is_empty() {
        "the graph has no links".to_owned()
    } else {
        format!("its links are {there}")
    }))
}

fn link_options(options: &LinkOptions) -> graph::LinkOptions {
    graph::LinkOptions {
        delivery: options.delivery,
        depth: options.depth,
        max_age: options.max_age_ms.map(Duration::from_millis),
        lane: options.lane,
        convert: options.convert.unwrap_or(true),
        feedback: options.feedback,
        ..graph::LinkOptions::default()
    }
}
