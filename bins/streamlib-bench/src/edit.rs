//! Edits of a running graph: how long it takes from the call of `commit` until it returns.
//!
//! A stage is put into the middle of a chain that is busy and taken out again, and the same is done
//! to a short chain that runs beside it in the same graph. The frames of the short one are paced;
//! those that are sent while the long chain is edited must all arrive.

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Map, Value, json};
use streamlib_engine::Engine;
use streamlib_engine::graph::{Change, LinkOptions, ProcessorNode};
use streamlib_engine::ids::{LinkId, PortRef, ProcessorId};

use crate::arguments::Chain;
use crate::chain;
use crate::error::{Error, Result};
use crate::marks::Marks;
use crate::nulls;
use crate::summary::quantile;
use crate::wake::PacedSource;

/// Frames of sources that run until they are stopped.
const ENDLESS: u64 = u64::MAX >> 1;

/// Two processors between which a stage comes and goes.
struct Place {
    from: PortRef,
    to: PortRef,
    link: LinkId,
}

/// Measures both kinds of edits, in turn.
pub(crate) fn run(arguments: &Chain, edits: usize) -> Result<Value> {
    let mut parts = nulls::parts(ENDLESS)?;
    parts.registry.register::<PacedSource>()?;
    let registry = std::mem::take(&mut parts.registry);
    let marks = Arc::new(Marks::default());
    let engine = Engine::builder().with_registry(registry).with_resource(marks).build()?;
    let mut transaction = engine.transaction();
    chain::declare(&mut transaction, arguments, &parts)?;
    let config = json!({ "frames": ENDLESS });
    let beside = [
        ("beside_source", "bench.paced_source", config.clone()),
        ("beside_stage", "bench.null_stage", Value::Null),
        ("beside_sink", "bench.null_sink", config),
    ];
    for (name, processor_type, config) in beside {
        transaction
            .push(Change::Add { node: ProcessorNode::new(id(name)?, processor_type, config) });
    }
    for (from, to) in [("beside_source", "beside_stage"), ("beside_stage", "beside_sink")] {
        transaction.connect(output(from)?, input(to)?, LinkOptions::default());
    }
    transaction.commit()?;
    engine.start()?;
    let middle = arguments.stages / 2;
    let mut inside = Place::find(&engine, &format!("p{middle}"), &format!("p{}", middle + 1))?;
    let mut beside = Place::find(&engine, "beside_source", "beside_stage")?;
    let (mut inside_ns, mut beside_ns) = (Vec::new(), Vec::new());
    let scheduling = arguments.strategy.of_stages();
    for _ in 0..edits.div_ceil(2) {
        inside.come_and_go(&engine, "inserted", scheduling.as_ref(), &mut inside_ns)?;
        beside.come_and_go(&engine, "inserted_beside", None, &mut beside_ns)?;
    }
    let links = engine.inspector().inspect().links;
    let counts = links.iter().map(|link| &link.counts);
    let frames = counts.map(|counts| counts.dropped + counts.flushed + counts.lost).sum();
    if frames > 0 {
        return Err(Error::Lost { frames });
    }
    engine.stop_within(std::time::Duration::ZERO)?;
    let mut measured = Map::new();
    for (place, ns) in [("inside", &mut inside_ns), ("beside", &mut beside_ns)] {
        for (name, share) in [("min", 0.0), ("p50", 0.5), ("p99", 0.99)] {
            measured.insert(format!("{place}_{name}_ns"), json!(quantile(ns, share)));
        }
    }
    Ok(Value::Object(measured))
}

fn id(name: &str) -> Result<ProcessorId> {
    Ok(ProcessorId::new(name).map_err(streamlib_engine::Error::from)?)
}

fn output(name: &str) -> Result<PortRef> {
    Ok(PortRef::new(id(name)?, "frame_out"))
}

fn input(name: &str) -> Result<PortRef> {
    Ok(PortRef::new(id(name)?, "frame_in"))
}

impl Place {
    fn find(engine: &Engine, from: &str, to: &str) -> Result<Self> {
        let (from, to) = (output(from)?, input(to)?);
        let link = engine.snapshot().links_to(&to).next().map_or(LinkId(0), |link| link.id);
        Ok(Self { from, to, link })
    }

    /// Puts a stage in and takes it out, and notes how long each commit took, ns.
    fn come_and_go(
        &mut self,
        engine: &Engine,
        name: &str,
        scheduling: Option<&streamlib_engine::delegates::SchedulingStrategy>,
        took_ns: &mut Vec<u64>,
    ) -> Result<()> {
        let mut commit = |changes: Vec<Change>| {
            let transaction = engine.transaction().with(changes);
            let start = Instant::now();
            let committed = transaction.commit()?;
            took_ns.push(u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX));
            Ok::<_, Error>(committed)
        };
        let connect = |source: &PortRef, target: &PortRef| Change::Connect {
            source: source.clone(),
            target: target.clone(),
            options: LinkOptions::default(),
        };
        let node = ProcessorNode {
            scheduling: scheduling.cloned(),
            ..ProcessorNode::new(id(name)?, "bench.null_stage", Value::Null)
        };
        commit(vec![
            Change::Disconnect { id: self.link },
            Change::Add { node },
            connect(&self.from, &input(name)?),
            connect(&output(name)?, &self.to),
        ])?;
        let committed =
            commit(vec![Change::Remove { id: id(name)? }, connect(&self.from, &self.to)])?;
        self.link = committed.connected.first().copied().unwrap_or(self.link);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Strategy;

    #[test]
    fn edits_are_measured_and_lose_nothing() {
        for strategy in [Strategy::Inline, Strategy::Pooled] {
            let chain = Chain { stages: 20, strategy, ..Chain::default() };
            let measured = run(&chain, 6).unwrap();
            for name in ["inside_min_ns", "inside_p99_ns", "beside_p50_ns"] {
                assert!(measured[name].as_u64() > Some(0), "{strategy:?}: {measured}");
            }
        }
    }
}
